"""Chain and prompt files: what is merged and overridden, and what is said of those that are wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from selfinstruct_chains.config import ROLES, ModelConfig, Prompt
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.chain import find_chain, load_config, parse_overrides

TOP = (
    "classification, classification_only, description, domain, filters, instances, instructions, language, model, "
    "name, novelty, prompt_language, run, seeds, topics"
)
MODEL_KEYS = ", ".join(sorted(ModelConfig.model_fields))
INSTANCES = "input_first, max_instances, output_first"
KINDS = "colon, conflict, duplicate, echo, empty, keywords, language, length, opening, refusal"
QUOTES = "; text may need quotes: "
OWN = "; a file of your own must end in .yaml"
SECRET = (
    "a secret in a chain ends up in records and repositories; put it into an environment variable, and the variable's "
    "name into model.api_key_env (or headers_env)"
)
MINIMAL = "model: {provider: openai, kind: chat, name: m}\n"


def _complaint(chain: str | Path, overrides: dict[str, Any] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(chain, overrides)
    return str(caught.value)


def _file(folder: Path, text: str | bytes, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Reading


def test_a_minimal_chain_needs_only_a_model(tmp_path: Path) -> None:
    """All else has a default: the shipped prompts, the paper's counts; the name is the file's."""
    config = load_config(_file(tmp_path, MINIMAL, "my first (chain).yaml"))

    assert config.name == "my-first-chain-.yaml".removesuffix(".yaml")
    assert {config.model_for(role).name for role in ROLES} == {"m"}
    assert config.instructions.prompt == load_config("openai").instructions.prompt


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + MINIMAL, MINIMAL.replace("\n", "\r\n"), "# note\n---\n" + MINIMAL, MINIMAL.rstrip("\n")],
    ids=["BOM", "CRLF", "document", "no last newline"],
)
def test_harmless_forms_of_a_file_read_the_same(tmp_path: Path, text: str) -> None:
    """A BOM, CRLF and a document mark make no difference."""
    assert load_config(_file(tmp_path, text)) == load_config(_file(tmp_path, MINIMAL))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ": empty, but keys and values are expected"),
        ("# only a comment\n", ": empty, but keys and values are expected"),
        ("- a\n- b\n", ": a list, but keys and values are expected"),
        ("openai", ": a single value, but keys and values are expected"),
        ("model: {provider: openai\nrun: 3\n", ", line 2: not YAML: expected ',' or '}', but got ':'"),
        ("model: [1\n", ", line 2: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n\tb: 2\n", ", line 2: not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\na: 2\n", ", line 2: not YAML: 'a' stands there twice"),
        ("a: {b: 1, c: 2, b: 3}\n", ", line 1: not YAML: 'b' stands there twice"),
        (
            "a: !!python/name:id ''\n",
            ", line 1: not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:id'",
        ),
        ("a: 1\n---\nb: 2\n", ", line 2: not YAML: but found another document"),
        (b"\xff\xfea\x00", ": not text in UTF-8; save the file as UTF-8"),
        (b"a: \xe9\n", ": not text in UTF-8; save the file as UTF-8"),
        ("a: &a {b: *a}\n", ", line 1: not YAML: *a stands for what it is itself a part of"),
    ],
)
def test_a_file_that_is_no_chain_is_answered_with_file_and_line(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    """What can't be read as YAML is said with the line, in one line."""
    path = _file(tmp_path, text)

    assert _complaint(path) == f"{path}{expected}"


@pytest.mark.parametrize("text", ["a: \0\n", "[" * 5000, 'a: "\\ud800"\n', "a: " + "9" * 5000, "2024-01-01: 1\n"])
def test_odd_files_raise_nothing_but_the_declared_error(tmp_path: Path, text: str) -> None:
    """Control characters, bottomless nesting, half characters and endless numbers are one line each."""
    path = _file(tmp_path, text)

    said = _complaint(path)
    assert said.startswith(str(path))
    assert "\n" not in said


