"""A file that is too large, as a person meets it: through a real server, whose answer must reach the browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ADMIN, log_in

SENTENCE = "Dit bestand is groter dan 10 MB. Er is niets geïmporteerd."
pytestmark = [pytest.mark.browser, pytest.mark.pure, pytest.mark.timeout(300)]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of 20 MB."""
    path = tmp_path / "groot.csv"
    path.write_bytes(b"number;issue_date\n" + b"x" * 20 * 1024 * 1024)
    return path


def test_twenty_megabytes_come_back_to_the_form_without_javascript(plain_page: Page, large: Path) -> None:
    log_in(plain_page, ADMIN)
    plain_page.goto("/invoices/import")
    plain_page.locator("[name=file]").set_input_files(large)

    with plain_page.expect_response("**/invoices/import") as answer:
        plain_page.locator("[data-action=import]").click()

    assert answer.value.status == 413
    expect(plain_page.locator("form .error, form .field.invalid").first).to_contain_text(SENTENCE)
    expect(plain_page.locator("[data-action=import]")).to_be_visible()


def test_with_javascript_it_is_said_before_it_travels(page: Page, large: Path) -> None:
    log_in(page, ADMIN)
    page.goto("/invoices/import")
    field = page.locator("[name=file]")
    field.set_input_files(large)

    assert SENTENCE in field.evaluate("one => one.validationMessage")
    field.set_input_files({"name": "klein.csv", "mimeType": "text/csv", "buffer": b"number\n"})
    assert field.evaluate("one => one.validationMessage") == ""
