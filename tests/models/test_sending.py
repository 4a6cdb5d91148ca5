"""What goes where when a chain file runs, and what of it is asked about."""

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.models.sending import sendings, told

HOME = {"OPENAI_API_KEY": "sk-test", "GROQ_API_KEY": "gsk-test", "AWS_SECRET_ACCESS_KEY": "s3cret", "MINE": "m"}
PLAIN = "in plain text (http)"


@pytest.fixture(autouse=True)
def _home(monkeypatch):
    for name, value in HOME.items():
        monkeypatch.setenv(name, value)


def asked(typed=(), **model) -> list[str]:
    """What is asked about the chain `openai` with another model."""
    config = load_config("openai", {f"model.{key}": value for key, value in model.items()})
    return [clause for one in sendings(config, typed) for clause in one.odd]


EVIL = "https://evil.example/v1"


@pytest.mark.parametrize(
    ("model", "variables"),
    [
        ({}, []),
        ({"base_url": EVIL}, ["OPENAI_API_KEY"]),
        ({"base_url": EVIL, "api_key_env": "MINE"}, ["MINE"]),
        ({"base_url": "https://api.openai.com.evil.example"}, ["OPENAI_API_KEY"]),
        ({"base_url": "https://eu.api.openai.com/v1"}, []),
        ({"base_url": "https://api.groq.com/openai/v1", "api_key_env": "GROQ_API_KEY"}, []),
        ({"base_url": "https://api.groq.com/openai/v1"}, ["OPENAI_API_KEY"]),
        ({"headers_env": {"X-Team": "AWS_SECRET_ACCESS_KEY"}}, ["AWS_SECRET_ACCESS_KEY"]),
        ({"api_key_env": "MINE"}, ["MINE"]),
        ({"provider": "groq", "name": "m"}, []),
        ({"provider": "vllm", "name": "m", "api_key_env": "MINE"}, []),
        ({"provider": "vllm", "name": "m", "base_url": "http://10.0.0.5:8000/v1", "api_key_env": "MINE"}, []),
        ({"provider": "vllm", "name": "m", "base_url": "https://vllm.example/v1", "api_key_env": "MINE"}, ["MINE"]),
        ({"provider": "azure", "name": "m", "base_url": "https://mine.openai.azure.com"}, []),
        ({"provider": "ibm", "name": "m"}, []),
        ({"provider": "ibm", "name": "m", "base_url": EVIL}, ["what the client of ibm looks for by itself"]),
        ({"provider": "bedrock", "name": "m", "api_key_env": "MINE"}, ["MINE"]),
    ],
)
def test_variables(model, variables):
    """A value is asked about where its host is not its provider's and not one's own network's."""
    found = asked(**model)

    assert len(found) == len(variables)
    assert all(
        name in clause and "is not its provider's" in clause for name, clause in zip(variables, found, strict=True)
    )


@pytest.mark.parametrize("host", ["evil.example", "8.8.8.8", "134744072", "169.254.169.254", "[2001:4860::1]"])
def test_plain_text(monkeypatch, host):
    """Prompts over plain http in public are asked about, key or none."""
    monkeypatch.delenv("OPENAI_API_KEY")

    assert [PLAIN in clause for clause in asked(base_url=f"http://{host}/v1")] == [True]
    assert asked(base_url=f"https://{host}/v1") == []


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.0.0.5", "[::1]:8000", "gpu-box", "0.0.0.0:1"])
def test_own_network(host):
    """One's own network is told, and not asked about."""
    assert asked(base_url=f"http://{host}/v1", api_key_env="MINE") == []


def test_what_was_typed(monkeypatch):
    """An address and a variable that were typed, or stand in the environment, need no yes; the file's others do."""
    typed = {"base_url": "http://llm.example/v1"}
    assert asked(typed.values(), **typed) == []
    assert len(asked([*typed.values(), "MINE"], **typed, api_key_env="MINE")) == 0
    assert len(asked(typed.values(), **typed, api_key_env="MINE")) == 1
    assert len(asked(["MINE"], api_key_env="MINE", base_url=EVIL)) == 1
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:pw@llm.example/v1")
    assert asked() == []
    assert len(asked(headers_env={"X": "MINE"})) == 1
    assert "pw" not in " ".join(told(sendings(load_config("openai"))))


OWN = ("OPENAI_ORG_ID", "OPENAI_CUSTOM_HEADERS")
CLOUD = "the token of this machine's Google Cloud credentials"


@pytest.mark.parametrize(
    ("model", "set_", "along"),
    [
        *(({"provider": name, "api_key_env": "MINE"}, OWN, ("MINE", *OWN)) for name in ("groq", "vllm", "azure")),
        ({"api_key_env": "MINE"}, OWN, ("MINE", *OWN)),
        ({"provider": "anthropic"}, ("ANTHROPIC_CUSTOM_HEADERS",), ("ANTHROPIC_CUSTOM_HEADERS",)),
        ({"provider": "ollama"}, ("OLLAMA_API_KEY",), ("OLLAMA_API_KEY",)),
        ({"provider": "ollama", "api_key_env": "MINE"}, ("OLLAMA_API_KEY",), ("MINE",)),
        ({"provider": "bedrock", "api_key_env": "MINE"}, ("AWS_SESSION_TOKEN",), ("MINE", "AWS_SESSION_TOKEN")),
        ({"provider": "gemini", "extra": {"vertexai": True}}, (), (CLOUD,)),
        ({"provider": "gemini", "extra": {"project": "p"}}, (), (CLOUD,)),
        ({"provider": "gemini", "extra": {}}, ("GOOGLE_GENAI_USE_VERTEXAI",), (CLOUD,)),
        ({"provider": "gemini", "extra": {"vertexai": False, "project": "p"}}, ("GOOGLE_GENAI_USE_VERTEXAI",), ()),
        ({"provider": "gemini", "extra": {}}, (), ()),
        ({"provider": "community", "name": "ChatYi"}, ("YI_API_KEY",), ("YI_API_KEY",)),
    ],
)
def test_what_a_client_sends_by_itself(monkeypatch, model, set_, along):
    """What its SDK takes from the environment unasked is told, and asked about at a stranger's address."""
    for name in set_:
        monkeypatch.setenv(name, "true")
    config = load_config("openai", {f"model.{key}": value for key, value in {"base_url": EVIL, **model}.items()})

    (sent,) = sendings(config)

    assert sent.variables == along
    assert len(sent.odd) == len(along)


