"""Pictures of marks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kmdigitize.detect import marks_render
from kmdigitize.detect.marks_render import MarkLook, stamps_of


@pytest.mark.parametrize("kind", ["vbar", "tick", "plus", "cross", "circle", "tall triangle"])
@pytest.mark.parametrize("soft", [0.33, 1.0])
def test_no_pixel_of_a_mark_is_left_out(kind: Any, soft: float, monkeypatch: pytest.MonkeyPatch) -> None:
    look = MarkLook(kind, 4.3, 2.1, soft)
    quick = stamps_of.__wrapped__(look)
    offset = np.arange(-quick.reach, quick.reach + 1)
    everywhere = tuple(grid.ravel() for grid in np.meshgrid(offset, offset, indexing="ij"))
    monkeypatch.setattr(marks_render, "_around", lambda *_: everywhere)
    whole = stamps_of.__wrapped__(look)
    for name in ("rows", "columns", "cover", "beyond"):
        assert np.array_equal(getattr(quick, name), getattr(whole, name))
