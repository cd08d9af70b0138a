"""A mail server for tests: speaks enough SMTP on a port of this machine, and misbehaves where it is told to."""

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

Reply = Callable[[str], str | None]
"""What is answered to a command, None for the usual answer; `hang up` ends the connection."""

HANG_UP = "hang up"


class MailServer:
    """Takes messages, one connection after the other; `script` answers commands, and `.` at the end of a message.

    With a `certificate` it offers STARTTLS; `secured` is how many connections made use of it.
    """

    def __init__(self, script: Reply = lambda _command: None, *, certificate: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.certificate = certificate
        self.secured = 0
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
                    if self._talk(stream) and self.certificate is not None:
                        with self.certificate.wrap_socket(connection, server_side=True) as safe:
                            self.secured += 1
                            self._talk(safe.makefile("rwb"), greet=False)
                except OSError:
                    continue

    def _talk(self, stream: object, *, greet: bool = True) -> bool:
        """Answer until the other side leaves; True when it asked for STARTTLS and is waiting for that."""
        say, read = stream.write, stream.readline  # type: ignore[attr-defined]

        def answer(text: str) -> bool:
            if text == HANG_UP:
                return False
            say(f"{text}\r\n".encode())
            stream.flush()  # type: ignore[attr-defined]
            return True

        alive = not greet or answer(self.script("CONNECT") or "220 ready")
        while alive and (line := read()):
            command = line.decode().strip()
            if command == "STARTTLS" and self.certificate is not None:
                return answer("220 go on")
            usual = "354 go on" if command == "DATA" else "250 fine"
            if greet and self.certificate is not None and command.upper().startswith("EHLO"):
                usual = "250-fine\r\n250 STARTTLS"
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
        return False
