"""The main job, as a bookkeeper does it: from a file to the books in one action, and the payments back."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House
from tests.browser.people import ADMIN, choose_all, eventually, log_in, press_yuki

pytestmark = [pytest.mark.browser, pytest.mark.pure, pytest.mark.timeout(300)]

CONTACTS = (
    ("9001", "Bakkerij De Korenbloem", "NL", "21"),
    ("9002", "Brasserie 't Zuid Gent", "BE", "9"),
    ("9003", "Kovács és Társa Kft.", "HU", "21"),
    ("9004", "Schildersbedrijf Özdemir", "NL", "9"),
    ("9005", "Tölgyfa Asztalosműhely Bt.", "HU", "0"),
)
VAT_TYPES = {"21": "1", "9": "2", "0": "0"}


def write_csv(path: Path, prefix: str, count: int) -> dict[str, Decimal]:
    """Write a file of invoices with one or two lines each; returns the total of each, rounded per line."""
    totals: dict[str, Decimal] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        names = "number issue_date due_date contact_code contact_name country description quantity unit_price"
        rows.writerow([*names.split(), "vat_rate", "vat_type"])
        for n in range(1, count + 1):
            code, name, country, rate = CONTACTS[n % len(CONTACTS)]
            number, total = f"{prefix}-{n:04}", Decimal(0)
            for line in range(1 + n % 2):
                price, quantity = Decimal(f"{17 * n % 900 + 1}.{37 * n % 100:02}"), Decimal(n % 5 + 1 + line)
                net = (price * quantity).quantize(Decimal("0.01"))
                total += net + (net * Decimal(rate) / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
                amount = str(price).replace(".", ",")
                day = f"2026-{9 + n % 2:02}-{n % 28 + 1:02}"
                head = [number, day, f"2026-12-{n % 28 + 1:02}", code, name, country]
                rows.writerow([*head, f"Werk, deel {line + 1}", quantity, amount, rate, VAT_TYPES[rate]])
            totals[number] = total
    return totals


def bring_in(house: House, path: Path) -> None:
    """Import a file by the command line."""
    house.koppel("invoices", "import", str(path), "--organisation", ADMIN.organisation)


def open_invoice(page: Page, number: str) -> None:
    """Find an invoice in the list, and open it."""
    page.goto(f"/invoices?q={number}")
    page.locator("tr[data-id]").get_by_role("link", name=number, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def process_payments(page: Page) -> None:
    """Press the button, and wait until the run has ended."""
    page.goto("/payments")
    page.locator("[data-action=process-payments]").first.click()
    expect(page).to_have_url(re.compile(r"/logs/\d+"))
    expect(page.get_by_text("Afgerond", exact=True).first).to_be_visible(timeout=30_000)


def test_one_invoice_is_sent_partly_paid_and_read_back_in_dutch(house: House, page: Page, tmp_path: Path) -> None:
    totals = write_csv(tmp_path / "one.csv", "EEN", 1)
    bring_in(house, tmp_path / "one.csv")
    log_in(page, ADMIN)
    open_invoice(page, "EEN-0001")

    press_yuki(page)
    expect(page.get_by_text("In Yuki", exact=True).first).to_be_visible(timeout=30_000)
    booking = house.booking("EEN-0001")
    assert Decimal(booking["total"]) == totals["EEN-0001"]
    house.ask_sandbox("/_sandbox/pay", {"reference": "EEN-0001", "amount": "10.00"})
    process_payments(page)

    open_invoice(page, "EEN-0001")
    expect(page.get_by_text("In Yuki", exact=True).first).to_be_visible()
    expect(page.get_by_text("Gedeeltelijk betaald", exact=True).first).to_be_visible()
    page.get_by_role("link", name=re.compile("^Historie")).click()
    history = page.locator("main")
    received = re.compile(r"Yuki: Betaling van €\s10,00 ontvangen op \d\d-\d\d-\d{4}\.")
    expect(history.get_by_text(received)).to_be_visible()
    expect(history.get_by_text("Yuki: factuur succesvol verwerkt")).to_be_visible()
    expect(history.get_by_text("Factuur: Gedeeltelijk betaald")).to_be_visible()
    history.get_by_role("link", name="Yuki: factuur succesvol verwerkt").click()
    expect(page).to_have_url(re.compile(r"/logs/\d+"))


def test_two_hundred_invoices_go_in_one_bulk_action_and_come_back_paid(
    house: House, page: Page, tmp_path: Path
) -> None:
    totals = write_csv(tmp_path / "many.csv", "TWH", 200)
    bring_in(house, tmp_path / "many.csv")
    log_in(page, ADMIN)
    page.goto("/invoices?q=TWH")
    choose_all(page, 200)

    press_yuki(page)

    expect(page).to_have_url(re.compile(r"/logs/\d+"))
    expect(page.get_by_text("Afgerond", exact=True).first).to_be_visible(timeout=90_000)
    page.reload()
    expect(page.get_by_text("Afgerond", exact=True).first).to_be_visible()
    booked = {one["reference"]: Decimal(one["total"]) for one in house.bookings() if one["reference"] in totals}
    assert booked == totals
    process_payments(page)  # sees them open: what is paid within minutes of its booking is not judged
    for number in ("TWH-0001", "TWH-0002"):
        house.ask_sandbox("/_sandbox/pay", {"reference": number})
    house.ask_sandbox("/_sandbox/pay", {"reference": "TWH-0003", "amount": "1.00"})
    process_payments(page)
    for number, status in (("TWH-0001", "paid"), ("TWH-0002", "paid"), ("TWH-0003", "partially_paid")):
        assert house.invoice(number)["payment"] == status
    assert Decimal(house.invoice("TWH-0003")["outstanding_amount"]) == totals["TWH-0003"] - 1


def test_an_invoice_that_yuki_refuses_says_why_in_dutch(house: House, page: Page, tmp_path: Path) -> None:
    write_csv(tmp_path / "bad.csv", "FOUT", 1)
    text = (tmp_path / "bad.csv").read_text(encoding="utf-8")
    (tmp_path / "bad.csv").write_text(re.sub(r";\d+;\d+(\r?\n)", r";22;40\1", text), encoding="utf-8")
    bring_in(house, tmp_path / "bad.csv")
    log_in(page, ADMIN)
    open_invoice(page, "FOUT-0001")

    press_yuki(page)

    expect(page.get_by_text("Geweigerd door Yuki", exact=True).first).to_be_visible(timeout=30_000)
    expect(page.get_by_text(re.compile("btw-code", re.IGNORECASE)).first).to_be_visible()
    assert not [one for one in house.bookings() if one["reference"] == "FOUT-0001"]


def test_without_javascript_the_main_job_works_too(house: House, plain_page: Page, tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", "ZJS", 1)
    bring_in(house, tmp_path / "plain.csv")
    log_in(plain_page, ADMIN)
    open_invoice(plain_page, "ZJS-0001")

    plain_page.locator("[data-action=send]").first.click()

    eventually(lambda: house.invoice("ZJS-0001")["delivery"] == "sent")
    plain_page.reload()
    expect(plain_page.get_by_text("In Yuki", exact=True).first).to_be_visible()
    assert house.booking("ZJS-0001")


def test_a_viewer_looks_and_cannot_send(house: House, page: Page) -> None:
    from tests.browser.people import VIEWER

    log_in(page, VIEWER)
    page.goto("/invoices")

    expect(page.locator("tr[data-id]").first).to_be_visible()
    assert page.locator("[data-action=send]").count() == 0
