"""What an article says about a figure feeds the verdict: its caption, and sentences that name its end point."""

from __future__ import annotations

import gzip

import pytest
from pdf_writer import axes, text, write_pdf
from vector_figures import corners

from kmdigitize.errors import UnreadableFileError
from kmdigitize.facts import FigureFacts
from kmdigitize.geometry import Box
from kmdigitize.pipeline import digitize
from kmdigitize.records.digitized import DigitizedPanel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.reporting import reported_on
from kmdigitize.sources.captions import caption_of, without_line_ends
from kmdigitize.sources.pdf import read_pdf
from kmdigitize.sources.read import read_figures


def line(words: str, left: float, top: float) -> TextToken:
    return TextToken(words, Box(left, top, left + 6.0 * len(words), top + 10.0))


def test_the_caption_below_a_figure_ends_with_its_paragraph() -> None:
    tokens = [
        line("Figure 2. Overall survival by treat-", 50, 320),
        line("ment in all patients.", 50, 333),
        line("The next paragraph is no caption.", 50, 380),
        line("Figure 3 is far away.", 50, 700),
    ]
    assert caption_of(tokens, Box(40, 20, 300, 310)) == "Figure 2. Overall survival by treatment in all patients."
    assert caption_of(tokens, Box(400, 20, 600, 310)) == ""
    assert without_line_ends("non-\nsmall-cell\nlung") == "nonsmall-cell lung"


def km_page(below: str = "") -> bytes:
    points = " ".join(f"{x:.2f} {y:.2f} l" for x, y in corners())
    curve = f"q 0.8 0 0 RG 1.2 w {corners()[0][0]:.2f} {corners()[0][1]:.2f} m {points} S Q\n"
    return write_pdf(axes() + curve + below, size=(360, 300))


def panel_of(figure: Figure, end_point: str = "") -> DigitizedPanel:
    facts = FigureFacts(end_point=end_point or None)
    return digitize(figure, facts).panels[0]


def test_the_caption_of_a_page_feeds_the_printed_statistics() -> None:
    below = text(60, 20, "Figure 1. Progression-free survival. Hazard ratio, 0.63 (95% CI, 0.43 to 0.94).", 6)
    (figure,) = read_pdf(km_page(below), "one.pdf")
    assert figure.caption.startswith("Figure 1. Progression-free survival")
    reported = reported_on(panel_of(figure), figure, (), FigureFacts())
    assert reported is not None
    assert (reported.hazard_ratios[0].value, reported.hazard_ratios[0].limits) == ("0.63", ("0.43", "0.94"))


@pytest.mark.parametrize(("end_point", "ratio"), [("Overall survival", "0.71"), ("Freedom from relapse", None)])
def test_sentences_of_the_article_count_for_their_own_end_point(end_point: str, ratio: str | None) -> None:
    said = (
        "Patients were followed for 5 years. Overall survival was longer with treatment (hazard ratio, 0.71; 95% CI, "
        "0.55 to 0.92; P = .009). Progression-free survival did not differ (hazard ratio, 0.95; 95% CI, 0.80 to 1.13)."
    )
    (figure,) = read_pdf(km_page(), "one.pdf")
    panel = panel_of(figure, end_point)
    figure = Figure(figure.name, figure.pixels, article=said)
    reported = reported_on(panel, figure, (), FigureFacts())
    assert (None if reported is None else reported.hazard_ratios[0].value) == ratio


def test_compressed_drawings_are_read_and_bombs_refused() -> None:
    plain = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><path d="M1 1H30" stroke="red"/></svg>'
    (figure,) = read_figures(gzip.compress(plain), "one.svgz")
    assert figure.drawing is not None
    assert len(figure.drawing.paths) == 1
    with pytest.raises(UnreadableFileError, match="compressed and cut off"):
        read_figures(gzip.compress(plain)[:20] + b"junk", "one.svgz")
    from kmdigitize.errors import TooLargeError

    with pytest.raises(TooLargeError, match="holds more than"):
        read_figures(gzip.compress(b" " * 65_000_000), "one.svgz")
