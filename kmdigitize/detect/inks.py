"""The inks of the curves: their colours, and which curves are drawn in them.

Legend samples tell the inks outright; entries whose colours cannot be told apart share one ink. Without a legend the
inks are found in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.clusters import InkColors
from kmdigitize.detect.departures import chroma_apart, depth, hue_apart, shades_apart
from kmdigitize.detect.runs import Image
from kmdigitize.records.printed import Dash, LegendEntry

BLACK = (0.0, 0.0, 0.0)
_DOTS = ("dotted", "dashdot")


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour and the curves the legend draws in it: ``arms`` are (legend index, dash). ``share`` of all strokes.

    ``sure`` tells whether its depth was seen on strokes that nothing touches; of a legend's ink, on a thick sample.
    """

    color: tuple[float, float, float]
    arms: tuple[tuple[int, Dash], ...] = ()
    share: float = 0.0
    sure: bool = True


@dataclass(frozen=True, slots=True)
class InkSettings:
    """When two colours are one ink."""

    alike: float = 24.0
    """Levels between two legend samples of one ink: JPEG and thin samples differ by less, chosen colours by more."""
    one_hue: float = 0.10
    """Angle (rad) within which clusters of a lossless picture are one hue: anti-aliasing does not turn hues."""
    one_hue_lossy: float = 0.32
    """The same where chroma is blurred."""
    same_chroma_lossy: float = 0.3
    """Angle (rad) between the chromas of two strong clusters that are two inks where chroma is blurred: compression
    thins both parts of chroma alike, so that it pales an ink without turning its hue. Fringes mix hues."""
    same_hue: float = 0.22
    """Angle (rad) from every ink of the legend that an ink it leaves out must have."""
    same_hue_lossy: float = 0.32
    """The same where chroma is blurred."""
    fringe: float = 0.4
    """A shade with less than this share of a stronger one of its hue is its fringe, not another ink."""
    darker: float = 1.3
    """Ratio of two shades of one hue that are different inks."""
    shades_lossy: float = 1.7
    """The same where chroma is blurred: thin strokes pale that much."""
    two_rows: float = 2.2
    """Width (px) up to which a sample may lie in two rows of pixels that it only half fills."""
    fringe_lossy: float = 0.3
    """The share of a fringe where chroma is blurred."""
    extra: float = 0.06
    """Share of all strokes that an ink unknown to the legend must have."""
    faint: float = 0.14
    """Share of the depth of black below which a sample is paper or a tint."""
    blurred: float = 2.2
    """How many times deeper the ink of a dotted sample may be than a blurred picture shows it."""
    thick: float = 4.0
    """Stroke (px) from which a line sample shows the full colour of its ink, however blurred."""
    black: float = 0.75
    """Share of the depth of black from which a grey among colours counts as black."""
    grey: float = 0.12
    """Angle (rad) to black below which a departure is grey."""


def settle_inks(legend: Sequence[LegendEntry], found: InkColors, panel: Image, lossy: bool) -> tuple[Ink, ...]:
    """The inks of the curves: those of the legend with the colour they have in the panel, and those it leaves out.

    ``found`` are the clusters of the panel whose paper is ``panel`` (3,).
    """
    s = InkSettings()
    clusters = _merge_fringes(found, panel, lossy, s)
    named = _inks_of_legend(legend, panel, lossy, s)
    owner = [_nearest(cluster.color, named, panel, s.one_hue_lossy if lossy else s.one_hue) for cluster in clusters]
    owner = _owners_by_order(clusters, named, legend, panel, found.stroke) or owner
    if all(is_grey(ink.color, panel) for ink in named):
        clusters = [replace(cluster, sure=True) for cluster in clusters]
    widths = [0.0 if lossy else _width(ink, legend) / found.stroke for ink in named]
    result = [
        _as_drawn(ink, [cluster for cluster, k in zip(clusters, owner, strict=True) if k == n], panel, widths[n], s)
        for n, ink in enumerate(named)
    ]
    taken = {i for i, k in enumerate(owner) if k is not None}
    hue, one = (s.same_hue_lossy, s.one_hue_lossy) if lossy else (s.same_hue, s.one_hue)
    unseen = any(is_unseen(entry) for entry in legend)
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
    return tuple(result)


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
    deeper = cluster.sure and not ink.sure and depth(panel, cluster.color) > depth(panel, ink.color)
    return Ink(cluster.color if deeper else ink.color, ink.arms, cluster.share)


