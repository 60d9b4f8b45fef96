"""Claimed standard deviations hold the errors of drawn figures that are read with nothing typed."""

import numpy as np
import pytest

from kmdigitize import digitize, read_figure
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

LOOKS = [("smooth", "none"), ("snapped", "none"), ("smooth", "vbar"), ("snapped", "plus")]


def errors_of(number, renderer, censor):
    """Errors of levels (in the middle of their flats) and of the times of drops of a pixel, in standard deviations."""
    recipe = TrialRecipe(arms=("Control", "Treatment"), n=90, hazard_ratio=0.6, drop_out=0.01)
    size = {"width_in": 5.5 + 0.37 * number, "height_in": 4.0 + 0.29 * number}
    style = FigureStyle(renderer=renderer, censor=censor, font_pt=8.2 + 0.33 * number, **size)
    figure = draw_figure([simulate_trial(recipe, number)], style, "drawn", seed=1)
    truth = perfect_digitization(figure).panels[0]
    found = digitize(read_figure(figure.file, "drawn")).panels[0]
    of_levels, of_times = [], []
    for true, arm in zip(truth.arms, found.arms, strict=True):
        drawn, curve = true.curve, arm.curve
        ends = np.append(curve.time[1:], curve.last_time)
        of_levels += list((curve.survival - drawn.at((curve.time + ends) / 2)) / curve.survival_sd)
        drop = -np.diff(curve.survival, prepend=1.0) / truth.scales.y.pixel_size
        nearest = drawn.time[np.abs(drawn.time[None, :] - curve.time[:, None]).argmin(axis=1)]
        of_times += list(((curve.time - nearest) / curve.time_sd)[drop >= 1])
    return of_levels, of_times


@pytest.mark.parametrize("what", [0, 1], ids=["levels", "times"])
def test_two_standard_deviations_hold_between_90_and_99_percent_of_the_errors(what, drawn_errors):
    share = np.mean(np.abs(drawn_errors[what]) <= 2)
    assert 0.90 <= share <= 0.99


@pytest.fixture(scope="module")
def drawn_errors():
    """All errors of levels and of times, over every look in two sizes."""
    found = [errors_of(number, *LOOKS[number % len(LOOKS)]) for number in range(2 * len(LOOKS))]
    return [np.concatenate([errors[what] for errors in found]) for what in (0, 1)]
