"""Bytes packed as gzip on their way, quickly rather than tightly."""

from typing import Final, Protocol

from isal import isal_zlib

LEVEL: Final = 1
WINDOW: Final = 31
"""What `compressobj` takes for gzip's own header and trailer."""


class Compressor(Protocol):
    """Takes bytes, and returns what of them is packed by now."""

    def compress(self, data: bytes, /) -> bytes:
        """The next packed bytes; often none."""

    def flush(self) -> bytes:
        """All that is left, to be asked for once."""


def gzip_compressor() -> Compressor:
    """A new gzip stream."""
    compressor: Compressor = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, WINDOW)
    return compressor
