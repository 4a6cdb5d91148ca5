"""What nineteen providers answer when a call fails, or is cut: status, headers and body as they are sent, by name.

Each of the 387 says what is to come of it. The data stand beside this module, a YAML file for each provider; README.md
there says what is peculiar to each. `ScriptedServer` answers with them (`testing.server`), and a reader of one's own
can be tried on them without a server:

    for found in answers("openai").values():
        assert my_reader(found.status, found.headers, found.body).again == (found.fate == "retry"), found.name
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "auth",
    "forbidden",
    "no_model",
    "no_money",
    "rate_limit",
    "quota_long",
    "overloaded",
    "too_long",
    "filtered_input",
    "filtered_output",
    "bad_parameter",
    "server_error",
    "html",
    "truncated",
    "error_in_200",
    "timeout",
    "malformed",
]
Fate = Literal["retry", "item", "fix", "resumable"]
"""Ask again; drop this item; stop, the user's to mend; stop, as it passes after more than ten minutes."""
Reason = Literal["", "context_too_long", "content_filter", "refused", "invalid"]


@dataclass(frozen=True)
class Answer:
    """One answer of a provider, and what is to come of it."""

    provider: str
    """Its file's name, such as "azure_openai"."""
    name: str
    """The provider's own is unique; `answer` takes "provider/name"."""
    kind: Kind
    status: int
    body: str
    """As it is sent; "" where nothing is."""
    fate: Fate
    source: str
    """Where its words are from: documentation, or an issue thread."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those that matter, in the spelling of the source; `content_type` is never lacking."""
    reason: Reason = ""
    """Of an item that is dropped; "" too where a reply was cut, which costs its last item alone."""
    wait: float | None = None
    """Seconds that the answer asks to wait; None: it names no wait."""

    @property
    def content_type(self) -> str:
        """The header of that name, if it matters, else what the body looks like."""
        given = next((value for name, value in self.headers.items() if name.lower() == "content-type"), None)
        return given or _looks_like(self.body)

    @property
    def streamed(self) -> bool:
        """Whether it is sent to a client that streams: events, or a line of JSON for each piece."""
        return self.content_type.startswith(("text/event-stream", "application/x-ndjson"))


@cache
def providers() -> tuple[str, ...]:
    """The providers whose answers are known, in order of the alphabet."""
    names = (file.name for file in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def answers(provider: str) -> Mapping[str, Answer]:
    """A provider's answers by name; read once.

    Raises:
        ValueError: no such provider.
    """
    import yaml

    if provider not in providers():
        raise ValueError(
            f"no answers of {provider!r}{_near(provider, providers())}; there are {', '.join(providers())}"
        )
    text = (files(__name__) / f"{provider}.yaml").read_text(encoding="utf-8")
    return {case["name"]: Answer(provider=provider, **case) for case in yaml.safe_load(text)}


def answer(name: str) -> Answer:
    """The answer "provider/name".

    Raises:
        ValueError: no such provider, or none of its answers has the name.
    """
    provider, _, own = name.partition("/")
    known = answers(provider)
    if own not in known:
        raise ValueError(f"no answer {own!r} of {provider}{_near(own, known)}; there are {', '.join(known)}")
    return known[own]


def _near(name: str, known: Mapping[str, Answer] | tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


_FIRST_WORDS = {
    "data:": "text/event-stream",
    "event:": "text/event-stream",
    "<": "text/html; charset=utf-8",
    "{": "application/json",
    "[": "application/json",
    '"': "application/json",
}


def _looks_like(body: str) -> str:
    begins = body.lstrip()
    found = next(
        (kind for first, kind in _FIRST_WORDS.items() if begins.startswith(first)), "text/plain; charset=utf-8"
    )
    return "application/x-ndjson" if found == "application/json" and "\n{" in body else found
