"""prompts/*.yaml -> Prompt, with its variables checked before any model is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from selfinstruct_chains.config import (
    EXAMPLE_VARIABLES,
    NEEDED_VARIABLES,
    PART_VARIABLES,
    PROMPT_VARIABLES,
    ROLES,
    STOP_VARIABLES,
    Asked,
    Output,
    Prompt,
    Prompted,
    Subject,
    variables,
    written,
)
from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.files import shipped, yaml
from selfinstruct_chains.files.template import is_template, prompt_of_template

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NO_EXAMPLE: dict[Prompted, str] = {
    "instructions": "instructions are always numbered",
    "topics": "the tasks shown are always numbered",
    "judge": "a judge is shown no demonstrations",
    "answer": "a model that is evaluated is shown no demonstrations",
    "judge_answer": "a judge is shown no demonstrations",
    "judge_pair": "a judge is shown no demonstrations",
}


def load_prompt(name: Any, role: Prompted, output: Any, *, beside: Path, at: str, language: str = "") -> Prompt:  # noqa: PLR0913
    """The prompt that is shipped under `name`, or that stands in the file `name` (ending in .yaml).

    Args:
        name: a shipped name or a path; a `Prompt` made in Python is only checked, a prompt template of LangChain's
            becomes one (`files.template`).
        role: whose prompt it is; the judge's too.
        output: the form of reply it must be able to ask for; a value that is no such form is left to others to find.
        beside: where a relative path starts.
        at: what messages call the key that named the prompt.
        language: the BCP 47 tag of the one in which a shipped prompt is taken, where it is there; "": English.

    Raises:
        ConfigError: naming the file, the key and the variable.
    """
    if isinstance(name, Prompt):
        _check(name, role, output, at)
        return name
    if is_template(name):
        shipped_one = load_prompt(role, role, output, beside=beside, at=at)
        prompt = prompt_of_template(name, shipped_one, at)
        _check(prompt, role, output, at)
        return prompt
    if not isinstance(name, str):
        raise ConfigError(f"{at}: the name of a prompt, or a path that ends in .yaml, is expected, not {name!r}")
    folder = shipped.prompts_in(language, name) if language else shipped.PROMPTS
    try:
        source = yaml.find(name, folder, "prompt", beside)
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None
    if folder != shipped.PROMPTS:
        source = source._replace(shown=f"prompts/{language}/{name}.yaml")
    prompt = yaml.validate(Prompt, yaml.read(source), lambda key: f"{source.shown}: {key}")
    _check(prompt, role, output, source.shown)
    return prompt


def _check(prompt: Prompt, role: Prompted, output: Any, where: str) -> None:
    _check_parts(prompt, role, where)
    used = _check_forms(prompt.about(Subject()), role, output, f"{where}: ")
    if prompt.classification_only:
        if role != "instructions":
            raise ConfigError(f"{where}: classification_only: only the prompt for instructions has it")
        used |= _check_forms(
            prompt.for_classification().about(Subject()), role, output, f"{where}: classification_only."
        )
    if bool(prompt.example) != bool(EXAMPLE_VARIABLES[role]):
        raise ConfigError(f"{where}: example: {_NO_EXAMPLE[role] if prompt.example else 'missing'}")
    _known(prompt.example, EXAMPLE_VARIABLES[role], role, f"{where}: example")
    _check_declared(prompt, used, role, where)


def _check_parts(prompt: Prompt, role: Prompted, where: str) -> None:
    """The names of the parts, and what may stand in braces in each of their texts."""
    if prompt.parts and role not in {*ROLES, "topics"}:
        raise ConfigError(f"{where}: parts: only the prompts of a chain's roles have some ({', '.join(ROLES)})")
    for name, part in prompt.parts.items():
        here = f"{where}: parts.{name}"
        if not name.isidentifier() or name in {"format", *PROMPT_VARIABLES[role], *PART_VARIABLES}:
            raise ConfigError(f"{here}: a name of its own is expected, which is no variable's")
        if part.topic and role != "instructions":
            raise ConfigError(f"{here}.topic: only requests for instructions have a topic")
        for key, text in part:
            _known(text, {key} & PART_VARIABLES, role, f"{here}.{key}")


def _check_forms(prompt: Prompt, role: Prompted, output: Any, where: str) -> frozenset[str]:
    """The variables that both forms use, all of them known and the needed ones among them."""
    forms = {key: _variables(text, f"{where}{key}") for key, text in prompt.texts().items()}
    stops = {f"completion.stop.{index}": stop for index, stop in enumerate(prompt.completion.stop)}
    forms |= {key: _known(stop, STOP_VARIABLES[role], role, f"{where}{key}") for key, stop in stops.items()}
    for key, used in forms.items():
        if "format" in used and not key.startswith("chat") and not key.startswith("completion"):
            raise ConfigError(f"{where}{key}: {{format}} stands for this text itself")
        _among(used - {"format"}, PROMPT_VARIABLES[role], role, f"{where}{key}")
        due = _formats(output)
        if "format" in used and due and not any(format_ in prompt.format for format_ in due):
            raise ConfigError(f"{where}{key}: {{format}} is used, but there is no format.{' or format.'.join(due)}")
    for form, used in {
        "chat": frozenset().union(*(used for key, used in forms.items() if key.startswith("chat."))),
        "completion": forms["completion.text"],
    }.items():
        for variable in sorted(NEEDED_VARIABLES[role] - used):
            raise ConfigError(f"{where}{form}: {{{variable}}} is missing; the model would not see the task")
    return frozenset().union(*forms.values()) - {"format"}


def _formats(output: Any) -> tuple[Output, ...]:
    """Of which one has to be there; none for what is no form of reply."""
    if output not in get_args(Asked):
        return ()
    return get_args(Output) if output == "auto" else (written(output),)


def _check_declared(prompt: Prompt, used: frozenset[str], role: Prompted, where: str) -> None:
    declared = frozenset(prompt.variables)
    _among(declared, PROMPT_VARIABLES[role], role, f"{where}: variables")
    for variable in sorted(used ^ declared):
        if variable in used:
            raise ConfigError(f"{where}: variables: {{{variable}}} is used, but not declared here")
        raise ConfigError(f"{where}: variables: {variable!r} is declared, but not used")


def _known(text: str, allowed: Iterable[str], role: Prompted, where: str) -> frozenset[str]:
    used = _variables(text, where)
    _among(used, allowed, role, where)
    return used


def _variables(text: str, where: str) -> frozenset[str]:
    try:
        return variables(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}; write {{{{ and }}}} for braces that are plain text") from None


def _among(used: Iterable[str], allowed: Iterable[str], role: Prompted, where: str) -> None:
    for variable in sorted(set(used) - set(allowed)):
        there = f"there are {', '.join(sorted(allowed))}" if allowed else "there are none here"
        raise ConfigError(f"{where}: {role} has no variable {variable!r}{did_you_mean(variable, allowed)}; {there}")
