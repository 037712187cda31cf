"""What options of several kinds of targets have in common, and the rules that hold for them."""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from typing import Final

from offtake.core.error import InvalidRequest

SECONDS: Final = 60.0
MOST_SECONDS: Final = 3600.0

HOST: Final[Mapping[str, str]] = {"description": "The server's name or address."}
DIRECTORY: Final[Mapping[str, str]] = {
    "description": "The folder at the server that holds the files; it is made if it is not there. Unset, files go to "
    "the folder in which a login begins."
}
TIMEOUT: Final[Mapping[str, str]] = {
    "description": "How many seconds to wait for the server, each time it is its turn to do something."
}


def secret(description: str) -> dict[str, object]:
    """The metadata of an option that is stored encrypted and never shown."""
    return {"description": description, "secret": True}


def secrets_of(options: object) -> tuple[str, ...]:
    """The values of the secret options that are given, longest first."""
    assert not isinstance(options, type)
    found = [getattr(options, one.name) for one in fields(options) if one.metadata.get("secret")]  # type: ignore[arg-type]
    return tuple(sorted((one for one in found if isinstance(one, str) and one), key=len, reverse=True))


def check_host(host: str, port: int) -> None:
    """Raise InvalidRequest for what cannot be a host and a port."""
    if not host or len(host) > 253 or any(one in "/@?#[] \\" or not one.isprintable() for one in host):
        raise InvalidRequest(
            "This is not the name or the address of a server.", field="host", cure="Write it like ftp.example.com."
        )
    if not 0 < port < 65536:
        raise InvalidRequest("There is no such port.", field="port", cure="Give a number from 1 to 65535.")


def check_seconds(seconds: float) -> None:
    """Raise InvalidRequest unless the timeout is one that can be waited for."""
    if not 0 < seconds <= MOST_SECONDS:
        raise InvalidRequest(
            "The timeout is out of range.", field="timeout_seconds", cure=f"Give up to {MOST_SECONDS:.0f} seconds."
        )


def check_line(name: str, value: str | None) -> None:
    """Raise InvalidRequest where a text that goes into one line of a protocol holds a control character."""
    if value is not None and any(ord(one) < 0x20 or ord(one) == 0x7F for one in value):
        raise InvalidRequest(f"'{name}' holds a control character.", field=name, cure="Give it in one line.")
    check_unicode(name, value)


def check_unicode(name: str, value: str | None) -> None:
    """Raise InvalidRequest where a text cannot be written in UTF-8."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"'{name}' is not Unicode.", field=name, cure="Write it in Unicode.") from None


def check_directory(name: str, value: str) -> None:
    """Raise InvalidRequest for a folder that climbs or holds a control character; one from the root is allowed."""
    check_line(name, value)
    if any(segment in (".", "..") for segment in value.split("/")):
        raise InvalidRequest(f"'{name}' has a segment of dots.", field=name, cure="Write it like 'incoming/daily'.")


def required(name: str, value: str | None) -> None:
    """Raise InvalidRequest where a needed text is missing."""
    if not value:
        raise InvalidRequest(f"'{name}' is missing.", field=name, cure=f"Give '{name}'.")


def trusting(certificate: str) -> ssl.SSLContext:
    """TLS that trusts this certificate (PEM), an authority's or a server's own, and no other; InvalidRequest."""
    with suppress(ssl.SSLError, ValueError):
        context = ssl.create_default_context(cadata=certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context
    raise InvalidRequest(
        "This is no certificate.",
        field="certificate",
        cure="Give it in PEM form: -----BEGIN CERTIFICATE----- and so on.",
    )