def test_a_chain_that_is_not_there(tmp_path: Path) -> None:
    """An unknown name is answered with the nearest and all there are, a missing file with its path."""
    there_are = ", ".join(shipped.names(shipped.CHAINS))

    assert _complaint("opnai") == (f"no chain 'opnai' is shipped (did you mean 'openai'?); there are {there_are}{OWN}")
    assert _complaint("./mine.yaml") == "mine.yaml: no such file; a chain file is expected"
    (tmp_path / "folder.yaml").mkdir()
    assert _complaint(tmp_path / "folder.yaml") == f"{tmp_path}/folder.yaml: a folder; a chain file is expected"
    with pytest.raises(ConfigError, match="no chain 'nope' is shipped"):
        find_chain("nope")


# Values

WRONG = [
    ("novlty", {"threshold": 0.6}, f"novlty: no such key (did you mean 'novelty'?); there are {TOP}"),
    ("steps", [], f"steps: no such key (did you mean 'seeds'?); there are {TOP}"),
    (
        "novelty.treshold",
        0.6,
        "novelty.treshold: no such key (did you mean 'threshold'?); there are threshold, tokenizer",
    ),
    (
        "model.temprature",
        1,
        f"model.temprature: no such key (did you mean 'temperature'?); there are {MODEL_KEYS}",
    ),
    (
        "instructions.model.temprature",
        1,
        f"instructions.model.temprature: no such key (did you mean 'temperature'?); there are {MODEL_KEYS}",
    ),
    (
        "instances.input_frist",
        {"examples": 3},
        f"instances.input_frist: no such key (did you mean 'input_first'?); there are {INSTANCES}",
    ),
    (
        "filters.0.min_wrds",
        3,
        "filters.0.min_wrds: no such key (did you mean 'min_words'?); there are kind, max_words, min_words",
    ),
    (
        "filters.0.kind",
        "lenght",
        f"filters.0.kind: no such kind as 'lenght' (did you mean 'length'?); there are {KINDS}",
    ),
    ("filters.0.kind", "rouge", f"filters.0.kind: no such kind as 'rouge'; there are {KINDS}"),
    ("filters.0", {"min_words": 3}, f"filters.0.kind: missing; there are {KINDS}"),
    ("filters.0", "colon", "filters.0: must be keys and values, not 'colon'"),
    ("filters", {"kind": "colon"}, "filters: must be a list, not {'kind': 'colon'}"),
    ("filters", [{"kind": "colon"}] * 51, "filters: 51 are too many; 50 are the most"),
    ("filters.1.words", "image", "filters.1.words: must be a list, not 'image'"),
    ("novelty", None, "novelty: must be keys and values, not null"),
    ("novelty", 0.7, "novelty: must be keys and values, not 0.7"),
    ("novelty.threshold", "high", "novelty.threshold: must be a number, not 'high'"),
    ("novelty.threshold", 0, "novelty.threshold: must be above 0, not 0"),
    ("novelty.threshold", 1.01, "novelty.threshold: must be at most 1, not 1.01"),
    ("novelty.threshold", float("nan"), "novelty.threshold: must be a finite number, not nan"),
    (
        "novelty.tokenizer",
        "rogue",
        "novelty.tokenizer: must be 'rouge' or 'unicode' (did you mean 'rouge'?), not 'rogue'",
    ),
    ("run.seed", "x", "run.seed: must be a whole number, not 'x'"),
    ("run.seed", 1.5, "run.seed: must be a whole number, not 1.5"),
    ("run.seed", None, "run.seed: must be a whole number, not null"),
    ("run.seed", True, "run.seed: must be a number, not true"),
    ("run.seed", [1], "run.seed: must be a whole number, not [1]"),
    ("run.lookahead", 0, "run.lookahead: must be at least 1, not 0"),
    ("run.patience", float("inf"), "run.patience: must be a finite number, not inf"),
    ("model", "gpt-4", "model: must be keys and values, not 'gpt-4'"),
    ("model", None, "model: must be keys and values, not null"),
    ("model", {"provider": "openai", "name": "m"}, "model.kind: missing; 'chat' or 'completion' is expected"),
    (
        "model",
        {"provider": "openai", "knd": "chat", "name": "m"},
        f"model.knd: no such key (did you mean 'kind'?); there are {MODEL_KEYS}",
    ),
    ("model.kind", "chatty", "model.kind: must be 'chat' or 'completion' (did you mean 'chat'?), not 'chatty'"),
    ("model.name", 4, "model.name: must be text, not 4 (write it in quotes)"),
    ("model.name", yaml.safe_load("2024-01-01"), "model.name: must be text, not 2024-01-01 (write it in quotes)"),
    ("model.send_seed", "maybe", "model.send_seed: must be true or false, not 'maybe'"),
    ("model.server", {"threads": 2}, "model: server is for provider 'embedded' only"),
    (
        "model.base_url",
        "localhost:8000",
        "model.base_url: must be http:// or https://, a host and a path, without a user name or password",
    ),
    (
        "model.base_url",
        "http://me:pw@host/v1",
        "model.base_url: must be http:// or https://, a host and a path, without a user name or password",
    ),
    *(
        (
            "model.base_url",
            url,
            "model.base_url: must be http:// or https://, a host and a path, without a user name or password",
        )
        for url in (
            "https://[::1/v1",
            "https://]/v1",
            "http://[1.2]/v1",
            "https://h:port/v1",
            "https://h:0/",
            "https://:1/",
        )
    ),
    *(
        (
            "model.headers_env",
            {name: "K"},
            f"model.headers_env.{name}: must be a header's name: letters, digits and hyphens",
        )
        for name in ("", "X\r\nEvil", "Ü", "${HOME}", "X Y", "X:")
    ),
    (
        "model.api_key_env",
        "sk-123",
        "model.api_key_env: must be the name of an environment variable, not the value itself",
    ),
    (
        "model.headers_env",
        {"Authorization": "Bearer 123"},
        "model.headers_env.Authorization: must be the name of an environment variable, not the value itself",
    ),
    ("model.api_key", "sk-123", f"model.api_key: {SECRET}"),
    ("model.openai_api_key", "sk-123", f"model.openai_api_key: {SECRET}"),
    ("instructions.model.apiKey", "sk-123", f"instructions.model.apiKey: {SECRET}"),
    ("model.extra", {"headers": {"x-api-key": "123"}}, f"model.extra.headers.x-api-key: {SECRET}"),
    ("model.extra", {"list": [{"auth_token": "123"}]}, f"model.extra.list.0.auth_token: {SECRET}"),
    ("model.extra", {"default_headers": {"Cookie": "123"}}, f"model.extra.default_headers.Cookie: {SECRET}"),
    ("model.extra", {"extra_body": {"to": "sk-abcdefghijklmnop"}}, f"model.extra.extra_body.to: {SECRET}"),
    ("model.base_url", "https://host/v1?api-key=123", f"model.base_url: {SECRET}"),
    ("description", "Bearer 0123456789", f"description: {SECRET}"),
    ("model.extra", [1], "model.extra: must be keys and values, not [1]"),
    ("instructions", None, "instructions: must be keys and values, not null"),
    ("instances.input_first", 3, "instances.input_first: must be keys and values, not 3"),
    ("instructions.model", "m", "instructions.model: must be keys and values, not 'm'"),
    (
        "instructions.model",
        {"provider": "ollama", "name": "x"},
        "instructions.model.kind: missing; 'chat' or 'completion' is expected",
    ),
    ("instructions.ask", "eight", "instructions.ask: must be a whole number, not 'eight'"),
    (
        "classification.output",
        "json",
        (
            "classification.output: must be 'auto' or 'text' or 'json_schema' or 'function_calling' or 'json_mode' "
            "(did you mean 'json_mode'?), not 'json'"
        ),
    ),
    ("name", "../x", "name: must be letters, digits and any of ' .+-_', at most 80: run folders are named after it"),
    ("name", "x" * 81, "name: must be letters, digits and any of ' .+-_', at most 80: run folders are named after it"),
    (
        "instructions.prompt",
        3,
        "instructions.prompt: the name of a prompt, or a path that ends in .yaml, is expected, not 3",
    ),
]


