"""One figure under review: its facts on disk, what follows from them, and the way back.

Every correction is checked, written to the facts file in one piece, and only then answered, so that a browser or
server that dies loses nothing. What was before can be brought back, also by the next server.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kmdigitize import pipeline
from kmdigitize.errors import FactsError
from kmdigitize.export import replace_file
from kmdigitize.facts import FigureFacts, facts_from, read_facts
from kmdigitize.options import DEFAULT_OPTIONS, Options
from kmdigitize.review.axes import on_new_axes
from kmdigitize.review.corrections import Changes, correct
from kmdigitize.review.edits import EDIT, AxisEdit
from kmdigitize.review.sight import Sight, look
from kmdigitize.settings import DEFAULT_SETTINGS, Settings
from kmdigitize.sources.read import read_bytes, read_figures

Decision = Literal["", "accepted", "needs work", "rejected"]
STEPS_BACK = 50


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure is: number ``place`` (from 0) of those in the file at ``path``, its facts beside it.

    ``name`` is that of its outputs; ``part`` follows the file's stem in the names of the files beside it.
    """

    path: Path
    name: str
    place: int = 0
    part: str = ""

    @property
    def facts(self) -> Path:
        """The facts file of this figure."""
        return self.path.parent / f"{self.path.stem}{self.part}.facts.json"

    @property
    def notes(self) -> Path:
        """Where the reviewer's decision and the way back are kept."""
        return self.path.parent / f"{self.path.stem}{self.part}.review.json"


class Notes(BaseModel):
    """A reviewer's decision on a figure, and earlier and undone facts (JSON texts, the nearest last)."""

    model_config = ConfigDict(extra="ignore")

    decision: Decision = ""
    note: str = ""
    who: str | None = None
    when: str | None = None
    undo: list[str] = []
    redo: list[str] = []


class StaleError(FactsError):
    """The page showed something else than what is there now: nothing was changed."""


