"""Everything this package raises on purpose, and whose fault each is.

    SelfInstructError
    ├── ConfigError          the chain file, a prompt file or an option: names file, key and what is allowed
    ├── DataError            seeds or another data file: names file, line and field
    ├── RunError             the run folder: not writable, of another run, damaged
    ├── ProviderError        the model's provider: refused, unreachable, or the wrong model
    │   └── ItemRefused      the provider refused one item only (context too long, content filter, ...)
    ├── RunStopped           a run ended before it had all the tasks asked for; carries those it had
    │   ├── BudgetReached    a limit on calls, tokens, money or minutes
    │   ├── AcceptanceCollapsed   request after request gave nothing new
    │   └── Interrupted      Ctrl-C or SIGTERM
    └── UnreadableReply      the model's reply can't be used (`method.parsing`; also an OutputParserException)
        └── TruncatedReply   because it was cut at the token limit

Messages say what is wrong, where, and what to do about it, in one or two lines. The command line prints them and exits
with `exit_code`; whatever else is raised is a bug of ours and shows its traceback.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.tasks import Task


class SelfInstructError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[int] = 2


class ConfigError(SelfInstructError):
    """A chain file, a prompt file or an option is wrong."""


class DataError(SelfInstructError):
    """A data file (seeds, JSONL input) is wrong."""


class RunError(SelfInstructError):
    """A run folder can't be used."""


class ProviderError(SelfInstructError):
    """A model's provider does not answer, or refuses for a reason that concerns every call.

    `resumable` says that it passes by itself: the same command goes on later, with nothing changed.
    """

    exit_code = 5

    def __init__(self, message: str, *, resumable: bool = False) -> None:
        super().__init__(message)
        self.resumable = resumable


class ItemRefused(ProviderError):
    """The provider refused this one prompt; other calls may go on.

    `reason` is the rule its item is dropped by: "context_too_long", "content_filter", "refused" or "invalid". `unclear`
    says that nothing tells this refusal from one that meets every prompt: several in a row stop a run.
    """

    def __init__(self, message: str, *, reason: str, unclear: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.unclear = unclear

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(ItemRefused, reason=self.reason, unclear=self.unclear), (str(self),)


class RunStopped(SelfInstructError):
    """A run ended before it had all the tasks asked for.

    `tasks` holds the finished ones when the run was invoked; a stream has yielded them already, and then it is empty.
    """

    def __init__(self, message: str, *, tasks: Sequence[Task] = ()) -> None:
        super().__init__(message)
        self.tasks = list(tasks)


class BudgetReached(RunStopped):
    """A limit was reached: `budget` says which ("calls", "tokens", "dollars", "minutes"), or "" if it can't be kept."""

    exit_code = 3

    def __init__(self, message: str, *, budget: str = "", tasks: Sequence[Task] = ()) -> None:
        super().__init__(message, tasks=tasks)
        self.budget = budget


class AcceptanceCollapsed(RunStopped):
    """A whole window of requests gave nothing that could be accepted."""

    exit_code = 4


class Interrupted(RunStopped):
    """Ctrl-C or SIGTERM ended the run; everything received so far is kept."""

    exit_code = 130

    def __init__(self, message: str, *, tasks: Sequence[Task] = (), exit_code: int = 130) -> None:
        super().__init__(message, tasks=tasks)
        self.exit_code = exit_code  # type: ignore[misc]  # 143 for SIGTERM


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word nearest to `word` as " (did you mean 'x'?)", or "" when none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
