"""What a delivery gives: files that appear at a customer's target whole, or not at all."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from offtake.core.ports.egress import Egress


class Content(Protocol):
    """A finished file to be pushed: its length in bytes (`size`), its SHA-256 in hex (`sha256`), and its bytes from any
    offset on.

    `read` blocks and is to be used in a thread; it yields pieces of 256 KiB or less and raises TargetFailed with
    FILES_GONE where the file has expired.
    """

    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    def read(self, start: int) -> Iterator[bytes]: ...


class Delivery(Protocol):
    """A session with a target. Every failure is a TargetFailed whose message names the server's own words, without
    any secret; other exceptions are bugs."""

    async def check(self) -> None:
        """Make sure that files can be pushed here: log in, and where the target allows, write and remove a file."""

    async def push(self, name: str, content: Content, *, replace: bool) -> None:
        """Make the file appear under `name` (relative, `/` between segments; folders are made as needed).

        It is written under a temporary name that depends on its content, goes on there after a cut, is verified (its
        length, and its hash where the target can tell) and then given its name; until then `name` is absent or what
        it was. With `replace` false a file of that name is NAME_EXISTS. Nothing is left under the temporary name
        after success.
        """


class DeliveryPlugin(Protocol):
    """A kind of delivery: the constant `DELIVERY` of its module.

    `options` is a frozen dataclass whose fields, types and `metadata["description"]` are the options of such a
    target; `metadata["secret"]` marks those that are stored encrypted and never shown.
    """

    options: type

    def check(self, options: object) -> None:
        """Raise InvalidRequest, naming the option, where options cannot be right or cannot go together; reaches for
        nothing."""

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Connect and log in; `options` is an instance of `self.options`. Raises TargetFailed."""
