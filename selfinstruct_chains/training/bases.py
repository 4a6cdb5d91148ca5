"""The model to be tuned: where its weights are, what shape they have, and under which licence they come.

A GGUF file is converted once for transformers, and kept in a cache (`selfinstruct-chains/bases` below XDG_CACHE_HOME,
`~/.cache` where that is not set): smaller numbers of a GGUF become 32-bit floats, so that nothing of it is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import yaml
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.hub_refusals import refusal
from selfinstruct_chains.files.writing import scratch_folder, take_place
from selfinstruct_chains.models.embedded import SHIPPED, model_file
from selfinstruct_chains.training.memory import Shape
from selfinstruct_chains.training.room import room
from selfinstruct_chains.training.weights_file import header

_ON_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_FRONT = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError)
"""What transformers raises of files that it can't read."""
_WANTED = ["*.safetensors", "*.json", "tokenizer*", "*.model", "*.jinja", "README.md", "LICENSE*"]


class Base(NamedTuple):
    """A model to be tuned, found and not loaded."""

    name: str
    """As it was asked for."""
    shape: Shape
    licence: str
    """As its maker names it; "" where it is not stated."""
    gguf: Path | None
    """The file, if it is one: what a GGUF of the tuned model is made from."""
    folder: Path | None
    """Where transformers finds it; None for a GGUF, until `converted` has made it."""

    @property
    def shown(self) -> str:
        """Its name and size, in words."""
        return f"{self.name}, {self.shape.parameters / 1e6:,.0f} million weights"


def find_base(name: str) -> Base:
    """The base of that name: a folder, a GGUF file (also on the hub), a Hub id, or the embedded model's name.

    Raises:
        ConfigError: there is none, it is gated, or it has no weights that can be read.
    """
    if name == SHIPPED or name.endswith(".gguf"):
        return _of_gguf(name, model_file(name))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _of_folder(name, folder.resolve())
    if folder.exists() or not _ON_HUB.fullmatch(name) or name.startswith("."):
        raise ConfigError(
            f"base {name!r}: a folder with a model, a .gguf file, a Hub id (owner/name) or {SHIPPED!r} is expected"
        )
    return _of_folder(name, _from_hub(name))


def converted(base: Base) -> Path:
    """The folder in which transformers finds the base; a GGUF is converted if it was not before (half a minute).

    Raises:
        ConfigError: transformers can't read it, or the disk is full.
    """
    folder = base.folder or _cached(base.gguf or Path())
    if not (folder / "config.json").exists():
        with (
            room(folder, f"{base.name} is converted there; make some, or set XDG_CACHE_HOME"),
            scratch_folder(folder) as scratch,
        ):
            _convert(base, scratch)
            take_place(scratch, folder)
    return folder


def load_tokenizer(base: Base) -> Any:
    """The base's tokenizer; none of its weights are loaded.

    Raises:
        ConfigError: there is none that transformers can read.
    """
    transformers = needed("transformers", "train")
    folder = base.folder or _cached(base.gguf or Path())
    file = None if (folder / "config.json").exists() or not base.gguf else base.gguf
    place, more = (file.parent, {"gguf_file": file.name}) if file else (folder, {})
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, local_files_only=True, **more)
    except _UNREADABLE as error:
        raise ConfigError(f"base {base.name!r}: no tokenizer that can be read: {_line(error)}") from error
    if tokenizer.pad_token_id is None and tokenizer.eos_token_id is not None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(folder: Path, dtype: Any) -> Any:
    """The model in a folder, its weights as `dtype` of torch. No code that comes with it is run.

    Raises:
        ConfigError: transformers can't read it.
    """
    transformers = needed("transformers", "train")
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except _UNREADABLE as error:
        raise ConfigError(f"{folder}: not a language model that can be read: {_line(error)}") from error


def _of_gguf(name: str, path: Path) -> Base:
    gguf = needed("gguf", "train")
    try:
        reader = gguf.GGUFReader(path)
    except (ValueError, IndexError, KeyError) as error:
        raise ConfigError(f"base {name!r}: {path} is damaged: {_line(error)}") from error

    def value(key: str) -> Any:
        field = reader.get_field(key)
        return field.contents() if field else None

    kind = value("general.architecture")
    parts = [value(f"{kind}.{key}") for key in ("block_count", "embedding_length", "feed_forward_length")]
    words = value("tokenizer.ggml.tokens")
    if not all(isinstance(part, int) for part in parts) or not words:
        raise ConfigError(f"base {name!r}: {path} is no language model with its tokenizer")
    layers, hidden, inner = parts
    shape = Shape(sum(int(tensor.n_elements) for tensor in reader.tensors), layers, hidden, inner, len(words))
    return Base(name, shape, str(value("general.license") or ""), path, None)


def _of_folder(name: str, folder: Path) -> Base:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config = config.get("text_config", config)
        sizes = [config.get("num_hidden_layers"), config.get("hidden_size"), config.get("intermediate_size")]
        files = sorted(folder.glob("*.safetensors"))
        parameters = sum(
            int(np.prod(entry["shape"], dtype=np.int64)) for path in files for entry in header(path)[1].values()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"base {name!r}: {folder}: no model that can be read: {_line(error)}") from error
    if not files:
        raise ConfigError(f"base {name!r}: {folder} has no weights (*.safetensors)")
    layers, hidden, inner = (size if isinstance(size, int) else 0 for size in sizes)
    vocabulary = int(config.get("vocab_size") or 0)
    return Base(
        name, Shape(parameters, layers, hidden, inner or 4 * hidden, vocabulary), _licence(folder), None, folder
    )


def _from_hub(name: str) -> Path:
    hub = needed("huggingface_hub", "train")
    try:
        return Path(hub.snapshot_download(name, allow_patterns=_WANTED))
    except Exception as error:  # the hub's client raises the errors of whichever HTTP library it uses
        raise ConfigError(f"base {name!r}: {refusal(error, 'download it yourself and give its folder')}") from error


def _cached(gguf: Path) -> Path:
    """Where the GGUF file as it is now stands in the cache, or will."""
    about = gguf.stat()
    key = hashlib.sha256(f"{gguf} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()[:12]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "selfinstruct-chains" / "bases" / f"{gguf.stem[:40]}-{key}"


def _convert(base: Base, folder: Path) -> None:
    transformers, torch = needed("transformers", "train"), needed("torch", "train")
    tokenizer, gguf = load_tokenizer(base), base.gguf or Path()
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    except _UNREADABLE as error:
        raise ConfigError(f"base {base.name!r}: transformers can't read this GGUF: {_line(error)}") from error
    # It is no longer quantized, and would refuse to be saved as if it were.
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _licence(folder: Path) -> str:
    """What the front matter of its card says."""
    try:
        front = _FRONT.match((folder / "README.md").read_text(encoding="utf-8"))
        card = yaml.parse(front[1]) if front else {}
    except (OSError, ValueError):
        return ""
    return str(card.get("license") or "") if isinstance(card, dict) else ""


def _line(error: BaseException) -> str:
    """The first line of what another library says, and not all of it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
