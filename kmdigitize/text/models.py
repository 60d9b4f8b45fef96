"""The two networks behind the door: one finds lines of text, one reads crops of them.

They are the models of PP-OCRv6 small (Apache-2.0), run by onnxruntime; ``networks/NOTICE`` says where they are from and
what was changed. Most sums of the recogniser are computed in whole numbers of 8 bits (Jacob et al. 2018); crops that it
doubts are read by the model itself. What surrounds the networks follows their training: the finder gives a map of text
that is thresholded, its blobs boxed and grown (differentiable binarization, Liao et al. 2020); the recogniser gives a
letter or a blank per eighth pixel column (connectionist temporal classification, Graves et al. 2006).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.text.head import Head

Floats = NDArray[np.float32]
Reply = tuple[str, float]
_Batch = tuple[int, list[int]]
"""Padded width of the crops that are read together, and their places among all crops."""

NETWORKS = Path(__file__).parent / "networks"
FINDER, RECOGNISER, QUICK_RECOGNISER, HEAD = (
    NETWORKS / name for name in ("finder.onnx", "recogniser.onnx", "recogniser-8bit.onnx", "recogniser-head.npy")
)
"""The last is what ends both recognisers."""

CROP_HEIGHT = 48
"""Height in px of the crops that the recogniser was trained on."""
_BATCH_PX = 800
"""Width in px of the crops that are read together: more outgrow the processor's cache (8 crops of 592 px take 28 ms
each, two 19), and one alone takes a tenth longer than in company."""
_EASTERN = 0x2E80
"""The first of the eastern signs, nine tenths of all letters of the model, which figures hardly print."""
_STRIDE = 32
"""Sides of the finder's pictures must be multiples of this."""
_TEXT, _SURE_TEXT = 0.3, 0.5
"""Probability from which a pixel belongs to text, and mean probability from which a blob is a line (as trained)."""
_GROWTH = 1.6
"""The finder is trained on shrunken lines: a box grows by this multiple of its area over its perimeter."""
_LEAST_SIDE = 3.0
_VNNI = 23
"""OpenCV's number of the processor feature that adds up four products of 8 bits without an overflow."""


