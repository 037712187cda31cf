"""A delivery that needs no server: targets are folders of this machine, and fail in the way they are told to."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.core.ports import Content, Delivery, Egress


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfOptions:
    """The options of a shelf."""

    directory: str = field(metadata={"description": "The folder."})
    password: str = field(default="", metadata={"description": "What opens it.", "secret": True})


class ShelfDelivery:
    """The port `DeliveryPlugin`. `troubles` are met one after the other, before any file is written."""

    options: type = ShelfOptions

    def __init__(self) -> None:
        self.troubles: list[Trouble] = []
        self.passwords: list[str] = []

    def check(self, options: object) -> None:
        """The folder's name must say something."""
        assert isinstance(options, ShelfOptions)
        if not options.directory:
            raise InvalidRequest("The folder has no name.", field="options.directory", cure="Name one.")

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Open the folder."""
        assert isinstance(options, ShelfOptions)
        self.passwords.append(options.password)
        return self._session(options)

    @asynccontextmanager
    async def _session(self, options: ShelfOptions) -> AsyncIterator[Delivery]:
        if self.troubles:
            raise TargetFailed(self.troubles.pop(0), "The shelf is not to be had.", cure="Try again.")
        yield Shelf(Path(options.directory))


class Shelf:
    """The port `Delivery`, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def check(self) -> None:
        """The folder can be made."""
        self._folder.mkdir(parents=True, exist_ok=True)

    async def push(self, name: str, content: Content, *, replace: bool) -> None:
        """Write the file."""
        path = self._folder / name
        if path.exists() and not replace:
            raise TargetFailed(Trouble.NAME_EXISTS, f"There is a file {name} already.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(content.read(0)))
