"""An SVG file as a tree that is safe to walk and to render.

No network, no files, no scripts: declared entities are expanded only where they are short plain text (as drawing
programs write their name spaces), pictures kept only where they are embedded, and what can run or move is removed.
Nesting, elements and repeated use are bounded. Style sheets are understood as far as drawing programs write them:
selectors of element names, classes, ids and ancestors.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmdigitize.errors import TooLargeError, UnreadableFileError

_SVG: Final = "{http://www.w3.org/2000/svg}"
_HREFS: Final = ("href", "{http://www.w3.org/1999/xlink}href")
_DROPPED: Final = frozenset(
    {"script", "foreignObject", "iframe", "video", "audio", "animate", "animateTransform", "set"}
)
NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
"""A number as the attributes of SVG write it."""
_ENTITY: Final = re.compile(rb"<!ENTITY\s+([\w.-]+)\s+([\"'])([^\"'&%]{0,200})\2\s*>")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL)
_IMPORT: Final = re.compile(r"@import[^;]*;|url\(\s*['\"]?(?!#)[^)]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SvgLimits:
    """Bounds on one file: figures have some thousand elements, nested ten deep, and well under 20 MB."""

    bytes: int = 64_000_000
    elements: int = 300_000
    depth: int = 100
    entities: int = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector of a style sheet, as its parts from the outermost to the element itself, with what it sets."""

    parts: tuple[str, ...]
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class SvgTree:
    """The cleaned document: its ``root``, elements by id, and style rules in order of increasing weight."""

    root: ET.Element
    by_id: dict[str, ET.Element]
    rules: tuple[Rule, ...]


def read_tree(data: bytes, name: str, limits: SvgLimits) -> SvgTree:
    """The document in ``data``. Raises UnreadableFileError, or TooLargeError beyond the limits."""
    if len(data) > limits.bytes:
        raise TooLargeError(f"{name} has {len(data):,} bytes; an SVG may have {limits.bytes:,}.", "Give a PNG or PDF.")
    root = _parsed(_without_doctype(data, name, limits), name, limits)
    if local(root) != "svg":
        raise UnreadableFileError(f"{name} is no SVG drawing.", "Export the figure as SVG, PDF or PNG.")
    _clean(root)
    by_id = {key: element for element in root.iter() if (key := element.get("id"))}
    _check_expansion(root, by_id, name, limits)
    return SvgTree(root, by_id, tuple(_rules(root)))


