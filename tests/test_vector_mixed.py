"""Pages that mix drawing and picture: what is seen decides, and a flag says where it came from."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from vector_figures import SURVIVAL, TIMES

from kmdigitize.geometry import Box
from kmdigitize.pipeline import digitize, read_page
from kmdigitize.records.digitized import DigitizedPanel
from kmdigitize.records.figure import Drawing, Figure, TextToken
from kmdigitize.sources.read import read_figures

STEPS = np.r_[0.0, TIMES, 47.0], np.r_[1.0, SURVIVAL, SURVIVAL[-1]]
LOWER = np.r_[1.0, SURVIVAL**2, SURVIVAL[-1] ** 2]


def drawn(kind: str, draw: Callable[..., None]) -> DigitizedPanel:
    """The panel of a file with drawn axes, on which ``draw`` puts the rest."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6, 4.5), dpi=200)
    plot = picture.add_subplot()
    draw(plot)
    plot.set(xlim=(0, 50), ylim=(0, 1), xlabel="Months since randomization", ylabel="Overall survival")
    buffer = io.BytesIO()
    picture.savefig(buffer, format=kind)
    (figure,) = read_figures(buffer.getvalue(), f"mixed.{kind}")
    assert figure.drawing is not None
    (panel,) = digitize(figure).panels
    return panel


def error(panel: DigitizedPanel, levels: np.ndarray = SURVIVAL) -> float:
    """Largest error of S in the middle of the flats."""
    middle = (np.r_[0.0, TIMES] + np.r_[TIMES, 47.0]) / 2
    return float(np.abs(panel.arms[0].curve.at(middle) - np.r_[1.0, levels]).max())


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_a_curve_as_picture_on_drawn_axes_is_traced_and_flagged(kind: str) -> None:
    panel = drawn(kind, lambda plot: plot.step(*STEPS, where="post", color="C0", rasterized=True))
    assert "vector_behind_raster" in [flag.code for flag in panel.scales.flags]
    assert len(panel.arms) == 1
    assert error(panel) < 0.004
    assert panel.scales.x.rms_px < 0.05, "the axes are those of the drawing"


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_a_drawn_curve_under_an_opaque_picture_is_not_what_is_seen(kind: str) -> None:
    def draw(plot: object) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        inner = Figure(figsize=(6, 4.5), dpi=200, facecolor="white")
        area = inner.add_axes((0, 0, 1, 1))
        area.step(STEPS[0], LOWER, where="post", color="C3", linewidth=2)
        area.set(xlim=(0, 50), ylim=(0, 1))
        area.axis("off")
        canvas = FigureCanvasAgg(inner)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
        plot.step(*STEPS, where="post", color="C0", zorder=1)  # type: ignore[attr-defined]
        plot.imshow(pixels, extent=(0, 50, 0, 1), aspect="auto", zorder=2)  # type: ignore[attr-defined]

    panel = drawn(kind, draw)
    assert "vector_behind_raster" in [flag.code for flag in panel.scales.flags]
    assert len(panel.arms) == 1
    assert error(panel, SURVIVAL**2) < 0.006


def test_a_drawn_curve_on_a_picture_is_exact() -> None:
    def draw(plot: object) -> None:
        plot.imshow(np.full((40, 50, 3), 240, np.uint8), extent=(0, 50, 0, 1), aspect="auto", zorder=0)  # type: ignore[attr-defined]
        plot.step(*STEPS, where="post", color="C0", zorder=3)  # type: ignore[attr-defined]

    panel = drawn("pdf", draw)
    assert error(panel) < 5e-4
    assert "vector_behind_raster" not in [flag.code for flag in panel.scales.flags]


def test_outlined_labels_amid_the_text_of_a_page_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = TextToken("Figure 1 shows survival of 120 patients.", Box(20, 5, 200, 15))
    ticks = tuple(TextToken(str(10 * k), Box(20 + 30 * k, 80, 30 + 30 * k, 90)) for k in range(5))
    monkeypatch.setattr("kmdigitize.page_text.read_tokens", lambda figure, settings: (*ticks, sentence))
    white = np.full((100, 200, 3), 255, np.uint8)
    assert read_page(Figure("printed", white, drawing=Drawing((), (sentence,)))).tokens == (sentence, *ticks)
    assert read_page(Figure("exact", white, drawing=Drawing((), (sentence, *ticks)))).tokens == (sentence, *ticks)
