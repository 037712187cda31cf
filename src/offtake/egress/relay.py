"""Connections as pairs of streams, and bytes carried both ways between two of them."""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Final

PIECE: Final = 256 * 1024

End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def ends(line: socket.socket, tls: ssl.SSLContext | None = None, name: str | None = None) -> End:
    """The ends of a connected socket, after a TLS handshake with that name where `tls` is given."""
    try:
        return await asyncio.open_connection(sock=line, ssl=tls, server_hostname=name)
    except BaseException:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)  # asyncio leaves it open when TLS is given up before its first byte
        raise


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
            cut(writer)


def cut(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, in whatever state it is.

    Before Python 3.11.5, one with TLS that has been closed twice cannot be aborted any more; nor need it be.
    """
    with suppress(AttributeError):
        writer.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()
