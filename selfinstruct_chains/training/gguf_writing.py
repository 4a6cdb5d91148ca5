"""GGUF files of a tuned model, for llama.cpp, without torch: its adapter alone, and base and adapter in one file.

The header of the base goes over as it is, tokenizer and chat template with it. For transformers llama.cpp's Llama has
its heads' rows in another order, and its Gemma norms that are one larger.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.writing import scratch_folder, sync_file, sync_names
from selfinstruct_chains.training.weights_file import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Array: TypeAlias = np.ndarray[Any, Any]
Changes: TypeAlias = "Callable[[str, Array], Array]"
"""From a tensor's name and its values in the base to its new values."""

_BLOCK = 32
"""Values of a row that share a scale in Q8_0; other rows are kept in 16 bits."""
_MOSTLY_Q8_0 = 7
_REWRITTEN = {"general.architecture", "general.file_type", "general.quantization_version"}


class Architecture(NamedTuple):
    """How llama.cpp's tensors differ from those of transformers."""

    reordered: bool = False
    """Whether the rows of queries and keys are, in each head."""
    larger_norms: bool = False
    """Whether the norms are by one."""


ARCHITECTURES: Mapping[str, Architecture] = {
    "llama": Architecture(reordered=True),
    "gemma2": Architecture(larger_norms=True),
    "gemma3": Architecture(larger_norms=True),
    "phi3": Architecture(),
    "qwen2": Architecture(),
    "qwen3": Architecture(),
}
"""Those that are written; a base of another is trained, and stays a folder for transformers."""


class Header(NamedTuple):
    """What of a base's header decides how its tensors are written."""

    architecture: str
    layers: int
    heads: int
    key_heads: int

    def reordered(self, name: str, rows: Array) -> Array:
        """The rows of a tensor in llama.cpp's order, by its name there."""
        heads = {"attn_q": self.heads, "attn_k": self.key_heads}.get(name.split(".")[-2], 0)
        if not heads or not ARCHITECTURES[self.architecture].reordered:
            return rows
        return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def header_of(reader: Any) -> Header:
    """The header of an open GGUF file.

    Raises:
        ConfigError: its architecture is none that can be written.
    """
    architecture = str(_value(reader, "general.architecture"))
    if architecture not in ARCHITECTURES:
        raise ConfigError(f"GGUF of architecture {architecture!r} can't be written: {', '.join(ARCHITECTURES)} can")
    heads = int(_value(reader, f"{architecture}.attention.head_count"))
    key_heads = int(_value(reader, f"{architecture}.attention.head_count_kv") or heads)
    return Header(architecture, int(_value(reader, f"{architecture}.block_count")), heads, key_heads)


def write_adapter(base: Path, adapter: Path, out: Path) -> None:
    """The adapter of a folder that PEFT wrote as a GGUF file, to be used with the GGUF file `base`.

    Raises:
        ConfigError: gguf is not installed, or the base is of an architecture that can't be written.
        OSError: a file can't be written.
    """
    gguf = needed("gguf", "train")
    header = header_of(gguf.GGUFReader(base))
    with _appearing(gguf, header, out) as writer:
        writer.add_string(gguf.Keys.General.TYPE, gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, _adapter_config(adapter)["lora_alpha"])
        for name, (down, up) in _pairs(gguf, header, adapter).items():
            writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(down))
            writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(up))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def write_merged(base: Path, tuned: Path, out: Path, *, adapter: bool) -> None:
    """The tuned model as one GGUF file in Q8_0: the file `base` with what the folder `tuned` changes.

    Args:
        base: the GGUF file that was tuned.
        tuned: a folder of safetensors: PEFT's, or all weights as transformers wrote them.
        out: the file to write; it appears when it is whole.
        adapter: which of the two `tuned` is.

    Raises:
        ConfigError: gguf is not installed, or the base is of an architecture that can't be written.
        OSError: a file can't be written.
    """
    gguf = needed("gguf", "train")
    reader = gguf.GGUFReader(base)
    header = header_of(reader)
    changes = (_adapted if adapter else _replaced)(gguf, header, tuned)
    with _appearing(gguf, header, out) as writer:
        _copy_header(gguf, reader, writer)
        for tensor in reader.tensors:
            writer.add_tensor_info(tensor.name, *_place(gguf, tensor))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in reader.tensors:
            values = changes(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type))
            writer.write_tensor_data(gguf.quantize(np.ascontiguousarray(values), _kind(gguf, tensor)))


