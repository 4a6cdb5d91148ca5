"""`selfinstruct init` and `prompts`: a folder of one's own, and what is in it."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DOMAIN = (
    "A bank's support chat: customers ask about cards, transfers and loans; answers are short, and name the next step."
)
CARDS = [
    f"Explain what {what} costs with a card of ours." for what in ("a transfer", "a payment", "a new PIN", "a loan")
]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """The scripted author in the place of a provider."""
    with ScriptedServer(remember=1000) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A few of a bank's, in a table, half of them without an answer."""
    path = tmp_path / "examples.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("question", "answer"), *((text, "5 euros." * (i % 2)) for i, text in enumerate(CARDS))]
        )
    return path


@pytest.mark.parametrize("chain", shipped.names(shipped.CHAINS))
def test_every_shipped_chain_begins_a_folder(selfinstruct: Callable[..., Any], tmp_path: Path, chain: str) -> None:
    """It is the chain, with prompts of its own, comments and all, and what was asked for at its top."""
    folder = tmp_path / "bank"

    said = selfinstruct("init", str(folder), "--chain", chain, "--domain", DOMAIN, "--language", "de", "--topics", "12")

    assert said.code == 0, said
    top = {"domain": DOMAIN, "language": "de", "topics": {"ask": 12}}
    made, same = load_config(folder / "chain.yaml"), load_config(chain, top)
    assert made.shaping() == same.shaping()
    assert made.name == "bank"
    assert len(read_seeds(made.seeds or "")) == 20
    comments = [line for line in (shipped.CHAINS / f"{chain}.yaml").read_text().splitlines() if line.startswith("#")]
    assert comments == [line for line in (folder / "chain.yaml").read_text().splitlines() if line.startswith("#")]
    for prompt in (folder / "prompts").iterdir():
        assert prompt.read_text() == (shipped.PROMPTS / prompt.name).read_text()


def test_the_commands_that_it_names_run(
    selfinstruct: Callable[..., Any], tmp_path: Path, examples: Path, server: ScriptedServer
) -> None:
    """Examples are filled in, and what is said to be next works as it is said."""
    folder = tmp_path / "my bank"

    said = selfinstruct(
        "init", str(folder), "--chain", "openai", "--seeds", str(examples), "--fill", "--domain", DOMAIN
    )
    seeds = [json.loads(line) for line in (folder / "seeds.jsonl").read_text().splitlines()]
    again = selfinstruct("init", str(folder), "--chain", "openai")

    assert said.code == 0, said
    assert [seed["instruction"] for seed in seeds] == CARDS
    assert all(seed["instances"] for seed in seeds)
    assert said.out.splitlines()[-3].endswith(f"check '{folder}/chain.yaml'")
    assert (again.code, "not empty" in again.err) == (2, True)
    config = load_config(folder / "chain.yaml", {"instructions.seed_examples": 4})
    assert config.domain == DOMAIN
    asked = len(server.asked)
    few = ("--set", "instructions.seed_examples=4")
    checked = selfinstruct("check", str(folder / "chain.yaml"), *few)
    grown = selfinstruct("generate", "-n", "3", "--chain", str(folder / "chain.yaml"), "-o", str(folder / "run"), *few)
    assert (checked.code, grown.code) == (0, 0), (checked, grown)
    assert "seeds: 4 tasks" in checked.out
    assert all(DOMAIN in "".join(request.prompts) for request in list(server.asked)[asked:])
    assert [seed.instruction for seed in read_seeds(folder / "run" / "seeds.jsonl")] == CARDS


def test_what_examples_lack_is_told(selfinstruct: Callable[..., Any], tmp_path: Path, examples: Path) -> None:
    """With the command that fills it in, which names the new chain."""
    folder = tmp_path / "bank"

    said = selfinstruct("init", str(folder), "--seeds", str(examples))

    assert said.code == 0, said
    command = f"  selfinstruct seeds {examples} -o {folder}/seeds.jsonl --force --fill --chain {folder}/chain.yaml"
    assert command in said.out.splitlines()
    assert "missing: 4 lack is_classification, 2 lack instances" in said.out


@pytest.mark.parametrize(
    "domain",
    [
        f"{DOMAIN}\n\nQuestions come by phone,\n  and by mail. " * 2,
        "Cards:  two blanks, and a long line that would be folded where they are.  " * 3,
        "{braces} # and a sign: [a], 'quotes' \"both\" \u2028 \x85 \t and no end " * 3,
        f"{DOMAIN} {DOMAIN} {DOMAIN}",
        "no",
        "yes: and no",
    ],
)
def test_a_domain_is_kept_to_the_letter(selfinstruct: Callable[..., Any], tmp_path: Path, domain: str) -> None:
    """However long, in whatever characters, on however many lines."""
    said = selfinstruct("init", str(tmp_path / "new"), "--domain", f"Mail: {domain}")

    assert said.code == 0, said
    assert load_config(tmp_path / "new" / "chain.yaml").domain == f"Mail: {domain}".strip()


