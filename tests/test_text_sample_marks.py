"""The crossbar of a mark on a sample of a legend, by the ink of the sample's columns."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.text.sample_marks import crossbar_of

DOTS = [1.0] * 2 + [5.0] * 4 + [1.0] * 5 + [0.0] * 2 + [1.0] * 5 + [5.0] * 4 + [1.0] * 2
DASH = [5.0] * 18 + [1.0] * 6
LETTERS = [1.0, 1.0, 8.0, 0.0, 0.0, 4.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 4.0, 2.0, 2.0, 2.0, 0.0, 0.0, 6.0, 9.0, 2.0, 2.0]
MARKED = [2.0] * 8 + [5.0] * 8 + [2.0] * 8
SOLID = [1.0, 2.0, *[5.0] * 20, 2.0, 1.0]


@pytest.mark.parametrize(("across", "thin"), [(DOTS, 1.0), (DASH, 1.0), (LETTERS, None), (MARKED, None), (SOLID, None)])
def test_a_crossbar_is_thin_and_goes_through(across: list[float], thin: float | None) -> None:
    assert crossbar_of(np.array(across)).tolist() == [value == thin for value in across]
