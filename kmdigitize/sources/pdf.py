"""PDF files to figures: each page's drawing with its rendering, each embedded picture at its own resolution.

A page that is nothing but a figure becomes one figure. On a page of an article, every region that holds a picture or
lines in both directions becomes a figure of its own; running text and tables do not. Pages are opened one by one, so
the work is bounded by the pages asked for. Annotations, layers and optional content are drawn as pdfium draws them.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from kmdigitize.errors import KmdigitizeError, TooLargeError, UnreadableFileError
from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Drawing, Figure
from kmdigitize.sources.captions import caption_of, without_line_ends
from kmdigitize.sources.crop import crop_drawing
from kmdigitize.sources.outlines import Matrix
from kmdigitize.sources.pdf_glyphs import read_glyph_marks
from kmdigitize.sources.pdf_objects import PageLimits, PageObjects, read_objects
from kmdigitize.sources.pdf_pictures import native_picture
from kmdigitize.sources.pdf_text import PageText, read_text
from kmdigitize.sources.regions import Region, find_regions

log = logging.getLogger(__name__)

_BACKGROUND = 5
"""Points of a lone rectangle: a page that draws no more has no axes."""


@dataclass(frozen=True, slots=True)
class PdfSettings:
    """How pages are rendered and how much of a file is read.

    ``px_per_point``: 3.2 renders 7-point digits 16 px high, from where on OCR made no errors. ``max_side`` and
    ``max_pixels`` bound the rendering of posters. ``max_pages``: the longest articles with supplement have about 300.
    ``max_ratio`` bounds the shape of a figure, as in pictures: longer strips are rules and banners.
    ``unmapped``: share of characters without a meaning from which the text is read from the rendering instead.
    """

    px_per_point: float = 3.2
    max_side: int = 5000
    max_pixels: int = 16_000_000
    max_pages: int = 400
    max_ratio: float = 20.0
    unmapped: float = 0.2
    limits: PageLimits = field(default_factory=PageLimits)


def read_pdf(
    data: bytes, name: str, pages: tuple[int, int] | None = None, settings: PdfSettings | None = None
) -> tuple[Figure, ...]:
    """Every figure of the document in page order; ``pages`` (first, last; from 1) restricts it.

    A document of one page that is just a figure gives one figure called ``name``; otherwise figures are called
    ``<stem>-p07``, with ``-2`` and so on where a page has several. Raises UnreadableFileError for encrypted, damaged
    or empty files, TooLargeError for too many pages and for a single page that draws too much.
    """
    settings = settings or PdfSettings()
    with _opened(data, name) as document:
        numbers = _chosen_pages(document, name, pages, settings)
        figures: list[Figure] = []
        for number in numbers:
            try:
                figures += _read_page(document, number, _page_name(name, number, len(document)), settings)
            except KmdigitizeError as error:
                if len(numbers) == 1:
                    raise
                log.warning("page %d of %s is left out: %s", number, name, error.message)
        article = _running_text(document, numbers) if figures and len(document) > 1 else ""
    if not figures:
        raise UnreadableFileError(
            f"No drawing or picture large enough for a survival curve was found in {name} ({len(numbers)} pages read).",
            "Check --pages, or cut the figure out as a picture.",
        )
    digest = hashlib.sha256(data).hexdigest()
    return tuple(replace(figure, sha256=digest, article=article) for figure in figures)


_MOST_TEXT = 2_000_000
"""Characters of running text that are kept: a book's worth."""


def _running_text(document: Any, numbers: range) -> str:
    """The text of some pages in the order in which they paint it."""
    texts: list[str] = []
    for number in numbers:
        if sum(map(len, texts)) > _MOST_TEXT:
            break
        with suppress(pypdfium2.PdfiumError):
            page = document[number - 1]
            text_page = page.get_textpage()
            texts.append(text_page.get_text_range().replace("\r", "").replace("\ufffe", "-"))
            text_page.close()
            page.close()
    return without_line_ends("\n".join(texts))[:_MOST_TEXT]


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            message = f"{name} is encrypted with a password."
            raise UnreadableFileError(message, "Save a copy without a password first.") from error
        message = f"{name} is not a PDF that can be read ({error})."
        raise UnreadableFileError(message, "The file is damaged or cut off: download or export it again.") from error
    try:
        yield document
    finally:
        document.close()


def _chosen_pages(document: Any, name: str, pages: tuple[int, int] | None, settings: PdfSettings) -> range:
    count = len(document)
    if count == 0:
        raise UnreadableFileError(f"{name} has no pages.", "Download or export it again.")
    first, last = pages or (1, count)
    first, last = max(1, first), min(last, count)
    if first > last:
        raise UnreadableFileError(f"{name} has {count} pages; page {first} was asked for.", "Correct --pages.")
    if last - first + 1 > settings.max_pages:
        raise TooLargeError(
            f"{name} has {count:,} pages; at most {settings.max_pages} are searched at once.",
            "Choose some with --pages.",
        )
    return range(first, last + 1)


