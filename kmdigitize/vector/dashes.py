"""Dashes that are drawn as single pieces, joined to the line that they stand for.

Pieces of one look that follow each other from left to right at a steady distance are one line. A gap may hide a corner,
which is where the two pieces would meet; if it hides a whole drop, the drop is put in the middle of the gap.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box, FloatArray, IntArray
from kmdigitize.vector.looks import Strand


def bridged(strands: list[Strand], frame: Box) -> list[Strand]:
    """Strands with the gaps between drawn dashes closed; unchanged if they are no such dashes."""
    lengths = [_extent(strand.points) for strand in strands]
    longest = 0.15 * (frame.width + frame.height)
    if not 8 <= len(strands) <= 3000 or strands[0].look.dash or max(lengths) > longest:
        return strands
    short = _without_symbols(strands)
    if len(short) < 8:
        return strands
    ordered = sorted(short, key=lambda s: (s.points[0, 0], s.order))
    starts = np.array([s.points[0] for s in ordered])
    ends = np.array([s.points[-1] for s in ordered])
    follower, gap = _followers(starts, ends)
    known = gap[np.isfinite(gap)]
    if known.size < 5:
        return strands
    typical = float(np.median(known))
    if typical > 4 * float(np.median(lengths)) or typical <= 0:
        return strands
    link = np.where(gap <= 3 * typical, follower, -1)
    chains = _linked(link)
    if max(len(chain) for chain in chains) < 5:
        return strands
    return [_chain([ordered[i] for i in chain]) for chain in chains]


def _without_symbols(strands: list[Strand]) -> list[Strand]:
    """Pieces that are no part of a plus or cross, whose strokes share their middle, and no lone upright ticks."""
    middles = np.array([strand.points.mean(axis=0) for strand in strands])
    cells: dict[tuple[int, int], int] = {}
    for x, y in np.round(middles * 2).astype(int).tolist():
        cells[x, y] = cells.get((x, y), 0) + 1
    upright = [len(s.points) == 2 and s.points[0, 0] == s.points[1, 0] for s in strands]
    if np.mean(upright) > 0.6:
        return []
    alone = [cells[x, y] == 1 for x, y in np.round(middles * 2).astype(int).tolist()]
    return [strand for strand, is_alone in zip(strands, alone, strict=True) if is_alone]


def _extent(points: FloatArray) -> float:
    return float(np.sum(np.abs(np.diff(points, axis=0))))


def _followers(starts: FloatArray, ends: FloatArray) -> tuple[IntArray, FloatArray]:
    """For each piece the nearest piece that begins right of its end (index, or -1) and the gap, if mutual."""
    n = len(starts)
    step = starts[None, :, :] - ends[:, None, :]
    distance = np.abs(step).sum(axis=2)
    distance[step[:, :, 0] < -0.2] = np.inf
    np.fill_diagonal(distance, np.inf)
    best = distance.argmin(axis=1)
    back = distance.argmin(axis=0)
    mutual = (back[best] == np.arange(n)) & np.isfinite(distance[np.arange(n), best])
    return np.where(mutual, best, -1), np.where(mutual, distance[np.arange(n), best], np.inf)


def _linked(link: IntArray) -> list[list[int]]:
    """Chains of indices that follow ``link``, each from a piece that nothing leads to."""
    led_to = {int(target) for target in link if target >= 0}
    chains = []
    for first in range(len(link)):
        if first in led_to:
            continue
        chain, here = [first], int(link[first])
        while here >= 0 and here not in chain[-1:]:
            chain.append(here)
            here = int(link[here])
        chains.append(chain)
    return chains


def _chain(pieces: list[Strand]) -> Strand:
    """One strand of the pieces, with corners where a gap hides one, and a dash pattern of their mean lengths."""
    points: list[FloatArray] = [pieces[0].points]
    hidden: list[bool] = [False] * (len(pieces[0].points) - 1)
    gaps = []
    for last, piece in itertools.pairwise(pieces):
        corner = _corner(last.points, piece.points)
        gaps.append(float(np.abs(piece.points[0] - last.points[-1]).sum()))
        points += [corner, piece.points]
        hidden += [True] * (len(corner) + 1) + [False] * (len(piece.points) - 1)
    on = float(np.median([_extent(piece.points) for piece in pieces]))
    off = float(np.median(gaps)) if gaps else 0.0
    look = replace(pieces[0].look, dash=(round(on, 2), round(off, 2)) if gaps else ())
    return Strand(np.concatenate(points), look, min(p.order for p in pieces), np.array(hidden, dtype=np.bool_))


def _corner(last: FloatArray, following: FloatArray) -> FloatArray:
    """The hidden corner points between two dashes of a step curve, (0, 2), (1, 2) or (2, 2)."""
    (x0, y0), (x1, y1) = last[-1], following[0]
    if abs(x1 - x0) < 0.2 or abs(y1 - y0) < 0.2:
        return np.empty((0, 2))
    falls = len(last) > 1 and abs(last[-1, 0] - last[-2, 0]) < abs(last[-1, 1] - last[-2, 1])
    rises_next = len(following) > 1 and abs(following[1, 0] - following[0, 0]) < abs(following[1, 1] - following[0, 1])
    if rises_next and not falls:
        return np.array([(x1, y0)])
    if falls and not rises_next:
        return np.array([(x0, y1)])
    middle = (x0 + x1) / 2
    return np.array([(middle, y0), (middle, y1)])
