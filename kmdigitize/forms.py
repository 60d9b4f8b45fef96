"""How values are written by hand, on the command line and in the cells of a manifest: text → value.

Each raises ValueError that says how to write it.
"""

from __future__ import annotations


def parse_range(text: str) -> tuple[float, float]:
    """``LOW:HIGH``, two numbers that differ."""
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise ValueError(f"{text!r} is no range; write for example 0:60") from None
    if low == high:
        raise ValueError(f"{text!r} has no length")
    return low, high


def parse_counts(text: str) -> tuple[int, ...]:
    """``N,N,…``, whole numbers in the order of the arms."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} is no list of whole numbers; write for example 114,112")
    if any(len(part) > 7 or int(part) > 1_000_000 for part in parts):
        raise ValueError(f"{text!r} holds more than 1,000,000 patients")
    return tuple(int(part) for part in parts)


def parse_names(text: str) -> tuple[str, ...]:
    """``NAME,NAME,…``."""
    return tuple(part.strip() for part in text.split(","))


def parse_pages(text: str) -> tuple[int, int]:
    """``FIRST-LAST`` or a single page, counted from 1."""
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise ValueError(f"{text!r} is no range of pages; write for example 5-8")
    return int(first), int(last)


def parse_shard(text: str) -> tuple[int, int]:
    """``i/n``, part i of n."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError(f"{text!r} is no part of a whole; write for example 3/20")
    return int(number), int(of)
