"""Labels that are read again at their ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from axes_drawing import blank, figure_of, survival_axes
from axes_fitted import FIGURE, panel_of, printed_on, right, ticks_of

from kmdigitize.detect.scales import fit_scales
from kmdigitize.detect.scales_reread import _ROWS_APART, _SIGNS_APART, _label_band
from kmdigitize.detect.ticks import find_ticks
from kmdigitize.geometry import Box
from kmdigitize.records.axes import PrintedAxes, Ticks
from kmdigitize.records.figure import TextToken


def test_labels_are_read_again_at_the_ticks() -> None:
    axes = survival_axes()
    picture = blank(430, 310)
    axes.draw(picture)
    figure, panel = figure_of(picture), panel_of(axes)
    texts = iter(axes.x_ticks.values())

    def reread(_: object, boxes: object, numeric: bool) -> tuple[TextToken, ...]:
        assert numeric
        return tuple(TextToken(next(texts, ""), box) for box in boxes)  # type: ignore[attr-defined]

    printed = PrintedAxes(find_ticks(figure, panel), tuple(axes.labels()[6:]))
    scales = fit_scales(figure, panel, printed, reread=reread)
    assert right(scales, axes, 0.05)


def test_two_labels_read_again_do_not_replace_six_that_lie_on_a_line() -> None:
    axes = survival_axes()
    ticks = ticks_of(axes)
    uneven = ticks.y.outside + np.array([0.0, 3.0, -3.0, 3.0, -3.0, 0.0])
    printed = printed_on(axes, Ticks(ticks.x, replace(ticks.y, outside=uneven)))

    def reread(_: object, boxes: Sequence[Box], numeric: bool) -> tuple[TextToken, ...]:
        return tuple(TextToken(text, box) for text, box in zip(("7", "5", "", "", "", ""), boxes, strict=False))

    scales = fit_scales(FIGURE, panel_of(axes), printed, reread=reread)
    assert scales.y.source == "labels"
    assert right(scales, axes, 1.0)


def test_a_label_with_a_gap_beside_its_point_is_one_band() -> None:
    """Columns of a label's signs from the axis outwards: the last digit, the point too pale to see, the first one."""
    strip = np.full((60, 200, 3), 255, np.uint8)
    ticks = np.array([20.0, 60.0, 100.0, 140.0, 180.0])
    for tick in ticks.astype(int):
        for first in (4, 11):
            strip[first : first + 4, tick - 3 : tick + 10] = 0
    assert _label_band(strip, ticks, 7.0, _SIGNS_APART) == (3, 15)
    assert _label_band(strip, ticks, 7.0, _ROWS_APART) == (3, 8)
