"""What a run finds out by calls: in which form replies come, whether there is a system role, and a threshold.

The fingerprint has what the chain file says (`output: auto`); what was found stands in the journal, under
found/ROLE/n, and is fixed for the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from selfinstruct_chains.config import ROLES, Asked, ChainConfig, Closed, Role, Threshold, Topics, written
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.method.calibration import CHANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from selfinstruct_chains.models.forms import Forms
    from selfinstruct_chains.run.journal import Journal

F = TypeVar("F", bound=Closed)
MOST_CALLS = 10
"""Forms of request there are: five of output, each with a system role and without."""
CALIBRATED = 100
"""The number of what the threshold is; what the seeds were said to be has those from the next one on."""
TOPICS = 100
"""The number of the topics that were written; the calls that wrote them have those from the next one on."""
_SHOWN = 5  # topics that are named
IN_WORDS: dict[Asked, str] = {
    "json_schema": "a JSON schema",
    "function_calling": "a tool call",
    "json_mode": "JSON mode",
    "text": "text",
}


class Finding(Closed):
    """A form of request, and whether it was taken."""

    roles: tuple[Role, ...]
    """Those whose models are one at one address; the first one's request was sent."""
    output: Asked | None = None
    """For the roles that have `output: auto`; None: none has."""
    system_role: bool | None = None
    """For those whose chain file leaves it open; None: none does."""
    taken: bool = True
    why: str = ""
    """What was not taken before it, and why, in words."""

    def applied(self, config: ChainConfig) -> ChainConfig:
        """`config`, in which what it left open is as found."""
        for role in self.roles:
            section = config.role(role)
            if self.output is not None and section.output == "auto":
                config = config.with_role(role, output=self.output)
            if self.system_role is not None and section.model.system_role is None:
                model = section.model.model_copy(update={"system_role": self.system_role})
                config = config.with_role(role, model=model)
        return config

    def lines(self) -> Iterator[str]:
        """What there is to say of it."""
        who, why = ", ".join(self.roles), f", since {self.why}" if self.why else ""
        if self.output not in {None, "json_schema"}:
            yield f"{who}: output: auto is {self.output}{why}"
        if self.system_role is False:
            yield f"{who}: the system text stands in front of the user's (system_role: false){why}"

    def in_words(self) -> str:
        """What it asks for."""
        output = IN_WORDS[self.output] if self.output else ""
        system = "no system role" if self.system_role is False else "a system role" if self.system_role else ""
        return " and ".join(filter(None, (output, system)))


class Listed(Closed):
    """The topics that the model wrote."""

    names: tuple[str, ...]
    wanted: int
    """How many were asked for."""

    def applied(self, config: ChainConfig) -> ChainConfig:
        """`config` with them."""
        return config.model_copy(update={"topics": Topics(names=self.names)})

    def lines(self) -> Iterator[str]:
        """What there is to say of them."""
        few = f" of the {self.wanted} that were asked for; no more came that are new" * (len(self.names) < self.wanted)
        first = ", ".join(self.names[:_SHOWN]) + ", ..." * (len(self.names) > _SHOWN)
        yield f"topics: {len(self.names)}{few}: {first}"


class Calibrated(Closed):
    """The threshold that was fitted on the seeds, or that none could be."""

    threshold: float | None
    """None: what the model writes decides."""
    classification: int = 0
    """Seeds that it was fitted on, by kind."""
    others: int = 0
    accuracy: float = 0.0
    """Balanced, on seeds that had no part in the threshold; with its interval of 95%, see `method.calibration`."""
    low: float = 0.0
    high: float = 0.0
    why: str = ""
    """Why it was fitted, and why it could not be, in words."""

    def applied(self, config: ChainConfig) -> ChainConfig:
        """`config` with it."""
        if self.threshold is None:
            return config.with_role("classification", decide="text")
        return config.with_role("classification", threshold=Threshold(value=self.threshold))

    def lines(self) -> Iterator[str]:
        """What there is to say of it."""
        if self.threshold is None:
            yield f"classification: decide: text, since {self.why}"
            return
        yield (
            f"classification: threshold: {self.threshold:.2f}, fitted on {self.classification + self.others} seeds "
            f"({self.classification} of them classification), since {self.why}; balanced accuracy {self.accuracy:.2f} "
            f"({self.low:.2f} to {self.high:.2f}) on seeds that it was not fitted on, where guessing has {CHANCE:.2f}"
        )
        if self.low <= CHANCE:
            yield (
                "classification: this model can't be told from guessing; another one for this role "
                "(classification.model.name) makes better data"
            )


Found = Finding | Calibrated | Listed


def found_key(role: Role, number: int) -> str:
    """The name in the journal of what the call `number` of a role found; 0: what was known without one."""
    return f"found/{role}/{number}"


def finding(journal: Journal, key: str) -> Finding | None:
    """What stands under `key`, if anything does.

    Raises:
        RunError: it is none that this version knows.
    """
    return _read(Finding, journal, key)


def _read(kind: type[F], journal: Journal, key: str) -> F | None:
    entry = journal.get(key)
    if entry is None:
        return None
    try:
        return kind.model_validate(entry.value)
    except ValidationError:
        raise RunError(f"journal.jsonl: {key} can't be read by this version; start a new folder: -o") from None


def as_found(config: ChainConfig, journal: Journal) -> tuple[ChainConfig, list[Found]]:
    """`config` with what the journal says was found for it, and that."""
    keys = (found_key(role, number) for role in ROLES for number in range(1 + MOST_CALLS))
    taken: list[Found] = [found for key in keys if (found := finding(journal, key)) and found.taken]
    if calibrated := _read(Calibrated, journal, found_key("classification", CALIBRATED)):
        taken.append(calibrated)
    if listed := _read(Listed, journal, found_key("instructions", TOPICS)):
        taken.append(listed)
    for one in taken:
        config = one.applied(config)
    return config, taken


def as_known(config: ChainConfig, forms: Mapping[Role, Forms], *, hopeful: bool = False) -> ChainConfig:
    """`config`, in which each `output: auto` is what is known without a call.

    Args:
        config: the chain.
        forms: how each role's model may be asked.
        hopeful: where the server would have to be asked, take the best that it might take; else text.
    """
    for role in ROLES:
        section = config.role(role)
        if section.output == "auto":
            known = forms[role]
            outputs = possible(config, (role,), known)
            config = config.with_role(role, output=outputs[0] if known.sure or hopeful else outputs[-1])
    return config


def possible(config: ChainConfig, roles: Iterable[Role], forms: Forms) -> tuple[Asked, ...]:
    """What their model may be asked for by the prompts of `roles`, the best first.

    Raises:
        ConfigError: a prompt asks for nothing that the model can give.
    """
    outputs = forms.outputs
    for role in roles:
        formats = config.role(role).prompt.format
        outputs = tuple(output for output in outputs if not formats or written(output) in formats)
        if not outputs:
            raise ConfigError(
                f"{role}: its model has no JSON schema, and its prompt has no format.text to ask for text by; "
                "take another model, or such a prompt"
            )
    return outputs
