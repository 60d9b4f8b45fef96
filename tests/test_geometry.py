import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmdigitize.geometry import AxisScale, Box

finite = st.floats(-1e4, 1e4)


def test_box_of_three_by_two_pixels() -> None:
    box = Box(10, 20, 12, 21)
    assert (box.width, box.height, box.center_x, box.center_y) == (2, 1, 11, 20.5)
    rows, columns = box.slices((100, 100))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (20, 22, 10, 13)
    assert box.overlap(Box(11, 20, 15, 30)) == 1
    assert box.overlap(Box(13, 20, 15, 30)) == 0


def test_box_edges_in_order() -> None:
    with pytest.raises(ValueError, match="out of order"):
        Box(2, 0, 1, 1)


@given(st.floats(0, 500), st.floats(501, 1000), finite, finite, st.floats(0, 1000))
def test_axis_scale_round_trip(px0: float, px1: float, v0: float, v1: float, px: float) -> None:
    if abs(v1 - v0) < 1e-3:
        return
    scale = AxisScale.through((px0, px1), (v0, v1))
    assert scale.to_value(px0) == pytest.approx(v0, abs=1e-6)
    assert scale.to_value(px1) == pytest.approx(v1, abs=1e-6)
    assert scale.to_px(scale.to_value(px)) == pytest.approx(px, abs=1e-6)
    assert scale.pixel_size == pytest.approx(abs(v1 - v0) / (px1 - px0))


def test_axis_scale_needs_a_slope() -> None:
    with pytest.raises(ValueError, match="slope"):
        AxisScale(0.0, 1.0)
