"""Robot profile + site file -> one validated, frozen `Config`; every fault with file, key, value and what is allowed.

`load` reads `launch/config/profiles/<profile>.yaml` and `launch/config/sites/<site>.yaml` (or a path ending in .yaml).
`overrides` are `section.key=value` pairs: the process table uses them to say which serial port this run has.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from kangban.profile import Profile
from kangban.site import Site

S = TypeVar("S", bound=BaseModel)
DISCRIMINATORS = ("kind", "family")  # keys that say which kind a section is of
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "expected": "one of"}


class ConfigError(Exception):
    """The configuration can't be used; the message says which file, which key, its value and what is allowed."""


@dataclass(frozen=True)
class Config:
    profile: Profile
    site: Site
    state_dir: Path  # what must outlive a process: incidents, latch, token
    run_dir: Path  # what belongs to this run: logs, sockets, pictures


def config_dir() -> Path:
    """launch/config of this source tree, or of the place this package is installed in.

    Raises ConfigError where neither is there.
    """
    folders = [Path(__file__).resolve().parent.parent / "launch" / "config"]
    folders += [parent / "share" / "kangban" / "config" for parent in Path(__file__).resolve().parents]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        raise ConfigError(
            f"{folders[0]}: no such folder; Kangban is installed without its configuration, install it anew"
        )
    return found


def profile_path(name: str) -> Path:
    """The file of a profile, whether it is there or not."""
    return _find("profiles", name)


def load_profile(name: str, overrides: Iterable[str] = ()) -> Profile:
    return load_file(profile_path(name), Profile, overrides)


def load_site(name: str, overrides: Iterable[str] = ()) -> Site:
    """A home; the map it names is found beside its file, and comes back as a whole path."""
    path = _find("sites", name)
    site = load_file(path, Site, overrides)
    if site.map is None:
        return site
    its_map = path.resolve().parent / site.map
    if not its_map.is_file():
        raise ConfigError(f"{path}: map: there is no {its_map}; name the map.yaml that `kangban map build` wrote")
    return site.model_copy(update={"map": str(its_map)})


def load(profile: str, site: str, state_dir: Path, run_dir: Path, overrides: Iterable[str] = ()) -> Config:
    """Load both files; an override names its file first: `profile.motors.port=/dev/ttyACM0`.

    Raises ConfigError.
    """
    mine: dict[str, list[str]] = {"profile": [], "site": []}
    for override in overrides:
        head, _, rest = override.partition(".")
        if head not in mine or "=" not in rest:
            raise ConfigError(f"--set {override}: write it as profile.section.key=value or site.section.key=value")
        mine[head].append(rest)
    return Config(load_profile(profile, mine["profile"]), load_site(site, mine["site"]), state_dir, run_dir)


def _find(kind: str, name: str) -> Path:
    return Path(name) if name.endswith((".yaml", ".yml")) else config_dir() / kind / f"{name}.yaml"


def load_file(path: Path, kind: type[S], overrides: Iterable[str] = ()) -> S:
    """One YAML file as a validated section. Raises ConfigError."""
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise ConfigError(f"{path}: no such file; there are: {', '.join(known) or 'none'}")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must hold keys and values at its top level")
    for override in overrides:
        key, _, value = override.partition("=")
        _set(data, key.split("."), yaml.safe_load(value), path)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_explain(path, kind, data, dict(fault)) for fault in error.errors()]
        raise ConfigError("\n".join(lines)) from error


def _set(data: dict[str, Any], keys: list[str], value: object, path: Path) -> None:
    for key in keys[:-1]:
        inner = data.get(key)
        if not isinstance(inner, dict):
            raise ConfigError(f"{path}: {'.'.join(keys)}: there is no section {key!r} to set it in")
        data = inner
    data[keys[-1]] = value


def _explain(path: Path, kind: type[BaseModel], data: object, fault: Mapping[str, Any]) -> str:
    """One fault as: file: key: what is there: what is allowed."""
    keys = _without_tags(data, fault["loc"])
    where = ".".join(str(part) for part in keys)
    what, context = fault["type"], fault.get("ctx", {})
    if what == "value_error":  # a section that contradicts itself: the sentence names the keys
        return f"{path}: {where + ': ' if where else ''}{context['error']}"
    if what in ("union_tag_invalid", "union_tag_not_found"):
        key = f"{where}.{context['discriminator'].strip(chr(39))}"
        if what == "union_tag_not_found":
            return f"{path}: {key}: missing; it has no default, so write it"
        return f"{path}: {key}: {context['tag']!r} is not allowed: allowed: {context['expected_tags']}"
    if what == "missing":
        return f"{path}: {where}: missing; it has no default, so write it"
    if what == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), _keys(kind, fault["loc"][:-1]), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else f"; allowed: {', '.join(_keys(kind, fault['loc'][:-1]))}"
        return f"{path}: {where}: unknown key{hint}"
    bounds = [f"{word} {context[key]}" for key, word in _BOUNDS.items() if key in context]
    allowed = _allowed_range(kind, fault["loc"]) or " and ".join(bounds) or fault["msg"]
    value = fault.get("input")
    shown = "" if isinstance(value, dict | list) else f"{value!r} is not allowed: "
    return f"{path}: {where}: {shown}{allowed}"


def _without_tags(data: object, loc: tuple[object, ...]) -> list[object]:
    """The keys as they stand in the file: where a section has kinds, pydantic adds which kind it took it for."""
    keys: list[object] = []
    here = data
    for part in loc:
        if isinstance(here, dict) and part not in here and part in (here.get(name) for name in DISCRIMINATORS):
            continue
        keys.append(part)
        if isinstance(here, dict):
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
    return keys


def _section(kind: type[BaseModel], keys: Iterable[object]) -> type[BaseModel] | None:
    """The model class that the keys lead to, looking through tuples and options; of several kinds, the one named."""
    here: list[type[BaseModel]] = [kind]
    for key in keys:
        if isinstance(key, int):
            continue
        if len(here) > 1:
            here = [model for model in here if key in _tags(model)]
        elif here and key in here[0].model_fields:
            here = _models_in(here[0].model_fields[str(key)].annotation)
        else:
            return None
    return here[0] if len(here) == 1 else None


def _tags(model: type[BaseModel]) -> tuple[object, ...]:
    fields = (model.model_fields.get(name) for name in DISCRIMINATORS)
    return tuple(tag for field in fields if field is not None for tag in get_args(field.annotation))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _keys(kind: type[BaseModel], keys: Iterable[object]) -> list[str]:
    section = _section(kind, keys)
    return sorted(section.model_fields) if section else []


def _allowed_range(kind: type[BaseModel], keys: tuple[object, ...]) -> str:
    """The bounds of a number field in words, both ends even where only one was broken; empty if it has none."""
    section = _section(kind, keys[:-1]) if keys and not isinstance(keys[-1], int) else None
    field = section.model_fields.get(str(keys[-1])) if section else None
    parts = []
    for bound in field.metadata if field else ():
        name = type(bound).__name__.lower()
        if name in _BOUNDS:
            parts.append(f"{_BOUNDS[name]} {getattr(bound, name)}")
    return "allowed: " + " and ".join(parts) if parts else ""
