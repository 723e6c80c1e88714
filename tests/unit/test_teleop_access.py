"""Who may look: the token lives as long as its run, cookies can't be made up, guessing is bounded."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teleop.access import (
    SESSION_S,
    Attempts,
    new_session,
    run_identity,
    same,
    session_valid,
    token_of_run,
)


def test_a_token_is_random_private_and_kept_within_its_run(tmp_path: Path) -> None:
    path = tmp_path / "console.token"
    first = token_of_run(path, "run 1")
    assert len(first) >= 32
    assert path.read_text() == f"{first}\n", "the token alone: `kangban up` prints it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token_of_run(path, "run 1") == first
    assert token_of_run(path, "run 2") != first
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_a_token_file_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "console.token"
    token = token_of_run(path, "run")
    path.chmod(0o644)
    assert token_of_run(path, "run") == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "\n", "short\n", "a token that this run did not make\n", "\udcff"])
def test_a_broken_token_file_is_replaced_not_trusted(tmp_path: Path, content: str) -> None:
    path = tmp_path / "console.token"
    token_of_run(path, "run")
    path.write_bytes(content.encode(errors="surrogateescape"))
    token = token_of_run(path, "run")
    assert len(token) >= 32 and token != content.strip()


def test_a_new_run_file_is_a_new_run(tmp_path: Path) -> None:
    before = run_identity(tmp_path)
    (tmp_path / "run.yaml").write_text("profile: companion\n")
    first = run_identity(tmp_path)
    assert first != before and run_identity(tmp_path) == first


def test_a_session_ends_after_a_shift_and_with_its_token() -> None:
    cookie = new_session("token", 100.0)
    assert session_valid("token", cookie, 100.0)
    assert session_valid("token", cookie, 100.0 + SESSION_S)
    assert not session_valid("token", cookie, 100.1 + SESSION_S)
    assert not session_valid("token", cookie, 99.0), "made in the future: another boot of the machine"
    assert not session_valid("other", cookie, 100.0)
    assert new_session("token", 100.0) != cookie


@given(st.text(max_size=80) | st.none())
def test_no_made_up_cookie_is_a_session(cookie: str | None) -> None:
    assert not session_valid("token", cookie, 100.0)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_cookie_is_no_session(place: int, change: int) -> None:
    cookie = new_session("token", 100.0)
    at = place % len(cookie)
    changed = cookie[:at] + chr((ord(cookie[at]) + change) % 0x110000 % 0xD800) + cookie[at + 1 :]
    assert changed == cookie or not session_valid("token", changed, 100.0)


def test_texts_of_any_script_are_compared() -> None:
    assert same("康伴", "康伴") and not same("康伴", "康")


def test_guessing_is_bounded_for_one_address() -> None:
    attempts = Attempts()
    for second in range(Attempts.EACH):
        assert attempts.wait_s("a", float(second)) == 0
        attempts = attempts.failed("a", float(second))
    assert attempts.wait_s("a", 10.0) == Attempts.WINDOW_S - 10.0
    assert attempts.wait_s("b", 10.0) == 0, "another address is not shut out"
    assert attempts.wait_s("a", Attempts.WINDOW_S + 0.1) == 0, "the oldest attempt has run out"


def test_guessing_is_bounded_for_all_addresses_together() -> None:
    attempts = Attempts()
    for number in range(Attempts.ALL):
        attempts = attempts.failed(f"address {number}", 1.0)
    assert attempts.wait_s("a new one", 2.0) > 0


def test_a_right_token_clears_the_count_and_old_failures_are_forgotten() -> None:
    attempts = Attempts().failed("a", 0.0).failed("b", 0.0)
    assert attempts.succeeded("a").failures == (("b", 0.0),)
    assert attempts.failed("c", 1000.0).failures == (("c", 1000.0),)