@pytest.mark.parametrize(("key", "value", "expected"), WRONG)
def test_a_wrong_value_in_a_file_is_answered_with_file_and_key(
    tmp_path: Path, key: str, value: Any, expected: str
) -> None:
    """One line has the file, the dotted key, what was found, what is allowed, and the nearest known name."""
    raw: Any = yaml.safe_load((shipped.CHAINS / "openai.yaml").read_text(encoding="utf-8"))
    *parents, last = [int(part) if part.isdecimal() else part for part in key.split(".")]
    section = raw
    for part in parents:
        section = section[part]
    section[last] = value
    path = _file(tmp_path, yaml.safe_dump(raw))

    assert _complaint(path) == f"{path}: {expected}"


@pytest.mark.parametrize(("key", "value", "expected"), WRONG)
def test_a_wrong_override_is_answered_with_its_key(key: str, value: Any, expected: str) -> None:
    """What came from `--set` is not blamed on the file."""
    assert _complaint("openai", {key: value}) == f"--set {expected}"


def test_a_mistake_in_the_file_is_not_blamed_on_an_override(tmp_path: Path) -> None:
    """Beside an override, an error elsewhere still names the file."""
    path = _file(tmp_path, MINIMAL + "run: {sed: 3}\n")

    assert _complaint(path, {"run.seed": 3}).startswith(f"{path}: run.sed: no such key (did you mean 'seed'?)")


