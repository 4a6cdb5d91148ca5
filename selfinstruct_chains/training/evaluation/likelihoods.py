"""How likely models find the references: computed where their weights are, and kept in the evaluation's folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from selfinstruct_chains.config import fingerprint
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.models.embedded import model_file
from selfinstruct_chains.training.evaluation.examining import weights_of
from selfinstruct_chains.training.evaluation.folder import LIKELIHOODS
from selfinstruct_chains.training.evaluation.models import folder_name
from selfinstruct_chains.training.evaluation.scoring import Likelihood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.training.evaluation.examining import Examination
    from selfinstruct_chains.training.evaluation.models import Asked
    from selfinstruct_chains.training.settings import PromptStyle

_MERGED = "merged"  # beside the GGUF that finetune wrote: the same weights, as transformers reads them


def likelihoods(found: Examination, folder: Path, say: Callable[[str], None]) -> dict[str, Mapping[str, Likelihood]]:
    """The likelihoods of the references by model and item; models without weights here are told and left out.

    Args:
        found: the items and the models.
        folder: the evaluation's; what it has of the same weights and items is taken from there.
        say: told what is computed.

    Raises:
        ConfigError: the extra `train` is missing, or weights can't be read.
        RunError: the folder can't be written.
    """
    known: dict[str, Mapping[str, Likelihood]] = {}
    for one in found.asked:
        if one.model.provider == "embedded":
            known[one.name] = _of(one, found, folder, say)
        else:
            say(f"{one.name}: its weights are not here, so the likelihood of the references is not known")
    return known


def read_likelihoods(folder: Path, name: str) -> Mapping[str, Likelihood]:
    """What the evaluation in `folder` has of the model `name`, by item.

    Raises:
        RunError: nothing, or it is damaged.
    """
    file = _file(folder, name)
    try:
        return _values(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{file}: can't be read ({error}); the same evaluation, run again, writes it anew") from None


def _of(one: Asked, found: Examination, folder: Path, say: Callable[[str], None]) -> Mapping[str, Likelihood]:
    style: PromptStyle = "chat" if one.model.kind == "chat" else "plain"
    key = fingerprint({"items": [list(item) for item in found.items], "style": style, **weights_of(one)})
    file = _file(folder, one.name)
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["key"] == key:
            return _values(kept)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    say(f"{one.name}: how likely it finds the references")
    values = dict(zip((item.id for item in found.items), _computed(one.model.name, found.items, style), strict=True))
    try:
        make_folder(file.parent)
        write_atomically(file, json.dumps({"key": key, "values": values}, ensure_ascii=False) + "\n")
    except OSError as error:
        raise RunError(f"{file}: can't be written: {error.strerror or error}") from None
    return values


def _computed(name: str, items: Sequence[Item], style: PromptStyle) -> list[Likelihood]:
    from selfinstruct_chains.training.likelihood import reference_likelihoods  # heavy

    merged = model_file(name).parent / _MERGED
    tuned = (merged / "config.json").exists() and model_file(name).name == "model.gguf"
    try:
        return [Likelihood(*one) for one in reference_likelihoods(str(merged) if tuned else name, None, items, style)]
    except ConfigError as error:
        raise ConfigError(f"--likelihood: {error}") from None


def _values(kept: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Likelihood]:
    return {id_: Likelihood(float(nll), float(end)) for id_, (nll, end) in kept["values"].items()}


def _file(folder: Path, name: str) -> Path:
    return folder / LIKELIHOODS / f"{folder_name(name)}.json"
