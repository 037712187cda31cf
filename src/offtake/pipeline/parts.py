"""Lines into part files: roll-over, compression, encryption, counts and hashes on the way."""

from hashlib import sha256

from offtake.core.export import Part
from offtake.core.limits import Split
from offtake.core.ports import Storage, TextForm
from offtake.encode import rows
from offtake.encode.gzip_stream import Compressor, gzip_compressor
from offtake.encode.row_index import RowIndex
from offtake.pipeline.plan import Plan, Step
from offtake.secrets.age import Encryption


class Parts:
    """The parts of one step. Not thread-safe; every call may wait for the disk.

    A part holds at most `split.rows` rows and `split.bytes` bytes before compression, its header included, unless a
    single row is longer; with `split.past`, its last row may reach beyond those bytes. There is always one part, if
    only with a header.
    """

    def __init__(self, storage: Storage, directory: str, step: Step, plan: Plan) -> None:
        self._storage = storage
        self._directory = directory
        self._step = step
        self._plan = plan
        self._open: _OpenPart | None = None
        self._done: list[Part] = []

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return sum(one.rows for one in self._done) + (self._open.rows if self._open else 0)

    @property
    def stored(self) -> int:
        """Bytes given to storage so far."""
        return sum(one.bytes for one in self._done) + (self._open.stored if self._open else 0)

    @property
    def sealed(self) -> int:
        """Parts that are finished."""
        return len(self._done)

    def write(self, lines: bytes) -> None:
        """Take whole lines, each ending in LF."""
        form = self._step.form
        lines = rows.with_line_end(lines, form.line_end, quoted=form.quoted)
        while lines:
            part = self._open or self._begin()
            count = rows.count(lines, quoted=form.quoted)
            if part.takes(count, len(lines)):
                part.write(lines, count)
                return
            cut = part.room(lines)
            if cut:
                part.write(lines[:cut], rows.count(lines[:cut], quoted=form.quoted))
                lines = lines[cut:]
            self._seal()

    def finish(self) -> tuple[Part, ...]:
        """Seal the last part and return all of them, durable and visible in storage."""
        if self._open or not self._done:
            if self._open is None:
                self._begin()
            self._seal()
        return tuple(self._done)

    def abandon(self) -> None:
        """Drop the part that is being written; sealed ones are swept by their attempt's directory."""
        if self._open:
            self._open.abandon()
            self._open = None

    def _begin(self) -> "_OpenPart":
        number = len(self._done) + 1
        name = f"{self._step.stem}-{number:05d}.{self._step.extension}"
        self._open = _OpenPart(
            self._storage,
            f"{self._directory}/{name}",
            self._step.form,
            self._plan.split,
            compressor=_Plain() if self._plan.compression is None else gzip_compressor(),
            encryption=Encryption(self._plan.recipients) if self._plan.recipients else None,
        )
        self._open.begin()
        return self._open

    def _seal(self) -> None:
        assert self._open is not None
        part = self._open
        part.close()
        if self._plan.paged:
            part.index.save(self._storage, part.location)
        self._open = None
        self._done.append(
            Part(
                selection=self._step.selection,
                number=len(self._done) + 1,
                name=part.location.rsplit("/", 1)[1],
                location=part.location,
                rows=part.rows,
                bytes=part.stored,
                sha256=part.digest(),
            )
        )


class _Plain:
    """No compression."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _OpenPart:
    """The part being written. `plain` counts bytes before compression, `stored` those given to storage."""

    def __init__(
        self,
        storage: Storage,
        location: str,
        form: TextForm,
        split: Split,
        compressor: Compressor,
        encryption: Encryption | None,
    ) -> None:
        self.location = location
        self.rows = 0
        self.plain = 0
        self.stored = 0
        self.index = RowIndex(quoted=form.quoted)
        self._form = form
        self._split = split
        self._hash = sha256()
        self._compressor = compressor
        self._encryption = encryption
        self._writer = storage.create(location)

    def begin(self) -> None:
        """Write the header."""
        self._put(self._form.header)

    def takes(self, count: int, size: int) -> bool:
        """Whether so many more rows and bytes still belong into this part."""
        limit = self._split
        return (limit.rows is None or self.rows + count <= limit.rows) and (
            limit.bytes is None or self.plain + size <= limit.bytes
        )

    def room(self, lines: bytes) -> int:
        """How many bytes of `lines`, in whole rows, still belong into this part; one row at least if it has none."""
        limit, quoted = self._split, self._form.quoted
        cuts = [len(lines)]
        if limit.rows is not None:
            left = limit.rows - self.rows
            cuts.append(rows.end_of(lines, left, quoted=quoted) if left else 0)
        if limit.bytes is not None:
            within = rows.end_within(lines, max(limit.bytes - self.plain, 0), quoted=quoted)
            cuts.append(within + rows.end_of(lines[within:], 1, quoted=quoted) if limit.past else within)
        cut = min(cuts)
        return cut if cut or self.rows else rows.end_of(lines, 1, quoted=quoted)

    def write(self, lines: bytes, count: int) -> None:
        self.index.mark(self.rows, self.plain)
        self._put(lines)
        self.rows += count

    def close(self) -> None:
        """Write what compression and encryption still hold and make the file durable."""
        self._encode(self._compressor.flush())
        if self._encryption:
            self._store(self._encryption.finish())
        self._writer.commit()

    def abandon(self) -> None:
        """Leave nothing behind; to be called after every failure."""
        if self._encryption:
            self._encryption.abandon()
        self._writer.abandon()

    def digest(self) -> str:
        return self._hash.hexdigest()

    def _put(self, data: bytes) -> None:
        self.plain += len(data)
        self._encode(self._compressor.compress(data))

    def _encode(self, data: bytes) -> None:
        self._store(self._encryption.update(data) if self._encryption else data)

    def _store(self, data: bytes) -> None:
        if data:
            self._hash.update(data)
            self._writer.write(data)
            self.stored += len(data)
