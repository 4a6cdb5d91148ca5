"""A line of the journal: what it holds, and its bytes.

A line of format 2 is a JSON object `{v, kind, key, prompt_sha256, ..., crc}`; its key is role/item/attempt.
By kind it has

- reply: `reply, finish_reason, usage, model, ms`, plus `first_token` where log-probabilities were asked for;
- fault: `error`, for an attempt that got no reply;
- refused: `error, reason`, for a prompt that the provider refuses for good, plus `unclear: true` where nothing tells
  whether it refuses all prompts;
- result: `value`, what a step of the user's own gave for an item;
- found: `value`, what the program found out by calls.

`usage` is null or has input_tokens, output_tokens and total_tokens, and where the provider told them cache_read_tokens
and cache_write_tokens (parts of the input) and reasoning_tokens (part of the output); older lines have none of these.
`crc` is the CRC-32 of all bytes before it, in every later format too. A line of format 1 has no checksum and no kind:
`{v, key, prompt_sha256, reply, ...}` or `{v, key, prompt_sha256, error, retry}`.
"""

from __future__ import annotations

import json
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage

from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.manifest import FORMAT, READABLE_FORMATS, LaterFormat
from selfinstruct_chains.run.sealed import is_sealed, seal
from selfinstruct_chains.run.usage import Usage, counts, usage_metadata, wrong_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import Purpose

FOUND = "found/"
"""What the keys begin with of calls that are made before the first request."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Entry(NamedTuple):
    """One line: the answer to a call or for an item, or why an attempt gave none."""

    key: str
    prompt_sha256: str = ""
    """Of the prompt that was answered; "" where there was none."""
    kind: str = "reply"
    """reply, fault, refused, result, found; or a later version's, which answers and costs nothing here."""
    reply: str | None = None
    finish_reason: str | None = None
    usage: Mapping[str, int] | None = None
    """Tokens as the provider counted them; None when it did not."""
    model: str | None = None
    ms: int | None = None
    first_token: dict[str, float] | None = None
    error: str | None = None
    reason: str | None = None
    value: Any = None
    """Any JSON: what was found, or a step's result."""
    unclear: bool | None = None
    """Of a refusal: whether it may be everybody's, and not this prompt's; None: no."""
    more: Mapping[str, Any] = _NOTHING
    """Fields that this version does not know, kept as they are."""

    @classmethod
    def of_message(cls, key: str, sha: str, message: AIMessage, ms: int) -> Entry:
        """For a reply that took `ms` milliseconds."""
        metadata = message.response_metadata
        return cls(
            key,
            sha,
            reply=str(message.text),
            finish_reason=_word(metadata.get("finish_reason")),
            usage=counts(message.usage_metadata),
            model=_word(metadata.get("model_name")),
            ms=ms,
            first_token=metadata.get("first_token"),
        )

    @classmethod
    def fault(cls, key: str, sha: str, text: str) -> Entry:
        """For an attempt that got no reply."""
        return cls(key, sha, "fault", error=text)

    @classmethod
    def refused(cls, key: str, sha: str, refused: ItemRefused) -> Entry:
        """For a prompt that the provider refuses; `refused.reason` is the rule that its item is dropped by."""
        return cls(key, sha, "refused", error=str(refused), reason=refused.reason, unclear=refused.unclear or None)

    @classmethod
    def of_result(cls, key: str, value: Any) -> Entry:
        """For what a step of the user's own gave; `value` is JSON, and comes back as JSON has it (lists, no tuples)."""
        return cls(key, kind="result", value=value)

    @classmethod
    def found(cls, key: str, value: Any) -> Entry:
        """For what the program found out by calls; the key is found/ROLE/n, and `value` JSON."""
        return cls(key, kind="found", value=value)

    @classmethod
    def of_line(cls, line: bytes) -> Entry:
        """What a line of the journal holds, its end included.

        Raises:
            LaterFormat: a later version wrote it; the message says which formats are read.
            ValueError: it is damaged: the checksum is not its own, a field is missing or has a wrong type.
            RecursionError: it is nested too deeply.
        """
        values = _values(line)
        more = _more(values)
        _check_parts(values)
        _check_numbers(values)
        get = values.get
        return cls(
            get("key", ""),
            get("prompt_sha256", ""),
            values["kind"],
            get("reply"),
            get("finish_reason"),
            get("usage"),
            get("model"),
            get("ms"),
            get("first_token"),
            get("error"),
            get("reason"),
            get("value"),
            get("unclear"),
            more or _NOTHING,
        )

    @property
    def answers(self) -> bool:
        """Whether it settles its key; after a fault the call is made again."""
        return self.kind in _ANSWERS

    @property
    def is_call(self) -> bool:
        """Whether a reply was paid for it."""
        return self.kind == "reply" or (self.kind == "found" and self.usage is not None)

    @property
    def item(self) -> str:
        """The id of what it is about."""
        return self.key.partition("/")[2].partition("/")[0]

    def message(self) -> AIMessage:
        """The reply as it came.

        Raises:
            ItemRefused: the provider had refused it.
            RunError: it is no reply.
        """
        if self.kind == "refused":
            raise ItemRefused(self.error or "", reason=self.reason or "refused", unclear=bool(self.unclear))
        if self.reply is None:
            raise RunError(f"journal.jsonl: {self.key} holds a {self.kind} and no reply; start a new folder: -o")
        metadata: dict[str, Any] = {"finish_reason": self.finish_reason, "model_name": self.model}
        if self.first_token is not None:
            metadata["first_token"] = self.first_token
        return AIMessage(self.reply, usage_metadata=usage_metadata(self.usage), response_metadata=metadata)

    def check_prompt(self, sha: str, version: str = "") -> None:
        """Refuse to answer another prompt than the one it was written for; `version` began the folder.

        Raises:
            RunError: the hashes differ.
        """
        if self.prompt_sha256 != sha:
            wrote = f"selfinstruct-chains {version}" if version else "the version named in manifest.json"
            raise RunError(
                f"journal.jsonl: {self.key} was answered to another prompt than this version of the program makes; "
                f"go on with {wrote}, or start a new folder: -o"
            )

    def line(self) -> bytes:
        """The journal's line for it, in the newest format."""
        known = {name: value for name, value in self._asdict().items() if value is not None and name != "more"}
        always = {name: getattr(self, name) for name in _ALWAYS.get(self.kind, ())}
        values = {"v": FORMAT, "kind": self.kind, **known, **always, **self.more}
        body = json.dumps(values, ensure_ascii=False)[:-1].encode("utf-8", "backslashreplace")
        return body + seal(body)

    def spend(self, spent: dict[tuple[Purpose, str], Usage]) -> None:
        """Count it, once for each line: also an answer that stands there twice was paid twice."""
        parts = self.key.split("/")
        where: Any = parts[parts[0] == "found"], self.model or ""
        before = spent.get(where, _NO_USAGE)
        if self.is_call:
            spent[where] = before.plus(self.usage, self.ms)
        elif self.kind in {"fault", "refused"}:
            spent[where] = before.plus_fault()


