"""A mail server for tests: speaks enough SMTP on a port of this machine, and misbehaves where it is told to."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType

Reply = Callable[[str], str | None]
"""What is answered to a command, None for the usual answer; `hang up` ends the connection."""

HANG_UP = "hang up"


class MailServer:
    """Takes messages, one connection after the other; `script` answers commands, and `.` at the end of a message."""

    def __init__(self, script: Reply = lambda _command: None) -> None:
        self.script = script
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "MailServer":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()
        with socket.socket() as poke:
            poke.settimeout(0.2)
            poke.connect_ex(("127.0.0.1", self.port))
        self._thread.join(2)

    @property
    def url(self) -> str:
        """Its address as MAIL_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                try:
                    self._talk(stream)
                except OSError:
                    continue

    def _talk(self, stream: object) -> None:
        say, read = stream.write, stream.readline  # type: ignore[attr-defined]

        def answer(text: str) -> bool:
            if text == HANG_UP:
                return False
            say(f"{text}\r\n".encode())
            stream.flush()  # type: ignore[attr-defined]
            return True

        alive = answer(self.script("CONNECT") or "220 ready")
        while alive and (line := read()):
            command = line.decode().strip()
            usual = "354 go on" if command == "DATA" else "250 fine"
            alive = answer(self.script(command.partition(":")[0].partition(" ")[0]) or usual)
            if command.upper().startswith("RCPT"):
                self.recipients.append(command.partition("<")[2].rstrip(">"))
            if command == "DATA" and alive:
                body = []
                while (part := read()) not in (b".\r\n", b""):
                    body.append(part)
                if part:
                    self.messages.append(b"".join(body))
                alive = answer(self.script(".") or "250 taken")
