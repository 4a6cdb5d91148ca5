"""The append-only log of a run: every reply, flushed before anything is derived from it. The source of truth.

A line is `{v, key, prompt_sha256, reply, finish_reason, usage, model, ms}`, plus `first_token` where log-probabilities
were asked for, or `{v, key, prompt_sha256, error, retry}` for an attempt that got no reply. A key is role/item/attempt.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage

from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.files.writing import cut_torn_line
from selfinstruct_chains.run.syncing import Syncing
from selfinstruct_chains.run.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.config import Role

VERSION = 1


class Entry(NamedTuple):
    """One line: the reply to a call, or why the provider refused it for good."""

    key: str
    prompt_sha256: str
    reply: str | None = None
    finish_reason: str | None = None
    usage: dict[str, int] | None = None
    """Tokens as the provider counted them; None when it did not."""
    model: str | None = None
    ms: int | None = None
    first_token: dict[str, float] | None = None
    error: str | None = None
    retry: bool | None = None
    reason: str | None = None

    def message(self) -> AIMessage:
        """The reply as it came.

        Raises:
            ItemRefused: the provider had refused it.
        """
        if self.reply is None:
            raise ItemRefused(self.error or "", reason=self.reason or "refused")
        metadata: dict[str, Any] = {"finish_reason": self.finish_reason, "model_name": self.model}
        if self.first_token is not None:
            metadata["first_token"] = self.first_token
        usage: Any = self.usage
        return AIMessage(content=self.reply, usage_metadata=usage, response_metadata=metadata)

    def check_prompt(self, sha: str) -> None:
        """Refuse to answer another prompt than the one the reply was given to.

        Raises:
            RunError: the hashes differ.
        """
        if self.prompt_sha256 != sha:
            raise RunError(
                f"journal.jsonl: {self.key} was answered to another prompt than this version of the program makes; "
                "go on with the version named in manifest.json, or start a new folder"
            )

    def line(self) -> bytes:
        """The journal's line for it."""
        values = {"v": VERSION, **{name: value for name, value in self._asdict().items() if value is not None}}
        if self.reply is not None:
            values = {**values, **{name: getattr(self, name) for name in ("finish_reason", "usage", "model")}}
        return (json.dumps(values, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")

    def spend(self, spent: dict[tuple[Role, str], Usage]) -> None:
        """Count it, once for each line: also an answer that stands there twice was paid twice."""
        role: Role = self.key.partition("/")[0]  # type: ignore[assignment]
        usage = spent.setdefault((role, self.model or ""), Usage())
        if self.reply is None:
            usage.faults += 1
        else:
            usage.add(self.usage, self.ms)

    @classmethod
    def of_message(cls, key: str, sha: str, message: AIMessage, ms: int) -> Entry:
        """The line for a reply that took `ms` milliseconds."""
        metadata = message.response_metadata
        usage: Any = message.usage_metadata
        kept = {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")} if usage else None
        return cls(
            key,
            sha,
            reply=str(message.text),
            finish_reason=metadata.get("finish_reason"),
            usage=kept,
            model=metadata.get("model_name"),
            ms=ms,
            first_token=metadata.get("first_token"),
        )


class Journal:
    """The replies of a run by their key: in a file, or in memory when there is no folder.

    Raises:
        RunError: the file is damaged before its last line, or of another version.
        OSError: it can't be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: list[bytes] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._models: dict[str, str] = {}
        self.usage: dict[tuple[Role, str], Usage] = {}
        """What the calls have cost, by role and model as reported ("" for attempts that got no reply)."""
        self.repaired = 0
        """Bytes of a torn last line that were cut off."""
        self._end = 0
        if path:
            self.repaired = cut_torn_line(path)
            for line, entry in scan(path):
                self._index(entry, self._end, len(line))
                self._end += len(line)
            self._file = path.open("ab", buffering=0)
            self._reader = path.open("rb", buffering=0)
            self._syncing = Syncing(self._file.fileno())

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def get(self, key: str) -> Entry | None:
        """The answer to a call, if it is there."""
        place = self._places.get(key)
        if place is None:
            return None
        offset, length = place
        if not self._path:
            return _entry(json.loads(self._memory[offset]))
        self._reader.seek(offset)
        return _entry(json.loads(self._reader.read(length)))

    def model(self, key: str) -> str | None:
        """The model that answered an instruction request, as reported."""
        return self._models.get(key)

    def count(self, up_to: str) -> int:
        """How many answers are about items up to the id `up_to`, in the order of ids."""
        return sum(key.split("/")[1] <= up_to for key in self._places)

    def write(self, entry: Entry) -> None:
        """Append a line; it is with the operating system when this returns.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        line = entry.line()
        if not self._path:
            self._index(entry, len(self._memory), len(line))
            self._memory.append(line)
            return
        try:
            if self._file.write(line) != len(line):
                self._file.truncate(self._end)
                raise OSError("the disk is full")  # noqa: TRY301 - like all that can go wrong here
            self._syncing.written()
        except OSError as error:
            raise _unwritable(self._path, error) from None
        self._index(entry, self._end, len(line))
        self._end += len(line)

    def close(self) -> None:
        """Put everything on the disk, and let go of the file.

        Raises:
            RunError: it could not be put there.
        """
        if not self._path or self._file.closed:
            return
        try:
            self._syncing.close()
        except OSError as error:
            raise _unwritable(self._path, error) from None
        finally:
            self._file.close()
            self._reader.close()

    def _index(self, entry: Entry, offset: int, length: int) -> None:
        entry.spend(self.usage)
        if not entry.retry:
            self._places.setdefault(entry.key, (offset, length))
        if entry.model and entry.key.startswith("instructions/"):
            self._models[entry.key] = sys.intern(entry.model)


def scan(path: Path) -> Iterator[tuple[bytes, Entry]]:
    """The whole lines of a journal, in the order in which they came; what stands after the last line's end is left out.

    Raises:
        RunError: a line is damaged, or of another version.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                values = json.loads(line)
                if values["v"] != VERSION:
                    raise RunError(
                        f"{path}, line {number}: written in format {values['v']}; this version reads {VERSION}"
                    )
                yield line, _entry(values)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                raise RunError(
                    f"{path}, line {number}: damaged; nothing was changed. Restore the line from a copy, "
                    "or delete it: its call will be asked again"
                ) from None


_FIELDS = frozenset(Entry._fields)


def call_key(role: Role, item: str, attempt: int = 1) -> str:
    """The name of a call in the journal."""
    return f"{role}/{item}/{attempt}"


def call_seed(run_seed: int, key: str) -> int:
    """A call's own sampling seed, 31 bits: the same in every run with the same seed."""
    return int.from_bytes(hashlib.sha256(f"{run_seed}:{key}".encode()).digest()[:4]) & 0x7FFFFFFF


def text_hash(text: str) -> str:
    """SHA-256, in hex, of a prompt as one string."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _entry(values: dict[str, Any]) -> Entry:
    return Entry(**{key: values[key] for key in values.keys() & _FIELDS})


def _unwritable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path}: can't be written: {error.strerror or error}; what was written before is kept")
