"""A sandbox's books in a process of its own: what they spend answering is not taken from those who are measured."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.bench.figures import WrongResult
from tests.support.ports import free_port
from tests.support.web import ROOT

PATIENCE = 600.0
"""Seconds to wait for books that take in a hundred thousand documents."""


@contextmanager
def books(**mode: object) -> Iterator[str]:
    """Serve empty books of Yuki in this mode; yields their address. Raises WrongResult when they do not come up."""
    port = free_port()
    words = [sys.executable, "-c", f"from webapp.sandbox.yuki import serve; serve({port})"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(server, url)
            control(url, "mode", mode)
            yield url
        finally:
            server.terminate()


def _wait(server: "subprocess.Popen[bytes]", url: str) -> None:
    ends_at = time.monotonic() + PATIENCE
    while True:
        try:
            control(url, "reset", {})
            return
        except requests.ConnectionError:
            if time.monotonic() > ends_at or server.poll() is not None:
                raise WrongResult("the sandbox did not come up") from None
            time.sleep(0.1)


def control(url: str, what: str, body: dict[str, Any]) -> None:
    """Tell the books something: their mode, or to take in a stock of documents."""
    with requests.Session() as http:
        http.trust_env = False
        http.post(f"{url}/_sandbox/{what}", json=body, timeout=PATIENCE).raise_for_status()
