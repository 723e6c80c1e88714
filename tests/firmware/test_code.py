"""What a reviewer of safety code asks of the C sources: no heap, no recursion, a bounded stack, both boards built."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge" / "firmware"
BOARDS = ("qemu", "stm32f405")
MOST_STACK = 2560  # bytes from the reset handler down; interrupts come on top
STACK_LEFT = 16 * 1024
CALL = re.compile(r"^\s+[0-9a-f]+:\s.*\tb(?:l|\.w|\.n)?\s+[0-9a-f]+ <(\w[\w.]*)>", re.M)
FUNCTION = re.compile(r"^[0-9a-f]+ <([\w.]+)>:$", re.M)


def call_graph(elf: Path) -> dict[str, set[str]]:
    """Who calls whom in the finished image, tail calls included."""
    listing = subprocess.run(["arm-none-eabi-objdump", "-d", str(elf)], capture_output=True, text=True, check=True)
    assert not re.search(r"\tblx\s+r", listing.stdout), "a call through a pointer, which no graph shows"
    parts = FUNCTION.split(listing.stdout)[1:]
    return {
        name: set(CALL.findall(body)) - {name} | _own(name, body)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _own(name: str, body: str) -> set[str]:
    """Itself, if it calls itself and doesn't merely loop."""
    return {name} if re.search(rf"\tbl\s+[0-9a-f]+ <{re.escape(name)}>$", body, re.M) else set()


def stack_sizes(folder: Path) -> dict[str, int]:
    rows = (line.split("\t") for file in folder.rglob("*.su") for line in file.read_text().splitlines())
    sizes: dict[str, int] = {}
    for place, size, kind in rows:
        assert kind == "static", f"{place}: a stack use that nobody can bound"
        name = place.rsplit(":", 1)[1]
        sizes[name] = max(int(size), sizes.get(name, 0))
    return sizes


def deepest(graph: dict[str, set[str]], sizes: dict[str, int], name: str, above: tuple[str, ...] = ()) -> int:
    """Bytes of the deepest chain of calls from `name`. Fails on recursion."""
    assert name not in above, f"recursion: {' -> '.join((*above, name))}"
    below = [deepest(graph, sizes, called, (*above, name)) for called in graph.get(name, ())]
    return sizes.get(name.split(".")[0], 0) + max(below, default=0)


@pytest.mark.parametrize("board", BOARDS)
def test_no_function_calls_itself_and_the_stack_is_bounded(built: Path, board: str) -> None:
    graph, sizes = call_graph(built / f"{board}.elf"), stack_sizes(built / board)
    assert "kb_controller_step" in sizes and "kb_app_run" in graph["Reset_Handler"]
    assert 200 < deepest(graph, sizes, "Reset_Handler") <= MOST_STACK


@pytest.mark.parametrize("board", BOARDS)
def test_there_is_no_heap_and_room_for_the_stack(built: Path, board: str) -> None:
    found = subprocess.run(
        ["arm-none-eabi-nm", str(built / f"{board}.elf")], capture_output=True, text=True, check=True
    )
    symbols = {line.split()[-1]: int(line.split()[0], 16) for line in found.stdout.splitlines()}
    assert not symbols.keys() & {"malloc", "calloc", "realloc", "free", "_sbrk", "alloca"}
    assert symbols["kb_stack_top"] - symbols["kb_bss_end"] > STACK_LEFT


def test_the_core_knows_no_board_and_includes_nothing_but_itself() -> None:
    for source in (FIRMWARE / "core").iterdir():
        included = set(re.findall(r'#include [<"]([^>"]+)[>"]', source.read_text()))
        allowed = {header.name for header in (FIRMWARE / "core").glob("*.h")}
        assert included <= allowed | {"stdbool.h", "stddef.h", "stdint.h", "string.h"}, source.name
        assert "float" not in source.read_text() and "double" not in source.read_text(), source.name


def test_every_warning_is_an_error() -> None:
    flags = (FIRMWARE / "Makefile").read_text()
    assert all(flag in flags for flag in ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"))


def test_the_real_board_starts_where_its_flash_does(built: Path) -> None:
    """Stack pointer and reset vector are the first two words of the image."""
    found = subprocess.run(
        ["arm-none-eabi-objdump", "-s", "-j", ".text", "--stop-address=0x8000008", str(built / "stm32f405.elf")],
        capture_output=True,
        text=True,
        check=True,
    )
    stack, reset = re.findall(r"^ 8000000 ([0-9a-f]{8}) ([0-9a-f]{8})", found.stdout, re.M)[0]
    assert int.from_bytes(bytes.fromhex(stack), "little") == 0x2002_0000
    assert int.from_bytes(bytes.fromhex(reset), "little") & 1 == 1  # Thumb
