from pathlib import Path

import pytest

from kmdigitize.errors import FactsError
from kmdigitize.tables import read_groups


@pytest.mark.parametrize("text", ["time,survival\n1,0.5\n2,0.25\n", "Time;Survival\n1;0,5\n2;0,25\n"])
def test_separators_and_decimal_commas(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    assert read_groups(path, ("time", "survival")) == {("1", "arm 1"): [(1.0, 0.5), (2.0, 0.25)]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time\n1\n", "lacks the column survival"),
        ("time,survival\n1,low\n", "line 2: survival"),
        ("time,survival\n", "no rows"),
    ],
)
def test_faults_are_pointed_at(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(FactsError, match=message):
        read_groups(path, ("time", "survival"))
