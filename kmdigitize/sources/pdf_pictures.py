"""Pictures embedded in a PDF page at their own resolution."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

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


def native_picture(picture: PagePicture, document: Any) -> NativePicture | None:
    """The stored pixels if the page shows them upright and unmirrored, else None (then the page is rendered)."""
    a, b, c, d, _, _ = picture.matrix
    width, height = picture_size(picture)
    upright = a > 0 > d and abs(b) + abs(c) < 1e-3 * (abs(a) + abs(d))
    if not upright or not 0 < width * height <= _MAX_PIXELS:
        return None
    image = pypdfium2.PdfImage(picture.handle, pdf=document)
    try:
        bitmap = image.get_bitmap(render=False)
    except pypdfium2.PdfiumError:
        return None
    pixels = np.asarray(bitmap.to_pil().convert("RGB"), dtype=np.uint8)
    return NativePicture(pixels, _is_lossy(picture))


def _is_lossy(picture: PagePicture) -> bool:
    buffer = ctypes.create_string_buffer(64)
    for index in range(max(0, pdfium.FPDFImageObj_GetImageFilterCount(picture.handle))):
        pdfium.FPDFImageObj_GetImageFilter(picture.handle, index, buffer, 64)
        if buffer.value in _LOSSY_FILTERS:
            return True
    return False
