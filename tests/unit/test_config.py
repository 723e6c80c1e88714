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


WRONG_HOMES = [
    (lambda d: d["exits"][0].update(outward_rad=3.1416), "exits: front_door: (10.00, 3.60), 0.4 m inside of it, lies"),
    (lambda d: d["exits"][0].update(at_m=[7.0, 3.6]), "0.4 m outside of it, lies in a room"),
    (lambda d: d["exits"][0].update(width_m=90), "exits.0.width_m: 90 is not allowed: allowed: at least 0.5"),
    (lambda d: d["exits"].append(d["exits"][0]), "exits: the name 'front_door' is used twice"),
    (lambda d: d["hours"]["night"].update(begins="25:00"), "hours.night.begins: '25:00' is not a time of the day"),
    (lambda d: d["hours"]["night"].update(ends=22.5), "hours.night.ends: 22.5 is not a time of the day"),
    (lambda d: d["hours"]["night"].update(rooms=["attic"]), "hours.night.rooms: 'attic' is no room of this home"),
    (lambda d: d["hours"]["night"].pop("rooms"), "hours.night.rooms: missing"),
    (lambda d: d["hours"].pop("bed_exit"), "hours.bed_exit: missing; it has no default"),
    (lambda d: d["hours"]["movement"][0].update(rooms=["hall"]), "hours.movement.0.rooms: 'hall' is no room"),
    (
        lambda d: d["hours"]["movement"][0].update(within_s=3),
        "hours.movement.0.within_s: 3 is not allowed: allowed: at",
    ),
    (lambda d: d.update(starts_at="noon"), "starts_at: 'noon' is not a time of the day"),
]


@pytest.mark.parametrize(("change", "words"), WRONG_HOMES, ids=lambda v: v if isinstance(v, str) else "")
def test_wrong_exits_and_hours_are_refused_by_name(tmp_path: Path, change, words: str) -> None:
    assert words in refusal(load_site, altered(tmp_path, "sites", "demo_flat", change))


def test_a_home_without_hours_and_exits_is_allowed(tmp_path: Path) -> None:
    def change(data):
        del data["hours"], data["exits"]

    site = load_site(altered(tmp_path, "sites", "demo_flat", change))
    assert site.hours is None
    assert site.exits == ()


