"""Bad configuration is refused with file, key, value and what is allowed."""

from pathlib import Path

import pytest
import yaml

from kangban.config import ConfigError, config_dir, load, load_profile, load_site


def altered(tmp_path: Path, kind: str, name: str, change) -> str:
    data = yaml.safe_load((config_dir() / kind / f"{name}.yaml").read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return str(path)


def refusal(load_file, path: str) -> str:
    with pytest.raises(ConfigError) as error:
        load_file(path)
    assert path in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("path", sorted((config_dir() / "profiles").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_profile_loads(path: Path) -> None:
    assert load_profile(path.stem).name == path.stem


@pytest.mark.parametrize("path", sorted((config_dir() / "sites").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_site_loads(path: Path) -> None:
    assert load_site(path.stem).name == path.stem


def test_a_typo_is_named_with_its_neighbour(tmp_path: Path) -> None:
    def change(data):
        data["limits"]["sped_mps"] = data["limits"].pop("speed_mps")

    message = refusal(load_profile, altered(tmp_path, "profiles", "companion", change))
    assert "limits.sped_mps: unknown key; did you mean 'speed_mps'?" in message
    assert "limits.speed_mps: missing" in message


def test_a_wrong_unit_is_out_of_range(tmp_path: Path) -> None:
    def change(data):
        data["base"]["wheel_radius_m"] = 85  # millimetres

    message = refusal(load_profile, altered(tmp_path, "profiles", "companion", change))
    assert "base.wheel_radius_m: 85 is not allowed: allowed: above 0.01 and at most 0.5" in message


def limit_keys() -> list[str]:
    return sorted(yaml.safe_load((config_dir() / "profiles" / "companion.yaml").read_text(encoding="utf-8"))["limits"])


@pytest.mark.parametrize("key", limit_keys())
def test_a_missing_limit_is_refused(tmp_path: Path, key: str) -> None:
    message = refusal(load_profile, altered(tmp_path, "profiles", "companion", lambda data: data["limits"].pop(key)))
    assert f"limits.{key}: missing; it has no default" in message


def test_speeds_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    def change(data):
        data["navigation"]["cruise_speed_mps"] = 0.9

    assert "above limits.speed_mps" in refusal(load_profile, altered(tmp_path, "profiles", "companion", change))


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    def change(data):
        data["limits"]["speed_mps"] = float("nan")

    assert "limits.speed_mps" in refusal(load_profile, altered(tmp_path, "profiles", "companion", change))


def test_a_dock_outside_every_room_is_refused(tmp_path: Path) -> None:
    def change(data):
        data["dock"]["x_m"] = -50.0

    assert "dock: (-50.0, 3.6) lies in no room" in refusal(load_site, altered(tmp_path, "sites", "demo_flat", change))


def test_broken_yaml_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "home.yaml"
    path.write_text("rooms: [", encoding="utf-8")
    assert "not valid YAML" in refusal(load_site, str(path))
    with pytest.raises(ConfigError, match=r"there are: .*demo_flat"):
        load_site("no_such_home")


def test_overrides_are_validated_too(tmp_path: Path) -> None:
    good = load("companion", "demo_flat", tmp_path, tmp_path, ["profile.motors.port=/dev/ttyACM7"])
    assert good.profile.motors.port == "/dev/ttyACM7"
    with pytest.raises(ConfigError, match="at most 2"):
        load("companion", "demo_flat", tmp_path, tmp_path, ["profile.limits.speed_mps=9"])
    with pytest.raises(ConfigError, match="write it as"):
        load("companion", "demo_flat", tmp_path, tmp_path, ["motors.port"])
