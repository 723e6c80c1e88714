"""The console's web addresses: the page, login, the state as JSON and as a stream, acknowledge, picture.

The page itself holds no data and is open to all who reach the port; everything else asks for the session cookie.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kangban.clock import Clock
from kangban.site import Site
from kangban.values import Incident
from teleop import access, view
from teleop.audit import Audit
from teleop.bell import Bell, next_ring
from teleop.desk import Desk
from teleop.headers import App, Guarded
from teleop.home import HomeScreen
from teleop.home import routes as home_routes
from teleop.pictures import Pictures

STATE_PERIOD_S = 1.0  # the page counts ages by these
MOST_LISTENERS = 32
_STATIC = Path(__file__).parent / "static"
_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/console.css": ("console.css", "text/css; charset=utf-8"),
    "/console.js": ("console.js", "text/javascript; charset=utf-8"),
    "/cards.js": ("cards.js", "text/javascript; charset=utf-8"),
    "/words.js": ("words.js", "text/javascript; charset=utf-8"),
    "/alert.js": ("alert.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no control characters: these words are shown and logged
Who = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=_PLAIN)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_PLAIN)]
Body = TypeVar("Body", bound=BaseModel)


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Acknowledgement(BaseModel):
    model_config = ConfigDict(extra="forbid")
    who: Who
    note: Note = ""


@dataclass
class Console:
    """What the web addresses work with. `clock` is this machine's steady clock: sessions outlive a stopped robot."""

    desk: Desk
    site: Site
    robot: str
    token: str
    clock: Clock
    pictures: Pictures
    audit: Audit
    deliveries: Callable[[], Mapping[str, Mapping[str, str]]]
    bell: Bell = field(default_factory=Bell)
    home: HomeScreen | None = None  # the page on the robot's own screen; None: there is none
    attempts: access.Attempts = field(default_factory=access.Attempts)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> dict[str, Any]:
        return view.state(self.desk.situation(), self.site, self.robot, self.deliveries(), self.pictures.version)

    def signed_in(self, request: Request) -> bool:
        return access.session_valid(self.token, request.cookies.get(access.COOKIE), self.clock.now())


def create_app(console: Console, loopback_only: bool) -> App:
    """The ASGI application of one console."""
    desk = _Addresses(console)
    routes = [
        *_page_routes(console.site.language),
        *(home_routes(console.home) if console.home is not None else []),
        Route("/healthz", _up),
        Route("/login", desk.login, methods=["POST"]),
        Route("/logout", desk.logout, methods=["POST"]),
        Route("/api/state", desk.state),
        Route("/api/events", desk.events),
        Route("/api/incidents/{incident_id}/acknowledge", desk.acknowledge, methods=["POST"]),
        Route("/api/incidents/{incident_id}/picture", desk.picture),
    ]
    return Guarded(Starlette(routes=routes, exception_handlers={HTTPException: _refused}), loopback_only)


def _page_routes(language: str) -> list[Route]:
    return [Route(address, _serve(name, kind, language)) for address, (name, kind) in _PAGE.items()]


def _serve(name: str, kind: str, language: str) -> Callable[[Request], Response]:
    content = (_STATIC / name).read_bytes()
    if name == "index.html":
        content = content.replace(b'<html lang="en">', f'<html lang="{language}">'.encode())
    return lambda request: Response(content, media_type=kind)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code)


def _up(request: Request) -> Response:
    return JSONResponse({"up": True})


async def _read(request: Request, kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the body"
        raise HTTPException(422, f"{where}: {fault['msg']}") from error


def _address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


class _Addresses:
    """The addresses that work with a console. What may wait (disk, robot) runs off the event loop."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def login(self, request: Request) -> Response:
        given = await _read(request, Login)
        return await run_in_threadpool(self._login, given.token, _address_of(request))

    def _login(self, token: str, address: str) -> Response:
        console, now = self._console, self._console.clock.now()
        with console.lock:
            wait = console.attempts.wait_s(address, now)
            right = wait == 0 and access.same(token, console.token)
            if wait == 0:
                attempts = console.attempts
                console.attempts = attempts.succeeded(address) if right else attempts.failed(address, now)
        if wait > 0:
            console.audit.note("login refused", "", address, f"too many attempts, {wait:.0f} s to wait")
            return JSONResponse({"code": "wait", "wait_s": round(wait)}, 429, {"retry-after": f"{wait:.0f}"})
        if not right:
            console.audit.note("login refused", "", address, "wrong token")
            return JSONResponse({"code": "wrong_token"}, 401)
        console.audit.note("login", "", address, "")
        answer = JSONResponse({"code": "welcome"})
        cookie, age = access.new_session(console.token, now), int(access.SESSION_S)
        answer.set_cookie(access.COOKIE, cookie, max_age=age, httponly=True, samesite="strict", path="/")
        return answer

    def logout(self, request: Request) -> Response:
        if self._console.signed_in(request):
            self._console.audit.note("logout", "", _address_of(request), "")
        answer = JSONResponse({"code": "bye"})
        answer.delete_cookie(access.COOKIE, httponly=True, samesite="strict", path="/")
        return answer

    async def state(self, request: Request) -> Response:
        self._signed_in(request)
        return JSONResponse(self._console.state())

    async def events(self, request: Request) -> Response:
        self._signed_in(request)
        if self._console.bell.listeners >= MOST_LISTENERS:
            raise HTTPException(503, f"{MOST_LISTENERS} pages are open already; close one")
        return StreamingResponse(self._stream(request), media_type="text/event-stream")

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        """The state at once, whenever the bell rings and at least each STATE_PERIOD_S, until the session ends."""
        console = self._console
        with console.bell.listening() as ring:
            yield "retry: 1000\n\n"
            while not console.bell.closed and console.signed_in(request):
                yield f"data: {json.dumps(console.state(), ensure_ascii=False)}\n\n"
                await next_ring(ring, STATE_PERIOD_S)

    async def acknowledge(self, request: Request) -> Response:
        self._signed_in(request)
        incident, given = self._incident(request), await _read(request, Acknowledgement)
        return await run_in_threadpool(self._acknowledge, incident.id, given, _address_of(request))

    def _acknowledge(self, incident_id: str, given: Acknowledgement, address: str) -> Response:
        answer = self._console.desk.acknowledge(incident_id, given.who, given.note)
        outcome = "accepted" if answer.accepted else f"not accepted ({answer.code}: {answer.message})"
        detail = f"{incident_id}: {outcome}" + (f"; note: {given.note}" if given.note else "")
        recorded = self._console.audit.note("acknowledge", given.who, address, detail)
        content = {"accepted": answer.accepted, "code": answer.code, "message": answer.message, "recorded": recorded}
        return JSONResponse(content, 200 if answer.accepted else 409 if answer.code == "robot" else 503)

    def picture(self, request: Request) -> Response:
        self._signed_in(request)
        data = self._console.pictures.read(self._incident(request))
        if data is None:
            raise HTTPException(404, "no picture of this incident")
        return Response(data, media_type="image/png")

    def _signed_in(self, request: Request) -> None:
        if not self._console.signed_in(request):
            raise HTTPException(401, "sign in first")

    def _incident(self, request: Request) -> Incident:
        incidents = self._console.desk.situation().incidents
        wanted = request.path_params["incident_id"]
        found = next((i for i in incidents.incidents if i.id == wanted), None) if incidents else None
        if found is None:
            raise HTTPException(404, "no such incident")
        return found