def test_an_unquoted_time_of_the_day_is_read_as_it_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "home.yaml"
    text = (config_dir() / "sites" / "demo_flat.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace('begins: "22:00", ends: "06:00"', "begins: 22:00, ends: 6:00"), encoding="utf-8")
    assert load_site(str(path)).hours == load_site("demo_flat").hours


@pytest.mark.parametrize("key", ["long_lie_after_s", "wandering_trips", "wave_s", "gone_after_s"])
def test_care_has_no_defaults(tmp_path: Path, key: str) -> None:
    message = refusal(load_profile, altered(tmp_path, "profiles", "companion", lambda data: data["care"].pop(key)))
    assert f"care.{key}: missing; it has no default" in message


def test_guessed_heights_may_not_be_believed_sooner_than_measured_ones(tmp_path: Path) -> None:
    message = refusal(load_profile, changed(tmp_path, "companion", care__long_lie_unmeasured_after_s=5.0))
    assert "long_lie_unmeasured_after_s must be at least long_lie_after_s" in message


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


# A robot that contradicts itself


def changed(tmp_path: Path, name: str, **values: object) -> str:
    """A shipped profile with some values changed (`motors__watchdog_s=0.2`; None leaves the key out)."""

    def change(data):
        for key, value in values.items():
            *sections, last = key.split("__")
            section = data
            for part in sections:
                section = section[int(part) if part.isdigit() else part]
            if value is None:
                section.pop(last)
            else:
                section[last] = value

    return altered(tmp_path, "profiles", name, change)


WHEELS = [{"name": f"w{k}", "id": 100 + k} for k in range(4)]
CONTRADICTIONS = [
    # robot, what is changed, what the error names: key, value, what is allowed
    ("companion", {"limits__speed_mps": 1.9}, ["limits.speed_mps is 1.9", "wheel_speed_radps 10.0", "at most 0.850"]),
    ("lekiwi", {"limits__turn_rate_radps": 2.0}, ["turn_rate_radps is 2.0", "5.00 rad/s", "at most 1.840"]),
    ("companion", {"motors__stop_time_s": 0.4}, ["motors.stop_time_s is 0.4", "0.478 s", "allow at least 0.478"]),
    ("companion", {"limits__turn_acceleration_radps2": 3.0}, ["motors.stop_time_s is 0.5", "turn_rate_radps 1.2"]),
    ("companion", {"motors__command_life_s": 0.25}, ["motors.stop_time_s is 0.5", "0.578 s"]),
    ("turtlebot3", {"motors__stop_time_s": 0.6}, ["motors.stop_time_s is 0.6", "motors.watchdog_s"]),
    ("companion", {"limits__deceleration_mps2": 0.3}, ["deceleration_mps2 must be at least acceleration_mps2"]),
    ("companion", {"motors__watchdog_s": 0.05}, ["motors.watchdog_s is 0.05", "control_hz 20.0", "above 0.050"]),
    ("companion", {"motors__command_life_s": 0.04}, ["motors.command_life_s is 0.04", "above 0.050"]),
    ("companion", {"motors__watchdog_s": None}, ["motors.watchdog_s: missing; it has no default"]),
    ("companion", {"motors__watchdog_s": 9}, ["motors.watchdog_s: 9 is not allowed", "above 0.02 and at most 0.5"]),
    ("companion", {"motors__telemetry_hz": 10}, ["motors.telemetry_hz is 10", "at least 20"]),
    ("companion", {"motors__wheels": WHEELS[:3]}, ["motors.wheels: there are 3", "differential has 2"]),
    ("lekiwi", {"motors__wheels": WHEELS}, ["motors.wheels: there are 4", "omni has 3"]),
    ("companion", {"motors__family": "steam"}, ["motors.family: 'steam' is not allowed", "'kangban'", "'modbus'"]),
    (
        "companion",
        {"motors__wheels__0__id": 1, "motors__wheels__1__id": 0},  # swapped, it would turn the other way
        ["left_wheel_joint has id 1", "this is axis 0; give it id 0, or change the order"],
    ),
    ("companion", {"base__kind": None}, ["base.kind: missing"]),
    ("companion", {"base__trak_m": 0.4}, ["base.trak_m: unknown key; did you mean 'track_m'?"]),
    ("lekiwi", {"motors__without_watchdog": None}, ["motors.without_watchdog: missing"]),
    ("lekiwi", {"motors__without_watchdog": "perhaps"}, ["motors.without_watchdog: 'perhaps' is not allowed"]),
    ("lekiwi", {"motors__watchdog_s": 0.2}, ["motors.watchdog_s: 0.2 is not allowed: Feetech servos have none"]),
    ("hub", {"motors__without_watchdog": None}, ["motors: give watchdog_s, or leave it null and say without_watchdog"]),
    ("hub", {"motors__watchdog_s": 0.2}, ["motors: give watchdog_s, or leave it null and say without_watchdog"]),
    ("lekiwi", {"motors__joints__0__zero_ticks": None}, ["motors.joints.0.zero_ticks: missing"]),
    ("lekiwi", {"motors__joints__2__torque_nm": None}, ["motors.joints.2.torque_nm: missing"]),
    ("lekiwi", {"motors__joints__2__jerk_radps3": None}, ["motors.joints.2.jerk_radps3: missing"]),
    ("lekiwi", {"motors__joints__2__upper_rad": -2.0}, ["elbow_flex: lower_rad must be below upper_rad"]),
    ("lekiwi", {"motors__joints__1__id": 9}, ["wheels and joints: each id may be used once"]),
    ("lekiwi", {"base__wheel_angles_rad": [0.0, 0.2, 0.4]}, ["base", "stand too near each other"]),
    ("companion", {"motors__battery_empty_v": 30.0}, ["battery_empty_v must be below battery_full_v"]),
    ("companion", {"navigation__turn_rate_radps": 2.0}, ["navigation.turn_rate_radps is 2.0", "at most 1.2"]),
    ("companion", {"safety__guard__near_person_speed_mps": 0.6}, ["near_person_speed_mps is 0.6", "at most 0.5"]),
]


@pytest.mark.parametrize(("robot", "values", "named"), CONTRADICTIONS, ids=lambda v: str(v)[:60])
def test_a_profile_that_contradicts_itself_is_refused_by_name(tmp_path: Path, robot, values, named) -> None:
    message = refusal(load_profile, changed(tmp_path, robot, **values))
    for words in named:
        assert words in message


@pytest.mark.parametrize("robot", ["hub", "turtlebot3"])
def test_families_that_drive_wheels_only_take_no_joints(tmp_path: Path, robot: str) -> None:
    arm = yaml.safe_load((config_dir() / "profiles" / "lekiwi.yaml").read_text(encoding="utf-8"))["motors"]["joints"]
    for joint in arm:
        joint["id"] += 20
    message = refusal(load_profile, changed(tmp_path, robot, motors__joints=arm))
    assert "motors.joints: motors.family" in message
    assert "drives wheels only" in message


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    message = refusal(load_profile, changed(tmp_path, "companion", limits__speed_mps=1.9, motors__watchdog_s=0.05))
    assert "limits.speed_mps is 1.9" in message
    assert "motors.watchdog_s is 0.05" in message


def test_a_mecanum_robot_is_a_matter_of_its_profile(tmp_path: Path) -> None:
    companion = yaml.safe_load((config_dir() / "profiles" / "companion.yaml").read_text(encoding="utf-8"))
    base = {**companion["base"], "kind": "mecanum", "wheelbase_m": 0.3}
    profile = load_profile(
        changed(tmp_path, "companion", base=base, motors__wheels=[{**wheel, "id": k} for k, wheel in enumerate(WHEELS)])
    )
    assert profile.base.sideways
    assert profile.base.wheel_speed(0.5, 0.0) == pytest.approx(0.5 * 2**0.5 / 0.085)
