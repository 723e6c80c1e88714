"""The addresses of the large-print page on the robot's own screen: what `screen` shows, and its buttons.

For the person at home, without a login of hers. It is served to this machine only, by its address and by its name,
whatever the console listens on, and only to a browser that was opened with the screen's own token. It shows nothing
that a nurse sees, and can do nothing but press the buttons that are shown.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kangban.clock import Clock
from kangban.site import Site
from kangban.values import Screen
from teleop import access
from teleop.bell import Bell, next_ring
from teleop.desk import Answer
from teleop.headers import LOOPBACK_NAMES

COOKIE = "kangban_screen"
AGAIN_S = 1.0
MOST_LISTENERS = 4
WHO = "the screen"
_STATIC = Path(__file__).parent / "static"
_FILES = {
    "/home": ("home.html", "text/html; charset=utf-8"),
    "/home/page.css": ("home.css", "text/css; charset=utf-8"),
    "/home/page.js": ("home.js", "text/javascript; charset=utf-8"),
}
Body = TypeVar("Body", bound=BaseModel)
Word = Annotated[str, StringConstraints(max_length=120)]


class Opening(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    screen: Word
    choice: Word


class ScreenDesk(Protocol):
    def screen(self) -> Screen | None:
        """What is shown; None: nothing fresh is known, the robot is away."""
        ...

    def choose(self, screen_id: str, choice: str, who: str) -> Answer:
        """Press a button. Blocks until answered or timed out."""
        ...


@dataclass
class HomeScreen:
    desk: ScreenDesk
    site: Site
    token: str
    clock: Clock
    bell: Bell = field(default_factory=Bell)
    attempts: access.Attempts = field(default_factory=access.Attempts)

    def shown(self) -> dict[str, Any]:
        screen, names = self.desk.screen(), [contact.name for contact in self.site.contacts]
        if screen is None:
            return {"known": False, "language": self.site.language, "contacts": names}
        return {
            "known": True,
            "id": screen.id,
            "language": screen.language,
            "title": screen.title,
            "text": screen.text,
            "choices": [{"id": name, "label": label} for name, label in screen.choices],
            "count": screen.count,
        }


def routes(home: HomeScreen) -> list[Route]:
    at = _Addresses(home)
    pages = [Route(address, at.page(name, kind)) for address, (name, kind) in _FILES.items()]
    return [
        *pages,
        Route("/home/open", at.open, methods=["POST"]),
        Route("/home/events", at.events),
        Route("/home/choose", at.choose, methods=["POST"]),
    ]


class _Addresses:
    def __init__(self, home: HomeScreen) -> None:
        self._home = home

    def page(self, name: str, kind: str) -> Callable[[Request], Response]:
        content = (_STATIC / name).read_bytes()

        def serve(request: Request) -> Response:
            _this_machine(request)
            return Response(content, media_type=kind)

        return serve

    async def open(self, request: Request) -> Response:
        """The token opens the page: a cookie that lasts as long as the token does."""
        _this_machine(request)
        given, home = await _read(request, Opening), self._home
        now, address = home.clock.now(), "this machine"
        if (wait := home.attempts.wait_s(address, now)) > 0:
            return JSONResponse({"code": "wait"}, 429, {"retry-after": f"{wait:.0f}"})
        if not access.same(given.token, home.token):
            home.attempts = home.attempts.failed(address, now)
            return JSONResponse({"code": "wrong_token"}, 401)
        answer = JSONResponse({"code": "open"})
        cookie = access.new_session(home.token, now)
        answer.set_cookie(COOKIE, cookie, max_age=10 * 366 * 86400, httponly=True, samesite="strict", path="/home")
        return answer

    async def events(self, request: Request) -> Response:
        self._open(request)
        if self._home.bell.listeners >= MOST_LISTENERS:
            raise HTTPException(503, f"{MOST_LISTENERS} screens are open already; close one")
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        home = self._home
        with home.bell.listening() as ring:
            yield "retry: 1000\n\n"
            while not home.bell.closed:
                yield f"data: {json.dumps(home.shown(), ensure_ascii=False)}\n\n"
                await next_ring(ring, AGAIN_S)

    async def choose(self, request: Request) -> Response:
        self._open(request)
        given = await _read(request, Choice)
        answer = await run_in_threadpool(self._home.desk.choose, given.screen, given.choice, WHO)
        content: Mapping[str, object] = {"accepted": answer.accepted, "code": answer.code, "message": answer.message}
        return JSONResponse(content, 200 if answer.accepted else 409 if answer.code == "robot" else 503)

    def _open(self, request: Request) -> None:
        _this_machine(request)
        # It never runs out by time: the robot's screen stays on, and its token is its own.
        if not access.session_valid(self._home.token, request.cookies.get(COOKIE), None):
            raise HTTPException(401, "open this page with the address that the robot gives its own screen")


def _this_machine(request: Request) -> None:
    """The page is for the robot's own screen, also where the console can be reached from the network."""
    client = request.client.host if request.client else ""
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if client not in ("127.0.0.1", "::1") or named not in LOOPBACK_NAMES:
        raise HTTPException(403, "this page is for the robot's own screen only")


async def _read(request: Request, kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the body"
        raise HTTPException(422, f"{where}: {fault['msg']}") from error
