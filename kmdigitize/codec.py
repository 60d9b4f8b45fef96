"""Records ↔ plain JSON values, guided by the records' own type hints, so that every record round-trips.

A frozen dataclass becomes an object of its fields, an array a list, a pydantic model its own dump; a record with
``to_json``/``from_json`` says itself what is kept of it. Decoding checks nothing: the records check themselves.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel


def encode(value: Any) -> Any:
    """``value`` as JSON values. Non-finite numbers become None."""
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "to_json"):
        return encode(value.to_json())
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def _encode_array(values: np.ndarray[Any, Any]) -> Any:
    """As :func:`encode`, without a look at every number where all are alike."""
    if values.dtype.kind == "f" and values.ndim == 1:
        return [float(f"{v:.9g}") if math.isfinite(v) else None for v in values.tolist()]
    return values.tolist() if values.dtype.kind in "biu" else encode(values.tolist())


def decode(data: Any, hint: Any) -> Any:
    """The record of type ``hint`` from what :func:`encode` made of it. Raises ValueError where it does not fit."""
    origin = _unaliased(get_origin(hint))
    if origin in (Union, types.UnionType):
        return _decode_union(data, get_args(hint))
    if origin is tuple:
        return _decode_tuple(data, get_args(hint))
    if origin is dict:
        return {key: decode(item, get_args(hint)[1]) for key, item in data.items()}
    if origin is np.ndarray or hint is np.ndarray:
        return np.asarray([np.nan if item is None else item for item in data]) if data is not None else None
    if hasattr(hint, "from_json"):
        return hint.from_json(data)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint.model_validate(data)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _decode_dataclass(data, hint)
    if hint is float and data is None:
        return float("nan")
    if hint in (int, float, bool, str) and data is not None:
        return hint(data)
    if origin is Literal or data is None or hint is Any:
        return data
    raise ValueError(f"cannot read {type(data).__name__} as {hint}")


def _unaliased(origin: Any) -> Any:
    """What a named type stands for: from NumPy 2.5 on ``NDArray`` is such a name."""
    value = getattr(origin, "__value__", None)
    return origin if value is None else get_origin(value)


def _decode_union(data: Any, options: tuple[Any, ...]) -> Any:
    if data is None and type(None) in options:
        return None
    faults = []
    for option in options:
        if option is type(None):
            continue
        try:
            return decode(data, option)
        except (TypeError, ValueError, OverflowError, KeyError, AttributeError) as fault:
            faults.append(str(fault))
    raise ValueError("; ".join(faults))


def _decode_tuple(data: Any, hints: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise ValueError(f"expected a list, found {type(data).__name__}")
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(decode(item, hints[0]) for item in data)
    return tuple(decode(item, hint) for item, hint in zip(data, hints, strict=True))


def _decode_dataclass(data: Any, hint: type) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"expected an object for {hint.__name__}, found {type(data).__name__}")
    hints = get_type_hints(hint)
    known = {f.name for f in dataclasses.fields(hint) if f.init}
    return hint(**{name: decode(data[name], typing.cast(Any, hints[name])) for name in known & data.keys()})
