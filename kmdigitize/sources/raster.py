"""Raster files to figures: decode, turn upright, compose on white, and see whether compression blurred the colours.

Whatever the file holds (alpha, palette, 16 bit, grey, CMYK, a phone's rotation note), the figure holds 8-bit RGB with
dark ink on a light page. The size is checked before anything is decoded. Lossy compression is measured on the pixels,
not believed from the file name: a PNG may well be a saved JPEG. Only the first picture of a file is read, and colour
profiles are ignored. A dark page is turned into a light one by inverting lightness and keeping hues.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kmdigitize.errors import TooLargeError, UnreadableFileError
from kmdigitize.geometry import Pixels
from kmdigitize.records.figure import Figure

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, struct.error, zlib.error)
_ASK_FOR_PICTURE = "Give a PNG, JPEG, TIFF, WebP, BMP or GIF picture (or a PDF or SVG file) of the figure."
_ASK_FOR_WHOLE = "The file is damaged or cut off: download or export it again."


@dataclass(frozen=True, slots=True)
class RasterSettings:
    """Limits on what is decoded and the measure of compression.

    ``max_pixels``: a page at 600 dpi has 35 million; ten float images of 60 million would not fit into 1.5 GiB.
    ``min_side``: below it no axis with readable labels fits. ``max_ratio`` bounds the shape: the widest strips of
    panels are some six times as wide as high. ``dark_page``: brightness of the border and of most of
    the picture below which the figure is drawn light on dark (pages are either above 200 or below 60). ``max_step``:
    brightness steps up to this size are compression noise, larger ones are edges; ``lossy_share``: share of such steps
    near edges above which a picture is lossy (drawn figures up to 0.11, JPEG and scans from 0.35).
    """

    max_pixels: int = 60_000_000
    min_side: int = 40
    max_ratio: float = 20.0
    dark_page: float = 90.0
    max_step: int = 9
    lossy_share: float = 0.2


def read_raster(data: bytes, name: str, settings: RasterSettings | None = None) -> Figure:
    """The picture in ``data`` as a figure of 8-bit RGB pixels, dark ink on a light page.

    Raises TooLargeError before decoding if it has too many pixels, UnreadableFileError if it is no picture, cut off,
    or too small to hold axes.
    """
    settings = settings or RasterSettings()
    image = _open(data, name)
    _check_size(image.size, name, settings)
    try:
        pixels = _on_white(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise TooLargeError(f"{name} is too large to decode ({error}).", "Crop it to the figure.") from error
    except (*_BROKEN, MemoryError) as error:
        raise UnreadableFileError(f"{name} could not be decoded ({error}).", _ASK_FOR_WHOLE) from error
    lossy = _is_lossy(pixels, settings)
    return Figure(name, _on_light(pixels, settings), lossy, sha256=hashlib.sha256(data).hexdigest())


def _open(data: bytes, name: str) -> Image.Image:
    """The picture with its header read and its pixels not yet decoded."""
    if not data:
        raise UnreadableFileError(f"{name} is empty.", _ASK_FOR_PICTURE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(io.BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise TooLargeError(f"{name} has too many pixels ({error}).", "Crop or shrink it to the figure.") from error
        except UnidentifiedImageError as error:
            raise UnreadableFileError(f"{name} is not a picture that can be read.", _ASK_FOR_PICTURE) from error
        except _BROKEN as error:
            raise UnreadableFileError(f"{name} could not be read ({error}).", _ASK_FOR_WHOLE) from error


def _check_size(size: tuple[int, int], name: str, settings: RasterSettings) -> None:
    width, height = size
    if width * height > settings.max_pixels:
        raise TooLargeError(
            f"{name} is {width} × {height} pixels; at most {settings.max_pixels:,} in all can be read.",
            "Crop it to the figure or export it at 300 dpi.",
        )
    if min(size) < settings.min_side:
        raise UnreadableFileError(
            f"{name} is only {width} × {height} pixels, too small for axes.", "Export the figure at 100 dpi or more."
        )
    if max(size) > settings.max_ratio * min(size):
        raise TooLargeError(f"{name} is {width} × {height} pixels, too narrow for a figure.", "Crop it to the figure.")


def _on_white(image: Image.Image) -> Pixels:
    """(height, width, 3) uint8: any mode of picture, transparency composed on white."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        page = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        page.alpha_composite(rgba)
        image = page
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _from_deep_grey(image: Image.Image) -> Pixels:
    """(height, width, 3) uint8 of a grey picture with 16 or 32 bits: full scale is that of the bits in use."""
    values = np.asarray(image, dtype=np.float64)
    top = float(values.max(initial=0.0))
    full = next((scale for scale in (1.0, 255.0, 65535.0) if top <= scale), top)
    if full == 1.0 and image.mode != "F":
        full = 255.0
    grey = np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _is_lossy(pixels: Pixels, settings: RasterSettings) -> bool:
    """Whether flat areas beside edges carry small brightness steps, which only compression or a scanner makes."""
    green = cv2.extractChannel(pixels, 1)
    step = cv2.absdiff(green[:, 1:], green[:, :-1])
    edge = cv2.dilate((step > 64).astype(np.uint8), np.ones((7, 15), np.uint8)).astype(bool)
    small = edge & (step <= settings.max_step)
    total = int(np.count_nonzero(small))
    return total > 0 and int(np.count_nonzero(small & (step > 0))) > settings.lossy_share * total


def _on_light(pixels: Pixels, settings: RasterSettings) -> Pixels:
    """The picture itself or, if its page is dark, with lightness inverted; mixing of inks stays linear in [0, 255]."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    # A light page may have a dark line around it, so all of it is asked, too.
    if max(float(np.median(border.mean(axis=1))), float(np.median(pixels[::4, ::4]))) >= settings.dark_page:
        return pixels
    values = pixels.astype(np.int16)
    shift = 255 - values.max(axis=2, keepdims=True) - values.min(axis=2, keepdims=True)
    light: Pixels = np.clip(values + shift, 0, 255).astype(np.uint8)
    return light
