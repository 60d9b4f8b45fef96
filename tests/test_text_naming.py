"""Names come to curves by entry, colour, dash, place and counts."""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import Dash, LegendEntry, RiskRow, RiskTable
from kmdigitize.text.naming import arms_of_table, name_arms

SCALES = Scales(AxisScale.through((0, 100), (0, 10)), AxisScale.through((100, 0), (0, 1)))
RED, BLUE = (220, 20, 20), (20, 20, 220)


def _trace(end_row: float, color: Rgb = (0, 0, 0), dash: Dash = "solid", entry: int | None = None) -> Trace:
    levels = np.linspace(0, end_row, 11)
    return Trace(
        0, 100, levels, np.arange(5.0, 100, 10), np.ones(11), np.ones(10), np.ones(11), color, dash, entry=entry
    )


def _entry(label: str, color: Rgb | None = None, dash: Dash = "solid") -> LegendEntry:
    return LegendEntry(label, Box(0, 0, 9, 9), color=color, dash=dash)


def test_the_entry_the_tracer_followed_wins() -> None:
    legend = [_entry("A", RED), _entry("B", BLUE)]
    names = name_arms([_trace(50, RED, entry=1), _trace(80, BLUE, entry=0)], legend, None, SCALES)
    assert [n.name for n in names] == ["B", "A"]


def test_colour_names_curves() -> None:
    legend = [_entry("A", RED), _entry("B", BLUE)]
    names = name_arms([_trace(50, (10, 30, 200)), _trace(80, (200, 40, 30))], legend, None, SCALES)
    assert [(n.name, n.entry, n.flags) for n in names] == [("B", 1, ()), ("A", 0, ())]


def test_dash_names_black_curves() -> None:
    legend = [_entry("A", (0, 0, 0), "dashed"), _entry("B", (0, 0, 0), "solid")]
    names = name_arms([_trace(50), _trace(80, dash="dashed")], legend, None, SCALES)
    assert [n.name for n in names] == ["B", "A"]


def test_names_by_exclusion_are_doubtful() -> None:
    legend = [_entry("A", (0, 0, 0)), _entry("B", (0, 0, 0))]
    names = name_arms([_trace(50), _trace(80)], legend, None, SCALES)
    assert [[f.code for f in n.flags] for n in names] == [["arm_name_doubtful"]] * 2


def test_direct_labels_name_the_nearest_curve() -> None:
    low = LegendEntry("low", Box(70, 62, 95, 70), place="direct")
    high = LegendEntry("high", Box(70, 5, 95, 13), place="direct")
    names = name_arms([_trace(80), _trace(20)], [high, low], None, SCALES)
    assert [n.name for n in names] == ["low", "high"]


def test_table_rows_join_legend_entries_by_their_text() -> None:
    legend = [_entry("Placebo", RED), _entry("Drug", BLUE)]
    times = np.array([0.0, 5.0])
    rows = (RiskRow("Drug", times, np.array([9, 4])), RiskRow("Placeb0", times, np.array([8, 3])))
    names = name_arms([_trace(50, RED), _trace(80, BLUE)], legend, RiskTable(rows), SCALES)
    assert [(n.name, n.row) for n in names] == [("Placebo", 1), ("Drug", 0)]


def test_counts_name_curves_where_nothing_else_does() -> None:
    times = np.array([0.0, 3.0, 6.0, 9.0])
    rows = (
        RiskRow("slow", times, np.array([100, 94, 88, 82])),
        RiskRow("fast", times, np.array([100, 72, 45, 18])),
    )
    names = name_arms([_trace(90), _trace(20)], [], RiskTable(rows), SCALES)
    assert [n.name for n in names] == ["fast", "slow"]


def test_nothing_names_a_curve() -> None:
    (name,) = name_arms([_trace(50)], [], None, SCALES)
    assert (name.name, [f.code for f in name.flags]) == ("", ["arm_unnamed"])


def test_counts_exchange_black_curves_that_no_dash_tells_apart() -> None:
    legend = [_entry("A", (0, 0, 0), "unknown"), _entry("B", (0, 0, 0), "unknown")]
    times = np.array([0.0, 4.0, 8.0])
    rows = (RiskRow("A", times, np.array([400, 360, 340])), RiskRow("B", times, np.array([400, 240, 110])))
    names = name_arms([_trace(20, entry=1), _trace(90, entry=0)], legend, RiskTable(rows), SCALES)
    assert [(n.name, n.row) for n in names] == [("A", 0), ("B", 1)]


def test_counts_do_not_overrule_colours() -> None:
    legend = [_entry("A", RED), _entry("B", BLUE)]
    times = np.array([0.0, 4.0, 8.0])
    rows = (RiskRow("A", times, np.array([400, 360, 340])), RiskRow("B", times, np.array([400, 240, 110])))
    names = name_arms([_trace(20, BLUE, entry=1), _trace(90, RED, entry=0)], legend, RiskTable(rows), SCALES)
    assert [n.name for n in names] == ["B", "A"]


def test_a_direct_label_far_from_all_curves_names_none_for_sure() -> None:
    low = LegendEntry("low", Box(40, 90, 60, 98), place="direct")
    high = LegendEntry("high", Box(45, 76, 65, 84), place="direct")
    names = name_arms([_trace(20), _trace(10)], [high, low], None, SCALES)
    assert [[flag.code for flag in n.flags] for n in names] == [["arm_name_doubtful"]] * 2


def test_a_table_that_lacks_a_row_of_the_legend_tells_no_number_of_arms() -> None:
    times = np.array([0.0, 1.0])
    table = RiskTable((RiskRow("A", times, np.array([9, 4])), RiskRow("B", times, np.array([8, 3]))))
    assert arms_of_table(table, []) == arms_of_table(table, [_entry("A", RED), _entry("B")]) == 2
    assert arms_of_table(table, [_entry("A", RED), _entry("B", BLUE), _entry("C", (0, 90, 0))]) is None
    assert arms_of_table(None, []) is None


def test_a_label_that_is_repeated_is_its_rows_whatever_others_resemble() -> None:
    """Of "Q2" only a sign was read in the table, which is more like "Q1" than nothing."""
    legend = [_entry("Q1", RED), _entry("Q2", BLUE)]
    times = np.array([0.0, 5.0])
    rows = (RiskRow("Q1", times, np.array([9, 4])), RiskRow("1", times, np.array([8, 3])))
    names = name_arms([_trace(50, RED), _trace(80, BLUE)], legend, RiskTable(rows), SCALES)
    assert [(n.name, n.row) for n in names] == [("Q1", 0), ("Q2", 1)]
