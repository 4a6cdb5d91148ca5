"""What may come of a failed call, and the rows of the table that says so (`known_failures`).

- retry: it may pass; the call is made again.
- item: it concerns one prompt, which is dropped with its reason.
- fix: every call would meet it; the run stops, and the user mends what `why` names.
- resumable: it passes, but not soon; the run stops, and the same command goes on later.
- unclear: nothing tells whether it is the item's or everybody's.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from selfinstruct_chains.models.failures import Failure

    Statuses = AbstractSet[int | None]

Fate = Literal["retry", "item", "fix", "resumable", "unclear"]

ANY_STATUS: Statuses = frozenset(range(400, 600)) | {None}
"""None is an envelope in a 200 that names no status."""

ADVICE = {
    "key": "check the key{key}",
    "money": "check the account's credit and its limits",
    "access": "check what the key{key} is allowed to do",
    "region": "the provider does not serve where this machine is; use another provider or address (model.base_url)",
    "network": "check the network and what it lets through, and model.base_url",
    "proxy": "check the proxy and its password (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY)",
    "plan": "the account's plan does not have this model or size; change the plan, or model.name in the chain file",
    "model": "check model.name in the chain file",
    "address": "check the model's name and base_url",
    "memory": "choose a smaller model (model.name in the chain file), or free memory where it runs",
    "parameter": "check the parameters in the chain file",
}
"""What to do about a failure that is the user's to mend, by the row's `why`; `{key}` says where the key stands."""


class Row(NamedTuple):
    """A line of the table; all that it names must fit."""

    fate: Fate
    why: str = ""
    """An item's reason, or what is to be mended: a key of `ADVICE`."""
    codes: re.Pattern[str] | None = None
    words: re.Pattern[str] | None = None
    parameters: frozenset[str] = frozenset()
    header: tuple[str, str] | None = None
    at: Statuses = ANY_STATUS
    """The statuses that it holds for."""
    unless_wait: bool = False
    """Whether it holds only where no wait is named."""

    def fits(self, failure: Failure) -> bool:
        """Whether it is about such a failure."""
        return (
            failure.status in self.at
            and not (self.unless_wait and failure.wait is not None)
            and (self.codes is None or any(map(self.codes.match, failure.codes)))
            and (self.words is None or self.words.search(failure.words) is not None)
            and (not self.parameters or not self.parameters.isdisjoint(failure.parameters))
            and (self.header is None or failure.headers.get(self.header[0]) == self.header[1])
        )


def code(fate: Fate, why: str, codes: str, at: Statuses = ANY_STATUS) -> Row:
    """A row that looks at codes and types: names as the provider writes them, `*` for any characters."""
    patterns = "|".join(translate(code) for code in re.split(r",\s+", codes.strip().lower()))
    return Row(fate, why, codes=re.compile(patterns), at=at)


def says(fate: Fate, why: str, words: str, at: Statuses, *, unless_wait: bool = False) -> Row:
    """A row that looks at prose."""
    return Row(fate, why, words=re.compile(words, re.IGNORECASE), at=at, unless_wait=unless_wait)


def status(fate: Fate, why: str, *statuses: int | None) -> Row:
    """A row that looks at nothing but the status."""
    return Row(fate, why, at=frozenset(statuses))
