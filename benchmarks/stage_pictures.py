"""Draws the pictures of the page "How it works": what each stage makes of one shipped sample.

    python -m benchmarks.stage_pictures

Every picture shows the records that the stages returned, over the pixels they were found on; nothing is drawn by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from PIL import Image

from kmdigitize import Options, digitize, read_figure
from kmdigitize.detect.curves import find_paths
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.overlay import PALETTE
from kmdigitize.pipeline import complete
from kmdigitize.records.curves import Evidence, StepPath, Trace
from kmdigitize.records.digitized import Digitized, DigitizedPanel
from kmdigitize.records.figure import Figure
from kmdigitize.result import Result

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_figures" / "cik-hcc-rfs" / "cik-hcc-rfs.png"
IMAGES = ROOT / "docs" / "images"
DPI, COLOURS = 100, 64
INKS = [tuple(part / 255 for part in colour) for colour in PALETTE]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the tool with the pixel paths that ``run`` does not keep."""

    result: Result
    paths: tuple[tuple[Evidence, StepPath], ...]

    @property
    def digitized(self) -> Digitized:
        """What was found on the figure."""
        return self.result.digitized

    @property
    def panel(self) -> DigitizedPanel:
        """The first panel."""
        return self.digitized.panels[0]

    @property
    def figure(self) -> Figure:
        """The figure, made straight."""
        return self.digitized.figure

    @property
    def traces(self) -> list[Trace]:
        """The traces of the panel's arms."""
        return [arm.trace for arm in self.panel.arms if arm.trace is not None]


def main() -> None:
    """Draws every picture into the folder of the documentation's images."""
    mpl.use("Agg")
    run = run_sample()
    for name, draw in PICTURES.items():
        sheet = draw(run)
        path = IMAGES / f"stage-{name}.png"
        sheet.savefig(path, dpi=DPI, bbox_inches="tight", pad_inches=0.05)
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def run_sample() -> Run:
    """The sample digitized, with draws, and its paths on whole pixels."""
    digitized = digitize(read_figure(SAMPLE))
    panel = digitized.panels[0]
    rows = len(panel.risk_table.rows) if panel.risk_table else None
    found = find_paths(digitized.figure, panel.panel, panel.scales, panel.legend, digitized.tokens, rows)
    return Run(complete(digitized, options=Options(draws=200)), found.paths)


def draw_text(run: Run) -> Sheet:
    """The figure with a box and the reading of every piece of text."""
    sheet, axes = _sheet(7.2, 4.9)
    _show(axes, run.figure, Box(0, 0, run.figure.width - 1, run.figure.height - 1), pale=0.4)
    for token in run.digitized.tokens:
        _frame(axes, token.box, INKS[2])
        axes.text(token.box.left, token.box.top - 2, token.text, color=INKS[0], fontsize=6, va="bottom")
    return sheet


