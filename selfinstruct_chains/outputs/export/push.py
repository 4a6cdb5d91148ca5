"""An export on the Hugging Face Hub: a dataset repository with its data, its card, and the chain that made it.

Endpoint, token and proxies are those of huggingface_hub: HF_ENDPOINT, HF_TOKEN or what `hf auth login` left.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.hub_refusals import raised_by_hub, refusal
from selfinstruct_chains.outputs.export.card import TAG
from selfinstruct_chains.outputs.export.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.outputs.export.export import Exported

_CARD = "README.md"
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


class Pushed(NamedTuple):
    """What is on the hub now."""

    url: str
    """The dataset's page."""
    commit: str
    """The new commit, in hex; the last one where nothing had changed."""
    private: bool
    notes: tuple[str, ...]
    """What there is to say besides."""


def check(name: str, format_name: str) -> None:
    """Find out, before anything is written and without a call, what would keep an export from the hub.

    Raises:
        ConfigError: the name is none, the format is not read there, or there is no token or no huggingface_hub.
    """
    hub = needed("huggingface_hub", "hub")
    if not FORMATS[format_name].suffix:
        raise ConfigError(f"--push: {format_name} is a folder that only load_from_disk reads; use --format parquet")
    if not _NAME.fullmatch(name) or not _is_name(name):
        raise ConfigError(f"--push {name!r}: not a dataset's name; OWNER/NAME is expected, of letters, digits, . _ -")
    if not hub.get_token():
        raise ConfigError("--push: no token: set HF_TOKEN to one that may write, or run `hf auth login`")


def _is_name(name: str) -> bool:
    try:
        needed("huggingface_hub.utils", "hub").validate_repo_id(name)
    except ValueError:
        return False
    return True


def push(done: Exported, beside: Mapping[str, str], name: str, *, public: bool, force: bool = False) -> Pushed:
    """Put an export into the dataset repository `name`, in one commit; it is made if it is not there.

    In one that is there, files of the same names are replaced, and no other is touched.

    Args:
        done: the export.
        beside: texts to put beside the data, by path.
        name: OWNER/NAME.
        public: whether all may read it: a new one is private otherwise, and one that is public already is refused.
        force: also replace a card that no export wrote.

    Raises:
        ConfigError: the hub refuses or can't be reached, or what is there must not be replaced; nothing was changed.
    """
    hub = needed("huggingface_hub", "hub")
    api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    with _told(name), _without_bars():
        private, notes = _begun(api, name, public=public, force=force)
        files: dict[str, Any] = {path.name: path for path in done.data}
        files |= {_CARD: done.card} | {path: text.encode() for path, text in beside.items()}
        adding = [hub.CommitOperationAdd(path_in_repo=path, path_or_fileobj=file) for path, file in files.items()]
        message = f"{sum(done.rows.values()):,} examples, by selfinstruct-chains"
        commit = api.create_commit(name, adding, commit_message=message, repo_type="dataset")
    return Pushed(f"{api.endpoint}/datasets/{name}", str(commit.oid), private, tuple(notes))


def _begun(api: Any, name: str, *, public: bool, force: bool) -> tuple[bool, list[str]]:
    """Make the repository, or find that the one there may be written to; if it is private, and what to say of it."""
    try:
        found = api.dataset_info(name)
    except needed("huggingface_hub.errors", "hub").RepositoryNotFoundError:
        api.create_repo(name, repo_type="dataset", private=not public)
        return not public, []
    there = {one.rfilename for one in found.siblings or []}
    if not found.private and not public:
        raise ConfigError(f"{name} is there already, and all may read it: --public to add to it, or give another name")
    if _CARD in there and TAG not in (found.tags or []) and not force:
        raise ConfigError(f"{name} has a card ({_CARD}) that no export wrote: --force to replace it, or another name")
    notes = [f"A commit on top of the {len(there):,} files there: only those of the same names were replaced."]
    if found.private and public:
        notes.append("It was private and stays so: change that in its settings, on its page.")
    return bool(found.private), notes


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the hub's client raises, in a line. For uploads it raises Python's own errors too."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"--push: {error}") from None
    except Exception as error:
        if not (raised_by_hub(error) or isinstance(error, OSError | RuntimeError | ValueError)):
            raise
        raise ConfigError(f"--push {name}: {refusal(error, 'try later', writing=True)}") from None


@contextmanager
def _without_bars() -> Iterator[None]:
    """Its own bars would stand in pipes too."""
    utils = needed("huggingface_hub.utils", "hub")
    shown = not utils.are_progress_bars_disabled()
    utils.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            utils.enable_progress_bars()
