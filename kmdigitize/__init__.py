"""kmdigitize: published Kaplan–Meier figures back to curves, patients, and a verdict.

    from kmdigitize import read_figure, run
    result = run(read_figure("figure.png"))
    result.ipds[0].to_frame()

The verbs are ``read_figure``, ``digitize`` (figure → curves), ``reconstruct`` (curve → patients), ``compare``
(patients ↔ paper) and ``run``, their composition. Names are loaded when first used, which keeps the start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmdigitize.agreement import Agreement as Agreement
    from kmdigitize.agreement import compare as compare
    from kmdigitize.errors import KmdigitizeError as KmdigitizeError
    from kmdigitize.export import read_result as read_result
    from kmdigitize.export import write_outputs as write_outputs
    from kmdigitize.facts import FigureFacts as FigureFacts
    from kmdigitize.facts import read_facts as read_facts
    from kmdigitize.ipd.causes import reconstruct_causes as reconstruct_causes
    from kmdigitize.ipd.points import curve_from_points as curve_from_points
    from kmdigitize.ipd.reconstruct import reconstruct as reconstruct
    from kmdigitize.ipd.records import IPD as IPD
    from kmdigitize.ipd.records import Reconstruction as Reconstruction
    from kmdigitize.ipd.records import ReconstructionInputs as ReconstructionInputs
    from kmdigitize.options import Options as Options
    from kmdigitize.pipeline import digitize as digitize
    from kmdigitize.pipeline import run as run
    from kmdigitize.records.digitized import Digitized as Digitized
    from kmdigitize.records.figure import Figure as Figure
    from kmdigitize.records.printed import AtRisk as AtRisk
    from kmdigitize.reported import Reported as Reported
    from kmdigitize.result import Result as Result
    from kmdigitize.sources.read import read_figure as read_figure
    from kmdigitize.sources.read import read_figures as read_figures
    from kmdigitize.stepcurve import StepCurve as StepCurve

__version__ = "0.1.0"

_HOME = {
    "Agreement": "agreement",
    "AtRisk": "records.printed",
    "Digitized": "records.digitized",
    "Figure": "records.figure",
    "FigureFacts": "facts",
    "IPD": "ipd.records",
    "KmdigitizeError": "errors",
    "Options": "options",
    "Reconstruction": "ipd.records",
    "ReconstructionInputs": "ipd.records",
    "Reported": "reported",
    "Result": "result",
    "StepCurve": "stepcurve",
    "compare": "agreement",
    "curve_from_points": "ipd.points",
    "digitize": "pipeline",
    "read_facts": "facts",
    "read_figure": "sources.read",
    "read_figures": "sources.read",
    "read_result": "export",
    "reconstruct": "ipd.reconstruct",
    "reconstruct_causes": "ipd.causes",
    "run": "pipeline",
    "write_outputs": "export",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  (names of the table above)


def __getattr__(name: str) -> Any:
    """The public name ``name``, from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
