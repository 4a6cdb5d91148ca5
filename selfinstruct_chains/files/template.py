"""LangChain's prompt templates, taken where a prompt file may stand: they become a `Prompt`, and so part of the run."""

from __future__ import annotations

import sys
from string import Formatter
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.config import ChatForm, Prompt, Turn, variables
from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY = {"system": "system", "human": "user", "ai": "assistant"}
_WAY = "give a ChatPromptTemplate of system, human and ai messages of text, or a PromptTemplate"


def is_template(value: Any) -> bool:
    """Whether `value` is a prompt template of LangChain's, which needn't be loaded for that."""
    prompts = sys.modules.get("langchain_core.prompts")
    return prompts is not None and isinstance(value, prompts.BasePromptTemplate)


def prompt_of_template(template: Any, shipped: Prompt, at: str) -> Prompt:
    """The prompt that `template` stands for: a chat's last message is the user's, what its partials say is filled in.

    Args:
        template: a ChatPromptTemplate or a PromptTemplate.
        shipped: the shipped prompt of the same role: demonstrations are written as there, and replies end as there.
        at: what messages call the place.

    Raises:
        ConfigError: it holds more than text, or isn't written with braces.
    """
    turns = _turns(template, at)
    *before, last = turns
    if last.by != "user":
        raise ConfigError(f"{at}: the template ends with a message by the {last.by}, but a human one is to be answered")
    system = before.pop(0).text if before and before[0].by == "system" else ""
    completion = shipped.completion.model_copy(update={"text": "\n\n".join(turn.text for turn in turns)})
    used = frozenset().union(*(_used(turn.text, at) for turn in turns))
    formats = shipped.format if "format" in used else {}
    used |= frozenset().union(*(_used(text, at) for text in formats.values()), *map(variables, completion.stop))
    return shipped.model_copy(
        update={
            "variables": tuple(sorted(used - {"format"})),
            "format": formats,
            "parts": {},
            "chat": ChatForm(system=system, turns=tuple(before), user=last.text),
            "completion": completion,
            "classification_only": None,
        }
    )


def _turns(template: Any, at: str) -> list[Turn]:
    from langchain_core.prompts import ChatPromptTemplate, PromptTemplate

    if isinstance(template, PromptTemplate):
        return [Turn(by="user", text=_text(template, {}, at))]
    if isinstance(template, ChatPromptTemplate) and template.messages:
        return [_turn(message, template.partial_variables, at) for message in template.messages]
    raise ConfigError(f"{at}: a {type(template).__name__} can't be used; {_WAY}")


def _turn(message: Any, partials: Mapping[str, Any], at: str) -> Turn:
    from langchain_core.messages import BaseMessage
    from langchain_core.prompts import (
        AIMessagePromptTemplate,
        HumanMessagePromptTemplate,
        PromptTemplate,
        SystemMessagePromptTemplate,
    )

    if isinstance(message, BaseMessage) and message.type in _BY and isinstance(message.content, str):
        return Turn.model_validate({"by": _BY[message.type], "text": _escaped(message.content)})
    by: dict[type, str] = {
        SystemMessagePromptTemplate: "system",
        HumanMessagePromptTemplate: "user",
        AIMessagePromptTemplate: "assistant",
    }
    inner = getattr(message, "prompt", None)
    if type(message) not in by or not isinstance(inner, PromptTemplate):
        raise ConfigError(f"{at}: a {type(message).__name__} can't be used here; {_WAY}")
    return Turn.model_validate({"by": by[type(message)], "text": _text(inner, partials, at)})


def _text(template: Any, partials: Mapping[str, Any], at: str) -> str:
    """The template's text, in which what its partials say is filled in."""
    if template.template_format != "f-string":
        raise ConfigError(f"{at}: written as {template.template_format}; variables in braces (f-string) are expected")
    _used(template.template, at)
    given = {**partials, **template.partial_variables}
    return "".join(
        _escaped(text) + ("" if name is None else _filled(name, given))
        for text, name, _, _ in Formatter().parse(template.template)
    )


def _filled(name: str, given: Mapping[str, Any]) -> str:
    if name not in given:
        return f"{{{name}}}"
    value = given[name]
    return _escaped(str(value() if callable(value) else value))


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _used(text: str, at: str) -> frozenset[str]:
    try:
        return variables(text)
    except ValueError as error:
        raise ConfigError(f"{at}: {error}; write {{{{ and }}}} for braces that are plain text") from None