_NO_USAGE = Usage()
_ANSWERS = frozenset({"reply", "refused", "result", "found"})
_ALWAYS = {"reply": ("finish_reason", "usage", "model"), "result": ("value",), "found": ("value",)}
_NEEDS = {
    "reply": ("key", "prompt_sha256", "reply"),
    "fault": ("key", "prompt_sha256", "error"),
    "refused": ("key", "prompt_sha256", "error"),
    "result": ("key", "value"),
    "found": ("key", "value"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "v": (int,),
    "kind": (str,),
    "key": (str,),
    "prompt_sha256": (str,),
    "reply": (str,),
    "finish_reason": (str, NoneType),
    "usage": (dict, NoneType),
    "model": (str, NoneType),
    "ms": (int,),
    "first_token": (dict,),
    "error": (str,),
    "retry": (bool,),  # format 1's
    "reason": (str,),
    "unclear": (bool,),
    "value": (dict, list, str, int, float, bool, NoneType),
    "crc": (str,),
}


def _values(line: bytes) -> dict[str, Any]:
    """The line's object, with its kind, and of a format that this version reads."""
    sealed = is_sealed(line)
    values = json.loads(line.decode() if sealed else line)  # quicker than having json guess the encoding
    version = values.get("v") if type(values) is dict else None
    if type(version) is not int or version < 1 or (version == FORMAT and not (sealed and "kind" in values)):
        raise ValueError("v")
    if version > FORMAT:
        raise LaterFormat(f"written in format {version}; this version reads {' and '.join(map(str, READABLE_FORMATS))}")
    if version == 1:
        values["kind"] = "reply" if "reply" in values else "fault" if values.get("retry") else "refused"
    checked: dict[str, Any] = values
    return checked


def _more(values: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not known; the others have their types."""
    more = {}
    for name, value in values.items():
        types = _TYPES.get(name)
        if types is None:
            more[name] = value
        elif type(value) not in types:  # exactly: a bool is no count
            raise ValueError(name)
    return more


def _check_parts(values: dict[str, Any]) -> None:
    """What an entry of its kind must have."""
    needed = _NEEDS.get(values["kind"])
    if needed is None:
        return
    for name in needed:
        if name not in values:
            raise ValueError(name)
    if values["key"].count("/") < 2:  # noqa: PLR2004 - role/item/attempt
        raise ValueError("key")


def _check_numbers(values: dict[str, Any]) -> None:
    if values.get("ms", 0) < 0:
        raise ValueError("ms")
    usage = values.get("usage")
    if usage is not None and (name := wrong_count(usage)):
        raise ValueError(name)
    if first := values.get("first_token"):
        for number in first.values():
            if type(number) not in {int, float}:
                raise ValueError("first_token")


def _word(value: Any) -> str | None:
    """A name as text, whatever type a model gives it."""
    return value if value is None or isinstance(value, str) else str(value)
