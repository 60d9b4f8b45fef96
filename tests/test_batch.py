"""Batches: which inputs, what is left to do, the same outputs however often it was interrupted, the tables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import batch_work
import pytest
import review_figure as drawn

from kmdigitize.batch import plan as planning
from kmdigitize.batch.inputs import collect_jobs
from kmdigitize.batch.journal import Entry, FigureEntry, entries, is_done, key_of, read_entry, write_entry
from kmdigitize.batch.plan import Hands, Plan, do_job, plan, run_plan
from kmdigitize.batch.run import batch_files
from kmdigitize.batch.tables import doubt_of, write_tables
from kmdigitize.errors import FactsError
from kmdigitize.jobs import NO_OPTIONS, jobs_for
from kmdigitize.review.serve import review_inputs
from kmdigitize.settings import DEFAULT_SETTINGS

OPTIONS: dict[str, Any] = {
    "shard": None,
    "memory_limit": None,
    "time_limit": 120.0,
    "workers": 1,
    "dask": None,
    "parquet": False,
    "method": "guyot",
}


def names(jobs: Any) -> list[str]:
    return [job.name for job in jobs]


def test_inputs_are_files_folders_patterns_and_manifests(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    for file in ("a/one.png", "a/two.PDF", "b/three.svg", "b/notes.txt", "b/.hidden/four.png", "a/one.facts.json"):
        (tmp_path / file).touch()
    (tmp_path / "list.csv").write_text('figure,x_axis,n,arms\na/one.png,0:60,"10,12","A,B"\n')
    out = tmp_path / "a" / "out"
    assert names(collect_jobs([str(tmp_path)], out, {})) == ["one", "two", "three"]
    assert names(collect_jobs([str(tmp_path / "*" / "*.svg")], out, {})) == ["three"]
    job = collect_jobs([str(tmp_path / "list.csv")], out, {"draws": 5})[0]
    assert (job.options["x_axis"], job.options["n"], job.options["arm_names"]) == ((0.0, 60.0), (10, 12), ("A", "B"))
    assert job.options["draws"] == 5


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [("figure,colour\na.png,red\n", "unknown column colour"), ("figure,n\na.png,ten\n", "line 2: n: 'ten'")],
)
def test_a_faulty_manifest_is_pointed_at(tmp_path: Path, manifest: str, fault: str) -> None:
    (tmp_path / "list.csv").write_text(manifest)
    with pytest.raises(FactsError, match=fault):
        collect_jobs([str(tmp_path / "list.csv")], tmp_path / "out", {})


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match="no figures"):
        collect_jobs([str(tmp_path)], tmp_path / "out", {})
    with pytest.raises(FactsError, match="no file, folder or pattern"):
        collect_jobs([str(tmp_path / "none*")], tmp_path / "out", {})


def test_files_of_one_stem_are_told_apart_by_their_folders() -> None:
    assert names(jobs_for([("a/f.png", {}), ("b/f.png", {}), ("b/f.jpg", {}), ("c/g.png", {})])) == [
        "a-f",
        "b-f",
        "b-f-2",
        "g",
    ]


def test_shards_share_the_work(tmp_path: Path) -> None:
    jobs = jobs_for([(str(tmp_path / f"{number}.png"), NO_OPTIONS) for number in range(10)])
    parts = [names(plan(jobs, tmp_path, DEFAULT_SETTINGS, (i, 3)).open) for i in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(names(jobs))
    assert [len(part) for part in parts] == [4, 3, 3]


def test_the_key_follows_input_facts_and_options(tmp_path: Path) -> None:
    path = tmp_path / "f[1].png"
    path.write_bytes(b"one")
    (job,) = jobs_for([(str(path), NO_OPTIONS)])
    keys = [key_of(job, DEFAULT_SETTINGS)]
    path.write_bytes(b"two")
    keys.append(key_of(job, DEFAULT_SETTINGS))
    (tmp_path / "f[1].facts.json").write_text("{}")
    keys.append(key_of(job, DEFAULT_SETTINGS))
    (other,) = jobs_for([(str(path), {**NO_OPTIONS, "draws": 3})])
    keys.append(key_of(other, DEFAULT_SETTINGS))
    assert len(set(keys)) == 4
    assert keys[2] == key_of(job, DEFAULT_SETTINGS)


def test_what_says_nothing_about_the_figure_is_tried_again(tmp_path: Path) -> None:
    assert not is_done(Entry("f", "f.png", "k", failure="died"), "k", tmp_path)
    assert is_done(Entry("f", "f.png", "k", failure="NoPanelError"), "k", tmp_path)
    assert not is_done(Entry("f", "f.png", "k", failure="NoPanelError"), "changed", tmp_path)
    assert not is_done(Entry("f", "f.png", "k", (FigureEntry("f"),)), "k", tmp_path)
    assert not is_done(None, "k", tmp_path)


def test_entries_are_read_as_they_were_written(tmp_path: Path) -> None:
    entry = Entry("f", "../f.png", "k", (FigureEntry("f", "agrees", ("n_unknown",), ({"arm": "A"},)),), seconds=2.5)
    write_entry(entry, tmp_path)
    assert read_entry("f", tmp_path) == entry
    (tmp_path / ".kmdigitize" / "g.json").write_text("{")
    assert list(entries(tmp_path)) == [entry]


def test_a_fault_of_ours_costs_one_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(planning, "digitize_job", broken)
    (job,) = jobs_for([(str(drawn.write_figure(tmp_path)), NO_OPTIONS)])
    entry = do_job(job, tmp_path / "out", DEFAULT_SETTINGS)
    assert entry.failure == "unexpected"
    assert "ZeroDivisionError: oh (test_batch.py" in entry.message


def outputs(folder: Path) -> dict[str, str]:
    """Every file below ``folder``, times taken out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix == ".html":
            continue
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".json":
            document = json.loads(path.read_text())
            document.pop("seconds")
            text = json.dumps(document)
        if path.name == "summary.csv":
            text = "\n".join(line.rpartition(",")[0] for line in text.splitlines())
        found[str(path.relative_to(folder))] = text
    return found


