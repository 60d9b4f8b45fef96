"""Seeded mutation: bytes flipped, cut and spliced, numbers and values exchanged for extreme ones."""

from __future__ import annotations

import re
import zlib

import numpy as np

from benchmarks.fuzz_corpus import RASTER, Corpus, corpus

EVIL = (
    "NaN", "-NaN", "Infinity", "-Infinity", "1e999", "1e308", "-1e308", "1e-320", "0", "-0", "-1", "4294967296",
    "9223372036854775808", "9" * 400, "0.0000001", "null", "true", '""', "[]", "{}", '"1e999"', "[[[[[]]]]]", "",
    '"\\u0000"', '"' + "é" * 300 + '"', "..", "%", "1e", "--5", "1,5", "0x10", "NR",
)  # fmt: skip
"""What takes the place of a number or value."""
LARGEST = 400_000
"""Mutants are cut to this size, as repeats of repeats would grow without end."""


FRESH = 0.5
"""Share of mutants that start from a valid input: what was kept is mostly broken, and reaches less the more it is."""


def mutant(number: int, seed: int, start: Corpus) -> tuple[str, bytes]:
    """The name of the reader and the bytes of input ``number``, a change of one of the inputs in ``start``."""
    rng = np.random.default_rng([seed, number])
    kinds = sorted(start)
    kind = kinds[number % len(kinds)]
    samples = corpus()[kind] if rng.random() < FRESH else start[kind]
    data = samples[int(rng.integers(len(samples)))]
    binary = kind in RASTER
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3, 6]))):
        data = (_bytes_changed if binary or rng.random() < 0.35 else _value_changed)(data, rng)
    if kind in ("png", "palette") and rng.random() < 0.7:
        data = _checked_anew(data)
    return kind, data[:LARGEST]


def _bytes_changed(data: bytes, rng: np.random.Generator) -> bytes:
    """One random change of bytes; the head, where sizes and tables stand, is hit as often as all the rest."""
    if not data:
        return bytes(rng.integers(0, 256, 20, dtype=np.uint8))
    reach = len(data) if rng.random() < 0.5 else min(len(data), 400)
    at, end = sorted(int(v) for v in rng.integers(0, reach, 2))
    some = bytes(rng.integers(0, 256, int(rng.integers(1, 9)), dtype=np.uint8))
    extreme = bytes([int(rng.choice([0, 1, 127, 128, 255]))]) * int(rng.choice([1, 2, 4, 8]))
    match int(rng.integers(8)):
        case 0:
            return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]
        case 1:
            return data[:at] + some + data[at + len(some) :]
        case 2:
            return data[:at] + extreme + data[at + len(extreme) :]
        case 3:
            return data[:at] + some + data[at:]
        case 4:
            return data[:at] + data[end:]
        case 5:
            return data[: int(rng.integers(len(data)))]
        case 6:
            return data[:end] + data[at:end] * int(rng.integers(1, 4)) + data[end:]
        case _:
            others = [one for samples in corpus().values() for one in samples]
            other = others[int(rng.integers(len(others)))]
            begin = int(rng.integers(len(other)))
            return data[:at] + other[begin : begin + int(rng.integers(1, 200))] + data[at:]


_VALUE = re.compile(rb'-?\d+\.?\d*(?:e[-+]?\d+)?|"[^"\n]{0,80}"|null|true|false|\[[^][]{0,60}\]|/[A-Z]\w+|<\w+')


def _value_changed(data: bytes, rng: np.random.Generator) -> bytes:
    """One number, string, list, name or element in the place of which something else stands."""
    places = list(_VALUE.finditer(data))
    if not places:
        return _bytes_changed(data, rng)
    place = places[int(rng.integers(len(places)))]
    other = places[int(rng.integers(len(places)))].group(0)
    new = EVIL[int(rng.integers(len(EVIL)))].encode() if rng.random() < 0.7 else other
    if place.group(0)[:1] == b'"' and rng.random() < 0.5:
        new = b'"' + new.strip(b'"') + b'"'
    return data[: place.start()] + new + data[place.end() :]


def _checked_anew(data: bytes) -> bytes:
    """A PNG whose chunks carry the right checksum again, so that mutations reach behind it."""
    out, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        if at + 12 + length > len(data):
            break
        out += data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + length
    return out + data[at:]
