import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmdigitize import errors
from kmdigitize.cli import main


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def test_version_and_help() -> None:
    code, output = run("--version")
    assert code == 0
    assert "0.1.0" in output
    code, output = run("digitize", "--help")
    assert code == 0
    assert "--x-axis" in output


def test_help_loads_nothing_heavy() -> None:
    script = "import sys; from kmdigitize.cli import main; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "click" in loaded
    for heavy in ("numpy", "cv2", "pydantic", "lifelines", "onnxruntime", "scipy"):
        assert f"'{heavy}'" not in loaded


def test_every_exit_code_is_documented() -> None:
    _, output = run("--help")
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KmdigitizeError)
    ]
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert f"{kind.exit_code} " in output
        assert f"| {kind.exit_code} |" in readme


def test_every_command_and_option_is_documented() -> None:
    pages = [Path(__file__).parents[1] / "README.md", *(Path(__file__).parents[1] / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    missing = []
    for name, command in main.commands.items():  # type: ignore[attr-defined]
        if f"kmdigitize {name}" not in text:
            missing.append(name)
        missing += [
            f"{name} {flag}"
            for option in command.params
            for flag in option.opts
            if flag[:2] == "--" and flag not in text
        ]
    assert missing == []


def test_not_an_image(tmp_path: Path) -> None:
    (tmp_path / "f.png").write_bytes(b"no picture")
    code, output = run("digitize", str(tmp_path / "f.png"), "-o", str(tmp_path / "out"))
    assert code == 3
    assert "Traceback" not in output
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize("axis", ["0", "a:b", "5:5"])
def test_ranges_are_checked(tmp_path: Path, axis: str) -> None:
    code, output = run("digitize", "f.png", "-o", str(tmp_path), "--x-axis", axis)
    assert code == 2
    assert "x-axis" in output


def test_missing_file(tmp_path: Path) -> None:
    code, output = run("digitize", str(tmp_path / "none.png"), "-o", str(tmp_path / "out"))
    assert code == 3
    assert "none.png" in output


def test_a_batch_goes_on_after_a_bad_figure(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"no picture")
    code, output = run("digitize", str(tmp_path / "a.png"), str(tmp_path / "b.png"), "-o", str(tmp_path / "out"))
    assert code == 11
    assert "a.png: failed" in output
    assert "b.png: failed" in output


def test_a_command_looks_for_garbage_rarely() -> None:
    script = "import gc; from kmdigitize.cli import main; main(['digitize', '--help'], standalone_mode=False)"
    code = f"{script}; print(gc.get_threshold()[0])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout.split()[-1]) >= 100_000