def open_model(model: Path | bytes, threads: int) -> Any:
    """An inference session of a model, whose replies are the same on every processor up to rounding."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that spin slow each other down
    options.enable_cpu_mem_arena = False  # an arena keeps the memory of the largest figure for good and saves no time
    if not cv2.checkHardwareSupport(_VNNI):  # products then overflow in the fastest way, and another is as exact
        options.add_session_config_entry("session.x64quantprecision", "1")
    given = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def _as_input(pixels: Pixels) -> Floats:
    """(3, h, w) in [-1, 1], blue first."""
    return np.ascontiguousarray((pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


class LineFinder:
    """Lines of text on a picture."""

    def __init__(self, threads: int) -> None:
        self._session = open_model(FINDER, threads)

    def find(self, pixels: Pixels, scale: float) -> FloatArray:
        """Corners (n, 4, 2) in px of ``pixels`` of the lines found at about ``scale`` times its size."""
        height, width = pixels.shape[:2]
        rows, columns = (max(1, round(side * scale / _STRIDE)) * _STRIDE for side in (height, width))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=way), np.uint8)
        (chance,) = self._session.run(None, {self._session.get_inputs()[0].name: _as_input(resized)[None]})
        boxes = _boxes(np.asarray(chance[0, 0], np.float32))
        return np.asarray(
            np.round(boxes * (width / columns, height / rows)), np.float64
        )  # whole px keep upright crops sharp


def _boxes(chance: Floats) -> FloatArray:
    """Corners (n, 4, 2) of the boxes grown around the blobs of a map of probabilities."""
    mask = cv2.dilate((chance > _TEXT).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        center, sides, angle = cv2.minAreaRect(contour)
        if min(sides) < _LEAST_SIDE or _mean_inside(chance, cv2.boxPoints((center, sides, angle))) < _SURE_TEXT:
            continue
        growth = _GROWTH * sides[0] * sides[1] / (sides[0] + sides[1])
        grown = (center, (sides[0] + growth, sides[1] + growth), angle)
        found.append(_ordered(np.asarray(cv2.boxPoints(grown), np.float64)))
    return np.asarray(found, np.float64).reshape(-1, 4, 2)


def _ordered(points: FloatArray) -> FloatArray:
    """Top left, top right, bottom right, bottom left."""
    left, right = np.split(points[np.argsort(points[:, 0], kind="stable")], 2)
    (top_left, bottom_left), (top_right, bottom_right) = (side[np.argsort(side[:, 1])] for side in (left, right))
    return np.array([top_left, top_right, bottom_right, bottom_left])


def _mean_inside(chance: Floats, corners: Any) -> float:
    limits = np.array(chance.shape[::-1]) - 1
    first = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, limits)
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, limits)
    part = np.ascontiguousarray(chance[first[1] : last[1] + 1, first[0] : last[0] + 1])
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, (corners - first).reshape(1, -1, 2).astype(np.int32), 1)
    return float(part[mask > 0].mean()) if mask.any() else 0.0


class LineRecogniser:
    """What crops of one line each say. Its threads read one batch each: inside a batch two save only a quarter."""

    def __init__(self, threads: int) -> None:
        self._session = open_model(QUICK_RECOGNISER, 1)
        self._exact: Any = None
        self._threads = threads
        letters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *letters, " "]
        usual = [i for i, letter in enumerate(self._letters) if all(ord(sign) < _EASTERN for sign in letter)]
        self._head = Head.read(HEAD, np.asarray(usual))

    def read(self, crops: list[Pixels], least_width: int, exactly: bool = False) -> list[Reply]:
        """Text and confidence of each crop; narrow ones are padded to ``least_width`` px.

        With ``exactly`` by the model itself instead of the network of whole numbers: half as fast.
        """
        if exactly and crops and self._exact is None:
            self._exact = open_model(RECOGNISER, 1)
        session = self._exact if exactly else self._session
        batches = _batches([padded_width(crop, least_width) for crop in crops])

        def read(batch: _Batch) -> list[Reply]:
            return self._read(session, [crops[i] for i in batch[1]], batch[0])

        replies: list[Reply] = [("", 0.0)] * len(crops)
        for (_, places), found in zip(batches, _each_of(batches, read, self._threads), strict=True):
            for i, reply in zip(places, found, strict=True):
                replies[i] = reply
        return replies

    def _read(self, session: Any, crops: list[Pixels], width: int) -> list[Reply]:
        batch = np.zeros((len(crops), 3, CROP_HEIGHT, width), np.float32)
        for row, crop in zip(batch, crops, strict=True):
            own = min(width, int(np.ceil(_width(crop))))
            row[:, :, :own] = _as_input(np.asarray(cv2.resize(crop, (own, CROP_HEIGHT)), np.uint8))
        (found,) = session.run(None, {session.get_inputs()[0].name: batch})
        best, chance = self._head.likeliest(found)
        return [self._decoded(*reply) for reply in zip(best, chance, strict=True)]

    def _decoded(self, best: NDArray[np.intp], chance: Floats) -> Reply:
        """Repetitions are one letter unless a blank lies between them; the confidence is the letters' mean."""
        kept = (best != 0) & np.concatenate([[True], best[1:] != best[:-1]])
        text = "".join(self._letters[i] for i in best[kept])
        return text, round(float(chance[kept].mean()), 5) if kept.any() else 0.0


def _batches(widths: list[int]) -> list[_Batch]:
    """Crops of these padded widths that are read together, the widest first, so that threads end at about one time."""
    batches: list[_Batch] = []
    for width in sorted(set(widths), reverse=True):
        alike = [i for i, wanted in enumerate(widths) if wanted == width]
        together = max(1, _BATCH_PX // width)
        batches += [(width, alike[start : start + together]) for start in range(0, len(alike), together)]
    return batches


def _each_of(batches: list[_Batch], read: Callable[[_Batch], list[Reply]], threads: int) -> list[list[Reply]]:
    """The replies to each batch, in order."""
    if min(threads, len(batches)) < 2:
        return [read(batch) for batch in batches]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(threads, len(batches))) as pool:
        return list(pool.map(read, batches))


def padded_width(crop: Pixels, least: int) -> int:
    """Width in px to which a crop is padded for the recogniser: room for one letter more, in steps of 16 px."""
    return max(least, -(-round(_width(crop) + CROP_HEIGHT / 2) // 16) * 16)


def _width(crop: Pixels) -> float:
    """Width in px of a crop at the recogniser's height."""
    return float(CROP_HEIGHT * crop.shape[1] / crop.shape[0])
