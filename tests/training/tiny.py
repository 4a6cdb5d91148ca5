"""A Llama of two layers with random weights, as a GGUF file: made in a second.

Its tokenizer is the shipped model's with the first 1,000 of its tokens: transformers takes long to read all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gguf
import numpy as np

from selfinstruct_chains.models.embedded import SHIPPED, model_file

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN, INNER, HEADS, KEY_HEADS, LAYERS, WORDS = 64, 128, 4, 2, 2, 1_000
_NUMBERS = {
    "block_count": LAYERS,
    "embedding_length": HIDDEN,
    "feed_forward_length": INNER,
    "attention.head_count": HEADS,
    "attention.head_count_kv": KEY_HEADS,
    "rope.dimension_count": HIDDEN // HEADS,
    "context_length": 512,
    "vocab_size": WORDS,
}


def tiny_gguf(path: Path) -> Path:
    """Write the file, and give its path back."""
    shipped = gguf.GGUFReader(model_file(SHIPPED))
    known = set(shipped.get_field("tokenizer.ggml.tokens").contents()[:WORDS])
    writer = gguf.GGUFWriter(path, "llama")
    for name, field in shipped.fields.items():
        if name.startswith(("tokenizer.", "general.license", "llama.")) and name[6:] not in _NUMBERS:
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, _fewer(name, field.contents(), known), field.types[0], sub_type=inner)
    for name, number in _NUMBERS.items():
        writer.add_uint32(f"llama.{name}", number)
    random = np.random.default_rng(0)
    for name, shape in _shapes(WORDS).items():
        values = np.ones(shape) if "norm" in name else random.normal(0, 0.25, shape)
        writer.add_tensor(f"{name}.weight", values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _fewer(name: str, value: Any, known: set[str]) -> Any:
    """What the header says of the tokens that are known."""
    if name in {"tokenizer.ggml.tokens", "tokenizer.ggml.token_type"}:
        return value[:WORDS]
    if name == "tokenizer.ggml.merges":
        return [pair for pair in value if {*pair.split(" "), pair.replace(" ", "")} <= known]
    return value


def _shapes(words: int) -> dict[str, tuple[int, ...]]:
    keys = HIDDEN // HEADS * KEY_HEADS
    block = {
        "attn_norm": (HIDDEN,),
        "attn_q": (HIDDEN, HIDDEN),
        "attn_k": (keys, HIDDEN),
        "attn_v": (keys, HIDDEN),
        "attn_output": (HIDDEN, HIDDEN),
        "ffn_norm": (HIDDEN,),
        "ffn_gate": (INNER, HIDDEN),
        "ffn_up": (INNER, HIDDEN),
        "ffn_down": (HIDDEN, INNER),
    }
    blocks = {f"blk.{layer}.{name}": shape for layer in range(LAYERS) for name, shape in block.items()}
    return {"token_embd": (words, HIDDEN), **blocks, "output_norm": (HIDDEN,)}
