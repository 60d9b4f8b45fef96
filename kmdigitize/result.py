"""Everything one run produced, with its provenance: enough for overlay, report and review without a second run."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from importlib import import_module

from kmdigitize.agreement import Agreement
from kmdigitize.calibration import CalibratedContrast
from kmdigitize.facts import FigureFacts
from kmdigitize.flags import Flag
from kmdigitize.ipd.records import IPD, Reconstruction
from kmdigitize.records.digitized import Digitized, DigitizedPanel
from kmdigitize.reported import Reported

RESULT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made the result: versions, the SHA-256 of the input bytes, and the choices that were in force."""

    version: str
    input_sha256: str
    method: str
    seed: int
    python: str
    libraries: dict[str, str] = field(default_factory=dict)
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A flag and whose numbers it speaks of: an arm, a panel, or ("") all that is beside it."""

    subject: str
    flag: Flag

    @property
    def detail(self) -> str:
        """Subject and detail in one line, "" where there is neither."""
        return ": ".join(part for part in (self.subject, self.flag.detail) if part)


@dataclass(frozen=True, slots=True)
class PanelResult:
    """One panel from curves to verdict. ``reconstructions`` has one entry per arm, in the arms' order.

    ``calibrated`` are two arms that also reproduce the printed hazard ratio (only if asked for).
    """

    digitized: DigitizedPanel
    reconstructions: tuple[Reconstruction, ...]
    reported: Reported | None = None
    agreement: Agreement | None = None
    calibrated: CalibratedContrast | None = None

    @property
    def name(self) -> str:
        """The panel's letter if one is printed, else its number."""
        return self.digitized.panel.name

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Every flag of the panel, its scales and table, then those of each arm and its patients, each once."""
        panel = self.digitized
        table = panel.risk_table.flags if panel.risk_table else ()
        doubts = [Doubt("", flag) for flag in (*panel.flags, *panel.scales.flags, *table)]
        for arm, rebuilt in zip(panel.arms, self.reconstructions, strict=True):
            doubts += [Doubt(arm.name, flag) for flag in (*arm.flags, *rebuilt.flags)]
        return tuple(dict.fromkeys(doubts))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of all doubts, each once."""
        return tuple(dict.fromkeys(doubt.flag for doubt in self.doubts))


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of ``run``: the digitized figure, the patients of every panel, the verdicts, the facts used."""

    digitized: Digitized
    panels: tuple[PanelResult, ...]
    facts: FigureFacts
    provenance: Provenance
    seconds: dict[str, float] = field(default_factory=dict)
    schema: int = RESULT_SCHEMA

    @property
    def name(self) -> str:
        """Name of the figure: the stem of its file."""
        return self.digitized.figure.name

    @property
    def ipds(self) -> tuple[IPD, ...]:
        """Reconstructed patients of every arm of every panel."""
        return tuple(r.ipd for panel in self.panels for r in panel.reconstructions)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Every doubt of the figure and its panels, each once; among several panels they name theirs."""
        doubts = [Doubt("", flag) for flag in self.digitized.flags]
        for panel in self.panels:
            name = f"panel {panel.name}" if len(self.panels) > 1 else ""
            for doubt in panel.doubts:
                subject = ", ".join(part for part in (name, doubt.subject) if part)
                doubts.append(Doubt(subject, doubt.flag))
        return tuple(dict.fromkeys(doubts))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of all doubts, each once."""
        return tuple(dict.fromkeys(doubt.flag for doubt in self.doubts))

    def _repr_html_(self) -> str:
        """The report, where a notebook shows the result (looked up by name: reports stand floors above records)."""
        page: str = import_module("kmdigitize.report").report_html(self)
        return f'<iframe srcdoc="{escape(page)}" style="width:100%;height:48em;border:0" title="Report"></iframe>'
