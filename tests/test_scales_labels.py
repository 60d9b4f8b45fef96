"""Which of the numbers along an axis are its labels, and what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.detect.scales_labels import best_labels
from kmdigitize.detect.scales_lattice import LatticeSettings, fit_labels
from kmdigitize.geometry import Box
from kmdigitize.records.axes import NumberLabel


def test_one_label_that_is_met_outweighs_two_whose_boxes_hold_a_tick() -> None:
    """The first and last box are 7 px off; a line between them and the others would be 3 px off all of them."""
    at, values = np.array([48.0, 96.5, 152.0, 208.0, 256.5]), np.array([1.01, 0.75, 0.5, 0.25, 0.0])
    lattice = fit_labels(at, values, 3.3, -1.0)
    assert lattice is not None
    assert lattice.labels.tolist() == [False, True, True, True, False]
    assert lattice.step == pytest.approx(-223.0)


def test_digits_beside_labels_with_a_point_are_tenths() -> None:
    """Of labels on end only the last digit was found, but for the first and the last one."""
    texts = ("1.0", "8", "6", "4", "2", "0.0")
    rows = [10 + 48 * step for step in range(6)]
    labels = [NumberLabel(float(t), t, Box(20, row, 30, row + 10)) for t, row in zip(texts, rows, strict=True)]
    found = best_labels([labels], False, 10.0, LatticeSettings())
    assert found is not None
    assert found.values[found.lattice.labels].tolist() == [1.0, 0.8, 0.6, 0.4, 0.2, 0.0]
    whole = [replace(one, text="0", value=0.0) if one.value == 0 else one for one in labels[1:]]
    kept = best_labels([whole], False, 10.0, LatticeSettings())
    assert kept is not None
    assert kept.values.tolist() == [8.0, 6.0, 4.0, 2.0, 0.0]
    across = [replace(one, box=Box(row, 300, row + 8, 310)) for one, row in zip(reversed(labels), rows, strict=True)]
    time = best_labels([across], True, 10.0, LatticeSettings())
    assert time is not None
    assert time.values[time.lattice.labels].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
