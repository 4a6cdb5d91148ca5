"""What the Hugging Face hub's client raises, in words. It is told by names: the client is an extra's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable
from selfinstruct_chains.files.writing import is_full

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAISED_BY = {"huggingface_hub", "hf_xet", "httpx", "httpx2", "requests"}
"""Packages whose errors tell of the Hub or the way there; which of them it goes by depends on its version."""
_KINDS = {
    "GatedRepoError": "it is gated: ask for access on its page, and set HF_TOKEN",
    "RepositoryNotFoundError": "there is none of that name, or it is private (set HF_TOKEN)",
    "RevisionNotFoundError": "it has no such revision",
    "RemoteEntryNotFoundError": "it has no such file",
    "DisabledRepoError": "the hub has disabled access to it",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set, and it is not in the cache",
}
"""Before the status, as the more exact of the two."""
_STATUSES = {
    401: "the hub does not take the token that is in HF_TOKEN, or was left by a login",
    403: "the token in HF_TOKEN may not read it",
    429: "the hub wants fewer requests: try later, or set HF_TOKEN",
}


_WRITING = {
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set, and nothing can be put there; unset it",
    "RepositoryNotFoundError": "there is no such dataset, or the token in HF_TOKEN may not see it",
    "DisabledRepoError": "the hub has disabled access to it",
}
_WRITING_STATUSES = {
    401: _STATUSES[401],
    403: "the token in HF_TOKEN may not write there: take one with write access, or a name under an owner of yours",
}
_MOST = 200  # characters of what the hub says


def raised_by_hub(error: Exception) -> bool:
    """Whether an error tells of the Hub, or of the way there."""
    return any(type(one).__module__.partition(".")[0] in _RAISED_BY for one in _causes(error))


def refusal(error: Exception, instead: str, *, writing: bool = False) -> str:
    """Why the hub did not give something, or with `writing` did not take it, and what to do.

    Args:
        error: what its client raised.
        instead: the way that always works, such as to download a file by hand.
        writing: whether something was to be put there.
    """
    if writing:
        return _not_taken(error, instead)
    causes = list(_causes(error))
    names = [kind.__name__ for one in causes for kind in type(one).__mro__]
    known = next((_KINDS[name] for name in names if name in _KINDS), None)
    status = next((found for one in causes if (found := _status(one))), None)
    if known or status in _STATUSES:
        return known or _STATUSES[status or 0]
    if any(map(is_full, causes)):
        return "no room for it on the disk: make some, or set HF_HOME to a folder that has"
    if status:
        return f"the hub answers {status}: try later, or {instead}"
    if "ConnectionError" in names or "TransportError" in names:
        return f"the hub can't be reached ({type(causes[-1]).__name__}): {instead}"
    return f"the hub did not give it ({type(causes[-1]).__name__}): {instead}"


def _not_taken(error: Exception, instead: str) -> str:
    causes = list(_causes(error))
    names = [kind.__name__ for one in causes for kind in type(one).__mro__]
    status = next((found for one in causes if (found := _status(one))), None)
    known = next((_WRITING[name] for name in names if name in _WRITING), None) or _WRITING_STATUSES.get(status or 0)
    said = next((text for one in causes if (text := getattr(one, "server_message", None))), None) or str(causes[0])
    said = " ".join(printable(said).split())[:_MOST]
    if known:
        return f"{known} (it says: {said})" if status == HTTPStatus.FORBIDDEN else known
    if status:
        later = f"; {instead}" if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == 429 else ""  # noqa: PLR2004
        return f"the hub answers {status}: {said}{later}"
    if "ConnectionError" in names or "TransportError" in names:
        return f"the hub can't be reached ({type(causes[-1]).__name__}); {instead}"
    return f"the hub did not take it: {said}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it: the client says that a file is not in the cache, whatever kept it from asking."""
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """Of HTTP, where it was an answer that is no success."""
    found = getattr(getattr(error, "response", None), "status_code", None)
    return found if isinstance(found, int) and found >= 400 else None  # noqa: PLR2004 - so HTTP has it
