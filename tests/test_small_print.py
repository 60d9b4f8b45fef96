"""Pictures with print too small to read are read at twice the size, and only those."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from axes_drawing import blank, figure_of, survival_axes

from kmdigitize import small_print
from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.settings import DEFAULT_SETTINGS


@pytest.mark.parametrize(("letters", "seen_small", "reads"), [(7.0, False, 2), (7.0, True, 1), (14.0, False, 1)])
def test_small_print_without_axes_is_read_again_at_twice_the_size(
    monkeypatch: pytest.MonkeyPatch, letters: float, seen_small: bool, reads: int
) -> None:
    axes, picture = survival_axes(), blank(430, 310)
    axes.draw(picture)
    figure = figure_of(picture)
    printed = [TextToken(label.text, label.box) for label in axes.labels()]
    widths: list[int] = []

    def read(page: Figure, settings: object) -> tuple[TextToken, ...]:
        widths.append(page.width)
        scale = page.width / figure.width
        if scale == 1 and not seen_small:
            return ()
        edges = [(t.text, t.box.left, t.box.top, t.box.right, t.box.bottom) for t in printed]
        return tuple(TextToken(text, Box(*(scale * e + (scale - 1) / 2 for e in box))) for text, *box in edges)

    monkeypatch.setattr(small_print, "read_tokens", read)
    monkeypatch.setattr(small_print, "measure_page", lambda page: SimpleNamespace(text_px=letters))
    monkeypatch.setattr(small_print, "panels_of", lambda page, tokens, settings: tokens[:1])
    tokens = small_print.read_legible(figure, DEFAULT_SETTINGS)
    assert widths == [figure.width, 2 * figure.width][:reads]
    wanted = [t.box for t in printed] if seen_small or reads == 2 else []
    assert [t.box for t in tokens] == wanted


def test_what_shows_no_axes_at_any_size_stays_as_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = figure_of(blank(430, 310))
    word = (TextToken("Methods", Box(10, 10, 60, 20)),)
    monkeypatch.setattr(small_print, "read_tokens", lambda page, settings: word)
    monkeypatch.setattr(small_print, "measure_page", lambda page: SimpleNamespace(text_px=7.0))
    assert small_print.read_legible(figure, DEFAULT_SETTINGS) == word
