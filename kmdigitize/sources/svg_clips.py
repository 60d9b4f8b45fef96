"""Clips of an SVG: their rectangles in px, and which of them a renderer can do without.

Drawing programs put a clip around everything they draw. A renderer pays for each with a mask as large as the page, so
clips that cut nothing off, which the walk over the shapes knows, are taken out before the drawing is rendered, and
neighbours whose clips cut alike share the widest. What is seen stays the same, but that a stroke along the edge of its
clip, such as the frame of a panel, is rendered as wide as it is drawn.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from kmdigitize.geometry import FloatArray
from kmdigitize.sources.outlines import Rectangle, bounds, intersection
from kmdigitize.sources.svg_tree import local

_WRITTEN = 1.0
"""How far text may reach beyond its box, in heights of the box, whose width is only an estimate."""
_UNSEEN = 0.1
"""A strip of this many px that is cut off or not changes no pixel by more than a tenth."""
_OUTWARDS = (-1.0, -1.0, 1.0, 1.0)
"""Sign of the way out at the left, top, right and bottom."""
_DRAWS_NOTHING = frozenset({"", "defs", "title", "desc", "metadata", "style", "clipPath"})
_GATHERING = frozenset({"id", "class", "clip-path", "style", "transform"})
"""Attributes of a group that leave its children as they would be drawn one by one (no opacity, mask, filter)."""


@dataclass(slots=True)
class Clips:
    """The clips met on a walk: the rectangle of each element that has one, and those whose clip cuts something off.

    ``page`` is the rectangle of the page in px: what is beyond it is not seen anyway.
    """

    page: Rectangle
    rectangles: dict[ET.Element, Rectangle] = field(default_factory=dict)
    cutting: set[ET.Element] = field(default_factory=set)
    cut_sides: dict[ET.Element, set[int]] = field(default_factory=dict)

    def met(self, element: ET.Element, outlines: Sequence[FloatArray]) -> Rectangle | None:
        """The rectangle around ``outlines`` in px, by which ``element`` is clipped; None if they are empty."""
        box = bounds(outlines)
        again = self.rectangles.get(element, box) != box
        if box is not None and len(outlines) == 1 and _is_rectangle(outlines[0], box) and not again:
            self.rectangles[element] = box
        else:
            self.rectangles.pop(element, None)
            self.cutting.add(element)
        return box

    def drawn(
        self, chain: tuple[ET.Element, ...], outlines: Sequence[FloatArray], reach: float, clip: Rectangle
    ) -> None:
        """Note what the last element of ``chain`` draws, up to ``reach`` px around ``outlines``, under ``clip``."""
        box = bounds(outlines)
        if box is None:
            return
        seen = intersection((box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach), self.page)
        if seen is None:
            self.cutting.update(chain)
            return
        cut = {side for side, sign in enumerate(_OUTWARDS) if sign * (seen[side] - clip[side]) > _UNSEEN}
        if cut:
            self.cutting.update(chain)
            for element in chain:
                self.cut_sides.setdefault(element, set()).update(cut)

    def thin_out(self, root: ET.Element) -> None:
        """Take clips that cut nothing off out of the tree, and let neighbours that have the same one share it."""
        for element in set(self.rectangles) - self.cutting:
            if element.attrib.pop("clip-path", None) is not None:
                del self.rectangles[element]
        if not any(">" in (element.text or "") for element in root.iter() if local(element) == "style"):
            self._share(root)

    def _share(self, parent: ET.Element) -> None:
        for child in parent:
            if local(child) == "g":
                self._share(child)
        drawn = [child for child in parent if local(child) not in _DRAWS_NOTHING]
        runs = [(box, list(run)) for box, run in groupby(drawn, self._own)]
        if len(runs) == 1 and local(parent) == "g" and self._gathers(parent):
            self._move_up(parent, *runs[0])
            return
        for box, run in runs:
            if box is not None and len(run) > 1 and self._widest(run) is not None:
                group = ET.Element(parent.tag.removesuffix(local(parent)) + "g")
                parent.insert(list(parent).index(run[0]), group)
                for child in run:
                    parent.remove(child)
                group.extend(run)
                self._move_up(group, box, run)

    def _own(self, element: ET.Element) -> Rectangle | None:
        """The rectangle of a clip written as an attribute in the coordinates of the parent, at the edge of the page on
        sides where it cuts nothing off."""
        plain = "clip-path" in element.attrib and "transform" not in element.attrib
        box = self.rectangles.get(element) if plain and "transform" not in element.get("style", "") else None
        sides = self.cut_sides.get(element)
        if box is None or not sides:
            return box
        left, top, right, bottom = (box[i] if i in sides else self.page[i] for i in range(4))
        return left, top, right, bottom

    def _gathers(self, group: ET.Element) -> bool:
        bare = "clip-path" not in group.attrib and set(group.attrib) <= _GATHERING
        return bare and not any(word in group.get("style", "") for word in ("opacity", "clip", "mask", "filter"))

    def _move_up(self, group: ET.Element, box: Rectangle | None, children: list[ET.Element]) -> None:
        """Give the clip that all ``children`` of ``group`` have, if any, to the group itself."""
        widest = self._widest(children) if box is not None else None
        if box is None or widest is None:
            return
        group.set("clip-path", widest.attrib["clip-path"])
        self.rectangles[group] = self.rectangles[widest]
        self.cut_sides[group] = set().union(*(self.cut_sides.get(child, set()) for child in children))
        for child in children:
            del child.attrib["clip-path"]

    def _widest(self, children: list[ET.Element]) -> ET.Element | None:
        """The child whose rectangle holds those of all others, if there is one."""
        boxes = [self.rectangles[child] for child in children]
        around = tuple(max(sign * box[side] for box in boxes) * sign for side, sign in enumerate(_OUTWARDS))
        return next((child for child, box in zip(children, boxes, strict=True) if box == around), None)


def text_reach(height: float) -> float:
    """How far beyond its estimated box text of ``height`` px may be seen."""
    return _WRITTEN * height


def _is_rectangle(points: FloatArray, box: Rectangle) -> bool:
    """Whether all ``points`` (n, 2) are corners of ``box``, to a hundredth of a px."""
    if len(points) not in (4, 5):
        return False
    upright = [abs(points[:, axis, None] - [[box[axis], box[axis + 2]]]).min(axis=1).max() < 0.01 for axis in (0, 1)]
    return all(upright)
