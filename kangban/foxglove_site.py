"""The part of a site file about people who look on with Foxglove (`foxglove:`); docs/see_the_robot.md."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from kangban.fields import Section


def is_this_machine(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{text!r} is no origin; write it as https://app.foxglove.dev, without a path")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


class Foxglove(Section):
    """Where viewers connect, on this machine only unless `open_because` says why others may look into the home."""

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8767  # 0: any free one, named in RUN_DIR/foxglove.url
    open_because: Annotated[str, Field(min_length=10, max_length=300)] | None = None
    origins: Annotated[tuple[Origin, ...], Field(max_length=20)] = ("https://app.foxglove.dev",)  # pages that may look

    @model_validator(mode="after")
    def _is_closed(self) -> Foxglove:
        if not is_this_machine(self.host) and self.open_because is None:
            raise ValueError(
                f"host {self.host!r} shows the home to others, unencrypted and without a password: write 127.0.0.1 "
                "(from afar: ssh -L), or say in open_because why that is right here"
            )
        return self
