"""Trials and a style → a picture and its truth, to the pixel.

The figure is laid out in inches, drawn by matplotlib with the fonts that it ships, and damaged afterwards the way
scanners and web sites do. Truth is taken from the trial and from the axes' own transformation, never from the pixels.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.synthetic.contents import Contents
from kmdigitize.synthetic.damage import damage_picture, encode
from kmdigitize.synthetic.layout import PAGE_LINES, Room, plan_axes, plan_room
from kmdigitize.synthetic.panel import draw_panel
from kmdigitize.synthetic.style import FigureStyle
from kmdigitize.synthetic.trials import TrueArm
from kmdigitize.synthetic.truth import panel_truth, style_truth

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Plot
    from matplotlib.figure import Figure as Canvas

FONTS = {"sans": "DejaVu Sans", "serif": "DejaVu Serif", "times": "STIXGeneral"}
PAGE_WORDS = (
    "Patients were assigned to the two groups in a one-to-one ratio and followed until the date of data cutoff. "
    "Analyses were carried out in all patients as randomized, and times were compared with a stratified test. "
)


@dataclass(frozen=True, slots=True)
class SyntheticFigure:
    """A drawn figure: the decoded ``pixels``, the ``file`` as bytes with its ``suffix``, and the ``truth``."""

    name: str
    pixels: Pixels
    file: bytes
    suffix: str
    truth: dict[str, Any]

    def save(self, folder: Path) -> Path:
        """Write ``figures/NAME.SUFFIX`` and ``truth/NAME.json`` under ``folder``; the path of the figure."""
        for part in ("figures", "truth"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        path = folder / "figures" / f"{self.name}.{self.suffix}"
        path.write_bytes(self.file)
        (folder / "truth" / f"{self.name}.json").write_text(json.dumps(self.truth))
        return path


def draw_figure(
    trials: Sequence[Sequence[TrueArm]], styles: FigureStyle | Sequence[FigureStyle], name: str, seed: int = 0
) -> SyntheticFigure:
    """Draw one panel per trial (1, 2, or any number in two columns).

    ``styles`` is one style for all panels or one per panel; size, renderer, font and damage are those of the first.
    ``seed`` seeds the noise only.
    """
    looks = [styles] * len(trials) if isinstance(styles, FigureStyle) else list(styles)
    style = looks[0]
    with _matplotlib_defaults(style):
        canvas, panels = _compose(trials, looks)
        pixels = _rasterise(canvas, style)
        place = [_corners(plot, contents, pixels) for plot, contents in panels]
    pixels, moved = damage_picture(pixels, style.damage, seed)
    file = encode(pixels, style.damage)
    if style.damage.jpeg is not None:
        pixels = _decode(file)
    truths = [
        panel_truth(contents, corners @ moved[:, :2].T + moved[:, 2], style.damage.tilt, pixels.shape)
        for (_, contents), corners in zip(panels, place, strict=True)
    ]
    suffix = "png" if style.damage.jpeg is None else "jpg"
    return SyntheticFigure(name, pixels, file, suffix, _figure_truth(name, suffix, seed, looks, truths))


def draw_vector(
    trials: Sequence[Sequence[TrueArm]], style: FigureStyle, kind: str, name: str, outlined_text: bool = False
) -> SyntheticFigure:
    """The figure as a "pdf" or "svg" file. Truth is in points: PDF from the lower left corner, SVG from the upper left.

    ``outlined_text`` draws SVG text as outlines, as journals' production systems do.
    """
    with _matplotlib_defaults(replace(style, renderer="smooth")) as settings:
        settings["svg.fonttype"] = "path" if outlined_text else "none"
        canvas, panels = _compose(trials, [style] * len(trials))
        file = _save_vector(canvas, kind)
        height = canvas.get_figheight() * 72
        size = (round(height), round(canvas.get_figwidth() * 72))
        truths = []
        for plot, contents in panels:
            corners = _display_corners(plot, contents) * 72 / canvas.dpi
            if kind == "svg":
                corners[:, 1] = height - corners[:, 1]
            truths.append(panel_truth(contents, corners, 0.0, size))
    truth = _figure_truth(name, kind, 0, [style] * len(trials), truths)
    return SyntheticFigure(name, np.zeros((*size, 3), np.uint8), file, kind, truth)


def _figure_truth(
    name: str, suffix: str, seed: int, looks: Sequence[FigureStyle], panels: list[dict[str, Any]]
) -> dict[str, Any]:
    truth = {"id": name, "file": f"figures/{name}.{suffix}", "source": "kmdigitize.synthetic", "seed": seed}
    truth["style"] = style_truth(looks[0], len(panels))
    return truth | (panels[0] if len(panels) == 1 else {"panels": panels})


def _matplotlib_defaults(style: FigureStyle) -> Any:
    """A context with matplotlib's own defaults, whatever the user's configuration, adapted to ``style``."""
    from contextlib import contextmanager

    import matplotlib as mpl

    @contextmanager
    def context() -> Any:
        with mpl.rc_context():
            mpl.rcdefaults()
            sharp = style.renderer == "aliased"
            mpl.rcParams.update(
                {
                    "font.family": FONTS[style.font],
                    "font.size": style.font_pt,
                    "path.snap": style.renderer in ("snapped", "aliased"),
                    "lines.antialiased": not sharp,
                    "patch.antialiased": not sharp,
                    "text.antialiased": not sharp,
                    "svg.hashsalt": "kmdigitize",
                }
            )
            for key in ("axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"):
                mpl.rcParams[key] = style.font_pt
            yield mpl.rcParams

    return context()


def _compose(
    trials: Sequence[Sequence[TrueArm]], looks: Sequence[FigureStyle]
) -> tuple[Canvas, list[tuple[Plot, Contents]]]:
    """The matplotlib figure with every panel in its cell."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    style = looks[0]
    columns = min(2, len(trials))
    rows = -(-len(trials) // columns)
    page = PAGE_LINES * 1.3 * style.font_pt / 72 if style.page_text else 0.0
    width, height = style.width_in * columns, style.height_in * rows + 2 * page
    canvas = Canvas(figsize=(_whole_pixels(width, style.dpi), _whole_pixels(height, style.dpi)))
    canvas.set_dpi(style.dpi)
    FigureCanvasAgg(canvas)
    panels = []
    for index, (arms, look) in enumerate(zip(trials, looks, strict=True)):
        room = plan_room(look, [arm.name for arm in arms])
        axes = plan_axes(look, max(float(arm.time.max()) for arm in arms))
        contents = Contents.of(arms, look, axes, room)
        left = style.width_in * (index % columns)
        bottom = height - page - style.height_in * (index // columns + 1)
        plot = canvas.add_axes(_rectangle(room, (left, bottom), style, (width, height)))
        draw_panel(plot, contents)
        panels.append((plot, contents))
    if page:
        _draw_page_text(canvas, style, page / height)
    canvas.canvas.draw()
    return canvas, panels


def _whole_pixels(inches: float, dpi: int) -> float:
    """The length in inches of whole pixels, never a trifle less: some versions of matplotlib cut off what is less."""
    length = round(inches * dpi) / dpi
    return length if length * dpi >= round(inches * dpi) else float(np.nextafter(length, np.inf))


def _rectangle(
    room: Room, corner: tuple[float, float], style: FigureStyle, size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """The frame of a cell whose lower left ``corner`` is in inches, in shares of the figure."""
    frame_width = style.width_in - room.left - room.right
    frame_height = style.height_in - room.top - room.bottom
    if min(frame_width, frame_height) < 6 * room.em:
        raise ValueError(f"a panel of {style.width_in} by {style.height_in} inches leaves no room for its frame")
    return (
        (corner[0] + room.left) / size[0],
        (corner[1] + room.bottom) / size[1],
        frame_width / size[0],
        frame_height / size[1],
    )


def _draw_page_text(canvas: Canvas, style: FigureStyle, share: float) -> None:
    """Lines of a paper above and below the figure."""
    words = (PAGE_WORDS * 12).split()
    per_line = max(4, int(canvas.get_figwidth() * 72 / (style.font_pt * 3.6)))
    lines = [" ".join(words[i : i + per_line]) for i in range(0, 2 * PAGE_LINES * per_line, per_line)]
    for top, block in ((0.99, lines[:PAGE_LINES]), (share * 0.95, lines[PAGE_LINES:])):
        canvas.text(0.03, top, "\n".join(block), va="top", family="DejaVu Serif", linespacing=1.25)


def _display_corners(plot: Plot, contents: Contents) -> FloatArray:
    """Display coordinates (px from the lower left corner) of the axis ends: x0y0, x1y0, x0y1, x1y1; shape (4, 2)."""
    (x0, x1, _), (y0, y1, _) = contents.axes.x, contents.axes.y
    return np.asarray(plot.transData.transform([(x0, y0), (x1, y0), (x0, y1), (x1, y1)]), dtype=np.float64)


def _corners(plot: Plot, contents: Contents, pixels: Pixels) -> FloatArray:
    """The axis ends on the picture, which a rasteriser stretches to whole pixels where the page has none."""
    size = np.array([plot.figure.bbox.width, plot.figure.bbox.height], dtype=np.float64)
    corners = _display_corners(plot, contents)
    corners[:, 1] = size[1] - corners[:, 1]
    stretched: FloatArray = corners * (np.array([pixels.shape[1], pixels.shape[0]], dtype=np.float64) / size)
    return stretched


def _rasterise(canvas: Canvas, style: FigureStyle) -> Pixels:
    if style.renderer == "pdf":
        return _rasterise_pdf(_save_vector(canvas, "pdf"), style.dpi)
    if style.renderer == "svg":
        import resvg_py

        drawing = _save_vector(canvas, "svg").decode()
        return _decode(bytes(resvg_py.svg_to_bytes(svg_string=drawing, dpi=style.dpi, background="white")))
    rendered: Any = canvas.canvas
    return np.ascontiguousarray(np.asarray(rendered.buffer_rgba())[..., :3])


def _save_vector(canvas: Canvas, kind: str) -> bytes:
    buffer = io.BytesIO()
    dateless = {"CreationDate": None} if kind == "pdf" else {"Date": None}
    canvas.savefig(buffer, format=kind, metadata=dateless)
    return buffer.getvalue()


def _rasterise_pdf(file: bytes, dpi: int) -> Pixels:
    import pypdfium2

    page = pypdfium2.PdfDocument(file)[0]
    return np.ascontiguousarray(page.render(scale=dpi / 72, rev_byteorder=True).to_numpy()[..., :3])


def _decode(file: bytes) -> Pixels:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
