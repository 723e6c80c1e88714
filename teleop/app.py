"""The console's web addresses: the page, login, the state as JSON and as a stream, acknowledge, picture.

The page itself holds no data and is open to all who reach the port; everything else asks for the session cookie.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from kangban.clock import Clock
from kangban.site import Site
from kangban.values import Incident
from teleop import access, view
from teleop.audit import Audit
from teleop.bell import Bell, next_ring
from teleop.desk import Desk
from teleop.headers import App, Guarded
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
    attempts: access.Attempts = field(default_factory=access.Attempts)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> dict[str, Any]:
        return view.state(self.desk.situation(), self.site, self.robot, self.deliveries(), self.pictures.version)

    def signed_in(self, request: Request) -> bool:
        return access.session_valid(self.token, request.cookies.get(access.COOKIE), self.clock.now())


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def create_app(console: Console, loopback_only: bool) -> App:
    """The ASGI application of one console."""
    app = FastAPI(title="Kangban console", docs_url=None, redoc_url=None, openapi_url=None)

    def session(request: Request) -> None:
        if not console.signed_in(request):
            raise HTTPException(401, "sign in first")

    signed_in = [Depends(session)]
    _add_page(app, console.site.language)
    _add_login(app, console)
    _add_incidents(app, console, signed_in)

    @app.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"up": True}

    @app.get("/api/state", dependencies=signed_in)
    def current() -> dict[str, Any]:
        return console.state()

    @app.get("/api/events", dependencies=signed_in)
    async def events(request: Request) -> StreamingResponse:
        if console.bell.listeners >= MOST_LISTENERS:
            raise HTTPException(503, f"{MOST_LISTENERS} pages are open already; close one")
        return StreamingResponse(_events(console, request), media_type="text/event-stream")

    return Guarded(app, loopback_only)


async def _events(console: Console, request: Request) -> AsyncIterator[str]:
    """The state at once, then whenever the bell rings and at least each STATE_PERIOD_S, until the session ends."""
    with console.bell.listening() as ring:
        yield "retry: 1000\n\n"
        while not console.bell.closed and console.signed_in(request):
            yield f"data: {json.dumps(console.state(), ensure_ascii=False)}\n\n"
            await next_ring(ring, STATE_PERIOD_S)


def _add_page(app: FastAPI, language: str) -> None:
    for address, (name, kind) in _PAGE.items():
        content = (_STATIC / name).read_bytes()
        if name == "index.html":
            content = content.replace(b'<html lang="en">', f'<html lang="{language}">'.encode())

        def serve(content: bytes = content, kind: str = kind) -> Response:
            return Response(content, media_type=kind)

        app.add_api_route(address, serve, methods=["GET", "HEAD"], name=name)


def _add_login(app: FastAPI, console: Console) -> None:
    @app.post("/login")
    def login(given: Login, request: Request) -> Response:
        address, now = address_of(request), console.clock.now()
        with console.lock:
            wait = console.attempts.wait_s(address, now)
            right = wait == 0 and access.same(given.token, console.token)
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
        cookie = access.new_session(console.token, now)
        age = int(access.SESSION_S)
        answer.set_cookie(access.COOKIE, cookie, max_age=age, httponly=True, samesite="strict", path="/")
        return answer

    @app.post("/logout")
    def logout(request: Request) -> Response:
        if console.signed_in(request):
            console.audit.note("logout", "", address_of(request), "")
        answer = JSONResponse({"code": "bye"})
        answer.delete_cookie(access.COOKIE, httponly=True, samesite="strict", path="/")
        return answer


def _add_incidents(app: FastAPI, console: Console, signed_in: list[Any]) -> None:
    def known(incident_id: str) -> Incident:
        incidents = console.desk.situation().incidents
        found = next((i for i in incidents.incidents if i.id == incident_id), None) if incidents else None
        if found is None:
            raise HTTPException(404, "no such incident")
        return found

    @app.post("/api/incidents/{incident_id}/acknowledge", dependencies=signed_in)
    def acknowledge(incident_id: str, given: Acknowledgement, request: Request) -> Response:
        known(incident_id)
        answer = console.desk.acknowledge(incident_id, given.who, given.note)
        outcome = "accepted" if answer.accepted else f"not accepted ({answer.code}: {answer.message})"
        detail = f"{incident_id}: {outcome}" + (f"; note: {given.note}" if given.note else "")
        recorded = console.audit.note("acknowledge", given.who, address_of(request), detail)
        content = {"accepted": answer.accepted, "code": answer.code, "message": answer.message, "recorded": recorded}
        return JSONResponse(content, 200 if answer.accepted else 409 if answer.code == "robot" else 503)

    @app.get("/api/incidents/{incident_id}/picture", dependencies=signed_in)
    def picture(incident_id: str) -> Response:
        data = console.pictures.read(known(incident_id))
        if data is None:
            raise HTTPException(404, "no picture of this incident")
        return Response(data, media_type="image/png")
