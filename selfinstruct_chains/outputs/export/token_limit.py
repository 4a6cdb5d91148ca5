"""How many tokens a text has, by a Hugging Face tokenizer file; without one, how many words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.method.tokens import unicode_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def token_counter(tokenizer: Path | None) -> Callable[[str], int]:
    """The function that counts a text's tokens.

    Args:
        tokenizer: a `tokenizer.json`, or the model folder it lies in; None for words, or characters without spaces.

    Raises:
        ConfigError: the file is missing or no tokenizer, or the package `tokenizers` is missing.
    """
    if tokenizer is None:
        return lambda text: len(unicode_words(text))
    path = tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give the tokenizer.json of the model you train")
    library = needed("tokenizers", "hub")
    try:
        loaded = library.Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - it raises nothing more special
        raise ConfigError(f"{path}: not a tokenizer that `tokenizers` reads ({error})") from None
    loaded.no_truncation()
    loaded.no_padding()
    return lambda text: len(loaded.encode(text, add_special_tokens=False))
