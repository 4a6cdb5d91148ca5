"""`manifest.json`: all that is needed to repeat a run elsewhere, with the seeds beside it."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.config import fingerprint
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import write_atomically
from selfinstruct_chains.run import places
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.sealed import damaged, is_sealed, seal
from selfinstruct_chains.tasks import to_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.tasks import Task

FORMAT = 2
"""What is written: folders, and lines of their journals."""
READABLE_FORMATS = (1, 2)
"""What is read; a folder of format 1 stays one, and its journal grows by lines of format 2."""
NAME = places.MANIFEST
MADE = {"refiltered": "refilter, which calls no model", "regenerated": "regenerate, of another run"}
"""Keys of a run that was made of another one and has no journal of its own, and by what."""
COPY = places.COPY
"""The same again, for `repair`: nothing else in the folder tells what stands in it."""
_PACKAGES = (
    "selfinstruct-chains",
    "langchain-core",
    "langchain",
    "langchain-openai",
    "langchain-anthropic",
    "langchain-google-genai",
    "langchain-ollama",
    "openai",
    "py3langid",
    "pydantic",
    "rapidfuzz",
    "xllamacpp",
)
_SHOWN = 5  # differing keys that a message names

Manifest = dict[str, Any]


class LaterFormat(ValueError):
    """It was written by a later version of the program."""


def run_fingerprint(config: ChainConfig, seeds: Sequence[Task], own: Mapping[str, Any] | None = None) -> str:
    """SHA-256, in hex, of all that shapes the dataset."""
    return fingerprint(_shaping(config, seeds, own or {}))


def opened(path: Path, config: ChainConfig, seeds: Sequence[Task], own: Mapping[str, Any] | None = None) -> Manifest:
    """The manifest of the run folder `path`, written now if the folder is new.

    Raises:
        RunError: the folder is another run's, another version's, or no run's.
        OSError: it can't be written.
    """
    shaping = _shaping(config, seeds, own or {})
    if not (path / NAME).exists():
        _refuse_strangers(path)
        write_atomically(path / "seeds.jsonl", seed_lines(seeds).decode())
    return begun(path, shaping, in_language(config, seeds).model_dump(mode="json"))


def begun(path: Path, shaping: dict[str, Any], chain: dict[str, Any]) -> Manifest:
    """The manifest of the folder `path`, written now if the folder is new.

    Args:
        path: the folder.
        shaping: all that what is in it depends on, by dotted key; a folder with other values is another's.
        chain: what there is to say of it besides.

    Raises:
        RunError: the folder is another run's, another version's, or no run's.
        OSError: it can't be written.
    """
    if (path / NAME).exists():
        return _checked(read_manifest(path), shaping, path)
    _refuse_strangers(path)
    manifest = {
        "format": FORMAT,
        "fingerprint": fingerprint(shaping),
        "versions": _versions(),
        "chain": chain,
        "shaping": shaping,
        "models": {},
    }
    write(path, manifest)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """The manifest of the run folder `path`.

    Raises:
        RunError: there is none, it is damaged, or another version wrote it.
    """
    file = path / NAME
    try:
        return parsed(file.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path}: not a run folder: it has no {NAME}") from None
    except OSError as error:
        raise RunError(f"{file}: can't be read: {error.strerror or error}") from None
    except LaterFormat as later:
        raise RunError(f"{file}: {later}") from None
    except (ValueError, RecursionError):
        raise damaged(file) from None


def parsed(text: bytes) -> Manifest:
    """The manifest that `text` holds.

    Raises:
        LaterFormat: another version wrote it; the message says which are read.
        ValueError: it is damaged. In format 1, which has no checksum, that shows where its parts don't fit.
    """
    manifest = json.loads(text)
    try:
        format_, _, _ = manifest["format"], manifest["shaping"].keys(), manifest["chain"].keys()
    except (KeyError, TypeError, AttributeError):
        raise ValueError("a part is missing") from None
    sealed = is_sealed(text)
    if format_ not in READABLE_FORMATS:
        reads = " and ".join(map(str, READABLE_FORMATS))
        raise LaterFormat(f"a run folder of format {format_}; this version reads {reads}")
    if format_ > 1 and not sealed:
        raise ValueError("no checksum")
    manifest.pop("crc", None)
    whole: Manifest = manifest
    return whole


def seed_lines(seeds: Sequence[Task]) -> bytes:
    """What stands in seeds.jsonl; its SHA-256 is among what shapes the dataset."""
    return "".join(map(to_line, seeds)).encode("utf-8", "backslashreplace")


def wrote(manifest: Manifest) -> str:
    """The version of this program that began the folder; "" when the manifest does not say."""
    versions = manifest.get("versions")
    return str(versions.get(_PACKAGES[0], "")) if isinstance(versions, dict) else ""


def write(path: Path, manifest: Manifest) -> None:
    """Put the manifest into the run folder `path`, twice."""
    for name in (NAME, COPY):
        write_atomically(path / name, as_text(manifest))


def refiltered(manifest: Manifest, config: ChainConfig, changed: Mapping[str, Any]) -> Manifest:
    """The manifest of a run that `config` filtered anew from that of `manifest`: its fingerprint is its own."""
    old = manifest["shaping"]
    own = {key: value for key, value in old.items() if key == "seeds" or key.startswith("own")}
    shaping = config.shaping() | own | {"refiltered": manifest["fingerprint"]}
    return manifest | {
        "format": FORMAT,
        "fingerprint": fingerprint(shaping),
        "chain": config.model_dump(mode="json"),
        "shaping": shaping,
        "refiltered": {"source": manifest["fingerprint"], "changed": dict(changed)},
    }


def regenerated(manifest: Manifest, how: Mapping[str, Any], shaping: Mapping[str, Any]) -> Manifest:
    """The manifest of a run whose instances were written anew from that of `manifest`: its fingerprint is its own.

    Args:
        manifest: that of the run whose instructions they are.
        how: what `origin.Regenerating` tells.
        shaping: what the new instances depend on.
    """
    old = {key: value for key, value in manifest.items() if key not in MADE}
    shaped = manifest["shaping"] | {f"regenerated.{key}": value for key, value in shaping.items()}
    return old | {
        "format": FORMAT,
        "fingerprint": fingerprint(shaped),
        "shaping": shaped,
        "regenerated": {"source": manifest["fingerprint"], **how},
    }


def as_text(manifest: Manifest) -> str:
    """What stands in the file."""
    body = json.dumps(manifest, ensure_ascii=False, indent=1).removesuffix("\n}")
    sealed = body.encode("utf-8", "backslashreplace")
    return (sealed + seal(sealed)).decode()


def with_found(manifest: Manifest, found: Mapping[str, Any]) -> Manifest:
    """The manifest with what the run found out by calls, by its keys in the journal."""
    return manifest | ({"found": dict(found)} if found else {})


def with_models(manifest: Manifest, reported: Iterable[tuple[str, str]]) -> Manifest:
    """The manifest with the models that answered for each role, as their providers call them."""
    models: dict[str, list[str]] = {}
    for role, model in sorted(reported):
        if model:
            models.setdefault(role, []).append(model)
    return manifest | {"models": models}


def _refuse_strangers(path: Path) -> None:
    """Refuse a folder that has something of somebody else's."""
    ours = {".lock", "llama.log", "seeds.jsonl", "progress.json"}
    strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in ours and not _is_partial(entry.name))
    if strangers:
        raise RunError(f"{path}: not a run folder (it has {strangers[0]!r}, and no {NAME}); choose another: -o")


def _is_partial(name: str) -> bool:
    """Whether a process was killed while it wrote this file."""
    return name.startswith(".") and name.endswith(".partial")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _shaping(config: ChainConfig, seeds: Sequence[Task], own: Mapping[str, Any]) -> dict[str, Any]:
    return {**in_language(config, seeds).shaping(), "seeds": hashlib.sha256(seed_lines(seeds)).hexdigest(), **own}


def _checked(manifest: Manifest, shaping: Mapping[str, Any], path: Path) -> Manifest:
    if made := next((by for key, by in MADE.items() if manifest.get(key)), ""):
        raise RunError(f"{path}: made by {made}; it can't be extended. Choose another: -o")
    known = manifest["shaping"]
    compared = known.keys() | shaping.keys()
    if manifest["format"] == 1:  # which did not name what the user brings
        compared -= {key for key in shaping if key.startswith("own.")}
    differing = sorted(
        (key for key in compared if known.get(key) != shaping.get(key)),
        key=lambda key: (key.count("."), key),  # "language" says more than the prompts that name it
    )
    if differing:
        shown = ", ".join(differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise RunError(f"{path}: a run of another configuration; {shown}{more} differ. Choose another folder: -o")
    return manifest
