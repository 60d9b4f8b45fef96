"""All probable paths of (at risk, events, survival) through the slots, as layers of states.

A state is the number at risk, the events so far and the exact survival of its own integer path. Every slot expands
all states at once by every plausible number of censorings and events, merges those that meet in one cell (equal
integers, survival equal to a fraction of the noise) by sorting, and keeps the most probable ones. Levels are compared
with absolute survival, so errors do not accumulate; a level no path can explain costs a bounded amount, so a path is
always found unless the printed numbers forbid every one.
"""

from __future__ import annotations

import math

from kmdigitize.ipd.merging import merge
from kmdigitize.ipd.moves import expand
from kmdigitize.ipd.slots import DROP, STRADDLE, Timeline
from kmdigitize.ipd.states import LatticeSettings, Layer, change_points, start, with_regimes


def search(
    timeline: Timeline,
    settings: LatticeSettings,
    strictness: int = 0,
    edges: bool = False,
    begin: Layer | None = None,
) -> list[Layer]:
    """Layers from the start, or from ``begin``, to the last slot; empty when the printed numbers forbid every path."""
    layers = [begin or start(timeline)]
    changes = change_points(timeline.slots)
    drops = [slot.sd for slot in timeline.slots if slot.kind in (DROP, STRADDLE)]
    cells = settings.cells
    if edges and timeline.n.size == 1 and timeline.cell_time.size:
        most = MOST_CELLS if timeline.quantum > 0 else MOST_CELLS_BELOW_ROWS
        cells = max(cells, min(len(drops) / DROPS_PER_CELL, most))
    cell = math.hypot(max(drops, default=1.0), timeline.quantum / math.sqrt(3.0)) / cells
    for i, slot in enumerate(timeline.slots):
        moves = expand(with_regimes(layers[-1], i in changes), slot, timeline, settings, strictness)
        if moves is None:
            return []
        layers.append(merge(moves, slot, timeline, cell, settings, edges))
    return layers


DROPS_PER_CELL, MOST_CELLS, MOST_CELLS_BELOW_ROWS = 7.0, 40.0, 16.0
"""A path that is not the most probable one to its state takes over the survival of the one that is. The rounding adds
up along the curve (a fifth of a row over 200 drops with 4 cells), so that draws need finer cells the longer it is.
Sub-pixel levels hold a path themselves (n = 1000, 800 px: all counts exact .979 with 16 cells, .917 with 40).
Without printed numbers the regimes of censoring need the states instead (n = 200: all counts exact .97, finer .92)."""
