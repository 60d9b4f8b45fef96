"""What ink a curve explains, so that no other one needs to."""

from __future__ import annotations

import numpy as np

from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.runs import Image, Runs, vertical_runs


def explained_by(road: Road, sheet: Sheet) -> Image:
    """Where ink (h, w) is explained by a curve along ``road``: its stroke, its drops, and the marks upon it."""
    if "runs" not in sheet.known:
        sheet.known["runs"] = vertical_runs(sheet.coverage > 0.35)
    runs: Runs = sheet.known["runs"]
    columns = road.first + np.arange(road.rows.size)
    before = np.concatenate([road.rows[:1], road.rows[:-1]])
    (top, bottom), (top_before, bottom_before) = runs.at(road.rows, columns), runs.at(before, columns)
    reach, limit = sheet.stroke / 2 + 1, 6 * sheet.stroke
    high = np.minimum(before - reach, np.minimum(top, top_before) - 1.0)
    low = np.maximum(road.rows + reach, np.maximum(bottom, bottom_before) + 1.0)
    high = np.maximum(high, np.minimum(before, road.rows) - limit)
    low = np.minimum(low, np.maximum(before, road.rows) + limit)
    row = np.arange(sheet.coverage.shape[0], dtype=np.int32)[:, None]
    inside = (row >= np.floor(high).astype(np.int32)) & (row <= np.ceil(low).astype(np.int32))
    mask = np.zeros(sheet.coverage.shape, np.float32)
    mask[:, columns[0] : columns[-1] + 1] = inside
    wide = int(np.ceil(reach))
    for i in np.nonzero(np.diff(road.rows) > 0)[0]:
        x = road.first + i + 1
        mask[road.rows[i] : road.rows[i + 1] + 1, max(0, x - wide) : x + wide + 1] = 1
    return mask
