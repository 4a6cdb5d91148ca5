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

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import is_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

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


def may_replace(out: Path, mark: str, what: str, *, force: bool) -> None:
    """Find out whether a page may be written to `out`, before anything is made for it.

    Args:
        out: the file; `-` is standard output.
        mark: what stands at the start of every page of this kind; such a one is replaced.
        what: what pages of this kind are called.
        force: also replace another file.

    Raises:
        ConfigError: it is a folder or in none, or another file.
    """
    if is_stream(out):
        return
    if out.is_dir():
        raise ConfigError(f"{out}: a folder; give a file: -o")
    if not out.parent.is_dir():
        raise ConfigError(f"{out.parent}: no such folder; make it first, or choose another file: -o")
    if out.exists() and not force:
        with out.open("rb") as file:
            if mark.encode() not in file.read(len(mark) + 100):
                raise ConfigError(f"{out}: exists, and is no {what}; choose another file: -o, or --force to replace it")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
