import re
from pathlib import Path

import pytest

import kmdigitize
from kmdigitize.flags import MEANING

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
    missing = [t for t in targets if not t.startswith("http") and not (page.parent / t).exists()]
    assert missing == []


def test_python_example_of_the_points_runs() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", text, re.S)[1]
    names: dict[str, object] = {}
    exec(example, names)
    assert "inputs" in names
