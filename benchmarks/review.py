"""How long a correction after the axes takes until the verdict is there again.

    python -m benchmarks.review FIGURE...

Makes one correction of every kind on each figure (a copy of it), as the server does it, and prints the seconds of each:
on an idle machine only. The bar is half a second.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kmdigitize.errors import KmdigitizeError
from kmdigitize.review.rebuilding import second_process
from kmdigitize.review.session import Session, Source
from kmdigitize.review.view import view_of

BAR = 0.5


def corrections(session: Session) -> list[dict[str, Any]]:
    """One edit of every kind on the first panel: a cell, a drop, a mark, a name, a swap (or an end), a number."""
    panel = session.sight.panels[0]
    arm, scales = panel.arms[0], panel.scales
    middle = arm.curve.time.size // 2
    x = float(scales.x.to_px(arm.curve.time[middle]))
    y = float(scales.row(arm.curve.survival[middle : middle + 1])[0])
    last = float(scales.x.to_px(arm.curve.last_time))
    edits: list[dict[str, Any]] = [
        {"kind": "move_drop", "arm": 0, "drop": middle, "x": x + 0.3, "y": y + 0.2},
        {"kind": "add_mark", "arm": 0, "x": x},
        {"kind": "arm", "arm": 0, "name": "Renamed"},
        {"kind": "swap", "arm": 0, "other": 1, "x": x} if len(panel.arms) > 1 else {"kind": "end", "arm": 0, "x": last},
    ]
    if arm.at_risk is not None:
        count = max(0, int(arm.at_risk.count[-1]) - 1)
        edits.insert(0, {"kind": "risk_cell", "arm": 0, "time": float(arm.at_risk.time[-1]), "count": count})
    return [{"panel": panel.panel.name, **edit} for edit in edits]


def main() -> None:
    """Command line."""
    for figure in map(Path, sys.argv[1:]):
        with second_process(), tempfile.TemporaryDirectory() as folder:
            path = Path(shutil.copy(figure, folder))
            session = Session(Source(path, path.stem))
            known = [arm.n is not None or arm.at_risk is not None for arm in session.sight.panels[0].arms]
            for edit in corrections(session):
                begun = time.perf_counter()
                try:
                    session.correct(edit, session.revision)
                    view_of(session)
                except KmdigitizeError as error:
                    print(f"{figure.name:24} {edit['kind']:10} refused: {error.message}")
                    continue
                took = time.perf_counter() - begun
                printed = "n printed" if all(known) else "n unknown"
                over = "" if took <= BAR else "  over the bar"
                print(f"{figure.name:24} {edit['kind']:10} {took:.2f} s {printed}{over}")


if __name__ == "__main__":
    main()
