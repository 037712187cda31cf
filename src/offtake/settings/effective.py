"""Every setting as it is in force: its value, and what of it may be shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from pydantic import BaseModel

from offtake.settings.problem import Steps
from offtake.settings.section import write_duration
from offtake.settings.tree import Settings

MASK: Final = "********"
SECRETS: Final = frozenset({("secrets", "key")})
SECRET_NAME: Final = re.compile(
    r"(.+_)?(password|passphrase|secret|token|credential|(access|account|api|private|secret)_key)s?", re.IGNORECASE
)
"""What a text is called that is secret, where the plug-in does not say whether it is: `api_token`, no `token_life`."""

PASSWORDS: Final = (
    re.compile(r"(://[^/:@]*:)[^/]*(@)"),
    re.compile(r"([?&][^=&]*(?:password|secret|token|key)[^=&]*=)[^&]*()", re.IGNORECASE),
)
"""Where a URL holds a password: between user and host, and in its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting in force; the value of a `secret` one is never shown."""

    steps: Steps
    value: object
    secret: bool = False


def in_force(settings: Settings) -> Iterator[Setting]:
    """Every scalar and list of the tree, defaults included, in its order."""
    yield from _walk(settings, ())


def shown(setting: Setting) -> str:
    """The value as it may be shown: plain, without secrets."""
    if setting.value is not None and setting.secret:
        return MASK
    text = _plain(setting.value)
    for password in PASSWORDS:
        text = password.sub(rf"\g<1>{MASK}\g<2>", text) if "://" in text else text
    return text


def _walk(value: object, steps: Steps, secret: bool = False) -> Iterator[Setting]:
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from _walk(getattr(value, name), (*steps, name), (*steps, name) in SECRETS)
        case Mapping() if value:
            for name, one in value.items():
                yield from _walk(one, (*steps, str(name)))
        case _ if is_dataclass(value) and not isinstance(value, type):
            yield from _plugged(value, steps)
        case _:
            yield Setting(steps=steps, value=value, secret=secret)


def _plugged(value: object, steps: Steps) -> Iterator[Setting]:
    """The members of a source or the storage; the options of its plug-in stand beside them, not below."""
    assert is_dataclass(value)
    for one in fields(value):
        member = getattr(value, one.name)
        if one.name == "options" and is_dataclass(member):
            yield from _plugged(member, steps)
        elif one.name not in ("options", "scheme"):
            secret = one.metadata.get("secret", _sounds_secret(one.name, member))
            yield Setting(steps=(*steps, one.name), value=member, secret=bool(secret))


def _sounds_secret(name: str, value: object) -> bool:
    is_text = isinstance(value, str | bytes | Mapping | tuple | list | frozenset)
    return is_text and SECRET_NAME.fullmatch(name) is not None


def _plain(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case timedelta():
            return write_duration(value)
        case Enum():
            return str(value.value)
        case tuple() | list() | frozenset():
            return f"[{', '.join(map(_plain, value))}]"
        case Mapping():
            return "{" + ", ".join(f"{name}: {_plain(one)}" for name, one in value.items()) + "}"
        case _:
            return str(value)
