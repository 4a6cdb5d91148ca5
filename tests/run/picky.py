"""A server on loopback that speaks OpenAI's chat protocol and refuses what some real ones refuse, with their bodies."""

from collections.abc import Callable
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from selfinstruct_chains.testing import Reply, scripted_author

Body = dict[str, Any]
Refusal = tuple[int, Any] | None
"""A status and a body, or None."""

VLLM_SYSTEM = {
    "object": "error",
    "message": "System role not supported",
    "type": "BadRequestError",
    "param": None,
    "code": 400,
}
"""vLLM's answer where the chat template of Gemma 2 raises."""
GROQ_SCHEMA = {
    "error": {
        "message": "This model does not support response format `json_schema`. See supported models in the docs.",
        "type": "invalid_request_error",
        "param": "response_format",
    }
}
DEEPSEEK_SCHEMA = {
    "error": {
        "message": "This response_format type is unavailable now",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_request_error",
    }
}
VLLM_TOOL = {
    "error": {
        "message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
}


def no_system(body: Body) -> Refusal:
    """Refuses a system message."""
    return (400, VLLM_SYSTEM) if any(message["role"] == "system" for message in body["messages"]) else None


def breaks_at_system(body: Body) -> Refusal:
    """Breaks at a system message, without a word."""
    return (500, None) if no_system(body) else None


def no_schema(body: Body) -> Refusal:
    """Refuses a JSON schema."""
    return (400, GROQ_SCHEMA) if (body.get("response_format") or {}).get("type") == "json_schema" else None


def json_mode_alone(body: Body) -> Refusal:
    """Knows JSON mode, and neither schemas nor tools."""
    if (body.get("response_format") or {}).get("type") == "json_schema":
        return 400, DEEPSEEK_SCHEMA
    return (400, VLLM_TOOL) if body.get("tools") else None


def text_alone(body: Body) -> Refusal:
    """Knows nothing of JSON."""
    return (400, DEEPSEEK_SCHEMA) if body.get("response_format") else json_mode_alone(body)


def no_key(body: Body) -> Refusal:
    """Takes no key."""
    return 401, {"error": {"message": "Incorrect API key provided: sk-x.", "code": "invalid_api_key"}}


class Picky:
    """The server: `async with Picky(no_schema) as server`; `server.bodies` are the requests.

    Args:
        refuse: which requests are refused, and how.
        prose: whether it ignores what it is told of JSON.
    """

    def __init__(self, refuse: Callable[[Body], Refusal] = lambda _: None, *, prose: bool = False) -> None:
        self.refuse = refuse
        self.bodies: list[Body] = []
        self._prose = prose

    @property
    def base_url(self) -> str:
        """For an OpenAI client."""
        return str(self._server.make_url("/v1"))

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        if refusal := self.refuse(body):
            return web.json_response(refusal[1], status=refusal[0]) if refusal[1] else web.Response(status=refusal[0])
        prompt = "\n".join(f"{message['role']}: {message['content']}" for message in body["messages"])
        reply: Any = scripted_author(prompt, body.get("seed"))
        if self._prose and '{"instances"' in prompt:
            reply = Reply("Here is a poem.")
        return web.json_response(self.envelope(reply, body))

    def envelope(self, reply: Reply, body: Body) -> Body:
        """What a reply comes in."""
        return _envelope(reply, body, call=bool(body.get("tools")) and not self._prose)


def _envelope(reply: Reply, body: Body, *, call: bool) -> Body:
    message: Body = {"role": "assistant", "content": reply.text}
    if call:
        name = body["tools"][0]["function"]["name"]
        function = {"name": name, "arguments": reply.text}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": function}],
        }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if call else reply.finish_reason}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
    }
