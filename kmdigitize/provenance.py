"""What made a result: versions, hashes and choices."""

from __future__ import annotations

import functools
import platform
from importlib.metadata import PackageNotFoundError, version

from kmdigitize import __version__
from kmdigitize.options import Options
from kmdigitize.records.figure import Figure
from kmdigitize.result import Provenance
from kmdigitize.settings import Settings, difference

LIBRARIES = ("lifelines", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "scipy")


def provenance(figure: Figure, options: Options, settings: Settings) -> Provenance:
    """The provenance of a run on ``figure``; only settings that differ from the defaults are listed."""
    return Provenance(
        version=__version__,
        input_sha256=figure.sha256,
        method=options.method,
        seed=options.seed,
        python=platform.python_version(),
        libraries={name: number for name in LIBRARIES if (number := installed(name))},
        settings=difference(settings),
    )


@functools.cache
def installed(name: str) -> str:
    """Version of an installed distribution, "" if it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
