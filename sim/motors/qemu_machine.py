"""QEMU running the firmware, its two serial ports and its monitor on socket pairs that only this process holds."""

from __future__ import annotations

import fcntl
import json
import select
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge" / "firmware"
IMAGE = FIRMWARE / "build" / "qemu.elf"
SETTINGS_AT = 0x3F000  # boards/qemu/link.ld
PATIENCE_S = 20.0  # wall; a loaded machine may be slow, a dead one is noticed at once
LONGEST_READ = 65536
END_WITHIN_S = 5.0


class QemuError(RuntimeError):
    """The firmware can't be run or has stopped answering; the message says what to do."""


def build() -> Path:
    """The image, made if it is missing or older than its sources."""
    (FIRMWARE / "build").mkdir(exist_ok=True)
    try:
        with (FIRMWARE / "build" / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two simulators may start at once
            made = subprocess.run(
                ["make", "-s", "-C", str(FIRMWARE), "qemu"], capture_output=True, text=True, check=False
            )
    except FileNotFoundError as error:
        raise QemuError("make is not installed: the firmware can't be built; run `make test` or `make demo`") from error
    if made.returncode != 0 or not IMAGE.exists():
        raise QemuError(
            f"the firmware in {FIRMWARE} does not build (is gcc-arm-none-eabi installed?):\n{made.stdout}{made.stderr}"
        )
    return IMAGE


class Machine:
    """One board. It ends when this process ends, however that ends."""

    def __init__(self, page: bytes) -> None:
        image = build()
        self.host, host = socket.socketpair()
        self.plant, plant = socket.socketpair()
        self._monitor, monitor = socket.socketpair()
        ends = (host, plant, monitor)
        with tempfile.NamedTemporaryFile(suffix=".settings") as stored, tempfile.TemporaryFile() as words:
            stored.write(page)
            stored.flush()
            command = _command(image, Path(stored.name), *(end.fileno() for end in ends))
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=words,
                    pass_fds=[end.fileno() for end in ends],
                )
            except FileNotFoundError as error:
                raise QemuError(f"{error.filename} is not installed: {command[-1]}") from error
            for end in ends:
                end.close()
            self._end = weakref.finalize(self, _end, self._process, (self.host, self.plant, self._monitor))
            try:
                self._greet()  # it has read the settings by now
            except QemuError as error:
                words.seek(0)
                self.close()
                raise QemuError(f"{error}\n{words.read().decode(errors='replace')}".rstrip()) from error

    def reset(self) -> None:
        """As a brown-out does: all that is volatile in the board is gone."""
        self._ask("system_reset")

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, link: socket.socket, data: bytes) -> None:
        """Raises QemuError where the machine is gone or takes nothing."""
        link.settimeout(PATIENCE_S)
        try:
            link.sendall(data)
        except OSError as error:
            raise self._gone(f"its serial port takes nothing ({error})") from error

    def receive(self, link: socket.socket) -> bytes:
        """What has come, waiting for some. Raises QemuError where the machine is gone or silent."""
        until = time.monotonic() + PATIENCE_S
        while not select.select([link], [], [], 0.2)[0]:
            if self._process.poll() is not None:
                raise self._gone("it has ended")
            if time.monotonic() > until:
                raise self._gone(f"it has been silent for {PATIENCE_S:.0f} s")
        try:
            data = link.recv(LONGEST_READ)
        except OSError as error:
            raise self._gone(str(error)) from error
        if not data:
            raise self._gone("it has ended")
        return data

    def close(self) -> None:
        self._end()

    def _greet(self) -> None:
        self._lines = b""
        self._line()
        self._ask("qmp_capabilities")

    def _ask(self, command: str) -> None:
        self.send(self._monitor, json.dumps({"execute": command}).encode() + b"\n")
        while "return" not in (answer := json.loads(self._line())):
            if "error" in answer:
                raise QemuError(f"QEMU refused {command}: {answer['error']}")

    def _line(self) -> bytes:
        while b"\n" not in self._lines:
            self._lines += self.receive(self._monitor)
        line, self._lines = self._lines.split(b"\n", 1)
        return line

    def _gone(self, why: str) -> QemuError:
        status = self._process.poll()
        ended = "" if status is None else f"; its status was {status}"
        return QemuError(f"QEMU with the firmware (process {self._process.pid}): {why}{ended}")


def _end(process: subprocess.Popen[bytes], links: tuple[socket.socket, ...]) -> None:
    process.kill()
    process.wait(END_WITHIN_S)
    for link in links:
        link.close()


def _command(image: Path, page: Path, host: int, plant: int, monitor: int) -> list[str]:
    def port(name: str, descriptor: int) -> list[str]:
        return ["-chardev", f"socket,id={name},fd={descriptor}"]

    return [
        *("setpriv", "--pdeathsig", "KILL"),  # nothing is left behind, not even after kill -9 of this process
        *("qemu-system-arm", "-M", "lm3s6965evb", "-kernel", str(image)),
        *("-device", f"loader,file={page},addr=0x{SETTINGS_AT:x},force-raw=on"),
        *("-display", "none", "-nodefaults", "-no-user-config"),
        *("-icount", "shift=6"),  # guest time goes with its instructions, 64 ns each, and not with this machine's load
        *port("host", host),
        *port("plant", plant),
        *port("qmp", monitor),
        *("-serial", "chardev:host", "-serial", "chardev:plant", "-mon", "chardev=qmp,mode=control"),
    ]
