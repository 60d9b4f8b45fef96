"""A drawn figure of two crossing arms and what the stages would find on it: reviews are tested without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import uvicorn

from kmdigitize.export import to_png
from kmdigitize.facts import FigureFacts, stated_axis
from kmdigitize.geometry import AxisScale, Box
from kmdigitize.options import Options
from kmdigitize.pipeline import Found, FoundPanel, Page
from kmdigitize.records.axes import Panel, Scales, Tick
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry, RiskRow, RiskTable
from kmdigitize.review.queue import Item, Queue
from kmdigitize.review.serve import listen
from kmdigitize.review.server import review_app
from kmdigitize.review.session import Session, Source

FRAME = Box(40.0, 10.0, 340.0, 210.0)
"""Time 0 at column 40, 10 px per month; survival 1 at row 10, 0 at row 210."""
INKS = ((200, 30, 30), (30, 30, 200))
DROPS = (((5.0, 0.8), (10.0, 0.6), (20.0, 0.3)), ((8.0, 0.7), (15.0, 0.5), (25.0, 0.4)))
NAMES = ("A", "B")
COUNTS = ((20, 16, 8), (20, 14, 10))
TOKEN = "token-for-tests"


def column(time: float) -> float:
    return 40.0 + 10.0 * time


def row(survival: float) -> float:
    return 210.0 - 200.0 * survival


def pixels() -> np.ndarray:
    canvas = np.full((260, 380, 3), 255, dtype=np.uint8)
    for drops, ink in zip(DROPS, INKS, strict=True):
        points, level = [(0.0, 1.0)], 1.0
        for time, survival in drops:
            points += [(time, level), (time, survival)]
            level = survival
        points.append((30.0, level))
        line = np.array([(column(t), row(s)) for t, s in points])
        cv2.polylines(canvas, [np.rint(line * 16).astype(np.int32).reshape(-1, 1, 2)], False, ink, 2, cv2.LINE_AA, 4)
    return canvas


def write_figure(folder: Path, name: str = "trial") -> Path:
    path = folder / f"{name}.png"
    path.write_bytes(to_png(pixels()))
    return path


def page(figure: Figure, *_: object) -> Page:
    return Page(figure, ())


def find(page: Page, facts: FigureFacts) -> Found:
    """What the stages find; pinned ticks of the x axis count."""
    pinned = stated_axis(facts.x_axis)
    ticks = tuple(Tick(column(t), t, f"{t:g}") for t in (0.0, 10.0, 20.0, 30.0))
    x = AxisScale(0.1, -4.0)
    if pinned is not None:
        ticks = tuple(tick for tick in pinned if isinstance(tick, Tick))
        slope, intercept = np.polyfit([t.position for t in ticks], [t.value or 0.0 for t in ticks], 1)
        x = AxisScale(float(slope), float(intercept), source="facts")
    scales = Scales(
        x, AxisScale(-0.005, 1.05), ticks, (Tick(10.0, 1.0, "1"), Tick(210.0, 0.0, "0")), time_unit="months"
    )
    panel = Panel("1", FRAME, Box(0, 0, 379, 259), FRAME.bottom, FRAME.left)
    legend = tuple(LegendEntry(name, Box(250, 20 + 15 * i, 300, 30 + 15 * i)) for i, name in enumerate(NAMES))
    rows = tuple(RiskRow(name, (0.0, 10.0, 20.0), counts) for name, counts in zip(NAMES, COUNTS, strict=True))
    return Found(page.figure, (), (FoundPanel(panel, scales, traces(), legend, RiskTable(rows)),), (), {})


def traces() -> tuple[Trace, ...]:
    found = []
    for index, (drops, ink) in enumerate(zip(DROPS, INKS, strict=True)):
        levels = np.array([row(1.0), *(row(s) for _, s in drops)])
        risers = np.array([column(t) for t, _ in drops])
        exact = np.full(levels.size, 0.05)
        found.append(
            Trace(
                column(0.0),
                column(30.0),
                levels,
                risers,
                exact,
                exact[1:],
                exact + 0.95,
                ink,
                stroke_px=2.0,
                entry=index,
            )
        )
    return tuple(found)


def session(path: Path) -> Session:
    return Session(Source(path, path.stem), "Reviewer", Options("guyot"))


@contextmanager
def serving(*paths: Path, folder: Path | None = None) -> Iterator[tuple[int, Queue]]:
    """A running review server: its port and its queue."""
    queue = Queue([Item(session(path), folder) for path in paths], folder / "review.csv" if folder else None)
    listening = listen(0)
    port = int(listening.getsockname()[1])
    config = uvicorn.Config(review_app(queue, TOKEN, port), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield port, queue
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
