"""A folder of one's own: a shipped chain's file with its prompts beside it, to change, and the seed tasks."""

from __future__ import annotations

import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.chain import find_chain, load_config, prompt_files, replace
from selfinstruct_chains.files.swapping import leave_old_providers
from selfinstruct_chains.files.writing import make_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAIN, SEEDS, PROMPTS = "chain.yaml", "seeds.jsonl", "prompts"
FILLING = f"{SEEDS}.filling"
"""Where replies are kept while seeds are filled in: with it alone a folder still counts as empty."""
_WIDTH = 100  # characters of a line of a long text


class Project(NamedTuple):
    """The texts of its files, by their paths in the folder."""

    texts: Mapping[str, str]

    def place(self, folder: Path) -> list[Path]:
        """Write all of it, once it is known to load: the paths, in their order.

        Raises:
            ConfigError: the chain can't be as it is asked for, or the folder is not empty.
            OSError: it can't be written.
        """
        refuse_strangers(folder)
        with TemporaryDirectory() as trial:
            _write(self.texts, Path(trial))
            load_config(Path(trial) / CHAIN)
        return _write(self.texts, folder)


def refuse_strangers(folder: Path) -> None:
    """Refuse a folder that holds something already.

    Raises:
        ConfigError: it does, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: a file; give the name of a new folder")
    if folder.exists() and {path.name for path in folder.iterdir()} - {FILLING}:
        raise ConfigError(f"{folder}: not empty; give the name of a new folder")


def project(chain: str, name: str, overrides: Mapping[str, Any], top: Mapping[str, Any], seeds: str) -> Project:
    """The files of a folder called `name`.

    Args:
        chain: a shipped one's name.
        name: that of the new one.
        overrides: values by dotted key, as `load_config` takes them.
        top: keys that stand at the top of the chain file: domain, language, topics.
        seeds: the text of the seed tasks' file.

    Raises:
        ConfigError: there is no such chain, or a key stands below a single value.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 10**6  # lines stay as they are
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    files = prompt_files(chain, {**overrides, **top})
    values = yaml.load(find_chain(chain).read_text(encoding="utf-8"))
    leave_old_providers(values, overrides)
    replace(values, overrides)
    values.insert(0, "name", re.sub(r"[^\w.+-]+", "-", name))
    for place, (key, value) in enumerate({**top, "seeds": SEEDS}.items(), start=2):
        values.insert(place, key, _folded(value) if isinstance(value, str) else value)
    for role in ROLES:
        section = values["instances"][role] if role in values["instances"] else values[role]
        section["prompt"] = f"{PROMPTS}/{files[role].name}"
    out = io.StringIO()
    yaml.dump(values, out)
    prompts = {f"{PROMPTS}/{file.name}": file.read_text(encoding="utf-8") for file in files.values()}
    return Project({CHAIN: out.getvalue(), **prompts, SEEDS: seeds})


def _folded(text: str) -> Any:
    """A long text on lines of `_WIDTH` characters, where it reads as the same text so."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, FoldedScalarString

    if not text.isprintable():
        return DoubleQuotedScalarString(text)
    if len(text) <= _WIDTH or "  " in text:
        return text
    folds, start = [], 0
    while (end := text.rfind(" ", start, start + _WIDTH)) > start and len(text) - start > _WIDTH:
        folds.append(end)
        start = end + 1
    folded = FoldedScalarString(text)
    folded.fold_pos = folds
    return folded


def _write(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """The chain file last: where it is, all is."""
    for name in sorted(texts, key=lambda name: name == CHAIN):
        make_folder((folder / name).parent)
        write_atomically(folder / name, texts[name])
    return [folder / name for name in texts]
