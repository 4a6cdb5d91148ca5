"""What an experiment is: which data of which size trains which base, and what is asked afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files.chain import load_config, parse_overrides
from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.models.embedded import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BASE, CHAT, CONTROL = "base", "base, chat template", "seeds"
"""What the arms without generated data are called; the control is trained on the seed tasks, written by people."""
_RECORD = "experiment.json"


class Plan(NamedTuple):
    """An experiment, as the command line says it."""

    chain: str
    n: int
    """Tasks to generate."""
    sizes: tuple[int, ...]
    """How many of them, from the first, each arm is trained on; the smallest first."""
    base: str
    """The model to train, as `finetune --base` takes it."""
    settings: tuple[str, ...] = ()
    """Overrides of the chain."""
    tune: tuple[str, ...] = ()
    """Settings of the fine-tuning."""
    seeds: str = ""
    """A seed file; "": those that are shipped."""
    on: str = ""
    """An evaluation file; "": the held-out tasks that are shipped."""
    regenerate: str = ""
    """A chain that writes the outputs anew, for a second arm of each size; "": none."""
    answer_tokens: int = 128

    @property
    def arms(self) -> list[Arm]:
        """Those that are trained: each size, each again on outputs written anew if there are any, and the control."""
        own = [Arm(f"own {size}", size) for size in self.sizes]
        anew = [Arm(f"regenerated {size}", size, is_regenerated=True) for size in self.sizes if self.regenerate]
        return [*own, *anew, Arm(CONTROL)]


class Arm(NamedTuple):
    """A model that is trained."""

    name: str
    size: int | None = None
    """Generated tasks it is trained on; None: the seeds."""
    is_regenerated: bool = False

    @property
    def folder(self) -> str:
        """What its folder is called."""
        return self.name.replace(" ", "-")


def make_plan(  # noqa: PLR0913 - one for each option
    chain: str,
    n: int,
    sizes: str,
    *,
    base: str | None,
    settings: Sequence[str],
    tune: Sequence[str],
    seeds: Path | None,
    on: Path | None,
    regenerate: str | None,
    answer_tokens: int,
) -> Plan:
    """The experiment that the options describe.

    Raises:
        ConfigError: a size is none, or larger than `n`; the chain can't be; its model is not embedded and there is no
            `base`; or `base` is no model that can be trained and asked here.
    """
    model = load_config(chain, parse_overrides(settings)).role("input_first").model
    if base is None and model.provider != "embedded":
        raise ConfigError(
            f"{chain}: its model ({model.provider}: {model.name}) answers elsewhere and can't be trained here; name "
            "one that can: --base"
        )
    if base is not None and base != SHIPPED and not base.endswith(".gguf"):
        raise ConfigError(f"--base {base}: a .gguf file or {SHIPPED!r} is expected: base and tuned are asked alike")
    return Plan(
        chain,
        n,
        _sizes(sizes, n),
        base or model.name,
        tuple(settings),
        tuple(tune),
        str(seeds or ""),
        str(on or ""),
        regenerate or "",
        answer_tokens,
    )


def claim(plan: Plan, out: Path) -> None:
    """Make `out` this experiment's folder, or see that it is.

    Raises:
        RunError: it is another's, or can't be written.
    """
    record = json.dumps(plan._asdict(), ensure_ascii=False, indent=1) + "\n"
    file = out / _RECORD
    try:
        if file.exists():
            _compare(out, json.loads(file.read_text(encoding="utf-8")), json.loads(record))
            return
        make_folder(out)
        if strangers := sorted(entry.name for entry in out.iterdir() if not entry.name.startswith(".")):
            raise RunError(f"{out}: not an experiment's folder (it has {strangers[0]!r}); choose another: -o")
        write_atomically(file, record)
    except (OSError, ValueError) as error:
        raise RunError(f"{file}: can't be used: {error}") from None


def _compare(out: Path, known: object, wanted: dict[str, object]) -> None:
    if not isinstance(known, dict):
        raise RunError(f"{out}: not an experiment's folder; choose another: -o")
    differing = sorted(key for key in wanted if known.get(key) != wanted[key])
    if differing:
        raise RunError(f"{out}: another experiment's ({', '.join(differing)} differ); choose another folder: -o")


def _sizes(given: str, n: int) -> tuple[int, ...]:
    try:
        sizes = sorted({int(size) for size in given.split(",")})
    except ValueError:
        raise ConfigError(f"--sizes {given}: numbers of tasks are expected, as 50,100,200") from None
    if not 1 <= sizes[0] <= sizes[-1] <= n:
        raise ConfigError(f"--sizes {given}: from 1 to the {n} tasks of -n")
    return tuple(sizes)
