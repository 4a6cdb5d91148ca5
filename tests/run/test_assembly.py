"""A chain's models, demonstrations and steps, put together: who shares a model, what is noted, what is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from selfinstruct_chains import build_steps, load_config, read_seeds
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.assembly import (
    as_known_for,
    demonstrations,
    has_its_threshold,
    in_text_unless_fitted,
    in_text_where_needed,
    role_forms,
    role_models,
    spare_seeds,
)
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author

SEEDS = read_seeds(shipped.SEEDS)
AT = {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "m"}
TEXT = RunnableLambda(lambda prompt: scripted_author(prompt.to_string()).text)
"""A model that can't be held to JSON, and has no log-probabilities."""


def chain(**values: Any) -> Any:
    """The openai chain, at no server."""
    return load_config("openai", {**AT, **{key.replace("__", "."): value for key, value in values.items()}})


def test_roles_with_one_model_share_it() -> None:
    """Of the file's models those with the same settings, of one's own those that are one."""
    same = {f"{role}.model.max_tokens": 100 for role in ("instructions", "classification")}
    own, other = ScriptedChat(reply=scripted_author), ScriptedCompletion(reply=scripted_author)
    found = role_models(chain(**same))
    mixed = role_models(chain(**same), {"classification": own, "input_first": own, "output_first": other})
    models = [found.models[role] for role in ROLES]

    assert [models.index(model) for model in models] == [0, 0, 2, 2]
    assert set(found.kinds.values()) == {"chat"}
    assert mixed.models["classification"] is mixed.models["input_first"]
    assert mixed.models["instructions"] is not mixed.models["classification"]
    assert [mixed.kinds[role] for role in ROLES] == ["chat", "chat", "chat", "completion"]
    elsewhere = mixed._replace(elsewhere={"classification": TEXT})
    assert elsewhere.asked("classification") is TEXT
    assert elsewhere.asked("instructions") is mixed.models["instructions"]


def test_shipped_seeds_fill_up() -> None:
    """Those that are not among the run's."""
    assert spare_seeds(SEEDS[3:]) == SEEDS[:3]
    assert spare_seeds(SEEDS) == []
    assert spare_seeds([]) == SEEDS


def test_what_is_noted_of_demonstrations() -> None:
    """How many are shipped ones, and why; and how many had no room."""
    others = [task for task in SEEDS if not task.is_classification]
    settled = {f"instances__{form}_first__output": "json_schema" for form in ("input", "output")}
    filled = demonstrations(chain(**settled), others).notes
    narrow = demonstrations(chain(**settled, classification__prompt_tokens=400), SEEDS)
    shown = narrow.by_role["classification"].shown

    assert demonstrations(chain(**settled), SEEDS).notes == ()
    assert filled == (
        (
            "classification: of the examples in its prompt 19 are seeds and 12 shipped ones, for want of "
            "classification tasks or others"
        ),
        (
            "output_first: of the examples in its prompt 0 are seeds and 6 shipped ones, for want of classification "
            "tasks with two labels or more"
        ),
    )
    assert 0 < shown < 31
    assert narrow.notes == (
        f"classification: {shown} examples are shown; {31 - shown} more have no room (prompt_tokens)",
    )
    both = demonstrations(chain(**settled, classification__prompt_tokens=1), others).notes
    assert both[:2] == (
        (
            "classification: of the examples in its prompt 19 are seeds and 12 shipped ones, for want of "
            "classification tasks or others"
        ),
        "classification: 1 examples are shown; 30 more have no room (prompt_tokens)",
    )


def test_steps_alone_ask_for_what_is_known() -> None:
    """Text, where a server would have to be asked what it takes; JSON where that is sure."""
    vllm = load_config("vllm")
    for config, asked in ((chain(), False), (vllm, True)):
        steps = build_steps(config)
        prompts = [prompt.invoke({"instruction": "x"}).to_string() for prompt in steps.input_first.get_prompts()]
        assert {'{"instances"' in prompt for prompt in prompts} == {asked}
        hopeful = as_known_for(config, role_models(config).models, hopeful=True)
        assert hopeful.instances.input_first.output == "json_schema"
        assert as_known_for(config, role_models(config).models).instances.input_first.output == (
            "json_schema" if asked else "text"
        )


def test_a_key_has_to_be_there_where_it_is_called() -> None:
    """And need not where nothing is called."""
    models = role_models(load_config("openai")).models

    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        role_forms(models["instructions"])
    assert role_forms(models["instructions"], key=False).outputs[0] == "json_schema"


@pytest.mark.parametrize(
    ("steps", "outputs", "decide"),
    [({}, "text", "text"), ({"input_first": TEXT, "classification": TEXT}, "json_schema", "logprob")],
)
def test_a_model_of_ones_own_is_asked_for_what_it_can(steps: dict[Any, Any], outputs: str, decide: str) -> None:
    """But for a role whose step is one's own; `auto` is left to be found."""
    config = chain(
        instances__input_first__output="json_schema", classification__decide="logprob", classification__threshold=0
    )
    own = brought(TEXT, steps)
    found = in_text_where_needed(config, role_models(config, own.models), own)
    plain = in_text_where_needed(config, role_models(config), brought())

    assert (found.instances.input_first.output, found.classification.decide) == (outputs, decide)
    assert found.instances.output_first.output == "auto"
    assert plain == config


def test_a_prompt_without_text_is_refused() -> None:
    """Where a model can't be held to what it asks for; one without any form asks as it stands."""
    config = chain(instances__input_first__output="json_schema")
    own = brought(TEXT)
    whole = config.instances.input_first.prompt
    json_alone = config.with_role("input_first", prompt=whole.model_copy(update={"format": {"json_schema": "JSON"}}))
    neither = config.with_role("input_first", prompt=whole.model_copy(update={"format": {}}))

    with pytest.raises(ConfigError) as refused:
        in_text_where_needed(json_alone, role_models(json_alone, own.models), own)
    assert str(refused.value) == (
        "models['input_first']: RunnableLambda has no JSON schema, and the prompt of input_first has no format.text to "
        "ask for text by; give another model, or such a prompt"
    )
    assert in_text_where_needed(neither, role_models(neither, own.models), own).instances.input_first.output == "text"


@pytest.mark.parametrize(
    ("decide", "threshold", "own"),
    [
        ("text", {"value": 1, "fitted_for": "other"}, True),
        ("logprob", {"value": 1, "fitted_for": "other"}, False),
        ("logprob", {"value": 1, "fitted_for": "m"}, True),
        ("logprob", 1, True),
        ("logprob", "auto", False),
    ],
)
def test_a_threshold_is_of_its_model(decide: str, threshold: Any, own: bool) -> None:
    """Else what the model writes decides."""
    config = chain(classification__decide=decide, classification__threshold=threshold)
    found = role_models(config)

    assert has_its_threshold(config, found) is own
    assert in_text_unless_fitted(config, found).classification.decide == (decide if own else "text")
