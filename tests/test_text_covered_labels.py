"""Arms of a legend whose labels other print covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.covered_labels import covered_entries, named_by_rows, read_beside_samples
from kmdigitize.text.samples import LineSample

_ROWS = (40, 58, 76, 94)


def _legend(rows: tuple[int, ...] = _ROWS, lengths: tuple[int, ...] = (30, 30, 30, 30)) -> Pixels:
    page = np.full((140, 200, 3), 255, np.uint8)
    for row, length in zip(rows, lengths, strict=True):
        page[row : row + 2, 20 : 20 + length] = 0
    return page


def _chosen(*rows: int) -> list[tuple[TextToken, LineSample]]:
    return [
        (
            TextToken(f"Arm {row}", Box(60, row - 5, 100, row + 6), 0.99),
            LineSample(Box(20, row, 49, row + 1), (0, 0, 0), 2.0, "solid", ()),
        )
        for row in rows
    ]


def test_samples_that_go_on_in_the_column_are_arms() -> None:
    found = covered_entries(_legend(), _chosen(58, 76), [], 12.0)
    assert [(entry.label, entry.dash) for entry in found] == [("", "solid")] * 2
    assert [entry.sample.center_y for entry in found if entry.sample] == pytest.approx([40.5, 94.5], abs=1)


def test_from_one_label_the_next_line_is_looked_for() -> None:
    assert len(covered_entries(_legend((40, 58), (30, 30)), _chosen(40), [], 12.0)) == 1


def test_a_label_that_was_read_and_a_line_of_another_length_are_no_covered_arms() -> None:
    read = [TextToken("A-censored", Box(60, row - 5, 90, row + 7), 0.99) for row in (40, 94)]
    assert covered_entries(_legend(), _chosen(58, 76), read, 12.0) == []
    assert covered_entries(_legend(_ROWS, (60, 30, 30, 12)), _chosen(58, 76), [], 12.0) == []


def test_a_sample_between_two_is_an_arm() -> None:
    (found,) = covered_entries(_legend((40, 58, 76), (30, 30, 30)), _chosen(40, 76), [], 12.0)
    assert found.sample is not None
    assert found.sample.center_y == pytest.approx(58.5, abs=1)


def test_the_tinted_ground_of_samples_is_no_sample() -> None:
    """Keys of lines on bands: each line stands on a pale box that is wider than it, with paper between the boxes."""
    page = np.full((140, 200, 3), 255, np.uint8)
    for row in (40, 76):
        page[row - 15 : row + 16, 17:53] = (230, 210, 210)
        page[row : row + 2, 20:50] = 0
    page[56:61, 17:53] = (250, 215, 250)  # where both boxes fringe, as after compression
    assert covered_entries(page, _chosen(40, 76), [], 12.0) == []


def test_a_heading_over_the_samples_is_no_sample() -> None:
    heading = TextToken("Sex", Box(20, 35, 49, 47), 0.99)
    found = covered_entries(_legend((40, 58, 76), (30, 30, 30)), _chosen(58, 76), [heading], 12.0)
    assert found == []


def _rows(*labels: str) -> list[TextToken]:
    rows = [TextToken(label, Box(10, y, 50, y + 10), 0.99) for label, y in zip(labels, (200, 215, 230), strict=False)]
    counts = [TextToken("9", Box(x, row.box.top, x + 6, row.box.bottom), 0.99) for row in rows for x in (100, 140, 180)]
    return rows + counts


def _entries(*labels: str) -> list[LegendEntry]:
    return [LegendEntry(label, Box(60, y, 90, y + 10)) for label, y in zip(labels, (20, 40, 60), strict=False)]


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (("A", "", "C"), ["A", "B", "C"]),
        (("A", "B0", "C"), ["A", "B", "C"]),  # hardly read
        (("", "", ""), ["", "", ""]),
        (("C", "", "A"), ["C", "", "A"]),  # not in their turn
        (("A", ""), ["A", ""]),
    ],
)
def test_a_covered_label_is_that_of_its_turn(labels: tuple[str, ...], named: list[str]) -> None:
    entries = _entries(*labels)
    read = [TextToken(e.label, e.box, 0.6 if e.label == "B0" else 0.99) for e in entries if e.label]
    assert [entry.label for entry in named_by_rows(entries, [*read, *_rows("A", "B", "C")])] == named


@pytest.mark.parametrize(("said", "sure", "label"), [("Q3", 0.99, "Q3"), ("Q3", 0.9, ""), ("P=.03", 0.99, "")])
def test_what_stands_beside_a_sample_is_read_again(said: str, sure: float, label: str) -> None:
    """The place reaches as far as the longest other label; what is hardly read or a statistic is no name."""
    asked: list[Box] = []

    def reread(figure: Figure, boxes: Sequence[Box], numeric: bool) -> tuple[TextToken, ...]:
        asked.extend(boxes)
        return tuple(TextToken(said, box, sure) for box in boxes)

    chosen = _chosen(40, 58)
    missed = covered_entries(_legend((40, 58, 76), (30, 30, 30)), chosen, [], 12.0)
    page = Figure("page", _legend((40, 58, 76), (30, 30, 30)))
    labels = [token for token, _ in chosen]
    (found,) = read_beside_samples(page, missed, chosen, labels, reread)
    assert found.label == label
    assert (asked[0].left, asked[0].right) == (60, 111)
    over = TextToken("Hazard ratio, 0.33", Box(80, 72, 180, 82), 0.99)
    assert read_beside_samples(page, missed, chosen, [*labels, over], reread) == missed
