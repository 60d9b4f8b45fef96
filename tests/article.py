"""A twelve-page article: text, a table, a forest plot, a photograph, two drawn panels and one scanned figure."""

from __future__ import annotations

import io

import numpy as np

TIMES = np.arange(1.0, 46.0, 1.5)
KM_PAGES = (4, 7)
SCAN_PAGE = 9
WORDS = (
    "patients were assigned to receive either treatment and the primary end point was overall survival in all of them"
)


def write_article() -> bytes:
    """The article as a PDF file. Pages 4 and 7 hold the drawn panels, page 9 the scanned one."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    # Fonts of type 3 map no glyph to a character in old versions of matplotlib: their text would not be the file's own.
    with mpl.rc_context({"font.size": 9, "pdf.fonttype": 42}), PdfPages(buffer) as pages:
        for number in range(1, 13):
            page = _page()
            draw = {2: _table, 4: _panel, 5: _forest, 6: _photograph, 7: _panel, 9: _scan}.get(number)
            _columns(page, number, lines=20 if draw else 50)
            if draw:
                draw(page)
            pages.savefig(page)
    return buffer.getvalue()


def survival(arm: int) -> np.ndarray:
    """True survival just after each of ``TIMES``."""
    return np.exp(-TIMES * (0.02 + 0.012 * arm))


def _page():
    from matplotlib.figure import Figure

    return Figure(figsize=(8.27, 11.69))


def _columns(page, number: int, lines: int) -> None:
    words = WORDS.split()
    starts = [(7 * line + number) % len(words) for line in range(lines)]
    block = "\n".join(" ".join((words[start:] + words)[:9]) for start in starts)
    for column in (0.08, 0.53):
        page.text(column, 0.06, block, fontsize=8, va="bottom")
    page.text(0.5, 0.02, str(100 + number), fontsize=7)


def _panel(page) -> None:
    plot = page.add_axes((0.15, 0.52, 0.7, 0.38))
    for arm, name in enumerate(("Control", "Treatment")):
        plot.step(np.r_[0, TIMES, 48], np.r_[1, survival(arm), survival(arm)[-1]], where="post", label=name)
        plot.plot(
            [10.2, 30.7], np.interp([10, 30], TIMES, survival(arm)) * 0 + _level(arm, [10.2, 30.7]), "+", c=f"C{arm}"
        )
    plot.set(xlim=(0, 50), ylim=(0, 1), xlabel="Months since randomization", ylabel="Overall survival")
    plot.legend(loc="upper right")
    page.text(
        0.15,
        0.455,
        "Figure. Kaplan-Meier estimates of overall survival by assigned treatment in all randomized patients.",
    )


def _level(arm: int, times) -> np.ndarray:
    return np.r_[1, survival(arm)][np.searchsorted(TIMES, times, side="right")]


def _table(page) -> None:
    for row in range(10):
        for column, text in enumerate((f"Characteristic {row}", f"{10 + row}", f"{20 + 3 * row} ({row})", "0.5")):
            page.text(0.1 + 0.2 * column, 0.85 - 0.03 * row, text)
    for y in (0.88, 0.56):
        page.add_artist(_line((0.08, 0.92), (y, y), page))


def _line(x, y, page):
    from matplotlib.lines import Line2D

    return Line2D(x, y, color="black", linewidth=0.8, transform=page.transFigure)


def _forest(page) -> None:
    plot = page.add_axes((0.4, 0.55, 0.45, 0.33))
    for row in range(8):
        plot.plot([0.4 + 0.05 * row, 0.9 + 0.08 * row], [row, row], color="black")
        plot.plot([0.65 + 0.06 * row], [row], "ks")
    plot.axvline(1, color="grey")
    plot.set(xlim=(0.2, 2), xlabel="Hazard ratio", yticks=range(8), yticklabels=[f"Subgroup {row}" for row in range(8)])


def _photograph(page) -> None:
    rng = np.random.default_rng(0)
    plot = page.add_axes((0.2, 0.55, 0.6, 0.3))
    small = rng.random((12, 20, 3))
    plot.imshow(np.kron(small, np.ones((20, 20, 1))), interpolation="none")
    plot.axis("off")


def _scan(page) -> None:
    plot = page.add_axes((0.15, 0.52, 0.7, 0.38))
    plot.imshow(scanned_pixels(), interpolation="none", aspect="auto")
    plot.axis("off")


def scanned_pixels() -> np.ndarray:
    """The scanned figure: a panel as (600, 900, 3) pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 6), dpi=100)
    plot = picture.add_subplot()
    plot.step(np.r_[0, TIMES], np.r_[1, survival(0)], where="post", color="black")
    plot.set(xlim=(0, 50), ylim=(0, 1), xlabel="Months", ylabel="Survival")
    canvas = FigureCanvasAgg(picture)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[:, :, :3]
