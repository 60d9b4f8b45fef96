"""The inks of the curves: their colours, and which curves are drawn in them.

Legend samples tell the inks outright; entries whose colours cannot be told apart share one ink. Without a legend the
inks are found in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from kmdigitize.detect.clusters import InkColors
from kmdigitize.detect.departures import chroma_apart, depth, hue_apart, shades_apart
from kmdigitize.detect.evidence import color_space
from kmdigitize.detect.ink_records import BLACK, Ink, InkSettings, as_color, is_grey
from kmdigitize.detect.legend_inks import inks_of_legend, paled_alike, without_unshown
from kmdigitize.detect.runs import Image
from kmdigitize.records.printed import LegendEntry


def settle_inks(
    legend: Sequence[LegendEntry], found: InkColors, panel: Image, lossy: bool, expected: int | None = None
) -> tuple[Ink, ...]:
    """The inks of the curves: those of the legend with the colour they have in the panel, and those it leaves out.

    ``found`` are the clusters of the panel whose paper is ``panel`` (3,). ``expected`` is the number of arms that the
    risk table names: where the legend has fewer, one of them may be another shade of an ink that it shows.
    """
    s = InkSettings()
    clusters = _merge_fringes(found, panel, lossy, s)
    named, owner = _named(legend, found, clusters, panel, lossy)
    if all(is_grey(ink.color, panel) for ink in named):
        clusters = [replace(cluster, sure=True) for cluster in clusters]
    widths = [0.0 if lossy else _width(ink, legend) / found.stroke for ink in named]
    clusters_of = [[cluster for cluster, k in zip(clusters, owner, strict=True) if k == n] for n in range(len(named))]
    if lossy:
        clusters_of = _unmixed(clusters_of, named, panel, s)
    result = [_as_drawn(ink, clusters_of[n], panel, widths[n], s) for n, ink in enumerate(named)]
    taken = {i for i, k in enumerate(owner) if k is not None}
    hue, one = (s.same_hue_lossy, s.one_hue_lossy) if lossy else (s.same_hue, s.one_hue)
    unseen = any(is_unseen(entry) for entry in legend) or 0 < len(legend) < (expected or 0)
    if unseen:
        hue = one  # dark colours are nearly as black as black
    colored = any(not is_grey(ink.color, panel) for ink in [*result, *clusters])
    # Marks and text may outweigh all curves, so an ink is held against the strongest colour.
    strongest = max((cluster.share for cluster in clusters if not is_grey(cluster.color, panel)), default=1.0)
    least = min(s.extra, s.fringe * strongest)
    for i, cluster in enumerate(clusters):
        if colored and is_grey(cluster.color, panel) and depth(panel, cluster.color) > s.black * depth(panel, BLACK):
            continue  # marks and text, until a curve proves otherwise
        others = [*result[: len(named)], *named]
        # Where the legend shows an ink too few, that may be another shade of one it shows.
        shade = unseen and not lossy and all(shades_apart(panel, cluster.color, o.color) > s.darker for o in others)
        apart = all(hue_apart(panel, cluster.color, ink.color) > hue for ink in others)
        if (
            (shade or (apart and i not in taken))
            and cluster.share >= least
            and _is_another(cluster, result[len(named) :], panel, (one, s.shades_lossy if lossy else s.darker))
        ):
            result.append(cluster)
    first = without_unshown(result[: len(named)], named, legend, panel)
    return (*first, *result[len(named) :])


def _named(
    legend: Sequence[LegendEntry], found: InkColors, clusters: Sequence[Ink], panel: Image, lossy: bool
) -> tuple[list[Ink], list[int | None]]:
    """The inks that the ``legend`` shows, and which of them each of ``clusters`` is."""
    s = InkSettings()
    hue = s.one_hue_lossy if lossy else s.one_hue
    named = inks_of_legend(legend, panel, lossy, s)
    owner = [_nearest(cluster.color, named, panel, hue) for cluster in clusters]
    owner = _owners_by_order(clusters, named, legend, panel, found.stroke) or owner
    alike = paled_alike(found, named, panel, lossy, s) if set(range(len(named))) - set(owner) else None
    if alike is not None:
        colors, shares = [as_color(found.colors[i]) for i in alike], [float(found.shares[i]) for i in alike]
        named = [Ink(color, ink.arms, share) for color, share, ink in zip(colors, shares, named, strict=True)]
        owner = [_nearest(cluster.color, named, panel, hue) for cluster in clusters]
    return named, owner


def is_unseen(entry: LegendEntry) -> bool:
    """Whether a legend names an arm whose line sample was not seen."""
    return entry.place == "legend" and entry.color is None


def _is_another(cluster: Ink, inks: Sequence[Ink], panel: Image, alike: tuple[float, float]) -> bool:
    """Whether a cluster has another hue or a clearly other shade than each of ``inks`` that the legend leaves out.

    ``alike`` are the angle (rad) and the ratio of depths within which two are one ink.
    """
    s = InkSettings()
    for ink in inks:
        shade = shades_apart(panel, cluster.color, ink.color)
        greys = is_grey(cluster.color, panel) or is_grey(ink.color, panel)
        turned = not greys and chroma_apart(panel, cluster.color, ink.color) > s.same_chroma_lossy
        if not turned and hue_apart(panel, cluster.color, ink.color) <= alike[0] and shade <= alike[1]:
            return False
    return True


def _nearest(color: tuple[float, float, float], inks: Sequence[Ink], panel: Image, hue: float) -> int | None:
    """Which of ``inks`` a cluster is: the one of its hue whose depth is nearest; None if none has its hue."""
    apart = [
        (hue_apart(panel, color, ink.color) / hue + abs(np.log(depth(panel, color) / depth(panel, ink.color))), k)
        for k, ink in enumerate(inks)
        if hue_apart(panel, color, ink.color) < hue
    ]
    return min(apart)[1] if apart else None


def _unmixed(clusters_of: list[list[Ink]], named: Sequence[Ink], panel: Image, s: InkSettings) -> list[list[Ink]]:
    """The clusters of each of ``named``, where one that lies midway between two of their hues goes to both.

    Compression mixes the hues of thin strokes but keeps their brightness, so each gets the cluster's in its own hue.
    """
    result = list(clusters_of)
    for n, m in permutations(range(len(named)), 2):
        own, other = named[n].color, named[m].color
        if any(shades_apart(panel, cluster.color, other) < s.mixed_shade for cluster in clusters_of[m]):
            continue
        for cluster in clusters_of[n]:
            near, far = hue_apart(panel, cluster.color, own), hue_apart(panel, cluster.color, other)
            if near < far < s.midway * near and near + far < s.midway * hue_apart(panel, own, other):
                result[n], result[m] = ([_in_hue_of(cluster, color, panel)] for color in (own, other))
    return result


def _in_hue_of(cluster: Ink, color: tuple[float, float, float], panel: Image) -> Ink:
    """The cluster with its own brightness on the paper ``panel`` but the hue of ``color``."""
    departure = panel - np.array(color)
    luma = color_space(True)[:, 0]
    deeper = float((panel - np.array(cluster.color)) @ luma) / max(float(departure @ luma), 1.0)
    return replace(cluster, color=as_color(np.clip(panel - deeper * departure, 0, 255)))


def _owners_by_order(
    clusters: Sequence[Ink], named: Sequence[Ink], legend: Sequence[LegendEntry], panel: Image, stroke: float
) -> list[int | None] | None:
    """Whose the greys are where all samples lie in two rows of pixels: each as much paler than its line as wider.

    Nearest in depth is then the wrong one, but the order is kept. None where that is not so.
    """
    s = InkSettings()
    widths = [[legend[i].stroke_px or 0.0 for i, _ in ink.arms] for ink in named]
    straddled = all(s.darker * stroke < width < s.two_rows for group in widths for width in group)
    if len(named) != len(clusters) or not straddled or not all(is_grey(i.color, panel) for i in (*named, *clusters)):
        return None
    ranks = np.argsort([depth(panel, ink.color) for ink in named])
    owner: list[int | None] = [None] * len(clusters)
    for i, k in zip(np.argsort([depth(panel, c.color) for c in clusters]), ranks, strict=True):
        paler = depth(panel, clusters[i].color) / depth(panel, named[k].color)
        if abs(np.log(paler * stroke / max(widths[k]))) > np.log(s.darker) * 1.5:
            return None
        owner[i] = int(k)
    return owner


def _width(ink: Ink, legend: Sequence[LegendEntry]) -> float:
    """Width (px) of the widest sample of an ink if it may lie in two rows of pixels, else 0."""
    width = max((legend[i].stroke_px or 0.0 for i, _ in ink.arms), default=0.0)
    return width if width < InkSettings().two_rows else 0.0


def _as_drawn(ink: Ink, clusters: Sequence[Ink], panel: Image, wider: float, s: InkSettings) -> Ink:
    """A legend's ink with the colour and share of its ``clusters`` in the panel.

    A thin or blurred sample is paler than its ink; the panel's strokes show the full colour. A sharp sample in two rows
    of pixels, ``wider`` times as thick as the strokes, is as much paler: their corners fill pixels, however few.
    """
    if not clusters:
        return ink
    depths = [depth(panel, c.color) / depth(panel, ink.color) for c in clusters]
    filled = [c for d, c in zip(depths, clusters, strict=True) if d > 1.1 and wider / s.darker < d < wider * s.darker]
    if wider > 1 and filled:
        deepest = max(filled, key=lambda c: depth(panel, c.color))
        return Ink(deepest.color, ink.arms, sum(c.share for c in clusters))
    off, cluster = min(
        ((abs(np.log(depth(panel, c.color) / depth(panel, ink.color))), c) for c in clusters), key=_first
    )
    if off > np.log(s.darker) and len(clusters) > 1:
        return ink
    marks = is_grey(cluster.color, panel) and not is_grey(ink.color, panel)
    # A sample that fills its pixels may still be paler than all strokes: legends are drawn at an opacity of their own.
    paler = not ink.sure or off > np.log(s.darker)
    deeper = cluster.sure and paler and not marks and depth(panel, cluster.color) > depth(panel, ink.color)
    return Ink(cluster.color if deeper else ink.color, ink.arms, cluster.share)


def _first(pair: tuple[float, Ink]) -> float:
    return pair[0]


def _merge_fringes(found: InkColors, panel: Image, lossy: bool, s: InkSettings) -> list[Ink]:
    """Clusters without the pale edges and dark overlaps of stronger ones of their hue."""
    kept: list[Ink] = []
    hue = s.one_hue_lossy if lossy else s.one_hue
    for i in np.argsort(-found.shares):
        color = as_color(found.colors[i])
        share, sure = float(found.shares[i]), bool(found.sure[i])
        # A fringe is one of the ink whose depth is nearest to its own.
        for j in sorted(range(len(kept)), key=lambda j: abs(np.log(shades_apart(panel, color, kept[j].color)))):
            ink = kept[j]
            if hue_apart(panel, color, ink.color) > hue or is_grey(color, panel) != is_grey(ink.color, panel):
                continue
            ratio = depth(panel, color) / depth(panel, ink.color)
            paled = lossy and not is_grey(color, panel)
            blurred = paled and max(ratio, 1 / ratio) < s.shades_lossy
            fringe = share < (s.fringe_lossy if paled else s.fringe) * ink.share
            if paled and not fringe and chroma_apart(panel, color, ink.color) > s.same_chroma_lossy:
                continue
            if blurred or fringe or max(ratio, 1 / ratio) < s.darker:
                # Anti-aliasing and blur only make strokes paler: the deeper of two shades of one ink is its own.
                least = s.fringe if blurred else s.fringe / 2
                purer = ratio > 1 and share > least * ink.share
                kept[j] = Ink(color, (), ink.share + share, sure) if purer else replace(ink, share=ink.share + share)
                break
        else:
            kept.append(Ink(color, (), share, sure))
    return kept