def _page_name(name: str, number: int, count: int) -> str:
    return name if count == 1 else f"{Path(name).stem}-p{number:02d}"


@dataclass(frozen=True, slots=True)
class _Page:
    """One page as read, in px of its rendering of ``shape``; ``stretch`` is that of a :class:`Drawing`."""

    name: str
    shape: tuple[int, int]
    objects: PageObjects
    text: PageText
    px_per_point: float
    stretch: tuple[float, float]


def _read_page(document: Any, number: int, name: str, settings: PdfSettings) -> list[Figure]:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError as error:
        raise UnreadableFileError(f"Page {number} of {name} is damaged.", "Export it again.") from error
    try:
        read = _page_content(page, name, settings)
        boxes = [picture.box for picture in read.objects.pictures]
        regions = find_regions(read.objects.paths, boxes, read.text.tokens, read.shape)
        pixels = _rendered(page, read) if regions else None
        drawn = [_figure(read, pixels, region, settings) for region in regions if pixels is not None]
        drawn = [
            replace(figure, caption=caption_of(read.text.tokens, region.box))
            for figure, region in zip(drawn, regions, strict=False)
        ]
        figures = [f for f in drawn if max(f.width, f.height) <= settings.max_ratio * min(f.width, f.height)]
    finally:
        page.close()
    if len(figures) < 2:
        return figures
    stem = str(Path(name).with_suffix("")) if name.lower().endswith(".pdf") else name
    return [replace(figure, name=f"{stem}-{index}") for index, figure in enumerate(figures, 1)]


def _page_content(page: Any, name: str, settings: PdfSettings) -> _Page:
    """Everything on the page but its rendering; text only where something else is painted too."""
    width, height = page.get_size()
    if not (1 <= width <= 20_000 and 1 <= height <= 20_000):
        raise UnreadableFileError(f"{name} has a page of {width:g} × {height:g} points.", "Export it again.")
    scale = min(
        settings.px_per_point,
        settings.max_side / max(width, height),
        (settings.max_pixels / (width * height)) ** 0.5,
    )
    shape = (math.ceil(height * scale), math.ceil(width * scale))
    to_px = _page_matrix(page, shape[1] / width, shape[0] / height)
    stretch = (shape[1] / (width * scale), shape[0] / (height * scale))
    objects = read_objects(page.raw, to_px, settings.limits)
    if not objects.pictures and sum(len(path.points) for path in objects.paths) <= _BACKGROUND:
        return _Page(name, shape, objects, PageText((), 0.0), scale, stretch)
    text_page = page.get_textpage()
    try:
        objects.paths += read_glyph_marks(page.raw, text_page.raw, to_px, settings.limits.objects)
        objects.paths.sort(key=lambda path: path.order)
        text = read_text(page.raw, text_page.raw, to_px)
    finally:
        text_page.close()
    return _Page(name, shape, objects, text, scale, stretch)


def _rendered(page: Any, read: _Page) -> Pixels:
    pixels = page.render(scale=read.px_per_point, rev_byteorder=True).to_numpy()[:, :, :3]
    if pixels.shape[:2] != read.shape:
        raise UnreadableFileError(f"{read.name} is rendered on another scale than read.", "Export the page as PNG.")
    return np.array(pixels)


def _page_matrix(page: Any, x_scale: float, y_scale: float) -> Matrix:
    """Page units to px with pixel centres at integers; page rotation is clockwise."""
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page.raw, box)
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    turned: dict[int, Matrix] = {
        0: (x_scale, 0.0, 0.0, -y_scale, -left * x_scale, top * y_scale),
        90: (0.0, y_scale, x_scale, 0.0, -bottom * x_scale, -left * y_scale),
        180: (-x_scale, 0.0, 0.0, y_scale, right * x_scale, -bottom * y_scale),
        270: (0.0, -y_scale, -x_scale, 0.0, top * x_scale, right * y_scale),
    }
    quarter = pdfium.FPDFPage_GetRotation(page.raw)
    if 90 * quarter not in turned:
        raise UnreadableFileError("A page of the PDF is damaged.", "Download or export it again.")
    a, b, c, d, e, f = turned[90 * quarter]
    return a, b, c, d, e - 0.5, f - 0.5


def _figure(page: _Page, pixels: Pixels, region: Region, settings: PdfSettings) -> Figure:
    if region.picture is not None:
        picture = native_picture(page.objects.pictures[region.picture])
        if picture is not None:
            return Figure(page.name, picture.pixels, picture.lossy)
    rows, columns = region.box.slices(pixels.shape)
    texts = page.text.tokens if page.text.unmapped <= settings.unmapped else ()
    pictures = tuple(picture.box for picture in page.objects.pictures)
    drawing = Drawing(tuple(page.objects.paths), texts, pictures, page.px_per_point, page.stretch)
    corner = Box(columns.start, rows.start, columns.stop - 1, rows.stop - 1)
    if region.scanned:
        return Figure(page.name, pixels[rows, columns], lossy=True)
    return Figure(page.name, pixels[rows, columns], drawing=crop_drawing(drawing, corner))
