"""Who is told, and where: the site's contacts with their webhooks looked up. Secrets come from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kangban.config import ConfigError
from kangban.site import Site
from kangban.values import AlarmLevel


@dataclass(frozen=True, slots=True)
class Recipient:
    """One contact; `url` is kept out of every message, it may hold a secret. None: told on the console only."""

    level: AlarmLevel
    name: str
    url: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        return f"{self.level.value}/{self.name}"


def recipients(site: Site, environment: Mapping[str, str]) -> tuple[Recipient, ...]:
    """The site's contacts with `$NAME` replaced by that environment variable. Raises ConfigError."""
    found: list[Recipient] = []
    for index, contact in enumerate(site.contacts):
        where = f"site {site.name}: contacts.{index}.webhook ({contact.name})"
        url = contact.webhook
        if url is not None and url.startswith("$"):
            variable = url[1:]
            url = environment.get(variable, "").strip()
            if not url:
                raise ConfigError(
                    f"{where}: the environment variable {variable} is not set; set it to the address of the webhook "
                    "before `kangban up`, or remove the key webhook to show alarms on the console only"
                )
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                raise ConfigError(f"{where}: the environment variable {variable} holds no http:// or https:// address")
        recipient = Recipient(AlarmLevel(contact.level), contact.name, url)
        if any(other.label == recipient.label for other in found):
            raise ConfigError(f"{where}: a second {contact.level} of the same name; give each contact its own name")
        found.append(recipient)
    return tuple(found)
