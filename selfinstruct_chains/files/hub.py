"""Datasets of the Hugging Face Hub, as the files that they are made of."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.hub_refusals import raised_by_hub, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?::([\w.-]+))?")
_SUFFIXES = (".parquet", ".jsonl", ".json", ".csv", ".tsv")
"""Of the files that are read: the first of these that a dataset has."""
_ABOUT = {"dataset_infos.json", "dataset_info.json", "config.json"}
_TRAIN = "train"
_SHOWN = 4  # files that a message names


def dataset_files(name: str, notes: list[str]) -> Iterator[Path]:
    """The files of a dataset's split, fetched into the Hub's own cache, in the order of their names.

    Endpoint, token and cache are those of huggingface_hub: HF_ENDPOINT, HF_TOKEN, HF_HOME.

    Args:
        name: OWNER/NAME, or OWNER/NAME:SPLIT; without a split "train" is meant, or all where no file is named so.
        notes: takes which files are read.

    Raises:
        DataError: there is no such dataset or split, it is private, or the Hub can't be reached.
        ConfigError: huggingface_hub is not installed.
    """
    parts = _NAME.fullmatch(name)
    if not parts:
        raise DataError(f"hub:{name}: not a dataset's name; hub:OWNER/NAME or hub:OWNER/NAME:SPLIT is expected")
    repository, split = parts.groups()
    hub = needed("huggingface_hub", "hub")
    try:
        api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
        names = [sibling.rfilename for sibling in api.dataset_info(repository).siblings or []]
        chosen = _chosen(names, split, name)
        notes.append(f"hub:{name}: read from {_listed(chosen)}")
        for one in chosen:
            yield Path(api.hf_hub_download(repository, one, repo_type="dataset"))
    except Exception as error:
        if isinstance(error, DataError) or not raised_by_hub(error):
            raise
        raise DataError(f"hub:{name}: {refusal(error, 'give a file')}") from None


def _chosen(names: list[str], split: str | None, name: str) -> list[str]:
    data = [one for one in sorted(names) if Path(one).suffix in _SUFFIXES and Path(one).name not in _ABOUT]
    suffix = next((suffix for suffix in _SUFFIXES if any(one.endswith(suffix) for one in data)), "")
    data = [one for one in data if one.endswith(suffix)]
    chosen = [one for one in data if (split or _TRAIN) in re.split(r"[-_./]", one)]
    if not data:
        raise DataError(f"hub:{name}: none of its files is read ({_listed(names)}); read are {', '.join(_SUFFIXES)}")
    if split and not chosen:
        raise DataError(f"hub:{name}: no file of a split {split!r}; there are {_listed(data)}")
    return chosen or data


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
