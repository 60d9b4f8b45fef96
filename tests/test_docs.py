import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import kmdigitize
from benchmarks.command_page import command_page
from kmdigitize import errors
from kmdigitize.cli import main
from kmdigitize.facts import ArmFacts, AtRiskFacts, FigureFacts
from kmdigitize.flags import MEANING
from kmdigitize.reported import HazardRatio, PValue, Reported, ReportedArm

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_flag_is_documented() -> None:
    text = (ROOT / "docs" / "output.md").read_text(encoding="utf-8")
    assert [code for code, meaning in MEANING.items() if f"| `{code}` | {meaning} |" not in text] == []


def test_every_public_name_is_documented_and_exists() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in kmdigitize.__all__:
        assert getattr(kmdigitize, name) is not None
        if name != "__version__":
            assert re.search(rf"\b{name}\b", text), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    package = Path(kmdigitize.__file__).parents[1]  # installed, it is not beside the pages
    places = [[folder / target for folder in (page.parent, package)] for target in targets if target[:4] != "http"]
    assert [paths[0] for paths in places if not any(path.exists() for path in paths)] == []


README = ROOT / "README.md"
SAMPLE = ROOT / "sample_figures" / "cik-hcc-rfs"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder that holds the founding sample as ``figure.png`` and its output, and what the command printed."""
    folder, here = tmp_path_factory.mktemp("examples"), Path.cwd()
    for suffix in ("png", "facts.json"):
        shutil.copy(SAMPLE / f"{SAMPLE.name}.{suffix}", folder / f"figure.{suffix}")
    os.chdir(folder)
    said = CliRunner().invoke(main, ["digitize", "figure.png", "-o", "out"])
    assert said.exit_code == 0, said.output
    yield folder, said.output
    os.chdir(here)


def test_the_output_that_the_readme_shows_is_what_is_printed(founding: tuple[Path, str]) -> None:
    lines = [line for line in founding[1].splitlines() if line and not line.startswith("→")]
    printed = "\n".join(["cik-hcc-rfs", *lines[1:]])
    text = README.read_text(encoding="utf-8")
    block = re.search(r"```text\n(cik-hcc-rfs\n.*?)\n```", text, re.DOTALL)
    assert block is not None
    if os.environ.get("KMDIGITIZE_REFRESH"):
        README.write_text(text.replace(block[1], printed), encoding="utf-8")
        return
    assert NUMBER.sub("#", block[1]) == NUMBER.sub("#", printed)
    shown, found = (np.array([float(number) for number in NUMBER.findall(part)]) for part in (block[1], printed))
    np.testing.assert_allclose(shown, found, rtol=0.01)  # decoders and OpenCV differ from version to version


def test_python_examples_run_as_they_stand(founding: tuple[Path, str]) -> None:
    examples = [
        (page.name, code) for page in PAGES for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
    ]
    assert len(examples) >= 4
    assert {"README.md", "api.md", "index.md"} <= {name for name, _ in examples}
    for name, code in examples:
        exec(compile(code, name, "exec"), {})


def test_command_lines_of_the_documentation_are_understood() -> None:
    assert isinstance(main, click.Group)
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)]
    lines = [line.split("&&")[-1] for block in blocks for line in block.splitlines()]
    commands = [
        words for words in (shlex.split(line, comments=True) for line in lines) if "kmdigitize" in str(words[:1])
    ]
    assert len(commands) >= 8
    for program, name, *words in commands:
        if Path(program).name == "kmdigitize":
            main.commands[name].make_context(name, [re.sub(r"\$\w+", "3", word) for word in words])


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    page = ROOT / "docs" / "commands.md"
    assert page.read_text(encoding="utf-8") == command_page(), "run python -m benchmarks.command_page"


def test_every_error_and_exit_code_is_documented() -> None:
    text, output = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("api.md", "output.md"))
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.KmdigitizeError)]
    for kind in kinds:
        assert f"`{kind.__name__}`" in text
        assert kind is errors.KmdigitizeError or f"| `{kind.__name__}` | {kind.exit_code} |" in text
        assert f"| {kind.exit_code} |" in output


@pytest.mark.parametrize("model", [FigureFacts, ArmFacts, AtRiskFacts, Reported, ReportedArm, HazardRatio, PValue])
def test_every_fact_is_documented(model: type) -> None:
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    names = [field.alias or name for name, field in model.model_fields.items()]  # type: ignore[attr-defined]
    assert [name for name in names if f"`{name}" not in text and f'"{name}"' not in text] == []


def test_every_public_name_says_what_it_is() -> None:
    for name in set(kmdigitize.__all__) - {"__version__"}:
        assert len(getattr(kmdigitize, name).__doc__ or "") > 20, name
