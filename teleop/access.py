"""Who may look: the token of this run, the session cookie made from it, and a bound on guessing.

The token is random, made once a run, and kept where only this user reads it, so that a console that was killed and
restarted knows its nurses again. A cookie is `issued.nonce.signature`, signed with the token: nothing is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

COOKIE = "kangban_session"
SESSION_S = 12 * 3600.0  # a long shift
TOKEN_BYTES = 24


def token_of_run(path: Path, run: str) -> str:
    """The token in `path` if this same run made it, else a new one. Raises OSError.

    Both `path` (the token alone) and its neighbour `.run` (which run made which token) are for this user only.
    """
    marker = path.with_suffix(".run")
    token = _read(path)
    if len(token) >= TOKEN_BYTES and _read(marker) == _made_in(run, token):
        path.chmod(0o600)
        return token
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _write_private(path, token)
    _write_private(marker, _made_in(run, token))
    return token


def _made_in(run: str, token: str) -> str:
    return f"{hashlib.sha256(token.encode()).hexdigest()} {run}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write_private(path: Path, text: str) -> None:
    """Replace a file in one step; mode 0600 from its first byte on."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def run_identity(run_dir: Path) -> str:
    """A text that is the same for all processes of one run and differs for the next, by its run file."""
    run_file = run_dir / "run.yaml"
    written = run_file.stat().st_mtime_ns if run_file.exists() else 0
    return f"{run_dir.resolve()} {written}"


def same(given: str, wanted: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def new_session(token: str, now: float) -> str:
    """A cookie value, valid for SESSION_S from `now` (this machine's steady clock, s)."""
    head = f"{now:.3f}.{secrets.token_urlsafe(12)}"
    return f"{head}.{_sign(token, head)}"


def session_valid(token: str, cookie: str | None, now: float | None) -> bool:
    """`now` None: it lasts as long as the token."""
    head, _, signature = (cookie or "").rpartition(".")
    if not head or not same(signature, _sign(token, head)):
        return False
    if now is None:
        return True
    issued = float(head.rsplit(".", 1)[0])  # ours: the signature was right
    return 0 <= now - issued <= SESSION_S


def _sign(token: str, head: str) -> str:
    return hmac.new(token.encode(), f"session {head}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Attempts:
    """Failed logins: (address, time, s), oldest first. Pure: every call gives the next state."""

    failures: tuple[tuple[str, float], ...] = ()

    WINDOW_S = 60.0
    EACH = 5  # from one address within the window
    ALL = 30  # from anywhere within the window

    def wait_s(self, address: str, now: float) -> float:
        """Seconds until this address may try again; 0: now."""
        recent = [(who, t) for who, t in self.failures if now - t < self.WINDOW_S]
        mine = [t for who, t in recent if who == address]
        waits = [
            times[-bound] + self.WINDOW_S - now
            for times, bound in ((mine, self.EACH), ([t for _, t in recent], self.ALL))
            if len(times) >= bound
        ]
        return max(waits, default=0.0)

    def failed(self, address: str, now: float) -> Attempts:
        kept = tuple(f for f in self.failures if now - f[1] < self.WINDOW_S)
        return replace(self, failures=(*kept, (address, now)))

    def succeeded(self, address: str) -> Attempts:
        return replace(self, failures=tuple(f for f in self.failures if f[0] != address))
