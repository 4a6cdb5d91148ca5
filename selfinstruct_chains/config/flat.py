"""Plain nested values by dotted key, as `--set` and the fingerprint have them."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def put(values: Any, dotted: str, value: Any) -> None:
    """Replace what stands at a dotted key of plain values; a number is a place in a list.

    Raises:
        LookupError: there is nothing on the way there.
    """
    *parents, last = dotted.split(".")
    try:
        for part in parents:
            values = values[int(part)] if isinstance(values, list) else values[part]
        values[int(last) if isinstance(values, list) else last] = value
    except (LookupError, ValueError, TypeError):
        raise LookupError(dotted) from None


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested dicts and lists as one dict by dotted key: {"a": {"b": [1]}} -> {"a.b.0": 1}."""
    if isinstance(value, dict) and value:
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and value:
        items = [(str(index), item) for index, item in enumerate(value)]
    else:
        return {prefix: value}
    return {
        key: leaf for name, item in items for key, leaf in flatten(item, f"{prefix}.{name}" if prefix else name).items()
    }


def fingerprint(values: dict[str, Any]) -> str:
    """SHA-256, in hex, of values as canonical JSON."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
