"""A real web server of ours on a free port: gunicorn with its processes, as in production."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from tests.support.ports import free_port
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class Web:
    """gunicorn on 127.0.0.1 over the database of these settings; `address` is where it answers."""

    def __init__(
        self, settings: Settings, *, workers: int = 1, threads: int = 4, app: str = "wsgi:app", **more: str
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = settings.koppel_data / f"web-{self.port}.log"
        command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{self.port}"]
        command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
        command += ["--no-control-socket", "--graceful-timeout", "1"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environ_of(settings) | more, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except urllib.error.HTTPError:  # it answers, whatever it says
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the web server did not come up:\n{self.log()}")

    def memory(self) -> int:
        """Return the bytes of memory that its processes have for themselves."""
        processes = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children()]
        return sum(int(process.memory_full_info().uss) for process in processes)

    def log(self) -> str:
        """Return what it wrote."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End it, with all its processes."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def environ_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which another process has the same settings."""
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "KOPPEL_DATA": str(settings.koppel_data),
    }
