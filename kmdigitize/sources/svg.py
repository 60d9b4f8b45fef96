"""SVG files to figures: the drawing, and its rendering on exactly the same scale.

The view box is rendered on a whole number of pixels, so that user units and pixels are one linear map apart and the
rendering and the paths coincide. Nothing outside the file is read.
"""

from __future__ import annotations

import hashlib
import io
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from kmdigitize.errors import TooLargeError, UnreadableFileError
from kmdigitize.geometry import Pixels
from kmdigitize.records.figure import Drawing, Figure
from kmdigitize.sources.outlines import Matrix
from kmdigitize.sources.phrases import join_glyphs
from kmdigitize.sources.svg_shapes import read_shapes
from kmdigitize.sources.svg_style import length
from kmdigitize.sources.svg_tree import NUMBER, SvgLimits, SvgTree, read_tree


@dataclass(frozen=True, slots=True)
class SvgSettings:
    """``long_side``: rendered length of the longer side in px, at which the digits of a usual one-panel figure are
    16 px high or more. ``max_ratio`` bounds the shape of the page.
    """

    long_side: int = 2000
    max_ratio: float = 20.0
    limits: SvgLimits = field(default_factory=SvgLimits)


def read_svg(data: bytes, name: str, settings: SvgSettings | None = None) -> Figure:
    """The drawing in ``data`` as a figure. Raises UnreadableFileError, or TooLargeError beyond the limits."""
    settings = settings or SvgSettings()
    tree = read_tree(data, name, settings.limits)
    left, top, width, height = _view_box(tree, name)
    if max(width / height, height / width) > settings.max_ratio:
        raise TooLargeError(f"{name} is {width:g} × {height:g}, too narrow for a figure.", "Export the figure alone.")
    scale = settings.long_side / max(width, height)
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    x_scale, y_scale = columns / width, rows / height
    to_px: Matrix = (x_scale, 0.0, 0.0, y_scale, -left * x_scale - 0.5, -top * y_scale - 0.5)
    try:
        content = read_shapes(tree, to_px, (-0.5, -0.5, columns - 0.5, rows - 0.5))
    except RecursionError as error:
        raise TooLargeError(f"{name} nests too deep.", "Export the figure alone, or as PNG.") from error
    content.clips.thin_out(tree.root)
    pixels = _rendered(tree, (left, top, width, height), (columns, rows), name)
    stretch = (x_scale / scale, y_scale / scale)
    drawing = Drawing(tuple(content.paths), join_glyphs(content.glyphs), tuple(content.pictures), scale, stretch)
    return Figure(name, pixels, sha256=hashlib.sha256(data).hexdigest(), drawing=drawing)


def _view_box(tree: SvgTree, name: str) -> tuple[float, float, float, float]:
    """left, top, width, height of what is drawn, in the root's user units."""
    numbers = NUMBER.findall(tree.root.get("viewBox", ""))
    box = [float(number) for number in numbers]
    if len(box) != 4:
        width, height = (length(tree.root.get(key, ""), 0.0, 0.0) for key in ("width", "height"))
        box = [0.0, 0.0, width, height]
    if not all(np.isfinite(box)) or not (0 < box[2] < 1e6 and 0 < box[3] < 1e6):
        raise UnreadableFileError(f"{name} states no size.", "Export it with width and height or a view box.")
    return box[0], box[1], box[2], box[3]


def _rendered(tree: SvgTree, view: tuple[float, float, float, float], size: tuple[int, int], name: str) -> Pixels:
    """(height, width, 3) picture of the tree on white; fonts beyond the installed ones come with matplotlib."""
    import resvg_py
    from matplotlib import get_data_path

    root = ET.Element(tree.root.tag, dict(tree.root.attrib))
    root.extend(list(tree.root))
    root.set("viewBox", " ".join(f"{value!r}" for value in view))
    root.set("preserveAspectRatio", "none")
    root.set("width", f"{size[0]}px")
    root.set("height", f"{size[1]}px")
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=ET.tostring(root, encoding="unicode"),
            background="#ffffff",
            dpi=96,
            font_dirs=[f"{get_data_path()}/fonts/ttf"],
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
        )
    except BaseException as error:  # a panic of the renderer is no Exception
        if not isinstance(error, ValueError | RuntimeError) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableFileError(f"{name} could not be drawn ({error}).", "Export it as PDF or PNG.") from error
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGB"), dtype=np.uint8)