def test_a_shipped_file_is_called_by_its_folder_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages about a shipped prompt show no path of the machine."""
    monkeypatch.chdir(tmp_path)

    assert _complaint("openai", {"classification.prompt": "instructions"}).startswith(
        "prompts/instructions.yaml: parts.about.topic: only requests for instructions have a topic"
    )


def test_long_values_are_shortened(tmp_path: Path) -> None:
    """A message stays short, whatever stands in the file."""
    assert len(_complaint("openai", {"run.seed": "x" * 10_000})) < 200
    assert len(_complaint("openai", {"filters": {"x" * 99: list(range(999))}})) < 300


# Merging


def test_a_role_takes_what_it_does_not_say_from_the_default(tmp_path: Path) -> None:
    """A role's model is the chain's with the role's own values over it."""
    model = "model: {provider: openai, kind: chat, name: m, temperature: 0.5, base_url: 'http://h/v1'}\n"
    config = load_config(_file(tmp_path, model + "classification: {model: {temperature: 0, name: small}}\n"))

    expected = ModelConfig(provider="openai", kind="chat", name="small", temperature=0, base_url="http://h/v1")
    assert config.model_for("classification") == expected
    assert config.model_for("instructions") == config.model
    assert config.model_for("input_first").temperature == 0.5


def test_a_role_that_names_a_provider_inherits_nothing(tmp_path: Path) -> None:
    """No address, parameter or key variable of one provider reaches another."""
    model = (
        "model: {provider: openai, kind: chat, name: m, temperature: 0.5, base_url: 'http://h/v1', api_key_env: K}\n"
    )
    other = "instances: {input_first: {model: {provider: anthropic, kind: chat, name: claude}}}\n"
    config = load_config(_file(tmp_path, model + other))

    assert config.model_for("input_first") == ModelConfig(provider="anthropic", kind="chat", name="claude")
    assert config.model_for("output_first") == config.model


def test_null_takes_a_value_back(tmp_path: Path) -> None:
    """A role leaves a parameter of the default to the provider by null."""
    model = "model: {provider: openai, kind: chat, name: m, temperature: 0.5}\n"
    config = load_config(_file(tmp_path, model + "instructions: {model: {temperature: null}}\n"))

    assert config.model_for("instructions").temperature is None


def test_headers_are_named_by_variable(tmp_path: Path) -> None:
    """A header called like a secret is fine where only the variable's name stands."""
    model = "model: {provider: openai, kind: chat, name: m, headers_env: {Authorization: MY_AUTH, x-api-key: MY_KEY}}\n"

    assert load_config(_file(tmp_path, model)).model.headers_env == {"Authorization": "MY_AUTH", "x-api-key": "MY_KEY"}


# Overrides


@pytest.mark.parametrize(
    ("setting", "path", "expected"),
    [
        ("run.seed=7", ("run", "seed"), 7),
        (" run.seed = 7 ", ("run", "seed"), 7),
        ("run.seed=-1", ("run", "seed"), -1),
        ("novelty.threshold=1e-1", ("novelty", "threshold"), 0.1),
        ("novelty={threshold: 0.5, tokenizer: rouge}", ("novelty", "threshold"), 0.5),
        ("model.name=org/model:free", ("model", "name"), "org/model:free"),
        ("model.name=a=b", ("model", "name"), "a=b"),
        ('model.name="4"', ("model", "name"), "4"),
        ("instructions.model.temperature=null", ("instructions", "model", "temperature"), None),
        ("model.extra={a: {b: [1, {c: 2}]}}", ("model", "extra"), {"a": {"b": [1, {"c": 2}]}}),
        ("model.headers_env.X-Team=TEAM", ("model", "headers_env"), {"X-Team": "TEAM"}),
        ("filters=[]", ("filters",), ()),
        ("model.send_seed=yes", ("model", "send_seed"), True),
        ("run.patience=5", ("run", "patience"), 5),
    ],
)
def test_an_override_replaces_a_value(setting: str, path: tuple[str, ...], expected: Any) -> None:
    """`--set` reaches any value by its dotted key, read as YAML, also where the file has nothing."""
    value: Any = load_config("openai", parse_overrides([setting]))
    for name in path:
        value = getattr(value, name)

    assert value == expected


