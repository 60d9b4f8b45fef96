"""A file's bytes → the figures in it, by what the bytes are rather than by the file's name."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from kmdigitize.errors import TooLargeError, UnreadableFileError
from kmdigitize.records.figure import Figure

MAX_BYTES = 512_000_000


def read_bytes(path: Path) -> bytes:
    """The content of ``path``. Raises UnreadableFileError or TooLargeError."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableFileError(f"{path} is no file.", "Name a file, or give - to read standard input.")
        if size > MAX_BYTES:
            raise TooLargeError(f"{path} has {size:,} bytes; the limit is {MAX_BYTES:,}.", "Cut out the figure.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error


MAX_INFLATED = 64_000_000


def _inflated(data: bytes, name: str) -> bytes:
    """A compressed drawing (.svgz) as it was. Raises UnreadableFileError or TooLargeError."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise UnreadableFileError(f"{name} is compressed and damaged.", "Export it again as SVG.") from error
    if inflater.unconsumed_tail:
        raise TooLargeError(f"{name} holds more than {MAX_INFLATED:,} bytes.", "Export the figure alone.")
    if not inflater.eof:
        raise UnreadableFileError(f"{name} is compressed and cut off.", "Download or export it again.")
    return plain


def read_figure(source: str | Path | bytes, name: str | None = None) -> Figure:
    """The first figure in a file (or in its bytes). Raises UnreadableFileError or TooLargeError."""
    if isinstance(source, bytes):
        return read_figures(source, name or "figure")[0]
    path = Path(source)
    return read_figures(read_bytes(path), name or path.stem)[0]


def read_figures(data: bytes, name: str, pages: tuple[int, int] | None = None) -> tuple[Figure, ...]:
    """Every figure in ``data``: one for a picture or an SVG, one per page region for a PDF.

    ``pages`` (first, last; from 1) restricts a PDF. Raises UnreadableFileError or TooLargeError.
    """
    if data[:1024].lstrip().startswith(b"%PDF") or b"%PDF-" in data[:1024]:
        from kmdigitize.sources.pdf import read_pdf

        return read_pdf(data, name, pages)
    if data[:2] == b"\x1f\x8b":
        data = _inflated(data, name)
    if re.search(rb"<svg[\s>:]|<(\w+:)svg[\s>]", data[:4096]):
        from kmdigitize.sources.svg import read_svg

        return (read_svg(data, name),)
    from kmdigitize.sources.raster import read_raster

    return (read_raster(data, name),)
