"""The types of a chain file: frozen, whole after a trip through JSON, with a fingerprint of what shapes data."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from selfinstruct_chains.config import ROLES, ChainConfig, RayConfig, fingerprint, flatten, variables
from selfinstruct_chains.files.chain import load_config


def _shaping(**overrides: Any) -> str:
    return fingerprint(load_config("openai", {key.replace("__", "."): v for key, v in overrides.items()}).shaping())


@pytest.mark.parametrize("chain", ["embedded", "openai", "paper"])
def test_a_config_survives_the_manifest(chain: str) -> None:
    """Written as JSON and read back, a config is the same, so a run can be continued from its manifest."""
    config = load_config(chain)
    dumped = config.model_dump(mode="json")

    assert ChainConfig.model_validate(dumped) == config
    assert ChainConfig.model_validate(json.loads(json.dumps(dumped))) == config


@pytest.mark.parametrize(
    "overrides",
    [
        {"model__name": "other"},
        {"model__frequency_penalty": 0.1},
        {"instructions__model__temperature": 0.1},
        {"model__top_p": 0.5},
        {"model__presence_penalty": 1},
        {"model__kind": "completion"},
        {"model__provider": "vllm"},
        {"model__extra": {"logit_bias": {"50256": -100}}},
        {"instructions__model__max_tokens": 77},
        {"instructions__ask": 7},
        {"instructions__seed_examples": 5},
        {"instructions__prompt": "mine.yaml"},
        {"classification__decide": "logprob"},
        {"classification__threshold": 0.1},
        {"instances__input_first__examples": 4},
        {"instances__input_first__output": "text"},
        {"instances__max_instances": 2},
        {"filters": []},
        {"filters__0__min_words": 3},
        {"novelty__threshold": 0.6},
        {"novelty__tokenizer": "rouge"},
        {"run__seed": 7},
        {"run__lookahead": 4},
        {"run__reply_characters": 1000},
    ],
    ids=str,
)
def test_what_shapes_the_dataset_changes_the_fingerprint(
    overrides: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another prompt, model, parameter, count, filter or seed is another dataset."""
    prompt = load_config("openai").instructions.prompt.model_dump(mode="json")
    changed = json.dumps(prompt | {"chat": prompt["chat"] | {"system": "Other words."}})
    (tmp_path / "mine.yaml").write_text(changed, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert _shaping(**overrides) != _shaping()


@pytest.mark.parametrize(
    "overrides",
    [
        {"name": "other"},
        {"description": "other"},
        {"model__base_url": "http://127.0.0.1:1/v1"},
        {"model__api_key_env": "MY_KEY"},
        {"model__headers_env": {"X-Team": "TEAM"}},
        {"model__timeout": 5},
        {"model__requests_per_minute": 5},
        {"model__tokens_per_minute": 5},
        {"run__max_concurrency": 1},
        {"run__patience": 1},
        {"run__give_up_after": 1},
        {"run__max_failing_share": 0.1},
        {
            "run__engine": "ray",
            "run__ray__address": "10.0.0.1:6379",
            "run__ray__per_node": 2,
            "run__ray__num_gpus": 0.5,
        },
    ],
    ids=str,
)
def test_what_only_changes_how_a_run_goes_leaves_the_fingerprint(overrides: dict[str, Any]) -> None:
    """The address, the key's variable, limits and concurrency may change between two starts of one run."""
    assert _shaping(**overrides) == _shaping()


def test_a_key_that_is_newer_leaves_the_fingerprint_where_it_has_its_default() -> None:
    """A run that was begun before there was the key is found again."""
    assert "run.reply_characters" not in load_config("openai").shaping()
    assert _shaping(run__reply_characters=200_000) == _shaping()


def test_threads_of_the_embedded_server_leave_the_fingerprint() -> None:
    """A run goes on with another number of threads."""
    one, two = (load_config("embedded", {"model.server.threads": n}).shaping() for n in (1, 2))

    assert fingerprint(one) == fingerprint(two)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    """Equal values have equal fingerprints."""
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 2, "b": 1})


@pytest.mark.parametrize("path", [(), ("model",), ("run",), ("novelty",), ("instances",), ("instructions", "prompt")])
def test_a_config_is_frozen(path: tuple[str, ...]) -> None:
    """No part of a config can be changed in place."""
    section: Any = load_config("openai")
    for name in path:
        section = getattr(section, name)

    with pytest.raises(ValidationError, match="frozen"):
        setattr(section, next(iter(type(section).model_fields)), None)


def test_each_role_has_its_section_and_model() -> None:
    """Every role has a section of its own, and its model is that section's."""
    config = load_config("openai")

    assert [config.role(role) for role in ROLES] == [
        config.instructions,
        config.classification,
        config.instances.input_first,
        config.instances.output_first,
    ]
    assert all(config.model_for(role) == config.role(role).model for role in ROLES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": {"b": [1, {"c": 2}]}}, {"a.b.0": 1, "a.b.1.c": 2}),
        ({"a": {}, "b": []}, {"a": {}, "b": []}),
        ({"a": None, "b": 0}, {"a": None, "b": 0}),
        ({1: "x"}, {"1": "x"}),
    ],
)
def test_flat_values(value: dict[Any, Any], expected: dict[str, Any]) -> None:
    """Nested values are told apart by dotted key, and empty ones are kept."""
    assert flatten(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", set()), ("plain", set()), ("{a} {b}{a}", {"a", "b"}), ('{{"a": 1}}', set()), ("{{{a}}}", {"a"})],
)
def test_variables_of_a_text(text: str, expected: set[str]) -> None:
    """Names in braces are variables, doubled braces are plain."""
    assert variables(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "a brace has no partner"),
        ("a } b", "a brace has no partner"),
        ("{a", "a brace has no partner"),
        ('{"a": 1}', '{"a"} is no variable'),
        ("{}", "{} is no variable"),
        ("{0}", "{0} is no variable"),
        ("{a.b}", "{a.b} is no variable"),
        ("{a[0]}", "{a[0]} is no variable"),
        ("{a!r}", "{a} is no variable"),
        ("{a:>9}", "{a} is no variable"),
    ],
)
def test_braces_hold_a_name_and_nothing_else(text: str, expected: str) -> None:
    """Formats, conversions, attributes and bare JSON are refused."""
    with pytest.raises(ValueError, match=r"brace|variable") as caught:
        variables(text)

    assert str(caught.value) == expected


@pytest.mark.parametrize("address", ["local", "auto", "10.0.0.1:6379", "head:6379", "[::1]:6379", "ray-head.svc:1"])
def test_where_a_ray_cluster_may_be(address: str) -> None:
    """A cluster of the run's own, this machine's, or a host with its port."""
    assert RayConfig(address=address).address == address


@pytest.mark.parametrize(
    "address", ["", "10.0.0.1", "ray://head:10001", "head:0", "head:65536", "he ad:1", "a:b", ":1"]
)
def test_where_no_ray_cluster_is(address: str) -> None:
    """What Ray would wait at for ever, or take for another way in, is refused with what may stand there."""
    with pytest.raises(ValidationError, match="host:port of a cluster's head"):
        RayConfig(address=address)


@pytest.mark.parametrize("values", [{"num_gpus": -1}, {"num_cpus": True}, {"per_node": 0}, {"workers": 3}])
def test_what_no_worker_can_have(values: dict[str, Any]) -> None:
    """Less than nothing, no workers, and keys that are none."""
    with pytest.raises(ValidationError):
        RayConfig(**values)
