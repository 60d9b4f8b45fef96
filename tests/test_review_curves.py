"""Changes of drawn curves: hand-worked cases, and the law that a survival curve stays one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kmdigitize.review.curves import (
    Drawn,
    add_drop,
    add_mark,
    begin_at,
    delete_drop,
    delete_mark,
    end_at,
    followed_by,
    merge,
    move_drop,
    replace_stretch,
    swap_from,
)

A = Drawn(((1.0, 0.9), (3.0, 0.6), (5.0, 0.2)), 8.0, (2.0, 7.0))
B = Drawn(((2.0, 0.8), (4.0, 0.5)), 9.0, (6.0,))


def test_a_moved_drop_stays_between_its_neighbours() -> None:
    assert move_drop(A, 1, (2.0, 0.7)).drops[1] == (2.0, 0.7)
    assert move_drop(A, 1, (9.0, 0.0)).drops[1] == (5.0, 0.2)
    assert move_drop(A, 1, (0.0, 1.0)).drops[1] == (1.0, 0.9)


def test_the_last_drop_can_be_moved_behind_the_end() -> None:
    moved = move_drop(A, 2, (9.5, 0.1))
    assert (moved.drops[2], moved.end) == ((9.5, 0.1), 9.5)


def test_drops_are_added_and_deleted() -> None:
    assert add_drop(A, (2.0, 0.7)).drops == ((1.0, 0.9), (2.0, 0.7), (3.0, 0.6), (5.0, 0.2))
    assert add_drop(A, (2.0, 0.1)).drops[1] == (2.0, 0.6)
    assert delete_drop(A, 1).drops == ((1.0, 0.9), (5.0, 0.2))


def test_a_curve_ends_and_begins() -> None:
    assert end_at(A, 4.0) == Drawn(((1.0, 0.9), (3.0, 0.6)), 4.0, (2.0,))
    assert end_at(A, 12.0).end == 12.0
    assert begin_at(A, 4.0) == Drawn(((4.0, 0.6), (5.0, 0.2)), 8.0, (7.0,))


def test_swapping_twice_at_a_crossing_gives_the_same_curves() -> None:
    a, b = Drawn(((1.0, 0.6), (5.0, 0.3)), 8.0), Drawn(((2.0, 0.6), (6.0, 0.1)), 9.0)
    once = swap_from(a, b, 3.0)
    assert once[0] == Drawn(((1.0, 0.6), (6.0, 0.1)), 9.0)
    assert swap_from(*once, 3.0) == (a, b)


def test_two_parts_of_one_curve_are_merged_in_order_of_time() -> None:
    late = begin_at(A, 4.0)
    assert merge(late, end_at(A, 4.0)) == A
    assert merge(end_at(A, 4.0), late) == A


def test_a_level_that_would_rise_stays() -> None:
    assert followed_by(A, B, 5.5).drops == A.drops


def test_a_stretch_is_replaced_between_its_ends() -> None:
    drawn = replace_stretch(A, [(2.0, 0.9), (2.5, 0.7)], 4.0)
    assert drawn.drops == ((1.0, 0.9), (2.5, 0.7), (4.0, 0.6), (5.0, 0.2))
    assert replace_stretch(A, [(2.0, 0.89), (2.5, 0.605)], 4.0, 0.02).drops == ((1.0, 0.9), (2.5, 0.605), (5.0, 0.2))
    assert replace_stretch(A, [(7.0, 0.2), (7.5, 0.1)], 10.0).end == 10.0


def test_marks_are_added_in_order_and_deleted() -> None:
    assert add_mark(A, 4.0).marks == (2.0, 4.0, 7.0)
    assert delete_mark(A, 0).marks == (7.0,)
    assert add_mark(Drawn((), 3.0), 1.0).marks == (1.0,)


def _curves() -> st.SearchStrategy[Drawn]:
    number = st.floats(0.0, 10.0, allow_nan=False).map(lambda value: round(value, 2))
    share = st.floats(0.0, 1.0, allow_nan=False).map(lambda value: round(value, 3))

    def ordered(pairs: list[tuple[float, float]]) -> Drawn:
        times, levels = sorted(t for t, _ in pairs), sorted((s for _, s in pairs), reverse=True)
        return Drawn(tuple(zip(times, levels, strict=True)), (times[-1] if times else 0.0) + 1.0)

    return st.lists(st.tuples(number, share), max_size=6).map(ordered)


@given(_curves(), _curves(), st.floats(0.0, 12.0), st.floats(0.0, 1.0))
def test_whatever_is_done_it_stays_a_survival_curve(a: Drawn, b: Drawn, time: float, level: float) -> None:
    changed = [add_drop(a, (time, level)), end_at(a, time), begin_at(a, time), merge(a, b), *swap_from(a, b, time)]
    changed.append(replace_stretch(a, [(time, level)], time + 1.0))
    changed += [move_drop(a, index, (time, level)) for index in range(len(a.drops))]
    for curve in changed:
        times, levels = [t for t, _ in curve.drops], [s for _, s in curve.drops]
        assert times == sorted(times)
        assert levels == sorted(levels, reverse=True)
        assert all(0.0 <= s <= 1.0 for s in levels)
        assert curve.end >= (times[-1] if times else 0.0)
