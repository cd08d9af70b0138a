"""The whole product as a person meets it: `koppel up` on free ports, and Chromium in front of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing is drawn for anybody: a process for it, and threads that collect garbage beside the page, cost a tenth.
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--js-flags=--single-threaded-gc",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a Chromium these tests say so loudly; where one is required that is an error."""
    if CHROMIUM is not None:
        return
    if os.environ.get("REQUIRE_BROWSER"):
        raise pytest.UsageError("REQUIRE_BROWSER is set and no Chromium was found")
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="NO CHROMIUM FOUND: the browser tests did not run"))


@dataclass
class House:
    """A running Koppel with its sandbox, and how to reach both."""

    address: str
    sandbox: str
    data: Path

    def ask_sandbox(self, path: str, body: Any = None) -> Any:
        """Call the sandbox's control addresses."""
        request = urllib.request.Request(
            self.sandbox + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def bookings(self) -> list[Any]:
        """Return the sales invoices in the sandbox's books."""
        return [one for one in self.ask_sandbox("/_sandbox/ledger")["bookings"] if one["kind"] == "sales"]

    def booking(self, reference: str) -> Any:
        """Return the one booking of an invoice."""
        (found,) = [one for one in self.bookings() if one["reference"] == reference]
        return found

    def invoice(self, number: str) -> Any:
        """Return an invoice as the command line prints it."""
        return json.loads(self.koppel("invoices", "show", number, "--json"))

    def koppel(self, *words: str, stdin: str | None = None) -> Any:
        """Run a koppel command on this house's data, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", "from webapp.cli import main; main()", *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | self.environment(),
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment(self) -> dict[str, str]:
        """The settings that commands beside the running house need."""
        return {"KOPPEL_DATA": str(self.data), "YUKI_NL_URL": self.sandbox, "YUKI_BE_URL": self.sandbox}


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Start everything once for all browser tests."""
    data = tmp_path_factory.mktemp("house")
    web, yuki, billingo = free_port(), free_port(), free_port()
    settings = {"KOPPEL_DATA": str(data), "PORT": str(web), "YUKI_SETTLE": "2", "REDIS_URL": "", "DATABASE_URL": ""}
    with (data / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from webapp.cli import main; main()",
                "up",
                "--stop-with",
                str(os.getpid()),
                "--yuki-port",
                str(yuki),
                "--billingo-port",
                str(billingo),
            ],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            running = House(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{yuki}", data)
            _wait_until_ready(running, process)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait_until_ready(house: House, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 170
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError((house.data / "output.txt").read_text()[-4000:])
        try:
            with urllib.request.urlopen(house.address + "/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("koppel up did not get ready: " + (house.data / "output.txt").read_text()[-4000:])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, house: House) -> Iterator[Page]:
    """A fresh, Dutch browser page; an error in its console, or a broken policy, fails the test."""
    context = chromium.new_context(base_url=house.address, locale="nl-NL", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    fresh = context.new_page()
    errors: list[str] = []
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    fresh.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield fresh
    context.close()
    assert errors == []


@pytest.fixture
def plain_page(chromium: Browser, house: House) -> Iterator[Page]:
    """A page in a browser without JavaScript."""
    context = chromium.new_context(base_url=house.address, locale="nl-NL", java_script_enabled=False)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
