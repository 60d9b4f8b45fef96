import json
import re
from pathlib import Path

import pytest

from kmdigitize.errors import FactsError
from kmdigitize.facts import NO_FACTS, FigureFacts, facts_from, read_facts, with_stated

ROOT = Path(__file__).parents[1]


def test_example_of_the_documentation_is_valid() -> None:
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", text, re.S)
    assert example is not None
    facts = facts_from(json.loads(example[1]), "docs/facts.md")
    assert facts.x_axis == (0, 60)
    assert facts.reported is not None
    assert facts.reported.hazard_ratios[0].limits == ("0.43", "0.94")


def test_every_fact_is_documented() -> None:
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    names = {field.alias or name for name, field in FigureFacts.model_fields.items()}
    assert {name for name in names if f"`{name}`" not in text} == set()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"x_axis": [0, 0]}, "no length"),
        ({"x_axis": "wide"}, "x_axis"),
        ({"colour": "red"}, "colour"),
        ({"schema": 7}, "schema 7"),
        ({"arm_names": ["A", "A"]}, "differ"),
        ({"at_risk": {"times": [0, 6], "rows": {"A": [5]}}}, "at_risk"),
        ({"at_risk": {"times": [6, 0], "rows": {}}}, "increase"),
        ({"arm_names": ["A"], "at_risk": {"times": [0], "rows": {"B": [5]}}}, "B"),
        ({"reported": {"hazard_ratios": [{"value": "low"}]}}, "hazard_ratios.0.value"),
        ({"arms": [{"name": "A"}]}, "arms.0"),
        ({"n": [-1]}, "n"),
    ],
)
def test_faults_are_pointed_at(data: dict[str, object], place: str) -> None:
    with pytest.raises(FactsError, match=re.escape(place)):
        facts_from(data, "test")


def test_panel_facts_win_over_those_of_the_figure() -> None:
    facts = facts_from({"x_axis": [0, 60], "time_unit": "months", "panels": {"B": {"x_axis": [0, 24]}}}, "test")
    assert facts.of_panel("A").x_axis == (0, 60)
    assert facts.of_panel("B").x_axis == (0, 24)
    assert facts.of_panel("B").time_unit == "months"


def test_stated_options_win_over_the_file() -> None:
    facts = with_stated(facts_from({"x_axis": [0, 60], "time_unit": "days"}, "file"), {"x_axis": (0, 5), "n": None})
    assert (facts.x_axis, facts.time_unit, facts.n) == ((0, 5), "days", None)
    assert with_stated(NO_FACTS, {"x_axis": None}) is NO_FACTS


def test_unreadable_file_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "f.facts.json"
    path.write_text('{"schema": 1,\n "x_axis": [0 60]}')
    with pytest.raises(FactsError, match="line 2"):
        read_facts(path)
    with pytest.raises(FactsError, match="Cannot read"):
        read_facts(tmp_path / "none.json")
    path.write_text("[1]")
    with pytest.raises(FactsError, match="not an object"):
        read_facts(path)