@pytest.mark.parametrize("language", ["no", "{no: 0.5, en: 0.5}", "PT-br", "zh-Hant"])
def test_languages_as_they_are_typed(selfinstruct: Callable[..., Any], tmp_path: Path, language: str) -> None:
    """A bare no is Norwegian, though YAML takes it for false."""
    said = selfinstruct("init", str(tmp_path / "new"), "--language", language)

    assert said.code == 0, said
    found = load_config(tmp_path / "new" / "chain.yaml").language
    assert found == {"PT-br": "pt-BR", "{no: 0.5, en: 0.5}": {"no": 0.5, "en": 0.5}}.get(language, language)


def test_another_provider(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """It stands in the file, and what belonged to the one before does not."""
    said = selfinstruct(
        "init",
        str(tmp_path / "new"),
        "--chain",
        "openai",
        "--set",
        "model.provider=groq",
        "--set",
        "model.name=llama-9",
    )

    assert said.code == 0, said
    model = load_config(tmp_path / "new" / "chain.yaml").model
    assert (model.provider, model.name, dict(model.extra)) == ("groq", "llama-9", {})


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--language", "deutsch!"], "language: must be a BCP 47 tag"),
        (["--language", "{de: 0.5, en: 0.6}"], "language: the shares add up to 1.1"),
        (["--language", "{1: 0.5, en: 0.5}"], "language: must be a BCP 47 tag"),
        (["--chain", f"{shipped.CHAINS}/openai.yaml"], "a shipped chain is expected"),
        (["--topics", "none.txt"], "--topics: none.txt: can't be read: No such file"),
        (["--topics", "0"], "topics"),
        (["--domain", "x"], "domain"),
        (["--chain", "openia"], "no chain 'openia' is shipped (did you mean 'openai'?)"),
        (["--set", "model.provider=groq"], "model.name"),
        (["--set", "model.api_key=sk-1"], "a secret in a chain"),
        (["--seeds", "none.csv"], "none.csv"),
        (["--max-calls", "3"], "--max-calls would change nothing"),
    ],
)
def test_what_can_not_be_is_one_line_and_no_folder(
    selfinstruct: Callable[..., Any], tmp_path: Path, arguments: list[str], why: str
) -> None:
    """Whatever is wrong, nothing is half-written."""
    said = selfinstruct("init", str(tmp_path / "new"), *arguments)

    assert said.code == 2, said
    assert why in said.err
    assert len([line for line in said.err.splitlines() if line.startswith("Error: ")]) == 1
    assert not (tmp_path / "new").exists()


def test_a_fill_that_was_stopped_goes_on(
    selfinstruct: Callable[..., Any], tmp_path: Path, examples: Path, server: ScriptedServer
) -> None:
    """A budget ends it; the same command with a larger one asks only what is missing, and then writes the folder."""
    command = ["init", str(tmp_path / "bank"), "--chain", "openai", "--seeds", str(examples), "--fill"]

    stopped = selfinstruct(*command, "--max-calls", "2")
    went_on = selfinstruct(*command, "--max-calls", "50")

    assert (stopped.code, went_on.code) == (3, 0), (stopped, went_on)
    assert len(server.asked) == 6  # four kinds, two instances
    assert (tmp_path / "bank" / "chain.yaml").exists()


def test_on_a_terminal_it_asks(tmp_path: Path, examples: Path) -> None:
    """What no option says; an answer that can't be is refused there and then, and asked for again."""
    answers = [DOMAIN, "deutsch!", "de", "mistrall", "groq", "llama-9", "nowhere.csv", str(examples)]
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())

    command = [sys.executable, "-m", "selfinstruct_chains", "init", str(tmp_path / "bank")]
    done = subprocess.run(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, check=False, timeout=120)

    os.close(theirs)
    asked = os.read(ours, 100_000).decode()
    assert done.returncode == 0, asked
    assert asked.count("Error: ") == 3
    config = load_config(tmp_path / "bank" / "chain.yaml")
    assert (config.domain, config.language, config.model.provider, config.model.name) == (
        DOMAIN,
        "de",
        "groq",
        "llama-9",
    )
    assert b"4 tasks of 4 rows" in done.stdout


@pytest.mark.parametrize("name", shipped.names(shipped.PROMPTS))
def test_a_prompt_file_is_printed(selfinstruct: Callable[..., Any], name: str) -> None:
    """Byte for byte, to copy and change."""
    assert selfinstruct("prompts", name).out == (shipped.PROMPTS / f"{name}.yaml").read_text()


def test_a_chains_own_prompt_is_printed(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """That of the file, for a role; the list names what is shipped, and a wrong name the nearest."""
    selfinstruct("init", str(tmp_path / "new"))
    own = tmp_path / "new" / "prompts" / "instructions.yaml"
    own.write_text(own.read_text() + "# mine\n")

    printed = selfinstruct("prompts", "instructions", "--chain", str(tmp_path / "new" / "chain.yaml"))
    listed, wrong = selfinstruct("prompts"), selfinstruct("prompts", "instruction")

    assert printed.out.endswith("# mine\n")
    assert {line.split()[0] for line in listed.out.splitlines() if line[0] != " "} == set(
        shipped.names(shipped.PROMPTS)
    )
    assert (wrong.code, "did you mean 'instructions'?" in wrong.err) == (2, True)
