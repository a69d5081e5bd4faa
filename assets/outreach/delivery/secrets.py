"""What is secret of a channel: its address with the token in it, what it signs with, its password. From the environment, variable by variable,
else from a file of the home that nobody but its owner may read. It is never written anywhere."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import yaml

from resources.errors import ZhikeError
from resources.home import OTHERS, Home

FILE = "channels.secret.yaml"
PREFIX = "ZHIKE_CHANNEL_"
FIELDS = ("url", "secret", "password", "base")
# Tokens are long; whoever answers may quote one that is another's.
_LONG = re.compile(r"https?://\S+|[A-Za-z0-9_+/=%.-]{16,}")
SHORTEST_PART = 6


class Secret:
    """The secret fields of one channel. Its text shows none of them."""

    def __init__(self, name: str, fields: Mapping[str, str]):
        self._name, self._fields = name, dict(fields)

    def __repr__(self) -> str:
        return f"Secret({self._name})"

    def get(self, field: str) -> str:
        return self._fields.get(field, "")

    def need(self, field: str) -> str:
        """A field; raises ZhikeError where it is told nowhere."""
        if not self._fields.get(field):
            raise ZhikeError(
                f"channel {self._name} has no {field}",
                f"{variable(self._name, field)}, or {FILE} in the home",
                "set the variable, or write it into the file (mode 0600); docs/channels.md shows how",
            )
        return self._fields[field]

    def url(self, field: str = "url", default: str = "") -> str:
        """An address; raises ZhikeError where it is none of the web. The error does not show it."""
        address = self.get(field) or default or self.need(field)
        try:
            parts = urlsplit(address)
            is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_fine = False
        if not is_fine or any(sign.isspace() for sign in address):
            raise ZhikeError(
                f"the {field} of channel {self._name} is no address of the web",
                f"{variable(self._name, field)}, or {FILE} in the home",
                "write it whole, from https:// on",
            ) from None
        return address

    def scrubbed(self, text: str) -> str:
        """What somebody else said, without the channel's secrets, without addresses and without anything that is as long as a token."""
        for part in sorted(self._parts(), key=len, reverse=True):
            text = text.replace(part, "***")
        return _LONG.sub("***", text)

    def _parts(self) -> Iterator[str]:
        for value in self._fields.values():
            for part in (value, *re.split(r"[/?&=\s]", value)):
                if len(part) >= SHORTEST_PART:
                    yield from (part, quote(part, safe=""), quote_plus(part))


def variable(name: str, field: str) -> str:
    """The variable of the environment that holds a field of a channel."""
    return f"{PREFIX}{name.upper()}_{field.upper()}"


def secret_of(home: Home, name: str) -> Secret:
    """What is secret of a channel. Raises ZhikeError for a file that others can read, or that is not what it should be."""
    told = {field: os.environ[variable(name, field)] for field in FIELDS if os.environ.get(variable(name, field))}
    return Secret(name, _from_file(home).get(name, {}) | told)


def _from_file(home: Home) -> dict[str, dict[str, str]]:
    path = home.folder / FILE
    try:
        if path.stat().st_mode & OTHERS:
            raise ZhikeError(
                "others can read the file of the channels' secrets", str(path), f"close it: chmod 600 {path}"
            )
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError):
        # What is wrong with it would be told by showing it.
        content = None
    is_right = isinstance(content, dict) and all(
        isinstance(fields, dict) and all(field in FIELDS and isinstance(value, str) for field, value in fields.items())
        for fields in content.values()
    )
    if not is_right:
        raise ZhikeError(
            "the file of the channels' secrets cannot be read",
            str(path),
            'write a line a channel, such as growth: {url: "https://…", secret: "…"}; the fields are url, secret, password and base, all in quotes',
        ) from None
    return content
