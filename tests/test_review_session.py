"""Corrections become facts, are kept at once, and can be taken back; snapping finds the ink."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import review_figure as drawn

from kmdigitize import pipeline
from kmdigitize.errors import FactsError, KmdigitizeError
from kmdigitize.facts import read_facts
from kmdigitize.jobs import facts_beside
from kmdigitize.records.figure import Figure
from kmdigitize.review.session import Session, Source, StaleError
from kmdigitize.review.snap import plain_path, snap_path
from kmdigitize.review.view import view_of

Do = Callable[..., None]


@pytest.fixture
def reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    monkeypatch.setattr(pipeline, "find", drawn.find)
    return drawn.session(drawn.write_figure(tmp_path))


@pytest.fixture
def do(reviewed: Session) -> Do:
    def correct(kind: str, **edit: Any) -> None:
        reviewed.correct({"kind": kind, "panel": "1", **edit}, reviewed.revision)

    return correct


def arm(session: Session, index: int) -> Any:
    return session.sight.panels[0].arms[index]


def points(session: Session, index: int) -> list[tuple[float, float]]:
    curve = arm(session, index).curve
    return [(round(t, 3), round(s, 3)) for t, s in zip(curve.time, curve.survival, strict=True)]


def names(session: Session) -> list[str]:
    return [one.name for one in session.sight.panels[0].arms]


def test_a_drop_is_moved_added_and_deleted(reviewed: Session, do: Do) -> None:
    do("move_drop", arm=0, drop=1, x=drawn.column(12.0), y=drawn.row(0.55))
    assert points(reviewed, 0) == [(5.0, 0.8), (12.0, 0.55), (20.0, 0.3)]
    do("add_drop", arm=0, x=drawn.column(15.0), y=drawn.row(0.4))
    assert points(reviewed, 0)[2] == (15.0, 0.4)
    do("delete_drop", arm=0, drop=0)
    assert points(reviewed, 0)[0] == (12.0, 0.55)
    assert points(reviewed, 1) == [(8.0, 0.7), (15.0, 0.5), (25.0, 0.4)]


def test_every_correction_is_on_disk_and_a_new_session_shows_the_same(reviewed: Session, do: Do) -> None:
    do("move_drop", arm=0, drop=1, x=drawn.column(12.0), y=drawn.row(0.55), why="ink")
    facts = read_facts(reviewed.source.facts)
    assert facts.corrections[0].what == "moved a drop of A at 12, 0.55"
    assert (facts.corrections[0].who, facts.corrections[0].why) == ("Reviewer", "ink")
    again = drawn.session(reviewed.source.path)
    assert points(again, 0) == points(reviewed, 0)
    again.undo(again.revision)
    assert points(again, 0)[1] == (10.0, 0.6)
    assert not again.source.facts.exists()
    again.redo(again.revision)
    assert points(again, 0)[1] == (12.0, 0.55)


def test_swapping_from_a_crossing_on_and_back(reviewed: Session, do: Do) -> None:
    do("swap", arm=0, other=1, x=drawn.column(17.0))
    assert points(reviewed, 0) == [(5.0, 0.8), (10.0, 0.6), (17.0, 0.5), (25.0, 0.4)]
    assert points(reviewed, 1) == [(8.0, 0.7), (15.0, 0.5), (20.0, 0.3)]


def test_arms_are_renamed_removed_and_keep_their_numbers_at_risk(reviewed: Session, do: Do) -> None:
    do("risk_cell", arm=1, time=20.0, count=11)
    do("arm", arm=1, name="Control", color="#00ff00", n=21)
    assert names(reviewed) == ["A", "Control"]
    assert arm(reviewed, 1).at_risk.count.tolist() == [20, 14, 11]
    assert (arm(reviewed, 1).trace.color, arm(reviewed, 1).n) == ((0, 255, 0), 21)
    do("remove", arm=0)
    assert names(reviewed) == ["Control"]
    assert arm(reviewed, 0).at_risk.count.tolist() == [20, 14, 11]


def test_two_arms_cannot_have_one_name(do: Do) -> None:
    with pytest.raises(FactsError, match="another arm"):
        do("arm", arm=1, name="A")


def test_counts_listed_in_order_survive_the_removal_of_an_arm(reviewed: Session, do: Do) -> None:
    reviewed.source.facts.write_text(json.dumps({"n": [30, 40], "arm_names": ["X", "Y"]}))
    do("remove", arm=0)
    assert names(reviewed) == ["Y"]
    assert arm(reviewed, 0).n == 40


def test_splitting_and_merging_gives_the_curve_back(reviewed: Session, do: Do) -> None:
    do("split", arm=0, x=drawn.column(12.0))
    assert names(reviewed) == ["A", "B", "A (2)"]
    assert points(reviewed, 0) == [(5.0, 0.8), (10.0, 0.6)]
    do("merge", arm=0, other=2)
    assert names(reviewed) == ["A", "B"]
    assert points(reviewed, 0) == [(5.0, 0.8), (10.0, 0.6), (20.0, 0.3)]


def test_marks_end_and_words(reviewed: Session, do: Do) -> None:
    do("add_mark", arm=0, x=drawn.column(22.0))
    do("add_mark", arm=0, x=drawn.column(18.0))
    do("delete_mark", arm=0, mark=1)
    do("end", arm=0, x=drawn.column(15.0))
    assert arm(reviewed, 0).curve.last_time == pytest.approx(15.0)
    assert arm(reviewed, 0).curve.censor_times.tolist() == []
    do("say", field="end_point", value="relapse")
    assert reviewed.sight.facts.end_point == "relapse"
    do("reported", reported={"arms": [{"name": "A", "n": 20}]})
    assert reviewed.sight.result.panels[0].agreement.verdict == "agrees"


def test_corrected_curves_stay_on_the_ink_when_an_axis_is_corrected(reviewed: Session, do: Do) -> None:
    do("move_drop", arm=0, drop=1, x=drawn.column(12.0), y=drawn.row(0.55))
    do("ticks", axis="x", ticks=[[40.0, 0.0], [340.0, 60.0]])
    assert points(reviewed, 0) == [(10.0, 0.8), (24.0, 0.55), (40.0, 0.3)]
    assert points(reviewed, 1)[0] == (16.0, 0.7)
    do("ticks", axis="x", ticks=None)
    assert points(reviewed, 0)[1] == (12.0, 0.55)


def test_what_would_spoil_a_figure_is_refused_and_nothing_is_written(reviewed: Session, do: Do) -> None:
    with pytest.raises(KmdigitizeError, match="cannot have 30 events"):
        do("arm", arm=0, n=20, events=30)
    with pytest.raises(FactsError, match="no arm number 8"):
        do("remove", arm=7)
    with pytest.raises(FactsError, match="No such correction"):
        do("burn", arm=0)
    assert not reviewed.source.facts.exists()
    assert reviewed.revision == 0


def test_a_stale_page_and_a_changed_file_are_noticed(reviewed: Session, do: Do) -> None:
    do("end", arm=0, x=drawn.column(25.0))
    with pytest.raises(StaleError, match="another window"):
        reviewed.correct({"kind": "remove", "panel": "1", "arm": 0}, 0)
    reviewed.source.facts.write_text('{"end_point": "by hand"}')
    with pytest.raises(StaleError, match="another program"):
        do("remove", arm=0)
    assert reviewed.sight.facts.end_point == "by hand"
    do("remove", arm=0)
    assert names(reviewed) == ["B"]


def test_facts_that_do_not_fit_are_shown_and_can_be_mended(reviewed: Session, do: Do) -> None:
    reviewed.source.facts.write_text('{"arm_names": ["only"]}')
    assert "1 arm names were stated" in view_of(reviewed)["error"]["message"]
    do("remove", arm=1)
    assert view_of(reviewed)["error"] is None
    assert names(reviewed) == ["only"]


def test_decisions_are_kept(reviewed: Session) -> None:
    reviewed.decide("needs work", "tail")
    kept = drawn.session(reviewed.source.path).notes
    assert (kept.decision, kept.note, kept.who) == ("needs work", "tail", "Reviewer")
    with pytest.raises(FactsError, match="No such decision"):
        reviewed.decide("perhaps", "")


def test_a_shaky_hand_is_drawn_onto_the_ink() -> None:
    shake = np.random.default_rng(1).normal(0.0, 2.0, 200)
    time = np.linspace(1.0, 29.0, 200)
    level = np.array([([1.0] + [s for t, s in drawn.DROPS[0] if t <= now])[-1] for now in time])
    path = [(drawn.column(t), drawn.row(s) + wobble) for t, s, wobble in zip(time, level, shake, strict=True)]
    x, y = snap_path(Figure("f", drawn.pixels()), path, (drawn.INKS[0], 2.0), True)
    np.testing.assert_allclose(x[1:], [drawn.column(t) for t, _ in drawn.DROPS[0]], atol=0.6)
    np.testing.assert_allclose(y, [drawn.row(s) for s in (1.0, 0.8, 0.6, 0.3)], atol=0.4)


def test_without_snapping_the_path_is_taken_as_drawn() -> None:
    x, y = plain_path([(10.0, 5.0), (20.0, 5.0), (30.0, 4.0), (40.0, 9.0)], True)
    assert (x.tolist(), y.tolist()) == ([10.0, 40.0], [5.0, 9.0])


def test_a_curve_that_was_not_found_is_drawn(reviewed: Session, do: Do) -> None:
    path = [[drawn.column(t), drawn.row(s)] for t, s in ((0, 1), (5, 1), (5.1, 0.8), (9, 0.8))]
    do("redraw", arm=None, path=path, snap=False)
    assert names(reviewed) == ["A", "B", "arm 3"]
    do("redraw", arm=2, path=[[drawn.column(6), drawn.row(0.8)], [drawn.column(7), drawn.row(0.5)]], snap=False)
    assert arm(reviewed, 2).curve.at(7.0) == pytest.approx(0.5)


def test_a_picture_without_axes_is_digitized_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    session = drawn.session(drawn.write_figure(tmp_path))

    def correct(kind: str, **edit: Any) -> None:
        session.correct({"kind": kind, "panel": "1", **edit}, session.revision)

    assert "found none" in view_of(session)["error"]["message"]
    correct("frame", frame=[40.0, 10.0, 340.0, 210.0])
    correct("ticks", axis="x", ticks=[[40.0, 0.0], [340.0, 30.0]])
    correct("ticks", axis="y", ticks=[[10.0, 1.0], [210.0, 0.0]])
    found = len(session.sight.panels[0].arms)
    path = [[drawn.column(t), drawn.row(s)] for t, s in ((0, 1), (5, 1), (5.1, 0.8), (9, 0.8))]
    correct("redraw", arm=None, path=path, snap=False)
    assert len(session.sight.panels[0].arms) == found + 1
    assert arm(session, found).curve.at(7.0) == pytest.approx(0.8, abs=0.01)
    assert view_of(session)["error"] is None


def test_figures_of_one_file_have_facts_of_their_own(tmp_path: Path) -> None:
    source = Source(tmp_path / "article.pdf", "smith-article-p07", 2, "-p07")
    assert (source.facts.name, source.notes.name) == ("article-p07.facts.json", "article-p07.review.json")
    beside = [facts_beside(str(source.path), "smith-article-p07", "smith-article")]
    (tmp_path / "article.facts.json").touch()
    beside.append(facts_beside(str(source.path), "smith-article-p07", "smith-article"))
    source.facts.touch()
    beside.append(facts_beside(str(source.path), "smith-article-p07", "smith-article"))
    assert beside == [None, tmp_path / "article.facts.json", source.facts]
