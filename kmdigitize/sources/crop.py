"""A part of a drawing in px of the cropped picture."""

from __future__ import annotations

from dataclasses import replace

from kmdigitize.geometry import Box
from kmdigitize.records.figure import Drawing, DrawnPath, TextToken


def crop_drawing(drawing: Drawing, corner: Box) -> Drawing:
    """What of ``drawing`` lies in ``corner`` (whole px), moved so that its top-left pixel is the origin.

    Paths and pictures that reach into it and texts whose middle lies in it are kept whole.
    """
    return Drawing(
        tuple(_moved_path(path, corner) for path in drawing.paths if _touches(path, corner)),
        tuple(_moved_text(t, corner) for t in drawing.texts if corner.contains(t.box.center_x, t.box.center_y)),
        tuple(_moved_box(box, corner) for box in drawing.pictures if box.overlap(corner) > 0),
        drawing.px_per_unit,
        drawing.stretch,
    )


def _touches(path: DrawnPath, corner: Box) -> bool:
    low, high = path.points.min(axis=0), path.points.max(axis=0)
    return bool(low[0] <= corner.right and high[0] >= corner.left and low[1] <= corner.bottom and high[1] >= corner.top)


def _moved_path(path: DrawnPath, corner: Box) -> DrawnPath:
    if corner.left == 0 and corner.top == 0:
        return path
    return replace(path, points=path.points - (corner.left, corner.top))


def _moved_text(token: TextToken, corner: Box) -> TextToken:
    return replace(token, box=_moved_box(token.box, corner))


def _moved_box(box: Box, corner: Box) -> Box:
    return Box(box.left - corner.left, box.top - corner.top, box.right - corner.left, box.bottom - corner.top)
