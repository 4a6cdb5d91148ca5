"""Environments of their own, for what is too large for ours or can't stand beside it: made by pip, kept in a cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Sequence

TORCH = (("torch==2.13.0",), (f"transformers[serving]=={version('transformers')}", "accelerate"))
"""torch in a step of its own: asked for together with what needs it, pip takes a newer one, with CUDA's gigabytes."""
LITELLM = (("litellm[proxy]==1.108.7",),)


def environment(name: str, steps: Sequence[Sequence[str]]) -> Path:
    """The folder of the programs of an environment, made if it isn't there: each step is one `pip install`.

    It stays in `selfinstruct-chains-tests` below XDG_CACHE_HOME (`~/.cache`); other packages make another one.

    Raises:
        CalledProcessError: pip could not install a step; what it says is on standard error.
    """
    made = repr((sys.version_info[:2], steps)).encode()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "selfinstruct-chains-tests" / f"{name}-{sha256(made).hexdigest()[:8]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            _make(folder, steps)
    return folder / "bin"


def _make(folder: Path, steps: Sequence[Sequence[str]]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    for packages in steps:
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *packages], check=True)
    (folder / "complete").touch()
