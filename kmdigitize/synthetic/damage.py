"""What happens to a picture after it was drawn: shrinking, blur, tilt, noise and JPEG."""

from __future__ import annotations

import io

import cv2
import numpy as np

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.synthetic.style import Damage


def damage_picture(pixels: Pixels, damage: Damage, seed: int) -> tuple[Pixels, FloatArray]:
    """The damaged picture and the affine map (2, 3) from old to new continuous coordinates (pixel centres at +0.5).

    JPEG is not applied here: it belongs to the file (see :func:`encode`).
    """
    picture, place = _shrink(pixels, damage.shrink)
    picture, tilted = _tilt(picture, damage.tilt)
    place = tilted @ np.vstack([place, [0, 0, 1]])
    if damage.blur_px > 0:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), damage.blur_px), dtype=np.uint8)
    if damage.noise > 0:
        rng = np.random.default_rng(seed)
        noisy = picture + rng.normal(0, damage.noise, (*picture.shape[:2], 1))
        picture = np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    return picture, place


def encode(pixels: Pixels, damage: Damage) -> bytes:
    """The picture as PNG, or as JPEG of the stated quality."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if damage.jpeg is None:
        colours = image.convert("RGB").getcolors(256)
        small = image.quantize(len(colours), dither=Image.Dither.NONE) if colours else image
        exact = np.array_equal(np.asarray(small.convert("RGB")), pixels)
        (small if exact else image).save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "JPEG", quality=damage.jpeg, subsampling=2 if damage.chroma else 0)
    return buffer.getvalue()


def _shrink(pixels: Pixels, factor: float) -> tuple[Pixels, FloatArray]:
    if factor == 1:
        return pixels, np.eye(3)[:2]
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return small, np.array([[size[0] / width, 0.0, 0.0], [0.0, size[1] / height, 0.0]])


def _tilt(pixels: Pixels, degrees: float) -> tuple[Pixels, FloatArray]:
    """Rotate counter-clockwise about the middle on a page that grows to hold the corners."""
    if degrees == 0:
        return pixels, np.eye(3)[:2]
    height, width = pixels.shape[:2]
    angle = np.deg2rad(degrees)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    new_width = int(np.ceil(width * c + height * abs(s)))
    new_height = int(np.ceil(height * c + width * abs(s)))
    turn = np.array([[c, s], [-s, c]])
    shift = np.array([new_width / 2, new_height / 2]) - turn @ np.array([width / 2, height / 2])
    centres = shift - 0.5 + turn @ np.array([0.5, 0.5])
    turned = cv2.warpAffine(
        pixels,
        np.column_stack([turn, centres]),
        (new_width, new_height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    return np.asarray(turned, dtype=np.uint8), np.column_stack([turn, shift])
