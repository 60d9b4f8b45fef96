"""The one replaceable door to optical character recognition.

A :class:`Reader` finds lines of text on a picture and reads given regions; everything else about text is done by
the package itself. :class:`ModelReader` runs the models that come with the package, offline; :class:`Recorder` keeps
its replies and :class:`Replay` gives them back, so that tests and other programs need no model. Regions are
quadrilaterals in the reading direction of the text: top left, top right, bottom right, bottom left corner in px.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.text.collage import legible_parts

Reply = tuple[str, float]

_NARROW, _WIDE = 64, 320
"""Least widths in px to which crops of 48 px height are padded: the time goes with the width, but short crops are
sometimes misread ("509" as "5096.c", always with a low score), which the wide one mends."""
_SHORT = 192
"""Padded width up to which doubted crops are looked at again: all numbers and short words. Of longer ones none was read
differently when it was padded more."""
_SURE = 0.97
_LIFT = 0.4
"""What a second look adds at most to the confidence of a sign that the finder of lines missed: of 73 that were read
below .97, 33 of them below .5, only ones from .64 on came to more than .9."""


class Reader(Protocol):
    """What the package asks of an engine for optical character recognition."""

    def find_lines(self, pixels: Pixels) -> FloatArray:
        """Corners (n, 4, 2) of the lines of text on ``pixels`` (h, w, 3) RGB; upright lines start at their left."""
        ...

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        """Text and confidence in [0, 1] of each region (n, 4, 2); replies below ``least`` are of no use to who asks."""
        ...


def crop_region(pixels: Pixels, region: FloatArray) -> Pixels:
    """The pixels of one region, turned so that its text reads from left to right; cubic interpolation."""
    upright = _upright_crop(pixels, region)
    if upright is not None:
        return upright
    width = max(2, round(float(np.linalg.norm(region[1] - region[0]))) + 1)
    height = max(2, round(float(np.linalg.norm(region[3] - region[0]))) + 1)
    target = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(region.astype(np.float32), target)
    crop = cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _upright_crop(pixels: Pixels, region: FloatArray) -> Pixels | None:
    """A region that is upright, begins and ends at whole pixels, and lies within the picture; None for any other."""
    (left, top), (right, bottom) = region[0].tolist(), region[2].tolist()
    edges = [int(left), int(top), int(right), int(bottom)]
    if (
        edges != [left, top, right, bottom]
        or region[1].tolist() != [right, top]
        or region[3].tolist() != [left, bottom]
    ):
        return None
    inside = 0 <= left < right < pixels.shape[1] and 0 <= top < bottom < pixels.shape[0]
    return pixels[edges[1] : edges[3] + 1, edges[0] : edges[2] + 1] if inside else None


class ModelReader:
    """The models of PP-OCRv6 small (Apache-2.0), which the package holds, run by onnxruntime offline.

    ``threads`` share the work of one call: two on a desk, one in each worker of a batch. The models are loaded at the
    first call; calls from several threads take turns. Equal crops, such as the labels of axes that several panels
    repeat, are read once.
    """

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._finder: Any = None
        self._recogniser: Any = None
        self._lock = threading.Lock()

    def find_lines(self, pixels: Pixels) -> FloatArray:
        """See :class:`Reader`."""
        from kmdigitize.text.models import LineFinder

        with self._lock:
            self._finder = self._finder or LineFinder(self._threads)
            parts, scale = legible_parts(pixels)
            return parts.to_figure(self._finder.find(parts.pixels, scale))

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        """See :class:`Reader`."""
        if not len(regions):
            return []
        from kmdigitize.text.models import LineRecogniser

        crops = [crop_region(pixels, region) for region in regions]
        first = {(crop.shape, crop.tobytes()): i for i, crop in enumerate(crops)}
        with self._lock:
            self._recogniser = self._recogniser or LineRecogniser(self._threads)
            replies = dict(zip(first, self._read([crops[i] for i in first.values()], least), strict=True))
        return [replies[crop.shape, crop.tobytes()] for crop in crops]

    def _read(self, crops: list[Pixels], least: float) -> list[Reply]:
        """The replies to crops, those of doubted short ones after a second look if it may lift them to ``least``."""
        from kmdigitize.text.models import padded_width

        replies: list[Reply] = self._recogniser.read(crops, _NARROW)
        short = [padded_width(crop, _NARROW) <= _SHORT for crop in crops]
        unsure = [i for i, (_, score) in enumerate(replies) if least - _LIFT <= score < _SURE and short[i]]
        second = self._recogniser.read([crops[i] for i in unsure], _WIDE, exactly=True)
        for i, again in zip(unsure, second, strict=True):
            replies[i] = max(replies[i], again, key=lambda reply: reply[1])
        return replies


def _key(region: FloatArray) -> str:
    return ",".join(str(round(float(value))) for value in region.ravel())


@dataclass
class Recorder:
    """Hands every question on to ``reader`` and keeps the replies."""

    reader: Reader
    lines: list[list[list[float]]] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)

    def find_lines(self, pixels: Pixels) -> FloatArray:
        """See :class:`Reader`."""
        found = self.reader.find_lines(pixels)
        self.lines = [[[round(float(v), 2) for v in corner] for corner in region] for region in found]
        return found

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        """See :class:`Reader`."""
        replies = self.reader.read_regions(pixels, regions, least)
        self.replies.update({_key(region): reply for region, reply in zip(regions, replies, strict=True)})
        return replies

    def save(self, path: Path) -> None:
        """Write the replies as JSON for :class:`Replay`."""
        record = {"lines": self.lines, "replies": self.replies}
        path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


class Replay:
    """Gives back recorded replies; a region that was never asked for gets the nearest one within 2 px, else nothing."""

    def __init__(self, path: Path) -> None:
        record = json.loads(path.read_text(encoding="utf-8"))
        self._lines = np.asarray(record["lines"], np.float64).reshape(-1, 4, 2)
        self._replies = [(str(text), float(score)) for text, score in record["replies"].values()]
        self._regions = np.asarray([[float(v) for v in key.split(",")] for key in record["replies"]]).reshape(-1, 8)

    def find_lines(self, pixels: Pixels) -> FloatArray:
        """See :class:`Reader`."""
        return self._lines

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        """See :class:`Reader`."""
        return [self._nearest(np.asarray(region, np.float64).ravel()) for region in regions]

    def _nearest(self, region: FloatArray) -> Reply:
        if not len(self._regions):
            return "", 0.0
        distance = np.max(np.abs(self._regions - region), axis=1)
        best = int(np.argmin(distance))
        return self._replies[best] if distance[best] <= 2.0 else ("", 0.0)


_shared: dict[int, ModelReader] = {}


def shared_reader(threads: int | None = None) -> Reader:
    """The reader of this process, made at the first call.

    ``threads`` defaults to the environment variable KMDIGITIZE_OCR_THREADS, else 2.
    """
    count = threads or int(os.environ.get("KMDIGITIZE_OCR_THREADS", "2"))
    return _shared.setdefault(count, ModelReader(count))