def test_interrupted_and_resumed_is_uninterrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "do_job", batch_work.do_fake_job)
    figures = tmp_path / "figures"
    figures.mkdir()
    for name in ("a", "b", "c"):
        drawn.write_figure(figures, name)
    (figures / "bad.png").write_bytes(b"no picture")
    said: list[str] = []
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    batch_files([str(figures)], whole, OPTIONS, DEFAULT_SETTINGS, said.append)
    assert "3 no verdict, 1 not digitized" in said

    jobs = collect_jobs([str(figures)], parts, OPTIONS)
    stopped = run_plan(plan(jobs, parts, DEFAULT_SETTINGS), Hands())
    next(stopped)
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    said.clear()
    batch_files([str(figures)], parts, OPTIONS, DEFAULT_SETTINGS, said.append)
    assert "4 inputs, 2 done before, 2 to do" in said
    assert outputs(parts) == outputs(whole)
    assert set(outputs(whole)) >= {"summary.csv", "a/curves.csv", "a/result.json", ".kmdigitize/bad.json"}

    (figures / "b.facts.json").write_text('{"end_point": "relapse"}')
    left = plan(collect_jobs([str(figures)], parts, OPTIONS), parts, DEFAULT_SETTINGS)
    assert names(left.open) == ["b"]

    queue = review_inputs([parts], {"method": "guyot", "draws": 0, "seed": 0, "who": None, "folder": None})
    assert [item.session.source.name for item in queue.items] == ["bad", "a", "b", "c"]
    assert queue.items[1].session.source.path == figures / "a.png"


def test_what_a_dead_worker_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".kmdigitize-123-x").mkdir()
    (tmp_path / ".kmdigitize-124-x").mkdir()
    planning._clean_up_after(tmp_path, 123)
    assert [path.name for path in tmp_path.iterdir()] == [".kmdigitize-124-x"]
    list(run_plan(Plan((), (), tmp_path, DEFAULT_SETTINGS), Hands()))
    assert (tmp_path / ".kmdigitize-124-x").exists()


def test_the_tables_list_every_arm_and_the_most_doubtful_first(tmp_path: Path) -> None:
    row = {"panel": "1", "arm": "=A", "n": 20, "events": 5, "median": None, "hazard_ratio": 0.5, "hr_lower": 0.2}
    row |= {"hr_upper": 1.2, "figure": "good"}
    known = [
        Entry("good", "good.png", "k", (FigureEntry("good", "agrees", (), (row,)),)),
        Entry("<b>", "x.png", "k", (FigureEntry("<b>", error="No axes <i>"),)),
        Entry("gone", "gone.png", "k", failure="died", message="often"),
    ]
    write_tables(known, tmp_path)
    table = list(csv.DictReader(io.StringIO((tmp_path / "summary.csv").read_text())))
    assert [(line["figure"], line["arm"], line["error"]) for line in table] == [
        ("<b>", "", "No axes <i>"),
        ("gone", "", "died: often"),
        ("good", "'=A", ""),
    ]
    page = (tmp_path / "index.html").read_text()
    assert page.index("gone") < page.index("good/report.html")
    assert "<i>" not in page
    assert doubt_of(known[0].figures[0]) == 0