def test_an_override_reaches_into_a_list() -> None:
    """A filter is named by its place, from 0."""
    config = load_config("openai", {"filters.0.min_words": 2, "filters.8": {"kind": "empty"}})

    assert config.filters[0].model_dump() == {"kind": "length", "min_words": 2, "max_words": 150}
    assert config.filters[8].kind == "empty"
    assert len(config.filters) == 9


def test_the_last_override_of_a_key_wins() -> None:
    """Repeating `--set` with one key is no error."""
    assert parse_overrides(["run.seed=1", "run.seed=2"]) == {"run.seed": 2}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("run.seed", "--set run.seed: KEY=VALUE is expected, for example run.seed=7 or filters.0.min_words=3"),
        ("=7", "--set =...: KEY=VALUE is expected, for example run.seed=7 or filters.0.min_words=3"),
        ("", "--set : KEY=VALUE is expected, for example run.seed=7 or filters.0.min_words=3"),
        ("run..seed=7", "--set run..seed=...: KEY=VALUE is expected, for example run.seed=7 or filters.0.min_words=3"),
        (
            "run.seed=[7",
            f"--set run.seed: not YAML: expected ',' or ']', but got '<stream end>'{QUOTES}'run.seed=\"...\"'",
        ),
        (
            "model.name=a: b: c",
            f"--set model.name: not YAML: mapping values are not allowed here{QUOTES}'model.name=\"...\"'",
        ),
        ("filters.9={kind: colon}", "--set filters.9: '9' should be a number from 0 to 8"),
        ("filters.-1.kind=colon", "--set filters.-1.kind: '-1' should be a number from 0 to 8"),
        ("filters.x=3", "--set filters.x: 'x' should be a number from 0 to 8"),
        ("filters.²=3", "--set filters.²: '²' should be a number from 0 to 8"),
        ("filters.0.kind.x.y=3", "--set filters.0.kind.x.y: 'x' stands below a single value"),
        ("run.seed.x=3", "--set run.seed.x: 'seed' is a single value, with nothing below it"),
        ("run.seed.x.y=3", "--set run.seed.x.y: 'x' stands below a single value"),
    ],
)
def test_a_setting_that_can_not_be_made(setting: str, expected: str) -> None:
    """A wrong shape, index or YAML value is said with the key alone: the value may be a secret."""
    with pytest.raises(ConfigError) as caught:
        load_config("openai", parse_overrides([setting]))

    assert str(caught.value) == expected


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    """No message has the secret in it that it refuses."""
    cases = [
        (key, value) for key, value, _ in WRONG if re.search("api_?key|headers_env|base_url|extra", key, re.IGNORECASE)
    ]

    assert len(cases) > 8
    for key, value in cases:
        said = _complaint(_file(tmp_path, MINIMAL), {key: value})
        assert not re.search("123|pw", said), said


# Prompts

