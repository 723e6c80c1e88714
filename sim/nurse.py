"""A human at the console: logs in with the token of this run and acknowledges through the real web page."""

from __future__ import annotations

from pathlib import Path

import httpx

TIMEOUT_S = 5.0


class NurseError(Exception):
    """The console did not let her acknowledge; the message says what it answered."""


def acknowledge(run_dir: Path, state_dir: Path, who: str) -> list[str]:
    """Acknowledge every incident that is alarmed; returns their ids. The world stands still meanwhile."""
    try:
        url = (run_dir / "console.url").read_text(encoding="utf-8").strip()
        token = (state_dir / "console.token").read_text(encoding="utf-8").strip()
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, headers={"Origin": url.rstrip("/")}) as console:
            console.post("/login", json={"token": token}).raise_for_status()
            state = console.get("/api/state").raise_for_status().json()
            ids = [str(i["id"]) for i in state["incidents"] if i["state"] == "alarmed"]
            for incident in ids:
                console.post(f"/api/incidents/{incident}/acknowledge", json={"who": who}).raise_for_status()
    except (OSError, httpx.HTTPError, KeyError) as error:
        raise NurseError(f"the console did not take the acknowledgement: {error}") from error
    return ids
