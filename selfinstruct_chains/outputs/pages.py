"""What pages are built of that hold all their data and ask nobody for anything: assets, data blocks, a policy.

Their Content-Security-Policy lets only the scripts run that were put in, and lets nothing be fetched. What a model
wrote stands in data blocks alone, which browsers don't run, and is shown as text.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ASSETS = files("selfinstruct_chains.outputs") / "assets"
_BLOCK = '<script type="text/plain" class="rows">{}</script>'


def assets(names: Iterable[str]) -> str:
    """The texts of these assets, one after another."""
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in names)


def policy(scripts: Iterable[str]) -> str:
    """The Content-Security-Policy of a page with these scripts."""
    return (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def data(value: Any) -> str:
    """JSON that can stand in a script element whatever its strings hold."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def packed(rows: Sequence[Any]) -> str:
    """Rows as base64 of gzip of JSON."""
    text = json.dumps(rows, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(text, compresslevel=6, mtime=0)).decode()


def blocks(packs: Iterable[str]) -> str:
    """Packed rows as data blocks, which `rows.js` unpacks."""
    return "\n".join(map(_BLOCK.format, packs))


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