PLAIN = "; write {{ and }} for braces that are plain text"
THERE = "; there are examples, instruction"
PROMPT_KEYS = ", ".join(sorted(Prompt.model_fields))
UNSEEN = "{instruction} is missing; the model would not see the task"
PROMPT = """
variables: [examples, instruction]
example: "{instruction} {answer}"
chat: {system: Sort., user: "{examples} {instruction}"}
completion: {text: "{examples} {instruction}", stop: ["}}"]}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[examples, instruction]", "[examples]", "variables: {instruction} is used, but not declared here"),
        (
            "[examples,",
            "[examples, exmples,",
            "variables: classification has no variable 'exmples' (did you mean 'examples'?)" + THERE,
        ),
        ('user: "{examples} ', 'user: "', None),
        ('"{examples} {instruction}"', '"{instruction}"', "variables: 'examples' is declared, but not used"),
        (
            "system: Sort.",
            "system: '{instrction}'",
            "chat.system: classification has no variable 'instrction' (did you mean 'instruction'?)" + THERE,
        ),
        ("system: Sort.", "system: 'a { b'", "chat.system: a brace has no partner" + PLAIN),
        ("system: Sort.", "system: '{\"a\": 1}'", 'chat.system: {"a"} is no variable' + PLAIN),
        ("system: Sort.", "system: '{}'", "chat.system: {} is no variable" + PLAIN),
        ('["}}"]', '["}"]', "completion.stop.0: a brace has no partner" + PLAIN),
        (
            '["}}"]',
            '["{instruction}"]',
            "completion.stop.0: classification has no variable 'instruction'; there are none here",
        ),
        ('["}}"]', "stop", "completion.stop: must be a list, not 'stop'"),
        ("{answer}", "{label}", "example: classification has no variable 'label'; there are answer, instruction"),
        ('user: "{examples} {instruction}"', 'user: "{examples}"', "chat: " + UNSEEN),
        ('text: "{examples} {instruction}"', 'text: "{examples}"', "completion: " + UNSEEN),
        ("system: Sort.", "system: '{format}'", "chat.system: {format} is used, but there is no format.text"),
        ("chat:", "format: {text: '{format}'}\nchat:", "format.text: {format} stands for this text itself"),
        (
            "chat:",
            "format: {txt: x}\nchat:",
            "format.txt: must be 'text' or 'json_schema' (did you mean 'text'?), not 'txt'",
        ),
        ("chat:", "chatt: {}\nchat:", f"chatt: no such key (did you mean 'chat'?); there are {PROMPT_KEYS}"),
        ("variables: [examples, instruction]\n", "", "variables: missing"),
        ("system: Sort.", "system: 3", "chat.system: must be text, not 3 (write it in quotes)"),
    ],
)
def test_a_wrong_prompt_file_is_answered_before_any_call(
    tmp_path: Path, old: str, new: str, expected: str | None
) -> None:
    """A prompt's variables are compared with those it declares and those its role has, text by text."""
    assert old in PROMPT
    path = _file(tmp_path, PROMPT.replace(old, new), "p.yaml")
    chain = _file(tmp_path, MINIMAL + "classification: {prompt: p.yaml}\n")

    if expected is None:
        assert load_config(chain).classification.prompt.chat.user == "{instruction}"
    else:
        assert _complaint(chain) == f"{path}: {expected}"


def test_a_missing_prompt_is_answered_with_the_key_that_names_it(tmp_path: Path) -> None:
    """The message has the chain file, the key, and the nearest name or the path."""
    chain = _file(tmp_path, MINIMAL + "instructions: {prompt: instrctions}\n")
    there_are = ", ".join(shipped.names(shipped.PROMPTS))

    assert _complaint(chain) == (
        f"{chain}: instructions.prompt: no prompt 'instrctions' is shipped (did you mean 'instructions'?); "
        f"there are {there_are}{OWN}"
    )
    assert _complaint(chain, {"instructions.prompt": "no.yaml"}) == (
        "--set instructions.prompt: no.yaml: no such file; a prompt file is expected"
    )
    chain = _file(tmp_path, MINIMAL + "instances: {output_first: {prompt: no.yaml}}\n")
    assert _complaint(chain) == (
        f"{chain}: instances.output_first.prompt: {tmp_path}/no.yaml: no such file; a prompt file is expected"
    )


def test_prompt_files_are_found_beside_the_chain_or_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path in a file starts at the file, a path on the command line where the command was given."""
    for name in ("beside", "here"):
        (tmp_path / name).mkdir()
        _file(tmp_path / name, PROMPT.replace("Sort.", name), "p.yaml")
    chain = _file(tmp_path / "beside", MINIMAL + "classification: {prompt: p.yaml}\n")
    monkeypatch.chdir(tmp_path / "here")

    assert load_config(chain).classification.prompt.chat.system == "beside"
    assert load_config(chain, {"classification.prompt": "p.yaml"}).classification.prompt.chat.system == "here"
    assert load_config("openai", {"classification": {"prompt": "p.yaml"}}).classification.prompt.chat.system == "here"
