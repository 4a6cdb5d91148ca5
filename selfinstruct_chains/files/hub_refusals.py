"""What the Hugging Face hub's client raises, in words. It is told by names: the client is an extra's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.files.writing import is_full

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def refusal(error: Exception, instead: str) -> str:
    """Why the hub did not give something, and what to do.

    Args:
        error: what its client raised.
        instead: the way that always works, such as to download a file by hand.
    """
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


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it: the client says that a file is not in the cache, whatever kept it from asking."""
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """Of HTTP, where it was an answer that is no success."""
    found = getattr(getattr(error, "response", None), "status_code", None)
    return found if isinstance(found, int) and found >= 400 else None  # noqa: PLR2004 - so HTTP has it
