"""Bytes carried both ways between two connections until both sides have said all they had to say."""

import asyncio
from typing import Final

PIECE: Final = 256 * 1024

End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def relay(one: End, other: End) -> None:
    """Carry until both ends have closed or one breaks; both are closed afterwards, whatever happens."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(one[0], other[1]))
            group.create_task(_carry(other[0], one[1]))
        for _, writer in (one, other):
            writer.close()
            await writer.wait_closed()
    except* OSError:
        pass
    finally:
        for _, writer in (one, other):
            writer.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()
