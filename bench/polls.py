"""Status polls over plain sockets, in a process of its own, so that the client's cost does not hide the server's.

python -m bench.polls HOST PORT PATH TOKEN CONNECTIONS SECONDS  prints the latencies in seconds, one a line.
"""

import asyncio
import sys
import time


async def poll(host: str, port: int, request: bytes, until: float) -> list[float]:
    """Ask again and again over one connection; every answer must be a 200."""
    reader, writer = await asyncio.open_connection(host, port)
    times = []
    while (started := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        times.append(time.perf_counter() - started)
    writer.close()
    await writer.wait_closed()
    return times


async def main() -> None:
    host, port, path, token, connections, seconds = sys.argv[1:]
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    until = time.perf_counter() + float(seconds)
    each = await asyncio.gather(*(poll(host, int(port), request, until) for _ in range(int(connections))))
    sys.stdout.writelines(f"{one}\n" for times in each for one in times)


if __name__ == "__main__":
    asyncio.run(main())