def local(element: ET.Element) -> str:
    """The element's name without its name space ("" for comments)."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def target(element: ET.Element, by_id: dict[str, ET.Element]) -> ET.Element | None:
    """What a ``use`` element refers to inside the document."""
    reference = next((element.get(key, "") for key in _HREFS if element.get(key)), "")
    return by_id.get(reference[1:]) if reference.startswith("#") else None


def _without_doctype(data: bytes, name: str, limits: SvgLimits) -> bytes:
    """The document without its DOCTYPE, with its short plain entities put in."""
    found = _DOCTYPE.search(data[:100_000])
    if found is None:
        if b"<!ENTITY" in data:
            raise UnreadableFileError(f"{name} declares entities in an unusual place.", "Export the figure again.")
        return data
    entities = _ENTITY.findall(found.group(0))
    if len(entities) != found.group(0).count(b"<!ENTITY") or len(entities) > limits.entities:
        raise UnreadableFileError(f"{name} declares entities that are not plain text.", "Export the figure again.")
    body = data[: found.start()] + data[found.end() :]
    for key, _, value in entities:
        if body.count(b"&" + key + b";") > limits.elements:
            raise TooLargeError(f"{name} repeats an entity too often.", "Export the figure again.")
        body = body.replace(b"&" + key + b";", value)
    return body


def _parsed(data: bytes, name: str, limits: SvgLimits) -> ET.Element:
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    depth = count = 0
    root: ET.Element | None = None
    try:
        for start in range(0, len(data), 1 << 16):
            parser.feed(data[start : start + (1 << 16)])
            for event, element in parser.read_events():  # type: ignore[misc]
                if not isinstance(element, ET.Element):
                    continue
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                count += event == "start"
                if depth > limits.depth or count > limits.elements:
                    message = f"{name} nests more than {limits.depth} deep or has over {limits.elements:,} elements."
                    raise TooLargeError(message, "Export the figure alone, or as PNG.")
        parser.close()
    except (ET.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise UnreadableFileError(f"{name} is no well-formed SVG ({error}).", "Export the figure again.") from error
    if root is None:
        raise UnreadableFileError(f"{name} is empty.", "Export the figure again.")
    return root


def _clean(root: ET.Element) -> None:
    """Remove what could run, move or fetch; give paths without data an empty one."""
    for parent in list(root.iter()):
        for child in list(parent):
            if local(child) in _DROPPED or (local(child) == "image" and not _is_embedded(child)):
                parent.remove(child)
        for key in [key for key in parent.attrib if key.lower().startswith("on")]:
            del parent.attrib[key]
        for key in ("style", "fill", "stroke", "filter", "mask"):
            if "url(" in parent.get(key, ""):
                parent.set(key, _IMPORT.sub("none", parent.get(key, "")))
        if local(parent) == "path" and parent.get("d") is None:
            parent.set("d", "")
        if local(parent) == "style" and parent.text:
            parent.text = _IMPORT.sub("", parent.text)
        if local(parent) in ("use", "feImage", "textPath"):
            for key in _HREFS:
                if not parent.get(key, "#").startswith("#"):
                    del parent.attrib[key]


def _is_embedded(image: ET.Element) -> bool:
    reference = next((image.get(key, "") for key in _HREFS if image.get(key)), "")
    return reference.startswith(("data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif"))


def _check_expansion(root: ET.Element, by_id: dict[str, ET.Element], name: str, limits: SvgLimits) -> None:
    """Refuse drawings whose ``use`` elements refer to themselves or multiply beyond the limit."""
    sizes: dict[int, int] = {}
    open_now: set[int] = set()

    def size(element: ET.Element, depth: int) -> int:
        key = id(element)
        if key in sizes:
            return sizes[key]
        if key in open_now or depth > 2 * limits.depth:
            raise UnreadableFileError(f"{name} uses a part of itself inside that part.", "Export the figure again.")
        open_now.add(key)
        total = 1 + sum(size(child, depth + 1) for child in element)
        referred = target(element, by_id) if local(element) == "use" else None
        total += size(referred, depth + 1) if referred is not None else 0
        if total > limits.elements:
            raise TooLargeError(f"{name} repeats its parts more than {limits.elements:,} times.", "Give a PNG or PDF.")
        open_now.discard(key)
        sizes[key] = total
        return total

    size(root, 0)


def _rules(root: ET.Element) -> Iterator[Rule]:
    sheets = "\n".join(element.text or "" for element in root.iter() if local(element) == "style")
    sheets = re.sub(r"/\*.*?\*/", "", sheets, flags=re.DOTALL)
    rules = []
    for block in re.finditer(r"([^{}]+)\{([^{}]*)\}", sheets):
        values = declarations(block.group(2))
        rules += [Rule(tuple(selector.split()), values) for selector in block.group(1).split(",") if selector.strip()]
    return iter(sorted(rules, key=lambda rule: sum(100 * p.count("#") + 10 * p.count(".") + 1 for p in rule.parts)))


def declarations(text: str) -> dict[str, str]:
    """``a: b; c: d`` as a dictionary."""
    pairs = (item.split(":", 1) for item in text.split(";") if ":" in item)
    return {key.strip().lower(): value.replace("!important", "").strip() for key, value in pairs}


def applies(rule: Rule, chain: tuple[ET.Element, ...]) -> bool:
    """Whether ``rule`` selects the last element of ``chain`` (its ancestors before it)."""
    if not _fits(rule.parts[-1], chain[-1]):
        return False
    ancestors = list(chain[:-1])
    for part in reversed(rule.parts[:-1]):
        while ancestors and not _fits(part, ancestors[-1]):
            ancestors.pop()
        if not ancestors:
            return False
        ancestors.pop()
    return True


def _fits(part: str, element: ET.Element) -> bool:
    found = re.fullmatch(r"([\w-]+|\*)?((?:[.#][\w-]+)*)", part)
    if found is None:
        return False
    if found.group(1) not in (None, "*", local(element)):
        return False
    classes = (element.get("class") or "").split()
    names = re.findall(r"([.#])([\w-]+)", found.group(2))
    return all(name in classes if sign == "." else name == element.get("id") for sign, name in names)
