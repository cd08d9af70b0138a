"""A Valkey for tests: the embedded one, with the options that `koppel up` gives it."""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import redis

from tests.running.house import eventually
from webapp.supervisor import valkey


class Valkey:
    """A server on a unix socket of its own; it can be killed and started again on its files."""

    def __init__(self, folder: Path) -> None:
        self._short = tempfile.TemporaryDirectory(prefix="koppel-test-")
        self._socket = Path(self._short.name) / "valkey.sock"
        self._folder = folder
        self.url = valkey.address(self._socket)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(valkey.command(self._folder, self._socket), stdout=subprocess.DEVNULL)
        eventually(lambda: valkey.is_ready(self.url), "Valkey answers")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    def __enter__(self) -> "Valkey":
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()
        self._short.cleanup()
