"""A whole article through the command line: its three survival panels are found, the rest is skipped with reasons."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
from article import write_article
from click.testing import CliRunner

from kmdigitize.cli import main


def test_exactly_the_survival_panels_of_an_article_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "article.pdf"
    file.write_bytes(write_article())
    done = CliRunner().invoke(main, ["digitize", str(file), "--list", "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    lines = [line for line in done.output.splitlines() if re.match(r"article-p\d\d", line)]
    found = [line.split(":")[0] for line in lines if ": skipped: " not in line]
    assert [name[:11] for name in found] == ["article-p04", "article-p07", "article-p09"]
    assert sum("Control, Treatment" in line for line in lines) == 2
    skipped = {line[:11]: line.split(": skipped: ")[1] for line in lines if ": skipped: " in line}
    assert set(skipped) == {"article-p05", "article-p06"}
    assert all(len(reason) > 20 for reason in skipped.values())
    sheet = cv2.imread(str(tmp_path / "out" / "article-contents.png"))
    assert sheet is not None
    assert sheet.shape[1] > 4 * 320