@contextmanager
def _appearing(gguf: Any, header: Header, out: Path) -> Iterator[Any]:
    """A writer whose file takes the place of `out` when the block ends well."""
    with scratch_folder(out) as scratch:
        writer = gguf.GGUFWriter(scratch / out.name, header.architecture)
        try:
            yield writer
        finally:
            writer.close()
        sync_file(scratch / out.name)
        (scratch / out.name).replace(out)
        sync_names(out)


def _value(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    return field.contents() if field else None


def _copy_header(gguf: Any, reader: Any, writer: Any) -> None:
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name not in _REWRITTEN:
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_file_type(_MOSTLY_Q8_0)


def _kind(gguf: Any, tensor: Any) -> Any:
    """What a tensor is written as: vectors in 32 bits, matrices in 8."""
    kinds = gguf.GGMLQuantizationType
    if len(tensor.shape) == 1:
        return kinds.F32
    return kinds.F16 if int(tensor.shape[0]) % _BLOCK else kinds.Q8_0


def _place(gguf: Any, tensor: Any) -> tuple[list[int], Any, int, Any]:
    """A tensor's shape in bytes or values, their type, its bytes in all, and its kind."""
    kind = _kind(gguf, tensor)
    *rows, columns = reversed([int(size) for size in tensor.shape])
    per_block, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    row_bytes = columns // per_block * block_bytes
    plain = {gguf.GGMLQuantizationType.F32: np.float32, gguf.GGMLQuantizationType.F16: np.float16}.get(kind)
    shape = [*rows, columns if plain else row_bytes]
    return shape, np.dtype(plain or np.uint8), int(np.prod(rows, dtype=np.int64)) * row_bytes, kind


def _adapter_config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    return config


def _pairs(gguf: Any, header: Header, folder: Path) -> dict[str, tuple[Array, Array]]:
    """An adapter's two matrices for each tensor of the base, by its name in GGUF."""
    halves: dict[str, dict[str, Array]] = {}
    for name, values in tensors(folder):
        layer, _, half = name.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".lora_")
        halves.setdefault(_name(gguf, header, layer), {})[half] = values
    return {name: (both["A"], header.reordered(name, both["B"])) for name, both in halves.items()}


def _name(gguf: Any, header: Header, layer: str) -> str:
    """The GGUF name of a layer's weight.

    Raises:
        ConfigError: GGUF has none.
    """
    architecture = next(kind for kind, name in gguf.MODEL_ARCH_NAMES.items() if name == header.architecture)
    found = gguf.get_tensor_name_map(architecture, header.layers).get_name(layer)
    if not found:
        raise ConfigError(f"GGUF of architecture {header.architecture!r} has no tensor for the layer {layer!r}")
    return f"{found}.weight"


def _adapted(gguf: Any, header: Header, folder: Path) -> Changes:
    pairs, config = _pairs(gguf, header, folder), _adapter_config(folder)
    scale = config["lora_alpha"] / config["r"]

    def changed(name: str, values: Array) -> Array:
        if name not in pairs:
            return values
        down, up = pairs[name]
        merged: Array = values + scale * (up @ down)
        return merged

    return changed


def _replaced(gguf: Any, header: Header, folder: Path) -> Changes:
    new = {
        _name(gguf, header, name.removesuffix(".weight")): values
        for name, values in tensors(folder)
        if name.endswith(".weight")
    }
    larger = ARCHITECTURES[header.architecture].larger_norms

    def changed(name: str, values: Array) -> Array:
        if name not in new:
            return values
        return header.reordered(name, new[name]) + (1 if larger and "norm" in name else 0)

    return changed