class Session:
    """A figure that is being reviewed. Methods are safe to call from several threads."""

    def __init__(
        self,
        source: Source,
        who: str | None = None,
        options: Options = DEFAULT_OPTIONS,
        settings: Settings = DEFAULT_SETTINGS,
    ) -> None:
        self.source, self.who, self.options, self.settings = source, who, options, settings
        self.lock = RLock()
        self.revision = 0
        self.notes = _read_notes(source.notes)
        self._sight: Sight | None = None
        self._saved = ""

    @property
    def sight(self) -> Sight:
        """What is known of the figure; the first call reads it, which takes seconds. Raises KmdigitizeError."""
        with self.lock:
            if self._sight is None:
                figures = read_figures(read_bytes(self.source.path), self.source.name)
                figure = replace(figures[self.source.place], name=self.source.name)
                page = pipeline.read_page(figure, self.settings)
                self._sight = look(page, self._facts_on_disk(), None, self.options, self.settings)
            return self._sight

    def correct(self, edit: dict[str, Any], revision: int) -> None:
        """Does one edit (the JSON of a record of edits.py). Raises FactsError and changes nothing when it cannot be."""
        try:
            wanted = EDIT.validate_python(edit)
        except ValidationError as error:
            raise FactsError(f"No such correction: {error.errors()[0]['msg']}.", "Load the page again.") from error
        with self.lock:
            self._check(revision)
            changes, what = correct(self.sight.bench(wanted.panel), wanted)
            self.who = wanted.who or self.who
            facts = self._changed(wanted.panel, changes, what, wanted.why)
            sight = self._look(facts, free=isinstance(wanted, AxisEdit))
            moved = on_new_axes(self.sight, sight) if isinstance(wanted, AxisEdit) else facts
            sight = sight if moved is facts else self._look(moved, free=True)
            self._take(sight, [*self.notes.undo, _text(self.sight.facts)][-STEPS_BACK:], [])

    def explain(self, number: int, why: str, revision: int) -> None:
        """Keeps the reason for correction ``number`` (from 0). Raises FactsError when there is no such correction."""
        with self.lock:
            self._check(revision)
            document = self.sight.facts.model_dump(mode="json", by_alias=True, exclude_unset=True)
            done = document.get("corrections", [])
            if not 0 <= number < len(done):
                raise FactsError(f"There is no correction number {number + 1} here.", "Load the figure again.")
            done[number] = {key: said for key, said in {**done[number], "why": why.strip()[:2000]}.items() if said}
            sight = self._look(facts_from(document, "the reason"), free=True)
            self._take(sight, [*self.notes.undo, _text(self.sight.facts)][-STEPS_BACK:], [])

    def undo(self, revision: int) -> None:
        """Back to the facts before the last correction. Raises FactsError when there is none."""
        with self.lock:
            sight, here = self._step(revision, self.notes.undo)
            self._take(sight, self.notes.undo[:-1], [*self.notes.redo, here])

    def redo(self, revision: int) -> None:
        """Forward to the facts that were undone last. Raises FactsError when there are none."""
        with self.lock:
            sight, here = self._step(revision, self.notes.redo)
            self._take(sight, [*self.notes.undo, here], self.notes.redo[:-1])

    def decide(self, decision: str, note: str, who: str | None = None) -> None:
        """Keeps the decision of ``who`` on the figure. Raises FactsError when there is no such decision."""
        with self.lock:
            try:
                notes = Notes.model_validate({**self.notes.model_dump(), "decision": decision, "note": note[:5000]})
            except ValidationError as error:
                raise FactsError(f"No such decision: {decision!r}.", "Accept, needs work or reject.") from error
            self.who = who or self.who
            self.notes = notes.model_copy(update={"who": self.who, "when": _now()})
            self._save_notes()

    def forget(self) -> None:
        """Lets go of the pixels and what follows from them; they are read again when needed."""
        with self.lock:
            self._sight = None

    def _step(self, revision: int, kept: list[str]) -> tuple[Sight, str]:
        """What the last of ``kept`` facts show, and the text of the present ones."""
        self._check(revision)
        if not kept:
            raise FactsError("There is nothing further to bring back.")
        here = _text(self.sight.facts)
        return self._look(facts_from(json.loads(kept[-1] or "{}"), "the facts of before"), free=True), here

    def _check(self, revision: int) -> None:
        """Raises StaleError when page, server and file do not speak of the same facts."""
        self.sight  # noqa: B018  (reads the figure when this is the first call)
        if self._text_on_disk() != self._saved:
            self._sight = self._look(self._facts_on_disk(), free=True)
            self.revision += 1
            raise StaleError(f"{self.source.facts.name} was changed by another program.", "It has been loaded again.")
        if revision != self.revision:
            raise StaleError("The figure was corrected in another window.", "It has been loaded again.")

    def _changed(self, panel: str, changes: Changes, what: str, why: str | None) -> FigureFacts:
        document = self.sight.facts.model_dump(mode="json", by_alias=True, exclude_unset=True)
        alone = len(self.sight.names) == 1 and panel not in document.get("panels", {})
        if alone:
            kept = {name: value for name, value in {**document, **changes}.items() if value is not None}
        else:
            own = {**document.get("panels", {}).get(panel, {}), **changes}
            kept = {**document, "panels": {**document.get("panels", {}), panel: own}}
        record = {"what": f"panel {panel}: {what}" if not alone else what, "when": _now()}
        record |= {name: said for name, said in (("who", self.who), ("why", why)) if said}
        kept |= {"schema": document.get("schema", 1), "corrections": [*document.get("corrections", []), record]}
        return facts_from(json.loads(json.dumps(kept)), "the correction")

    def _look(self, facts: FigureFacts, free: bool) -> Sight:
        """The figure under ``facts``. Raises FactsError, unless ``free``, where they spoil what was in order."""
        sight = look(self.sight.page, facts, self.sight, self.options, self.settings)
        if sight.error is not None and self.sight.error is None and not free:
            raise FactsError(sight.error.message, sight.error.remedy)
        return sight

    def _take(self, sight: Sight, undo: list[str], redo: list[str]) -> None:
        """Writes the facts of ``sight`` and the way back, then shows it."""
        text = _text(sight.facts)
        self.notes = self.notes.model_copy(update={"undo": undo, "redo": redo})
        self._save_notes()
        if text:
            replace_file(self.source.facts, text.encode())
        else:
            self.source.facts.unlink(missing_ok=True)
        self._sight, self._saved = sight, text
        self.revision += 1

    def _save_notes(self) -> None:
        replace_file(self.source.notes, (self.notes.model_dump_json(indent=1) + "\n").encode())

    def _text_on_disk(self) -> str:
        return self.source.facts.read_text(encoding="utf-8-sig") if self.source.facts.is_file() else ""

    def _facts_on_disk(self) -> FigureFacts:
        self._saved = self._text_on_disk()
        beside = self.source.path.parent / f"{self.source.path.stem}.facts.json"
        if not self._saved and beside.is_file():
            return read_facts(beside)
        return read_facts(self.source.facts) if self._saved else FigureFacts()


def _text(facts: FigureFacts) -> str:
    """The facts file's content; empty where nothing is stated."""
    document = facts.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if not set(document) - {"schema"}:
        return ""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    # Lists of numbers on one line: no string can look like this, as line ends in strings are escaped.
    return re.sub(r"\[\s+([-\d.eE+,\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def _read_notes(path: Path) -> Notes:
    """The notes at ``path``; none where they are missing or damaged, which must not keep a figure from review."""
    try:
        return Notes.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Notes()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
