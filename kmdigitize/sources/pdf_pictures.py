"""Pictures embedded in a PDF page at their own resolution."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from kmdigitize.geometry import Pixels
from kmdigitize.sources.pdf_objects import PagePicture

_MAX_PIXELS = 60_000_000
_LOSSY_FILTERS = (b"DCTDecode", b"JPXDecode", b"JBIG2Decode", b"DCT")


@dataclass(frozen=True, slots=True)
class NativePicture:
    """``pixels`` (height, width, 3) as stored in the file; ``lossy`` if stored with lossy compression."""

    pixels: Pixels
    lossy: bool


def picture_size(picture: PagePicture) -> tuple[int, int]:
    """Stored width and height in pixels."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium.FPDFImageObj_GetImagePixelSize(picture.handle, width, height)
    return width.value, height.value


def native_picture(picture: PagePicture) -> NativePicture | None:
    """The stored pixels the way the page shows them, turned or mirrored; None if it shows them askew or not at all."""
    a, b, c, d, _, _ = picture.matrix
    width, height = picture_size(picture)
    upright = abs(b) + abs(c) < 1e-3 * (abs(a) + abs(d))
    turned = abs(a) + abs(d) < 1e-3 * (abs(b) + abs(c))
    if not (upright or turned) or not 0 < width * height <= _MAX_PIXELS:
        return None
    raw = pdfium.FPDFImageObj_GetBitmap(picture.handle)
    if not raw:
        return None
    pixels = np.array(pypdfium2.PdfBitmap.from_raw(raw).to_pil().convert("RGB"), dtype=np.uint8)
    # A picture's first row lies at the top of the unit square, at y = 1, which is then moved by the matrix.
    if turned:
        pixels = pixels.transpose(1, 0, 2)[:: 1 if b > 0 else -1, :: 1 if c < 0 else -1]
    else:
        pixels = pixels[:: 1 if d < 0 else -1, :: 1 if a > 0 else -1]
    return NativePicture(pixels, _is_lossy(picture))


def _is_lossy(picture: PagePicture) -> bool:
    buffer = ctypes.create_string_buffer(64)
    for index in range(max(0, pdfium.FPDFImageObj_GetImageFilterCount(picture.handle))):
        pdfium.FPDFImageObj_GetImageFilter(picture.handle, index, buffer, 64)
        if buffer.value in _LOSSY_FILTERS:
            return True
    return False