def test_google_cloud_has_an_address_of_its_own():
    """Vertex AI is not at the address of the Gemini API, and its token belongs to it."""
    (sent,) = sendings(
        load_config("openai", {"model.provider": "gemini", "model.name": "m", "model.extra": {"vertexai": True}})
    )

    assert (sent.address, sent.variables, sent.odd) == ("google_genai's own address", (CLOUD,), ())


def test_roles_with_models_of_their_own():
    """Each role's host is told once, with what goes there, and values are never shown."""
    role = {"provider": "groq", "kind": "chat", "name": "m", "headers_env": {"X": "MINE"}}
    config = load_config("openai", {"classification.model": role, "instances.input_first.model.base_url": EVIL})
    sent = sendings(config)

    assert told(sent) == (
        "prompts go to https://api.openai.com, https://api.groq.com, https://evil.example",
        (
            "values go along of OPENAI_API_KEY to https://api.openai.com; MINE, GROQ_API_KEY to https://api.groq.com; "
            "OPENAI_API_KEY to https://evil.example"
        ),
    )
    assert [len(one.odd) for one in sent] == [0, 1, 1]
    assert not any(value in " ".join(told(sent)) for value in HOME.values() if len(value) > 1)
    assert told(sendings(load_config("embedded")))[0] == "prompts stay in this process"


@pytest.mark.parametrize(
    ("settings", "typed", "clauses"),
    [
        ({"run.ray.address": "evil.example:6379", "run.engine": "ray"}, (), 1),
        ({"run.ray.address": "10.0.0.1:6379", "run.engine": "ray"}, (), 1),
        ({"run.ray.address": "10.0.0.1:6379", "run.engine": "ray"}, ("10.0.0.1:6379",), 0),
        ({"run.ray.address": "auto", "run.engine": "ray"}, (), 0),
        ({"run.engine": "ray"}, (), 0),
        ({"run.ray.address": "evil.example:6379"}, (), 0),
    ],
)
def test_a_cluster_that_a_file_names(settings, typed, clauses):
    """What a cluster answers is unpickled, so who names it runs code here: it needs a yes, unless it was typed."""
    found = sendings(load_config("openai", settings), typed)
    odd = [clause for one in found for clause in one.odd]

    assert len(odd) == clauses
    assert all("Ray cluster" in clause and "can run code on this machine" in clause for clause in odd)


def test_a_provider_whose_address_only_its_client_knows(monkeypatch):
    """Its own variables go there unasked; another that the file names is asked about, unless it was typed."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "x")
    swap = {"model.provider": "community", "model.name": "ChatTongyi"}
    (own,) = sendings(load_config("openai", swap))
    named = load_config("openai", swap | {"model.headers_env": {"X": "DASHSCOPE_API_KEY", "Y": "MINE"}})
    variables = ("DASHSCOPE_API_KEY", "MINE")

    assert own == ("community's own address", "public", ("DASHSCOPE_API_KEY",), ())
    assert sendings(named)[0][2:] == (
        variables,
        ("the value of MINE goes to community's own address, which is not its provider's",),
    )
    assert sendings(named, ["MINE"])[0][2:] == (variables, ())


def test_roles_at_one_address():
    """It is told once, with all that goes there, and each question is asked once."""
    swap = {"model.base_url": "http://evil.example/v1", "classification.model.headers_env": {"X": "MINE"}}
    config = load_config("openai", swap)

    assert sendings(config) == [
        (
            "http://evil.example",
            "public",
            ("OPENAI_API_KEY", "MINE"),
            (
                "prompts go to http://evil.example in plain text (http)",
                "the value of OPENAI_API_KEY goes to http://evil.example, which is not its provider's",
                "the value of MINE goes to http://evil.example, which is not its provider's",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000 (this machine)"),
        ("http://10.0.0.5", "http://10.0.0.5 (private)"),
        (EVIL.removesuffix("/v1"), "https://evil.example"),
    ],
)
def test_where_a_host_is_is_told(monkeypatch, host, shown):
    """What is not in public is marked; of variables the names are told, if there are any."""
    config = load_config("openai", {"model.base_url": f"{host}/v1"})
    assert told(sendings(config)) == (f"prompts go to {shown}", f"values go along of OPENAI_API_KEY to {host}")
    monkeypatch.delenv("OPENAI_API_KEY")

    assert told(sendings(config)) == (f"prompts go to {shown}", "values go along of no variable")


def test_a_cluster_is_told_with_its_place():
    """Beside the model's own address, by the name that it is asked about."""
    config = load_config("openai", {"run.ray.address": "10.0.0.1:6379", "run.engine": "ray"})

    assert sendings(config)[1] == (
        "the Ray cluster at 10.0.0.1:6379",
        "private",
        (),
        ("calls are made by the Ray cluster at 10.0.0.1:6379, which can run code on this machine",),
    )
    assert told([]) == ("prompts stay in this process", "no variable's value goes anywhere")
