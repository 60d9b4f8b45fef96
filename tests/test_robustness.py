"""Hostile and broken input ends with a documented exit code, a message and a remedy, and writes nothing."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks.fuzz import Steps, tried
from benchmarks.fuzz_corpus import corpus, keep, kept_corpus
from benchmarks.fuzz_mutations import mutant
from kmdigitize.cli import main
from kmdigitize.errors import FactsError, OutputError, TooLargeError, UnreadableFileError
from kmdigitize.export import read_result, safe_name, write_files
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.sources.raster import RasterSettings, read_raster
from kmdigitize.sources.svg import read_svg
from kmdigitize.stepcurve import StepCurve

CURVE = "panel,arm,time,survival\n" + "".join(f"1,A,{t},0.{9 - t}\n" for t in range(9))
PATIENTS = "panel,arm,time,event\n" + "".join(f"1,A,{t},{t % 2}\n" for t in range(9))


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_corpus_is_read(tmp_path: Path) -> None:
    outcomes = {kind: {tried(kind, data, tmp_path) for data in samples} for kind, samples in corpus().items()}
    assert outcomes == {kind: {("read", "")} for kind in corpus()}


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    kinds = ("facts", "reported", "settings", "result", "points", "patients", "png", "bmp", "gif")
    made = [mutant(number, 3, corpus()) for number in range(400)]
    bad = [(kind, tried(kind, data, tmp_path)) for kind, data in made if kind in kinds]
    assert len(bad) > 100
    assert [trial for trial in bad if trial[1][0] not in ("read", "refused")] == []


def test_mutants_can_be_made_again() -> None:
    assert mutant(17, 5, corpus()) == mutant(17, 5, corpus())
    assert mutant(17, 5, corpus()) != mutant(17 + len(corpus()), 5, corpus())


def test_the_kept_corpus_is_read_or_refused(tmp_path: Path) -> None:
    kept = [(kind, data) for kind, samples in kept_corpus().items() for data in samples]
    assert {kind for kind, _ in kept} <= set(corpus())
    assert [one for one in ((kind, tried(kind, data, tmp_path)) for kind, data in kept) if one[1][0] == "crash"] == []


def test_only_inputs_that_reach_new_code_are_kept(tmp_path: Path) -> None:
    steps = Steps()
    answers = [steps.made_by(lambda data=data: tried("facts", data, tmp_path)) for data in (b"{}", b"{}", b"{")]  # type: ignore[misc]
    assert [new for _, new in answers] == [True, False, True]


def test_the_kept_corpus_grows_and_is_the_same_file_again(tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    keep([("facts", b"a"), ("svg", b"b"), ("svg", bytes(10**6))], first)
    keep([("facts", b"c")], first)
    keep([("svg", b"b"), ("facts", b"c"), ("facts", b"a")], second)
    assert {kind: set(data) for kind, data in kept_corpus(first).items()} == {"facts": {b"a", b"c"}, "svg": {b"b"}}
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    "table",
    [
        "A,0,1e300\nA,5,3",
        "A,-5,10\nA,1e300,7",
        "A,0,9\nA,1e-320,7",
        "A,0,2000000\nA,5,1",
        'A,0,"' + "x" * 200_000,
        "A,0,nan",
        "B,0,5",
    ],
)
def test_tables_that_cannot_be_meant(tmp_path: Path, table: str) -> None:
    (tmp_path / "p.csv").write_text(CURVE)
    (tmp_path / "r.csv").write_text(f"arm,time,n_at_risk\n{table}\n")
    code, output = run("reconstruct", tmp_path / "p.csv", "--at-risk", tmp_path / "r.csv")
    assert code == 7
    assert "r.csv" in output


@pytest.mark.parametrize(("n", "code"), [("1000000000", 2), ("9" * 30, 2), ("0", 7), ("-1", 2)])
def test_numbers_of_patients_that_cannot_be(tmp_path: Path, n: str, code: int) -> None:
    (tmp_path / "p.csv").write_text(CURVE)
    assert run("reconstruct", tmp_path / "p.csv", f"--n={n}")[0] == code


@pytest.mark.parametrize(
    "document",
    [
        "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}",
        '{"n": 1e400}',
        '{"arms": [{"name": "A", "median": "nan"}]}',
        '{"arms": [{"name": "A", "landmarks": [{"time": "-5", "survival": "50"}]}]}',
        '{"hazard_ratios": [{"value": "0.5", "level": NaN}]}',
    ],
)
def test_reports_that_cannot_be_meant(tmp_path: Path, document: str) -> None:
    (tmp_path / "i.csv").write_text(PATIENTS)
    (tmp_path / "r.json").write_text(document)
    assert run("check", tmp_path / "i.csv", tmp_path / "r.json")[0] == 7


def test_settings_without_end(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"ticks": {}, "marks": {}, "page": {"unknown": NaN}}')
    assert run("digitize", "f.png", "-o", tmp_path / "o", "--settings", tmp_path / "s.json")[0] == 7


def test_devices_and_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (Path("/dev/zero"), tmp_path / "pipe.png", tmp_path):
        assert run("digitize", path, "-o", tmp_path / "out")[0] == 3


def test_odd_names(tmp_path: Path) -> None:
    for name in ("-o.png", "a b ü \u202e.png", "x" * 250 + ".png", "..png", "'\"$(id).png"):
        (tmp_path / name).write_bytes(b"no picture")
        assert run("digitize", tmp_path / name, "-o", tmp_path / "out")[0] == 3
    for name in ("../../etc", "a/b", "..", "", "\0", "con\n"):
        assert Path(safe_name(name)).name == safe_name(name) not in ("", ".", "..")


def test_links_in_the_output_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.csv").write_text("kept")
    folder = tmp_path / "out"
    (folder / "inner").mkdir(parents=True)
    (folder / "figure").symlink_to(outside)
    (folder / "inner" / "a.csv").symlink_to(outside / "kept.csv")
    with pytest.raises(OutputError, match="symbolic link"):
        write_files({"a.csv": b"new"}, folder, "figure")
    write_files({"a.csv": b"new"}, folder, "inner")
    assert [path.name for path in outside.iterdir()] == ["kept.csv"]
    assert (outside / "kept.csv").read_text() == "kept"
    assert (folder / "inner" / "a.csv").read_bytes() == b"new"


def test_a_file_in_the_way_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "figure").write_text("in the way")
    with pytest.raises(OutputError):
        write_files({"a.csv": b"new"}, tmp_path, "figure")
    assert [path.name for path in tmp_path.iterdir()] == ["figure"]


@pytest.mark.parametrize("size", [(41, 60_000), (60_000, 41)])
def test_strips_are_no_figures(size: tuple[int, int]) -> None:
    stream = BytesIO()
    Image.new("1", size).save(stream, "PNG")
    with pytest.raises(TooLargeError, match="too narrow"):
        read_raster(stream.getvalue(), "strip", RasterSettings())


@pytest.mark.parametrize(
    "path",
    [
        "M0 0 A 5 5 0 1 0 1e308 1e308",
        "M0 0 A 1e308 1e308 30 1 0 -1e308 20",
        "M0 0 L 1e999 5",
        "M0 0 A 5 6 30 1 0 1e999 2",
    ],
)
def test_paths_beyond_all_numbers(path: str) -> None:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="{path}" stroke="red"/></svg>'
    figure = read_svg(drawing.encode(), "wild")
    assert figure.drawing is not None
    assert figure.width == figure.height == 2000


def test_a_panic_of_the_renderer_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rust's panics come as a BaseException that no module exports."""
    panic = type("PanicException", (BaseException,), {})

    def drawn(**_: object) -> bytes:
        raise panic("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr("resvg_py.svg_to_bytes", drawn)
    with pytest.raises(UnreadableFileError, match="could not be drawn"):
        read_svg(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90"><path d="M0 0H4"/></svg>', "wild")


@pytest.mark.parametrize("box", ["..", "1 2 e 4", "- - - -", "", "0 0 .5e 9"])
def test_view_boxes_that_are_no_numbers(box: str) -> None:
    inner = f'<svg viewBox="{box}" width="4" height="4"><path d="M0 0H4" stroke="red"/></svg>'
    figure = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inner}</svg>'.encode(), "wild")
    assert figure.drawing is not None


def test_a_stored_figure_of_absurd_size_is_refused(tmp_path: Path) -> None:
    stored = json.loads((Path(__file__).parent / "data" / "result-schema-1.json").read_text())
    for height in (4294967296, -1):
        stored["digitized"]["figure"]["height"] = height
        (tmp_path / "result.json").write_text(json.dumps(stored))
        with pytest.raises(FactsError, match="px"):
            read_result(tmp_path)


def test_numbers_at_risk_at_times_that_touch() -> None:
    """Times one above the other to the last bit have no slope between them, yet patients are found."""
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.9, 0.7]), 9.0)
    table = AtRisk(np.array([0.0, 1e-320, 5.0]), np.array([30, 29, 15]))
    assert reconstruct(ReconstructionInputs(curve, table)).ipd.n == 30
