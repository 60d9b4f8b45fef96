"""Small tables of statistics: by arm, by column, glued cells, headings in two lines; other text is no table."""

from __future__ import annotations

import time

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.reported import Reported
from kmdigitize.text.stat_cells import headings_of
from kmdigitize.text.statistics import read_printed_statistics

FRAME = Box(100, 20, 600, 400)
PANEL = Panel("1", FRAME, Box(0, 0, 700, 500), 400, 100)
ARMS = ["Drug", "Placebo"]


def text(words: str, left: float, line: int, width: float | None = None) -> TextToken:
    top = 40 + 20 * line
    return TextToken(words, Box(left, top, left + (width or 6 * len(words)), top + 11))


def read(tokens: list[TextToken], arms: list[str] | None = None) -> Reported:
    found = read_printed_statistics(tokens, PANEL, ARMS if arms is None else arms)
    assert found is not None
    return found


def test_numbers_events_and_medians_by_arm() -> None:
    found = read(
        [
            text("No. of", 300, 0), text("Median (95% CI)", 380, 1, 90), text("Events/N", 295, 1),
            text("Drug", 200, 2), text("45/114", 300, 2), text("44.0 (38.1-NR)", 380, 2),
            text("Placebo", 200, 3), text("57/116", 300, 3), text("30.0 (25.2-36.4)", 380, 3),
        ]
    )  # fmt: skip
    assert [(a.name, a.n, a.events, a.median, a.median_limits) for a in found.arms] == [
        ("Drug", 114, 45, "44.0", ("38.1", "NR")),
        ("Placebo", 116, 57, "30.0", ("25.2", "36.4")),
    ]


def test_cells_that_were_read_as_one_piece() -> None:
    tokens = [text("N", 300, 0), text("Median", 330, 0), text("95% Cl", 390, 0), text("Drug", 240, 1)]
    found = read([*tokens, text("114", 295, 1), text("44.0(38.1,1501)", 330, 1)])
    assert [(a.n, a.median, a.median_limits) for a in found.arms] == [(114, "44.0", ("38.1", "1501"))]


def test_hazard_ratios_against_the_arm_that_has_none() -> None:
    tokens = [text("HR", 300, 0), text("95% CI", 340, 0), text("p-value (log-rank)", 400, 0)]
    row = [text("Drug", 220, 1), text("0.63", 295, 1), text("(0.43, 0.94)", 330, 1), text("0.0200", 430, 1)]
    found = read(tokens + row)
    (ratio,), (p,) = found.hazard_ratios, found.p_values
    assert (ratio.value, ratio.limits, ratio.arm, ratio.reference) == ("0.63", ("0.43", "0.94"), "Drug", "Placebo")
    assert (p.value, p.relation, p.test, p.arms) == ("0.0200", "=", "log-rank", ("Drug", "Placebo"))


def test_arms_side_by_side() -> None:
    found = read(
        [
            text("Drug", 300, 0), text("Placebo", 400, 0), text("(n = 114)", 290, 1), text("(n = 116)", 395, 1),
            text("Events, n (%)", 150, 2), text("45 (39.5)", 290, 2), text("57 (49.1)", 395, 2),
            text("Median, months", 150, 3), text("44.0", 300, 3), text("NR", 410, 3),
            text("95% CI", 150, 4), text("38.1-NR", 290, 4), text("30.2-NR", 395, 4),
            text("HR (95% CI)", 150, 5), text("0.63 (0.43-0.94)", 320, 5),
        ]
    )  # fmt: skip
    assert [(a.name, a.n, a.events, a.median, a.median_limits) for a in found.arms] == [
        ("Drug", 114, 45, "44.0", ("38.1", "NR")),
        ("Placebo", 116, 57, "NR", ("30.2", "NR")),
    ]
    assert [(r.value, r.limits) for r in found.hazard_ratios] == [("0.63", ("0.43", "0.94"))]


def test_tick_labels_below_a_table_are_no_row() -> None:
    tokens = [text("N", 300, 15), text("Median", 330, 15), text("Drug", 240, 16), text("114", 295, 16)]
    ticks = [TextToken(str(v), Box(100 + 5 * v, 405, 115 + 5 * v, 416)) for v in range(0, 100, 20)]
    found = read([*tokens, text("44.0", 335, 16), *ticks])
    assert [(a.name, a.n, a.median) for a in found.arms] == [("Drug", 114, "44.0")]


def test_a_cell_that_does_not_fit_leaves_its_row_unread() -> None:
    tokens = [text("N", 300, 0), text("Median", 330, 0), text("Drug", 240, 1), text("114", 295, 1)]
    assert read_printed_statistics([*tokens, text("44.0 or so", 335, 1)], PANEL, ARMS) is None


def test_names_that_hold_numbers_and_signs() -> None:
    arms = ["Q1 (lowest)", "sex=2", "Arm 1: FOLFOX", "≥65 years", "No"]
    tokens = [
        text("Q1 (lowest): median 4.2 (95% CI 3.2-NR)", 150, 0), text("sex=2, median 5.5 (95% CI 4.4-6.6)", 150, 1),
        text("Arm 1: FOLFOX: median 6.0 (95% CI 5.1 7.5)", 150, 2), text(">=65 years: median 7.0", 150, 3),
        text("No: median 8.5", 150, 4),
    ]  # fmt: skip
    found = {a.name: (a.median, a.median_limits) for a in read(tokens, arms).arms}
    limits = [("3.2", "NR"), ("4.4", "6.6"), ("5.1", "7.5"), None, None]
    assert found == dict(zip(arms, zip(["4.2", "5.5", "6.0", "7.0", "8.5"], limits, strict=True), strict=True))


def test_a_misread_name_is_the_arm_it_resembles_most() -> None:
    found = read([text("Stage IIA: median 5.9", 150, 0)], ["Stage IIIA", "Stage IIIB", "Stage IV"])
    assert [arm.name for arm in found.arms] == ["Stage IIIA"]


def test_a_large_bound_of_p_was_misread() -> None:
    assert read_printed_statistics([text("Log-rank P<0.901", 150, 0)], PANEL, ARMS) is None


def test_a_long_row_of_counts_is_no_heading_and_is_told_so_at_once() -> None:
    begin = time.process_time()
    assert headings_of(" ".join(f"{n} (0)" for n in range(60))) == []
    assert time.process_time() - begin < 1.0


def test_a_number_whose_heading_was_not_read_spoils_no_cell() -> None:
    tokens = [text("Median", 330, 0), text("95% Cl", 400, 0, 40), text("Drug", 240, 1), text("Placebo 116", 240, 2)]
    tokens += [text("114", 300, 1), text("44.0", 335, 1), text("(38.1, 1501)", 385, 1)]
    found = read([*tokens, text("30.0", 335, 2), text("(25.2, 36.4)", 385, 2)])
    assert [(a.name, a.median, a.median_limits) for a in found.arms] == [
        ("Drug", "44.0", ("38.1", "1501")),
        ("Placebo", "30.0", ("25.2", "36.4")),
    ]
