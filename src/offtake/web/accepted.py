"""Which encodings of a reply a client takes."""

from collections.abc import Mapping


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether `Accept-Encoding` names gzip with a weight above zero."""
    for one in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False
