"""Labels that are read again at their ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from axes_drawing import blank, figure_of, survival_axes
from axes_fitted import FIGURE, panel_of, printed_on, right, ticks_of

from kmdigitize.detect.scales import fit_scales
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
