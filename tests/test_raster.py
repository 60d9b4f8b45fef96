"""Every kind of raster file gives the same upright RGB picture; broken and huge ones are refused with a remedy."""

from __future__ import annotations

import io
import struct
import time
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from kmdigitize.errors import TooLargeError, UnreadableFileError
from kmdigitize.sources.raster import read_raster

RED = (200, 0, 0)


def picture() -> Image.Image:
    pixels = np.full((60, 80, 3), 255, np.uint8)
    pixels[20:40, 30:33] = RED
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("TIFF", "RGB"), ("BMP", "RGB"), ("TIFF", "CMYK")],
)
def test_lossless_colour_is_kept(kind: str, mode: str) -> None:
    figure = read_raster(encoded(picture().convert(mode), kind), "f")
    assert figure.pixels.shape == (60, 80, 3)
    assert tuple(figure.pixels[30, 31]) == RED
    assert tuple(figure.pixels[5, 5]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "P"), ("GIF", "P"), ("WEBP", "RGBA"), ("JPEG", "CMYK"), ("JPEG", "RGB")]
)
def test_palettes_and_lossy_files_come_close(kind: str, mode: str) -> None:
    figure = read_raster(encoded(picture().convert(mode), kind), "f")
    assert np.abs(figure.pixels[30, 31].astype(int) - RED).max() <= 25
    assert figure.pixels[5, 5].min() >= 250


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey(kind: str) -> None:
    deep = np.full((60, 80), 65535, np.uint16)
    deep[20:40, 30:33] = 60 * 257
    figure = read_raster(encoded(Image.fromarray(deep), kind), "f")
    assert figure.pixels[30, 31, 0] == 60
    assert figure.pixels[5, 5, 0] == 255


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_sixteen_bit_colour(ending: str) -> None:
    deep = np.asarray(picture()).astype(np.uint16)[:, :, ::-1] * 257
    figure = read_raster(cv2.imencode(ending, deep)[1].tobytes(), "f")
    assert tuple(figure.pixels[30, 31]) == RED


def test_transparency_is_composed_on_white() -> None:
    rgba = np.zeros((50, 50, 4), np.uint8)
    rgba[10:20, 10:20] = (0, 0, 0, 128)
    figure = read_raster(encoded(Image.fromarray(rgba), "PNG"), "f")
    assert tuple(figure.pixels[0, 0]) == (255, 255, 255)
    assert tuple(figure.pixels[15, 15]) == (127, 127, 127)


def test_rotation_note_of_a_phone_is_obeyed() -> None:
    image = picture()
    note = Image.Exif()
    note[0x0112] = 6  # a quarter clockwise
    figure = read_raster(encoded(image, "JPEG", exif=note), "f")
    assert figure.pixels.shape == (80, 60, 3)


def test_compression_is_seen_on_the_pixels() -> None:
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[20:180, 40:42] = 0
    for row in range(30, 170, 7):
        pixels[row : row + 2, 42 : 42 + row] = (0, 0, 160)
    image = Image.fromarray(pixels)
    clean = read_raster(encoded(image, "PNG"), "f")
    jpeg = read_raster(encoded(image, "JPEG", quality=60), "f")
    again = read_raster(encoded(Image.fromarray(jpeg.pixels), "PNG"), "saved as PNG")
    assert not clean.lossy
    assert jpeg.lossy
    assert again.lossy
    assert clean.sha256 != jpeg.sha256


def test_light_on_dark_is_turned_to_dark_on_light() -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[30, 10:70] = 255
    pixels[40, 10:70] = (255, 0, 0)
    figure = read_raster(encoded(Image.fromarray(pixels), "PNG"), "f")
    assert tuple(figure.pixels[0, 0]) == (255, 255, 255)
    assert tuple(figure.pixels[30, 40]) == (0, 0, 0)
    assert tuple(figure.pixels[40, 40]) == (255, 0, 0)


def test_a_dark_border_is_no_dark_page() -> None:
    pixels = np.full((60, 80, 3), 255, np.uint8)
    pixels[[0, -1]] = 0
    pixels[:, [0, -1]] = 0
    assert read_raster(encoded(Image.fromarray(pixels), "PNG"), "f").pixels[30, 40, 0] == 255


@pytest.mark.parametrize("size", [(20_000, 20_000), (9_000, 9_000)])
def test_huge_pictures_are_refused_before_decoding(size: tuple[int, int]) -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data += b"\x00\x00\x00\x00IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    start = time.perf_counter()
    with pytest.raises(TooLargeError) as caught:
        read_raster(data, "huge.png")
    assert time.perf_counter() - start < 0.2
    assert caught.value.remedy


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF"])
def test_cut_off_files_are_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(UnreadableFileError) as caught:
        read_raster(data[: len(data) // 3], "cut")
    assert caught.value.remedy


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read_raster(data, "f")


def test_tiny_pictures_are_refused() -> None:
    with pytest.raises(UnreadableFileError, match="5 × 5"):
        read_raster(encoded(Image.new("RGB", (5, 5)), "PNG"), "f")