def draw_axes(run: Run) -> Sheet:
    """Frame and ticks, and one tick so large that a fraction of a pixel can be seen."""
    panel, scales = run.panel, run.panel.scales
    sheet, (whole, close) = _sheets(7.6, 3.2, (1.9, 1))
    frame = panel.panel.frame
    _show(whole, run.figure, frame.grown(0.13 * frame.width, 0.1 * frame.height))
    _frame(whole, frame, INKS[4])
    for tick in scales.x_ticks:
        whole.plot([tick.position] * 2, [frame.bottom - 6, frame.bottom + 12], color=INKS[1], lw=1.2)
        whole.text(tick.position, frame.bottom - 9, f"{tick.value:g}", color=INKS[1], fontsize=7, ha="center")
    for tick in scales.y_ticks:
        whole.plot([frame.left - 12, frame.left + 6], [tick.position] * 2, color=INKS[1], lw=1.2)
        whole.text(frame.left + 9, tick.position, f"{tick.value:g}", color=INKS[1], fontsize=7, va="center")
    tick = scales.x_ticks[len(scales.x_ticks) // 2]
    _show(close, run.figure, Box(tick.position - 9, frame.bottom - 5, tick.position + 9, frame.bottom + 12))
    close.axvline(tick.position, color=INKS[0], lw=1)
    close.set_title(f"{tick.label} is at column {tick.position:.2f}", fontsize=8)
    return sheet


def draw_names(run: Run) -> Sheet:
    """The legend and the numbers at risk, each in the colour of the arm it was given to."""
    sheet, axes = _sheet(7.2, 4.6)
    _show(axes, run.figure, Box(0, 0, run.figure.width - 1, run.figure.height - 1), pale=0.6)
    for colour, arm in zip(INKS, run.panel.arms, strict=False):
        for entry in run.panel.legend:
            if entry.label == arm.name:
                _frame(axes, entry.box, colour)
        for row in run.panel.risk_table.rows if run.panel.risk_table else ():
            for box in row.boxes if row.label == arm.name else ():
                _frame(axes, box, colour)
        if arm.trace:
            axes.plot(*_corners(arm.trace), color=colour, lw=1.1)
    return sheet


def draw_inks(run: Run) -> Sheet:
    """How much of every pixel each ink covers, with the cheapest step path through it."""
    sheet, places = _sheets(7.6, 2.7, (1,) * len(run.paths))
    for axes, colour, (evidence, path), arm in zip(places, INKS, run.paths, run.panel.arms, strict=False):
        height, width = evidence.coverage.shape
        edges = (evidence.left - 0.5, evidence.left + width - 0.5, evidence.top + height - 0.5, evidence.top - 0.5)
        axes.imshow(1 - evidence.coverage, cmap="gray", vmin=0, vmax=1, extent=edges)
        axes.plot(path.first + np.arange(path.rows.size), path.rows, color=colour, lw=0.6)
        axes.set_title(f"ink of {arm.name}", fontsize=8)
        axes.set_axis_off()
    return sheet


def draw_levels(run: Run) -> Sheet:
    """A few steps in close-up: the path on whole pixels, and levels and drops between them."""
    sheet, axes = _sheet(7.2, 2.9)
    trace, (_, path) = run.traces[0], run.paths[0]
    place = _steepest(trace, 46)
    top = float(trace.row_at(np.array([place]))[0]) - 8
    _show(axes, run.figure, Box(place - 23, top, place + 23, top + 17))
    columns = path.first + np.arange(path.rows.size)
    axes.step(columns, path.rows, where="mid", color=INKS[3], lw=1.4, ls=":", label="path on whole pixels")
    axes.plot(*_corners(trace), color=INKS[0], lw=1.2, label="levels and drops between the pixels")
    axes.legend(fontsize=7, loc="upper right", framealpha=1)
    return sheet


def draw_marks(run: Run) -> Sheet:
    """A stretch of a curve with the censor marks that were found on it."""
    sheet, axes = _sheet(7.2, 2.4)
    trace = max(run.traces, key=lambda one: len(one.marks or ()))
    marks = trace.marks or ()
    places = np.array([mark.x for mark in marks])
    left = places[np.argmax([np.sum((places >= x) & (places < x + 90)) for x in places])] - 6
    top = float(trace.row_at(np.array([left]))[0]) - 14
    _show(axes, run.figure, Box(left, top, left + 100, top + 34))
    axes.plot(*_corners(trace), color=INKS[0], lw=0.9)
    for mark in marks:
        axes.plot([mark.x], [mark.y], "x", color=INKS[1], ms=7, mew=1.3)
    return sheet


def draw_patients(run: Run) -> Sheet:
    """The reconstructed patients as a curve over the one that was read, with numbers at risk, printed and counted."""
    sheet, axes = _sheet(7.2, 3.2)
    done = zip(INKS, (4, -10), run.panel.arms, run.result.panels[0].reconstructions, strict=False)
    for colour, above, arm, rebuilt in done:
        end = arm.curve.last_time
        axes.step(*_closed(arm.curve.time, arm.curve.survival, end), where="post", color="0.65", lw=3)
        table = rebuilt.table
        axes.step(*_closed(table.time, table.survival, end), where="post", color=colour, lw=1, label=arm.name)
        for time, count in zip(arm.at_risk.time, arm.at_risk.count, strict=True) if arm.at_risk else ():
            counted = int(np.sum(rebuilt.ipd.time >= time))
            level = float(arm.curve.at(np.array([time]))[0])
            axes.annotate(
                f"{count} = {counted}", (time, level), xytext=(2, above), textcoords="offset points", fontsize=6
            )
    axes.set(xlim=(0, None), ylim=(0, 1.03), xlabel=run.panel.scales.time_unit, ylabel="survival")
    axes.legend(title="patients over curves (grey)", fontsize=7, title_fontsize=7)
    return sheet


PICTURES: dict[str, Callable[[Run], Sheet]] = {
    "text": draw_text,
    "axes": draw_axes,
    "names": draw_names,
    "inks": draw_inks,
    "levels": draw_levels,
    "marks": draw_marks,
    "patients": draw_patients,
}


def _sheet(width: float, height: float) -> tuple[Sheet, Axes]:
    sheet = Sheet(figsize=(width, height))
    return sheet, sheet.add_subplot()


def _sheets(width: float, height: float, widths: tuple[float, ...]) -> tuple[Sheet, list[Axes]]:
    sheet = Sheet(figsize=(width, height), layout="constrained")
    grid = sheet.add_gridspec(1, len(widths), width_ratios=widths)
    return sheet, [sheet.add_subplot(grid[i]) for i in range(len(widths))]


def _show(axes: Axes, figure: Figure, box: Box, pale: float = 0.0) -> None:
    """The figure's pixels, cut to ``box``; ``pale`` is the share of their contrast that is taken away."""
    pixels = figure.pixels.astype(np.float64) / 255
    axes.imshow(pixels + pale * (1 - pixels), interpolation="antialiased")
    axes.set(xlim=(box.left - 0.5, box.right + 0.5), ylim=(box.bottom + 0.5, box.top - 0.5))
    axes.set_axis_off()


def _frame(axes: Axes, box: Box, colour: tuple[float, ...]) -> None:
    corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
    axes.plot(*np.array([*corners, corners[0]]).T, color=colour, lw=0.8)


def _corners(trace: Trace) -> tuple[FloatArray, FloatArray]:
    """Columns and rows of the corners of a trace."""
    columns = np.concatenate([[trace.start], np.repeat(trace.risers, 2), [trace.end]])
    return columns, np.repeat(trace.levels, 2)


def _steepest(trace: Trace, width: float) -> float:
    """The column about which most drops lie within ``width`` px."""
    near = np.abs(trace.risers[:, None] - trace.risers[None]) < width / 2
    return float(trace.risers[np.argmax(near.sum(axis=1))])


def _closed(time: FloatArray, survival: FloatArray, end: float) -> tuple[FloatArray, FloatArray]:
    """A step curve from 1 at time 0 to its last time."""
    return np.concatenate([[0.0], time, [end]]), np.concatenate([[1.0], survival, survival[-1:]])


if __name__ == "__main__":
    main()
