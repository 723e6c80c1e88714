"""Binding: loopback or said loudly, a busy port is a clear error, a restart keeps its port."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from teleop.server import PortError, bind, is_loopback
from tests.browser.demo import TOKEN, running_console


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_busy_port_says_what_to_do(taken: int) -> None:
    with pytest.raises(PortError, match=f"127.0.0.1:{taken}.*another program.*--set profile.console.port"):
        bind("127.0.0.1", taken)


@pytest.mark.parametrize(("host", "says"), [("no-such-host.invalid", "no address"), ("203.0.113.7", "no such address")])
def test_a_wrong_host_says_what_to_write(host: str, says: str) -> None:
    with pytest.raises(PortError, match=says):
        bind(host, 0)


def test_any_port_is_kept_over_a_restart_while_it_is_free(tmp_path: Path) -> None:
    url_file = tmp_path / "console.url"
    first = bind("127.0.0.1", 0, url_file)
    port = first.getsockname()[1]
    first.close()
    url_file.write_text(f"http://127.0.0.1:{port}/\n")
    again = bind("127.0.0.1", 0, url_file)
    assert again.getsockname()[1] == port
    other = bind("127.0.0.1", 0, url_file)
    assert other.getsockname()[1] != port
    again.close()
    other.close()


@pytest.mark.parametrize("content", ["", "http://127.0.0.1/\n", "http://127.0.0.1:x/", "\x00"])
def test_a_broken_url_file_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "console.url").write_text(content)
    bind("127.0.0.1", 0, tmp_path / "console.url").close()


def test_what_loopback_is() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.4", "robot.local"))


def test_the_real_server_answers_streams_and_lets_go(tmp_path: Path) -> None:
    with running_console(tmp_path) as running:
        url_file = tmp_path / "console.url"
        assert url_file.read_text().strip() == running.server.url and TOKEN not in url_file.read_text()
        assert running.server.login_url.endswith(f"/#{TOKEN}")
        with httpx.Client(base_url=running.server.url, timeout=10.0) as client:
            assert client.get("/healthz").json() == {"up": True}
            assert client.post("/login", json={"token": TOKEN}).status_code == 200
            with client.stream("GET", "/api/events") as events:
                assert events.headers["content-type"].startswith("text/event-stream")
                lines = events.iter_lines()
                assert any(line.startswith("data: ") for line in lines)
                running.server.close()  # with the stream open: it must end, not hang
                assert sum(line.startswith("data: ") for line in lines) <= 1
        assert not running.server.alive
        with pytest.raises(httpx.ConnectError):
            httpx.get(running.server.url)
