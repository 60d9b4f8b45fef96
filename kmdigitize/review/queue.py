"""Many figures to review: in order of doubt, each with the reviewer's decision, and a table of all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from kmdigitize.batch.tables import doubt
from kmdigitize.errors import FactsError, KmdigitizeError
from kmdigitize.review.session import Session
from kmdigitize.review.sight import Sight
from kmdigitize.review.view import verdict_of

KEPT_OPEN = 3
"""Figures whose pixels stay in memory: the one at hand, the one before, the one that comes."""
COLUMNS = ("figure", "decision", "verdict", "doubt", "flags", "corrections", "note", "who", "when", "file")


@dataclass(slots=True)
class Item:
    """A figure in the queue. ``doubt`` is None until the figure has been read; ``folder`` is where its outputs are."""

    session: Session
    folder: Path | None = None
    verdict: str = ""
    flags: tuple[str, ...] = ()
    doubt: float | None = None
    corrections: int = 0


@dataclass(slots=True)
class Queue:
    """Figures under review, most doubtful first; those that have not been read yet follow in the order given."""

    items: Sequence[Item]
    table: Path | None = None
    opened: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.items = sorted(self.items, key=lambda item: -(item.doubt if item.doubt is not None else -1.0))

    def item(self, number: int) -> Item:
        """Figure number ``number`` (from 0). Raises FactsError when there is none."""
        if not 0 <= number < len(self.items):
            raise FactsError(f"There is no figure number {number + 1}.", f"There are {len(self.items)}.")
        return self.items[number]

    def opening(self, number: int) -> Item:
        """The figure, read if it was not, with those opened long ago let go."""
        item = self.item(number)
        with self.lock:
            self.opened = [other for other in self.opened if other != number] + [number]
            gone, self.opened = self.opened[:-KEPT_OPEN], self.opened[-KEPT_OPEN:]
        for other in gone:
            self.items[other].session.forget()
        self.judge(item)
        return item

    def judge(self, item: Item) -> None:
        """Notes how much there is to doubt in the figure as it stands now."""
        try:
            sight = item.session.sight
        except KmdigitizeError:
            item.verdict, item.doubt, item.flags = "failed", doubt("failed", ()), ()
            return
        item.verdict, item.corrections = verdict_of(sight), len(sight.facts.corrections)
        item.flags = _codes(sight)
        item.doubt = doubt(item.verdict, item.flags)

    def rows(self) -> list[dict[str, Any]]:
        """One row per figure, as in the table."""
        return [
            {
                "figure": item.session.source.name,
                "decision": item.session.notes.decision,
                "verdict": item.verdict,
                "doubt": item.doubt,
                "flags": " ".join(item.flags),
                "corrections": item.corrections,
                "note": item.session.notes.note,
                "who": item.session.notes.who or "",
                "when": item.session.notes.when or "",
                "file": item.session.source.path.name,
            }
            for item in self.items
        ]

    def to_csv(self) -> bytes:
        """The table of all figures as CSV."""
        buffer = io.StringIO(newline="")
        writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _harmless(value) for key, value in row.items()} for row in self.rows())
        return buffer.getvalue().encode()


def _codes(sight: Sight) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag.code for flag in sight.result.flags)) if sight.result else ()


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
