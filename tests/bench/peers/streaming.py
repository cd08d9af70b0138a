"""A bare asyncio server of event streams: what comes in by POST goes to everybody who reads, and nowhere else.

`python -m tests.bench.peers.streaming PORT`: nobody is asked who they are, nothing is stored, nothing can be resumed.
"""

import asyncio
import json
import sys

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_MADE = b"HTTP/1.1 201 CREATED\r\nContent-Length: 2\r\n\r\n{}"


class Hub:
    """The readers there are, and the number of the last event."""

    def __init__(self) -> None:
        self._readers: set[asyncio.StreamWriter] = set()
        self._last = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold a stream for a GET, and pass on what a POST brings."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET"):
                    writer.write(_HEAD)
                    self._readers.add(writer)
                    await reader.read()
                    return
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                self._tell(json.loads(await reader.readexactly(int(length.split(b":")[1]))))
                writer.write(_MADE)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._readers.discard(writer)
            writer.close()

    def _tell(self, body: dict[str, object]) -> None:
        self._last += 1
        data = f"id: {self._last}\nevent: invoice_created\ndata: {json.dumps(body)}\n\n".encode()
        for writer in self._readers:
            writer.write(data)


async def main(port: int) -> None:
    """Serve on a port of this machine until the process is ended."""
    server = await asyncio.start_server(Hub().serve, "127.0.0.1", port, backlog=1000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
