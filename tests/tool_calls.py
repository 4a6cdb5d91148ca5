"""A scripted server whose model calls tools."""

import json
from typing import Any

from aiohttp import web

from selfinstruct_chains.testing.server import Asked, ScriptedServer

DRAWN = 2
"""How many tasks the model asks its tool for."""


class AgentServer(ScriptedServer):
    """As `ScriptedServer`; at OpenAI's endpoint for tools it calls one, and then says what it was told."""

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/v1/responses":
            return await super()._handle(request)
        body = await request.json()
        last = body["input"][-1]
        self.asked.append(Asked(request.path, request.headers, body, [], "", 1))
        told = last.get("type") == "function_call_output"
        output = _answer(last["output"]) if told else _call(body["tools"][0]["name"])
        return web.json_response(_response(f"r{len(self.asked)}", output))


def _call(name: str) -> dict[str, Any]:
    return {"type": "function_call", "id": "f", "call_id": "c", "name": name, "arguments": json.dumps({"n": DRAWN})}


def _answer(told: str) -> dict[str, Any]:
    text = "Practice: " + " ".join(task["instruction"] for task in json.loads(told))
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}


def _response(name: str, output: dict[str, Any]) -> dict[str, Any]:
    fixed = {"id": name, "object": "response", "created_at": 0, "status": "completed", "model": "scripted"}
    return fixed | {"output": [output], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
