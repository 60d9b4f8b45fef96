"""Small print is read at twice the size where no axes were found, and only there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from axes_drawing import blank, figure_of, survival_axes

from kmdigitize import page_text, pipeline
from kmdigitize.errors import NoPanelError
from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.settings import DEFAULT_SETTINGS

WORD = (TextToken("Methods", Box(10, 10, 60, 20)),)


@pytest.mark.parametrize(("letters", "again"), [(7.0, True), (14.0, False)])
def test_only_small_print_is_read_at_twice_the_size(
    monkeypatch: pytest.MonkeyPatch, letters: float, again: bool
) -> None:
    figure = figure_of(blank(430, 310))
    seen: list[int] = []

    def read(page: Figure, settings: object) -> tuple[TextToken, ...]:
        seen.append(page.width)
        return (TextToken("60", Box(100.5, 200.5, 120.5, 212.5)),)

    monkeypatch.setattr(page_text, "read_tokens", read)
    monkeypatch.setattr(page_text, "measure_page", lambda page: SimpleNamespace(text_px=letters))
    tokens = page_text.larger_text(figure, WORD, DEFAULT_SETTINGS)
    assert seen == ([860] if again else [])
    assert tokens == ((TextToken("60", Box(50, 100, 60, 106)),) if again else WORD)


@pytest.mark.parametrize("small", [True, False])
def test_axes_that_show_only_in_the_larger_text_are_found(monkeypatch: pytest.MonkeyPatch, small: bool) -> None:
    """The numbers stand where no line is drawn, so that only they tell of axes."""
    axes, picture = survival_axes(), blank(430, 310)
    printed = tuple(TextToken(label.text, label.box) for label in axes.labels())
    larger = printed if small else WORD
    monkeypatch.setattr(pipeline, "larger_text", lambda figure, tokens, settings: larger)
    page = pipeline.Page(figure_of(picture), WORD, {}, DEFAULT_SETTINGS)
    if small:
        assert pipeline.find(page).tokens == printed
    else:
        with pytest.raises(NoPanelError):
            pipeline.find(page)
