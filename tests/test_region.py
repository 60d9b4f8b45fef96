"""Where text is printed: over the curves only if the label stands inside the panel."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.region import Region, text_mask
from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken

REGION = Region(np.zeros((40, 60, 3), np.float32), 100, 50, 4, 4.0, False)


@pytest.mark.parametrize(
    ("box", "covered"),
    [
        (Box(120, 60, 129, 64), True),  # inside
        (Box(155, 60, 200, 70), False),  # beside the end of a curve, its margin reaching in
        (Box(150, 60, 165, 70), True),  # printed across the frame, most of it inside
        (Box(110, 84, 150, 99), True),  # across the axis
    ],
)
def test_a_label_beside_the_panel_covers_no_curve(box: Box, covered: bool) -> None:
    assert text_mask(REGION, [TextToken("No aid", box, 0.99)]).any() == covered


def test_a_row_of_censor_marks_is_no_text() -> None:
    assert not text_mask(REGION, [TextToken("+++", Box(120, 60, 129, 64), 0.99)]).any()


def test_a_row_of_circles_read_with_doubt_is_no_text() -> None:
    assert not text_mask(REGION, [TextToken("20021", Box(120, 60, 145, 64), 0.6)]).any()
    assert text_mask(REGION, [TextToken("20021", Box(120, 60, 145, 64), 0.9)]).any()
