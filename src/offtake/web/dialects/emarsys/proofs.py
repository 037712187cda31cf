"""How requests are proved, by the root of their path: by a signature, a bearer token, or what tokens are given for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from offtake.core.tenant import Presented
from offtake.web.dialects.emarsys import tokens, wsse
from offtake.web.message import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The proof that stands in requests below a root.

    `read` finds it in a request; told to, it takes the nonce of a signature one time only. `header` is where it stands,
    and how. A refusal says with `challenge` what should have been sent, where that has a name, and with `error` what
    OAuth 2 calls it.
    """

    root: str
    read: Callable[[Request, bool], Presented]
    header: tuple[str, str]
    challenge: str | None = None
    error: str | None = None


SIGNED: Final = Proof(
    root="/api/v2",
    read=lambda request, once: wsse.present(request, once=once),
    header=("X-WSSE", "user, digest, nonce and time"),
)
BEARER: Final = Proof(
    root="/api/v3",
    read=lambda request, _: tokens.holder(request),
    header=("Authorization", "`Bearer` and a token"),
    challenge="Bearer",
)
CLIENT: Final = Proof(
    root="/oauth2/token",
    read=lambda request, _: tokens.client(request),
    header=("Authorization", "`Basic` with user and secret"),
    challenge='Basic realm="clients"',
    error="invalid_client",
)


def present(request: Request, *, once: bool = False) -> Presented:
    """The user and the proof; with `once`, a signature's nonce is taken one time only."""
    return asked_of(request).read(request, once)


def asked_of(request: Request) -> Proof:
    """The proof that the request's path asks for."""
    return next((one for one in (BEARER, CLIENT) if request.raw_path.startswith(one.root)), SIGNED)
