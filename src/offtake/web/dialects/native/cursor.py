"""The cursor of a list: where the next page begins, bound to the filters it was made with.

24 bytes in base64url: the sequence to go on before, and a digest of it with the filters. It opens nothing: the
tenant's own are all that any cursor leads to. The digest only tells a cursor from a typing error.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from offtake.core.error import InvalidRequest
from offtake.web.message import Request

DIGEST_BYTES: Final = 16
SEQUENCE_BYTES: Final = 8


def write(sequence: int, filters: Mapping[str, str]) -> str:
    """The cursor of the page that goes on before a sequence."""
    place = sequence.to_bytes(SEQUENCE_BYTES, "big")
    return base64.urlsafe_b64encode(place + _digest(place, filters)).decode()


def read(text: str, filters: Mapping[str, str]) -> int:
    """The sequence of a cursor; InvalidRequest for one that was not made here, or with other filters."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    place, digest = raw[:SEQUENCE_BYTES], raw[SEQUENCE_BYTES:]
    if digest != _digest(place, filters) or base64.urlsafe_b64encode(raw).decode() != text:
        raise InvalidRequest(
            "This is not the cursor of a page of this list.",
            field="cursor",
            cure="Use 'next' of the page before as it is, with the same filters; or begin without a cursor.",
        )
    return int.from_bytes(place, "big")


def chosen(given: Mapping[str, str], filters: Sequence[str]) -> Mapping[str, str]:
    """The filters among the parameters of a list."""
    return {name: value for name, value in given.items() if name in filters}


def onward(request: Request, sequence: int | None, filters: Sequence[str]) -> tuple[str | None, Mapping[str, str]]:
    """The cursor of the page that goes on before a sequence, and the header that leads there; None, and no header,
    where there is no such page."""
    if sequence is None:
        return None, {}
    given = {name: values[0] for name, values in request.query.items()}
    following = write(sequence, chosen(given, filters))
    target = f"{request.base_url}{request.path}?{urlencode({**given, 'cursor': following})}"
    return following, {"Link": f'<{target}>; rel="next"'}


def _digest(place: bytes, filters: Mapping[str, str]) -> bytes:
    parts = [place, *(f"{name}={len(value)}:{value}".encode() for name, value in sorted(filters.items()))]
    return sha256(b"\0".join(parts)).digest()[:DIGEST_BYTES]
