"""Bearer tokens: a user's name and an end, proved by the user's secret. Nothing is kept of them.

A token is good until its end, as long as the user's key holds. The user is the client of OAuth 2.
"""

import base64
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

import msgspec

from offtake.core.error import Unauthenticated
from offtake.core.tenant import Principal, Signed
from offtake.service.house import House
from offtake.web.dialects.emarsys.options import Options
from offtake.web.dialects.emarsys.problem import refuse
from offtake.web.message import Request

GRANT: Final = "client_credentials"
PURPOSE: Final = "emarsys bearer token"
"""What keeps the proof of a token from being one of anything else."""


class Granted(msgspec.Struct, kw_only=True, frozen=True):
    """A new token; `expires_in` are seconds."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 — its type
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a token is asked for with."""

    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The operation, as the options make it."""

    options: Options

    def grant(self, house: House, principal: Principal, wanted: Wanted) -> Granted:
        """A token for the client, who was proved."""
        life = self.options.token_life
        token = issued(wanted.user, wanted.secret, house.clock() + life)
        return Granted(access_token=token, expires_in=int(life.total_seconds()))


def wanted(request: Request) -> Wanted:
    """What is asked for by the only grant that there is."""
    given = parse_qs(request.body.decode("utf-8", "replace")).get("grant_type")
    if given is None:
        raise refuse("Missing parameter: grant_type", error="invalid_request")
    if given != [GRANT]:
        raise refuse(f"Invalid value for grant_type: {', '.join(given)}", error="unsupported_grant_type")
    user, secret = _basic(request)
    return Wanted(user=user, secret=secret)


def issued(user: str, secret: str, until: datetime) -> str:
    """A token of the user that is good until then, to the second."""
    end = str(int(until.timestamp()))
    return f"{_plain(user.encode())}.{end}.{_proof(user, secret, end)}"


def client(request: Request) -> Signed:
    """The client that HTTP Basic names, who has that secret."""
    user, given = _basic(request)
    return Signed(user=user, proves=lambda secret: hmac.compare_digest(secret.encode(), given.encode()))


def holder(request: Request) -> Signed:
    """The user whom the bearer token names, whose secret proves it."""
    try:
        name, end, proof = _credential(request, "bearer").split(".")
        user = _name(base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)))
        until = datetime.fromtimestamp(int(end), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unauthenticated("The token is none of ours.") from None
    if request.received_at >= until:
        raise Unauthenticated("The token has expired.", cure="Ask for another one.")
    return Signed(
        user=user, proves=lambda secret: hmac.compare_digest(_proof(user, secret, end).encode(), proof.encode())
    )


def _basic(request: Request) -> tuple[str, str]:
    """User and secret."""
    try:
        user, colon, secret = base64.b64decode(_credential(request, "basic"), validate=True).partition(b":")
        if colon:
            return _name(user), secret.decode()
    except ValueError:
        pass
    raise Unauthenticated("The credentials are no user with a secret.")


def _name(content: bytes) -> str:
    """The name of a user; ValueError for what can be none."""
    name = content.decode()
    if not name.isprintable():
        raise ValueError(name)
    return name


def _credential(request: Request, scheme: str) -> str:
    """What the header says under that scheme."""
    given, _, credential = request.headers.get("authorization", "").partition(" ")
    if given.lower() != scheme:
        raise Unauthenticated(f"The request has no credentials of the scheme '{scheme}'.")
    return credential.strip()


def _proof(user: str, secret: str, end: str) -> str:
    text = msgspec.json.encode((PURPOSE, user, end))
    return _plain(hmac.new(secret.encode(), text, sha256).digest())


def _plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
