"""Parts of a figure that have a letter but no axes."""

from __future__ import annotations

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.part_letters import parts_without_axes


def _panel(name: str, left: float, top: float) -> Panel:
    frame = Box(left, top, left + 300, top + 200)
    return Panel(name, frame, Box(left - 90, top - 60, left + 390, top + 340), frame.bottom, frame.left)


def _letter(text: str, left: float, top: float) -> TextToken:
    return TextToken(text, Box(left, top, left + 10 * len(text), top + 12))


PANELS = [_panel("A", 100, 60), _panel("D", 600, 460)]
LETTERS = [_letter("A", 40, 20), _letter("D", 545, 420)]


def test_letters_between_those_of_the_panels_name_the_other_parts() -> None:
    tokens = [*LETTERS, _letter("B", 540, 20), _letter("C  Response by grade", 20, 420)]
    parts = dict(parts_without_axes(tokens, PANELS))
    assert set(parts) == {"B", "C"}
    assert (parts["B"].left, parts["B"].top, parts["B"].bottom) == (540, 20, 420)
    assert (parts["C"].left, parts["C"].right) == (20, 545)


def test_a_row_of_a_table_and_a_label_of_a_curve_are_no_parts() -> None:
    row = [_letter("B", 40, 300), _letter("80", 100, 300), _letter("41", 200, 300)]
    assert parts_without_axes([LETTERS[0], *row], PANELS[:1]) == ()
    assert parts_without_axes([LETTERS[0], _letter("B", 300, 100)], PANELS[:1]) == ()


def test_letters_out_of_sequence_or_of_another_size_are_no_parts() -> None:
    assert parts_without_axes([LETTERS[0], _letter("F", 540, 20)], PANELS[:1]) == ()
    small = TextToken("B", Box(540, 24, 546, 31))
    assert parts_without_axes([LETTERS[0], small], PANELS[:1]) == ()


def test_panels_without_letters_say_nothing() -> None:
    assert parts_without_axes([_letter("B", 540, 20)], [_panel("1", 100, 60)]) == ()
