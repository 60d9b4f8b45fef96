"""Output folders that are full, closed, shared or odd: the documented exit code, nothing half-written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmdigitize.cli import main
from kmdigitize.errors import OutputError
from kmdigitize.export import replace_file, write_files
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial

ROOT = Path(__file__).parents[1]
POINTS = "time,survival\n0,1\n2,0.8\n5,0.6\n"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; skips where it cannot be mounted."""
    place = tmp_path / "full"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", "-l", place], check=False)


@pytest.fixture
def shut(tmp_path: Path) -> Path:
    """A folder that can be read and not written."""
    (tmp_path / "shut").mkdir(mode=0o555)
    return tmp_path / "shut"


@pytest.fixture
def nobody(shut: Path) -> Iterator[None]:
    """Work without the rights of root, which no closed folder stops."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_a_full_disk_leaves_nothing_behind(full_disk: Path) -> None:
    with pytest.raises(OutputError, match="No space left"):
        write_files({"small.csv": b"1", "large.png": bytes(1 << 20)}, full_disk, "figure")
    with pytest.raises(OutputError, match="No space left"):
        replace_file(full_disk / "table.csv", bytes(1 << 20))
    assert list(full_disk.iterdir()) == []


def test_a_full_disk_keeps_the_older_output_whole(full_disk: Path) -> None:
    write_files({"a.csv": b"old", "b.csv": b"old"}, full_disk, "figure")
    with pytest.raises(OutputError):
        write_files({"a.csv": b"new", "b.csv": bytes(1 << 20)}, full_disk, "figure")
    assert {path.name: path.read_bytes() for path in (full_disk / "figure").iterdir()} == {
        "a.csv": b"old",
        "b.csv": b"old",
    }


def test_a_limit_on_file_sizes_is_an_error_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POINTS)
    words = ["-m", "kmdigitize", "reconstruct", str(tmp_path / "p.csv"), "--n=500", "-o", str(tmp_path / "i.csv")]
    ran = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "Traceback" in ran.stderr) == (8, False), ran.stderr
    assert "File too large" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


def test_a_closed_folder_is_refused(shut: Path, nobody: None) -> None:
    with pytest.raises(OutputError, match="-o"):
        write_files({"a.csv": b"1"}, shut, "figure")
    with pytest.raises(OutputError, match="Cannot write"):
        replace_file(shut / "a.csv", b"1")


@pytest.mark.parametrize("folder", ["/proc/none", "/dev/null/out", "taken"])
def test_commands_end_with_the_code_of_the_output(tmp_path: Path, folder: str) -> None:
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "p.csv").write_text(POINTS)
    target = tmp_path / folder / "deep" / "i.csv"
    said = CliRunner().invoke(main, ["reconstruct", str(tmp_path / "p.csv"), "--n", "10", "-o", str(target)])
    assert said.exit_code == 8, said.output
    assert "Cannot write" in said.output


def test_writers_of_one_folder_leave_whole_files(tmp_path: Path) -> None:
    versions = [{f"{name}.csv": bytes([65 + k]) * 50_000 for name in "abc"} for k in range(4)]

    def write(files: dict[str, bytes]) -> None:
        for _ in range(25):
            write_files(files, tmp_path / "out", "figure")

    writers = [threading.Thread(target=write, args=(files,)) for files in versions]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["figure"]
    found = {path.name: path.read_bytes() for path in (tmp_path / "out" / "figure").iterdir()}
    assert found.keys() == versions[0].keys()
    assert all(content in [version[name] for version in versions] for name, content in found.items())


def test_two_runs_into_one_folder_both_end_well(tmp_path: Path) -> None:
    trial = simulate_trial(TrialRecipe(arms=("Control", "Treatment"), n=30), 4)
    figure = draw_figure([trial], FigureStyle(dpi=80, censor="none", risk="plain"), "one", 1).save(tmp_path)
    words = [sys.executable, "-m", "kmdigitize", "digitize", str(figure), "-o", str(tmp_path / "out"), "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    runs = [subprocess.Popen(words, env=environment) for _ in range(2)]
    assert [run.wait(300) for run in runs] == [0, 0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".kmdigitize", "one"]
    assert {"curves.csv", "ipd.csv", "result.json"} <= {path.name for path in (tmp_path / "out" / "one").iterdir()}


@pytest.mark.parametrize("stem", ["-o", "a b ü \u202e", "'\"$(id)", "%s%n", "n\new", "…" * 60, "con", "*?[a]"])
def test_results_of_odd_names_stay_inside_the_folder(tmp_path: Path, stem: str) -> None:
    from kmdigitize.export import safe_name

    write_files({"a.csv": b"1"}, tmp_path / "out", safe_name(stem))
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len(list(tmp_path.rglob("a.csv"))) == 1