def _first(pair: tuple[float, Ink]) -> float:
    return pair[0]


def _merge_fringes(found: InkColors, panel: Image, lossy: bool, s: InkSettings) -> list[Ink]:
    """Clusters without the pale edges and dark overlaps of stronger ones of their hue."""
    kept: list[Ink] = []
    hue = s.one_hue_lossy if lossy else s.one_hue
    for i in np.argsort(-found.shares):
        color = _color(found.colors[i])
        share, sure = float(found.shares[i]), bool(found.sure[i])
        for j, ink in enumerate(kept):
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


def is_grey(color: tuple[float, float, float], panel: Image) -> bool:
    """Whether an ink is black or grey on its paper."""
    return hue_apart(panel, color, BLACK) < InkSettings().grey


def _inks_of_legend(legend: Sequence[LegendEntry], panel: Image, lossy: bool, s: InkSettings) -> list[Ink]:
    """The inks of legend entries with a line sample, entries of one colour merged."""
    samples = [
        i
        for i, entry in enumerate(legend)
        if entry.place == "legend" and entry.color and depth(panel, entry.color) > s.faint * depth(panel, BLACK)
    ]
    colors = {i: np.array(legend[i].color, float) for i in samples}
    groups: list[list[int]] = []
    for i in sorted(samples, key=lambda i: (legend[i].dash != "solid", legend[i].dash in _DOTS)):
        for group in groups:
            mean = np.mean([colors[j] for j in group], axis=0)
            ratio = depth(panel, _color(mean)) / depth(panel, _color(colors[i]))
            hue = hue_apart(panel, _color(mean), _color(colors[i]))
            same = hue < 0.5 * s.same_hue and abs(np.log(ratio)) < np.log(s.darker) / 2
            # Blur makes the dots of a line paler than the dashes and solid lines of the same ink.
            broken = lossy and legend[i].dash != "solid" and all(legend[j].dash != legend[i].dash for j in group)
            most = s.blurred if legend[i].dash in _DOTS else s.darker
            blurred = broken and is_grey(_color(colors[i]), panel) and hue < 0.5 * s.same_hue and 0.9 < ratio < most
            straddled = hue < 0.5 * s.same_hue and _straddles(legend[i], legend[group[0]], panel, s)
            if same or blurred or straddled or np.linalg.norm(mean - colors[i]) < s.alike:
                group.append(i)
                break
        else:
            groups.append([i])
    result = []
    for group in groups:
        pure = (
            [j for j in group if legend[j].dash == "solid"]
            or [j for j in group if legend[j].dash not in _DOTS]
            or group
        )
        deepest = max(group, key=lambda j: depth(panel, _color(colors[j])))
        if any(_straddles(legend[j], legend[deepest], panel, s) for j in group if j != deepest):
            pure = [deepest]
        arms = tuple((j, legend[j].dash) for j in group)
        thick = all((legend[j].stroke_px or 0.0) >= s.thick for j in pure)
        result.append(Ink(_color(np.mean([colors[j] for j in pure], axis=0)), arms, sure=thick))
    return result


def _straddles(a: LegendEntry, b: LegendEntry, panel: Image, s: InkSettings) -> bool:
    """Whether one of two samples is as much paler as it is wider: it lies in two rows of pixels, the other in one."""
    pale, deep = sorted((a, b), key=lambda e: depth(panel, e.color or BLACK))
    if pale.stroke_px is None or deep.stroke_px is None or pale.stroke_px > s.two_rows:
        return False
    paler = depth(panel, deep.color or BLACK) / depth(panel, pale.color or BLACK)
    wider = pale.stroke_px / deep.stroke_px
    return paler > s.darker and abs(np.log(wider / paler)) < np.log(s.darker) / 2


def _color(values: NDArray[np.float64] | Image) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
