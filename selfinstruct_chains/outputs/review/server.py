"""The review page: a small server on loopback, that only who has the link can reach.

GET  /TOKEN/               the page; /TOKEN/NAME.js and .css, what it is made of
GET  /TOKEN/state          the questions, the sample, and a reviewer's verdicts
POST /TOKEN/cards          {"ids"}: what cards show
POST /TOKEN/entries        {"name", "since", "entries"}: what a reviewer did; what was kept, and what is new
GET  /TOKEN/search         the ids of cards that hold a text
GET  /TOKEN/disagreements  where people differ
GET  /TOKEN/agreement      how far they agree

The token alone lets in, 192 random bits in the path, whatever the host is called: localhost, 127.0.0.1, a forwarded
port. A site whose name is made to lead here (DNS rebinding) has no token, and the page tells it to nobody as a
referrer.
"""

from __future__ import annotations

import json
import secrets
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from selfinstruct_chains.errors import ConfigError, SelfInstructError
from selfinstruct_chains.outputs.review.address import Address
from selfinstruct_chains.outputs.review.cards import LONGEST_NAME, NotAVerdictError, entry_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from selfinstruct_chains.outputs.review.cards import Sitting

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ASSETS = files("selfinstruct_chains.outputs") / "assets"
HOST = "127.0.0.1"
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_PARTS = ("state", "queue", "card", "edit", "keys", "views")
_PAGE = (
    *("review.html", "review.css", "theme.css", "review.js", "text.js"),
    *(f"review_{part}.js" for part in _PARTS),
)
_LONGEST = 32 * 2**20  # bytes of what the page sends at once, corrections of long texts among it
_MOST = 200  # cards at once
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server:
    """The page of a sitting, from `async with` on until it is left.

    Args:
        sitting: what is reviewed.
        port: the port; 0 for that of the last sitting at this address, or any free one.
        address: where it was last time, so that a page that is still open goes on; a new one when None.

    Raises:
        ConfigError: the port is taken.
    """

    def __init__(self, sitting: Sitting, port: int = 0, address: Address | None = None) -> None:
        self._sitting = sitting
        self._wanted = port
        self._address = address or Address.new()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1)  # a log would hold the token

    @property
    def url(self) -> str:
        """The link to the page, its token included."""
        return f"http://{HOST}:{self._address.port}/{self._address.token}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        if not await self._listens(self._wanted or self._address.port):
            if self._wanted:
                await self._runner.cleanup()
                raise ConfigError(f"port {self._wanted} can't be had: it is taken; leave --port out")
            self._address = Address.new()  # another sitting is at the last address
            await self._listens(0)
        self._address.port = self._runner.addresses[0][1]
        self._address.keep()
        return self

    async def _listens(self, port: int) -> bool:
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            return False
        return True

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_LONGEST)
        app.router.add_get("/{token}/", self._file)
        app.router.add_get("/{token}/state", self._state)
        app.router.add_post("/{token}/cards", self._cards)
        app.router.add_post("/{token}/entries", self._entries)
        app.router.add_get("/{token}/search", self._search)
        app.router.add_get("/{token}/disagreements", self._disagreements)
        app.router.add_get("/{token}/agreement", self._agreement)
        app.router.add_get("/{token}/{name}", self._file)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only who has the token; what the sitting can't do is said as such."""
        token = request.match_info.get("token", "")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self._address.token.encode()):
            raise web.HTTPNotFound
        try:
            response = await handler(request)
        except SelfInstructError as error:
            response = web.json_response({"error": str(error)}, status=500)
        response.headers.update(_HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "review.html")
        if name not in _PAGE:
            raise web.HTTPNotFound
        text = (ASSETS / name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=_TYPES[name.rpartition(".")[2]])

    async def _state(self, request: web.Request) -> web.StreamResponse:
        sitting = self._sitting
        name = self._named(request.query.get("name", ""))
        questions = [
            {**question._asdict(), "choices": [choice._asdict() for choice in question.choices]}
            for question in sitting.questions
        ]
        words = ("title", "note", "name", "what", "output", "guidelines", "keys")
        return web.json_response(
            {
                **{word: getattr(sitting, word) for word in words},
                "features": sitting.features._asdict(),
                "questions": questions,
                "people": sitting.people(),
                "cards": sitting.cards(name),
                "since": sitting.changed(name, 0)[0],
            }
        )

    def _named(self, name: str) -> str:
        """Who reviews, whatever the page says where the command says it."""
        return name if self._sitting.name is None else self._sitting.name

    async def _cards(self, request: web.Request) -> web.StreamResponse:
        ids = (await _sent(request)).get("ids")
        if not isinstance(ids, list) or len(ids) > _MOST:
            raise web.HTTPBadRequest(text=f"at most {_MOST} ids of cards are expected")
        return web.json_response([self._sitting.shown(id_) if isinstance(id_, str) else None for id_ in ids])

    async def _entries(self, request: web.Request) -> web.StreamResponse:
        """Keeps what it can, and says of each entry what became of it: the page sends again what is not named."""
        sent = await _sent(request)
        name, since, entries = sent.get("name"), sent.get("since"), sent.get("entries")
        if not isinstance(name, str) or len(name) > LONGEST_NAME or not isinstance(entries, list):
            raise web.HTTPBadRequest(text=f"a name of at most {LONGEST_NAME} characters and entries are expected")
        kept = _Kept(self._sitting, self._named(name))
        try:
            for value in entries:
                kept.take(value)
            count, changed = self._sitting.changed(kept.name, max(since, 0) if isinstance(since, int) else 0)
        except SelfInstructError as error:
            return web.json_response({**kept.told(), "error": str(error)}, status=500)
        return web.json_response({**kept.told(), "since": count, "changed": changed})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._sitting.search(request.query.get("text", "")))

    async def _disagreements(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        return web.json_response(self._sitting.disagreements())

    async def _agreement(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        return web.json_response(self._sitting.agreement())


class _Kept:
    """What became of the entries that were sent together."""

    def __init__(self, sitting: Sitting, name: str) -> None:
        self._sitting, self.name = sitting, name
        self._kept: list[str] = []
        self._refused: list[dict[str, Any]] = []
        self._notes: list[str] = []

    def take(self, value: Any) -> None:
        """Keep one; one that makes no sense is refused, and the others are kept."""
        try:
            entry = entry_of(value)
            if not self._sitting.has(entry.entry):
                self._note(self._sitting.take(entry, self.name))
            self._kept.append(entry.entry)
        except NotAVerdictError as error:
            known = value if isinstance(value, dict) else {}
            self._refused.append({"entry": known.get("entry"), "id": known.get("id"), "why": str(error)})

    def _note(self, text: str) -> None:
        self._notes += [text] if text else []

    def told(self) -> dict[str, Any]:
        """For the page."""
        return {"kept": self._kept, "refused": self._refused, "notes": self._notes}


async def _sent(request: web.Request) -> dict[str, Any]:
    try:
        sent = json.loads(await request.read())
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return sent
