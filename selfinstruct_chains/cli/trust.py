"""Before a chain file that is not shipped sends anything: what goes where, and a yes to what is odd about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli.echo import agreed
from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.files.trusted import Trusted

option = click.option(
    "--trust", is_flag=True, help="Say yes to where the chain file sends prompts and keys; it is remembered."
)
_ON = "selfinstruct"  # the folder of settings


def tell(  # noqa: PLR0913 - one for each thing that is known
    chain: str,
    settings: tuple[str, ...],
    config: ChainConfig,
    *,
    trust: bool,
    say: Callable[[str], None],
    once: bool = False,
) -> None:
    """Say which hosts get prompts and which variables' values, and ask about what is odd; nothing of shipped chains.

    Args:
        chain: as it was typed.
        settings: the overrides, as they were typed.
        config: what they give.
        trust: whether its user said yes with `--trust`.
        say: what is told goes there, line by line.
        once: be quiet about a file that was told of before, as long as it and its hosts are the same.

    Raises:
        ConfigError: nobody said yes.
    """
    from selfinstruct_chains.config import flatten
    from selfinstruct_chains.files.chain import find_chain, is_file, parse_overrides
    from selfinstruct_chains.files.trusted import Trusted
    from selfinstruct_chains.models.sending import sendings, told

    if not is_file(chain):
        return
    typed = {leaf for leaf in flatten(parse_overrides(settings)).values() if isinstance(leaf, str)}
    sent = sendings(config, typed)
    asked = [clause for one in sent for clause in one.odd]
    content, trusted = find_chain(chain).read_bytes(), Trusted(Path(click.get_app_dir(_ON)))
    known = trusted.has(content, asked)
    if known and once:
        return
    for line in told(sent):
        say(f"{chain}: {line}")
    if known or not (asked or once):
        return
    if asked and not trust and not agreed(f"{_listed(asked)}. Is that meant?"):
        raise ConfigError(f"{chain}: {_listed(asked)}; if that is meant, add --trust, which is remembered for the file")
    _remember(trusted, content, asked, chain, say)


def _remember(trusted: Trusted, content: bytes, asked: list[str], chain: str, say: Callable[[str], None]) -> None:
    try:
        trusted.add(content, asked, chain)
    except OSError as error:
        say(f"note: that can't be remembered: {error.filename}: {error.strerror}")


def _listed(asked: list[str]) -> str:
    return "; ".join(asked)
