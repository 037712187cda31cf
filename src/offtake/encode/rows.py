"""Rows in chunks of lines: counted, found, cut and ended by bulk operations on bytes, never cell by cell.

A chunk begins at the start of a row. With `quoted`, a line feed between double quotes is data; quotes within a quoted
cell are doubled, so a byte is outside if and only if an even number of quotes stands before it.
"""


def count(chunk: bytes, *, quoted: bool) -> int:
    """How many rows end in `chunk`."""
    return _plain(chunk, quoted).count(b"\n")


def end_of(chunk: bytes, rows: int, *, quoted: bool) -> int:
    """The offset behind the row of that number, counted from 1; the length of `chunk` where it has fewer."""
    rest = _plain(chunk, quoted).split(b"\n", rows)
    return len(chunk) - len(rest[-1]) if len(rest) > rows else len(chunk)


def end_within(chunk: bytes, limit: int, *, quoted: bool) -> int:
    """The offset behind the last row that ends within the first `limit` bytes; 0 if none does."""
    return _plain(chunk, quoted).rfind(b"\n", 0, limit) + 1


def with_line_end(chunk: bytes, line_end: bytes, *, quoted: bool) -> bytes:
    """The chunk with `line_end` in place of the line feed behind every row."""
    if line_end == b"\n":
        return chunk
    if not quoted or b'"' not in chunk:
        return chunk.replace(b"\n", line_end)
    pieces = chunk.split(b'"')
    pieces[::2] = b'"'.join(pieces[::2]).replace(b"\n", line_end).split(b'"')
    return b'"'.join(pieces)


class Lines:
    """Makes whole rows of chunks that may end anywhere, by keeping what is incomplete for the next."""

    def __init__(self, *, quoted: bool) -> None:
        self._quoted = quoted
        self._inside = False
        self._kept: list[bytes] = []

    @property
    def rest(self) -> bytes:
        """What was fed of a row that has not ended; empty once everything was whole."""
        return b"".join(self._kept)

    def feed(self, chunk: bytes) -> bytes:
        """Return every row that is whole by now; empty if none is."""
        if not self._kept and chunk.endswith(b"\n") and not (self._quoted and chunk.count(b'"') % 2):
            return chunk
        seen = _plain(b'"' + chunk, True)[1:] if self._inside else _plain(chunk, self._quoted)
        end = seen.rfind(b"\n") + 1
        if not end:
            self._keep(chunk)
            return b""
        whole = b"".join([*self._kept, chunk[:end]]) if self._kept or end < len(chunk) else chunk
        self._kept, self._inside = [], False
        self._keep(chunk[end:])
        return whole

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._kept.append(piece)
            self._inside ^= self._quoted and piece.count(b'"') % 2 == 1


def _plain(chunk: bytes, quoted: bool) -> bytes:
    """A chunk of the same length in which every line feed ends a row."""
    if not quoted or b'"' not in chunk:
        return chunk
    pieces = chunk.split(b'"')
    inside = b'"'.join(pieces[1::2])
    if b"\n" not in inside:
        return chunk
    pieces[1::2] = inside.replace(b"\n", b" ").split(b'"')
    return b'"'.join(pieces)
