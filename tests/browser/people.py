"""Who logs in to the demo, and how."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from webapp.commands.demo import PEOPLE

ADMIN = next(one for one in PEOPLE if one.role == "admin")
VIEWER = next(one for one in PEOPLE if one.role == "viewer")


def log_in(page: Page, person: object) -> None:
    """Log in by the form."""
    page.goto("/login")
    page.locator("[name=email]").fill(person.email)  # type: ignore[attr-defined]
    page.locator("[name=password]").fill(person.password)  # type: ignore[attr-defined]
    page.locator("[data-action=login]").click()
    expect(page.locator("nav").first).to_be_visible()


def eventually(true: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def press_yuki(page: Page) -> None:
    """Press the button, and confirm where it asks."""
    page.locator("[data-action=send]:visible").first.click()
    confirm = page.locator("dialog[open] #confirm-yes")
    expect(confirm.or_(page.locator("[data-progress], .progress, main")).first).to_be_visible()
    if confirm.is_visible():
        confirm.click()


def choose_all(page: Page, total: int) -> None:
    """Select the page, then all that match."""
    page.locator("thead input[type=checkbox]").check()
    every = page.locator("input[name=all]")
    every.check()
    expect(page.locator(".bulk")).to_contain_text(str(total))
