"""The twelve main tasks of an organisation that begins: by the keyboard alone, and once without JavaScript."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.hands import Hand, Keys, Plain
from tests.browser.people import eventually
from webapp.sandbox.yuki.opening import BE_KEY, PORTAL_KEY

PASSWORD = "een lang wachtwoord voor de tests"
HEAD = "number;issue_date;contact_code;contact_name;country;description;quantity;unit_price;vat_rate;vat_type\n"
LATER = 30_000
pytestmark = [pytest.mark.browser, pytest.mark.pure, pytest.mark.timeout(600)]


@dataclass
class Desk:
    """Somebody at work: how, in which house, with which key of Yuki; `prefix` begins the numbers of its invoices."""

    hand: Hand
    house: House
    prefix: str
    country: str
    key: str
    administration: str
    folder: Path

    @property
    def page(self) -> Page:
        return self.hand.page

    @property
    def email(self) -> str:
        return f"{self.prefix.lower()}@begin.example"

    def action(self, name: str) -> Locator:
        return self.page.locator(f"[data-action={name}]:visible")

    def do(self, name: str) -> None:
        self.hand.press(self.action(name))

    def write(self, name: str, text: str) -> None:
        self.hand.write(self.page.locator(f"main [name='{name}']:visible"), text)

    def link(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=words)

    def at(self, address: str) -> None:
        expect(self.page).to_have_url(re.compile(address))

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=LATER)

    def goes_to(self, noun: str) -> None:
        """By the main menu, as somebody does."""
        self.hand.press(self.page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name=noun))

    def finds(self, number: str) -> None:
        """By the search that every page has."""
        self.hand.search(number)
        self.at(f"q={number}")
        self.hand.press(self.page.locator("tr[data-id]").get_by_role("link", name=number, exact=True))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(number)

    def until(self, words: str) -> None:
        """Wait for words that come by themselves, or by looking again where nothing moves by itself."""
        shown = self.page.get_by_text(words, exact=True).locator("visible=true")
        if isinstance(self.hand, Keys):
            expect(shown.first).to_be_visible(timeout=LATER)
        else:
            eventually(lambda: self._loads_again() and bool(shown.count()))

    def _loads_again(self) -> bool:
        """Load the page anew; not one that is giving way to the next at this moment."""
        try:
            self.page.reload()
        except PlaywrightError as error:
            if "Not attached to an active page" not in str(error):
                raise
            return False
        return True


def log_in(desk: Desk) -> None:
    desk.page.goto("/login")
    desk.write("email", desk.email)
    desk.write("password", PASSWORD)
    desk.do("login")
    expect(desk.page.get_by_role("navigation", name="Hoofdmenu")).to_be_visible()


def add_a_connection(desk: Desk) -> None:
    desk.goes_to("Koppelingen")
    hand, page = desk.hand, desk.page
    hand.press(desk.link("Koppeling instellen").locator("visible=true"))
    desk.at("/connections/new$")
    desk.write("name", "Boekhouding")
    hand.tick(page.locator(f"[name=region][value={desk.country}]"))
    desk.do("next")
    desk.at("/connections/new/key")
    desk.write("key", desk.key)
    desk.do("next")
    desk.at("/setup/administration")
    hand.tick(page.get_by_label(re.compile(desk.administration)))
    desk.do("next")
    desk.at("/setup/options")
    desk.do("finish")
    desk.at(r"/connections/\d+$")
    desk.sees(re.compile("Boekhouding"))


def change_the_accounting_settings(desk: Desk) -> None:
    desk.goes_to("Instellingen")
    desk.hand.press(desk.link(re.compile("^API boekhoudkoppeling")))
    desk.at("/settings/accounting")
    desk.hand.tick(desk.page.locator("[name=send_expenses]"))
    desk.write("expense_folder_id", "7")
    desk.do("save-accounting")
    desk.sees("De instellingen zijn bewaard.")
    expect(desk.page.locator("[name=expense_folder_id]")).to_have_value("7")


def make_an_invoice(desk: Desk) -> None:
    desk.goes_to("Facturen")
    desk.do("new") if desk.action("new").count() else desk.hand.press(desk.link("Nieuwe factuur"))
    desk.at("/invoices/new")
    desk.write("contact_code", "77")
    desk.write("contact_name", "Bakkerij De Korenbloem")
    desk.write("lines-0-description", "Brood, week 31")
    desk.write("lines-0-quantity", "2")
    desk.write("lines-0-unit_price", "12,50")
    desk.do("save")
    for step in ("approved", "authorised", "sent"):
        desk.do(f"move-{step}")
        expect(desk.page.locator(f"[data-status={step}]").first).to_be_visible()


def import_a_file(desk: Desk) -> None:
    path = desk.folder / "facturen.csv"
    rows = (
        f"{desk.prefix}-1;2026-10-01;81;Brasserie 't Zuid;NL;Werk;1;100,00;21;1",
        f"{desk.prefix}-2;2026-10-02;82;Schilder;NL;Werk;1;50,00;22;40",
    )
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    desk.goes_to("Facturen")
    desk.do("import")
    desk.at("/invoices/import")
    desk.hand.give(desk.page.locator("[name=file]"), path)
    desk.do("import")
    desk.sees(re.compile("2 facturen"))


def find_an_invoice_and_send_it(desk: Desk) -> None:
    desk.finds(f"{desk.prefix}-1")
    desk.do("send")
    desk.until("In Yuki")
    assert desk.house.booking(f"{desk.prefix}-1")


def read_its_history(desk: Desk) -> None:
    desk.hand.press(desk.link(re.compile("^Historie")))
    desk.at("tab=history")
    desk.hand.press(desk.link("Yuki: factuur succesvol verwerkt"))
    desk.at(r"/logs/\d+")


def retry_what_was_refused(desk: Desk) -> None:
    desk.finds(f"{desk.prefix}-2")
    desk.do("send")
    desk.until("Geweigerd door Yuki")
    desk.goes_to("Logs")
    desk.hand.press(desk.page.locator("tr.bad a[data-open]"))
    desk.at(r"/logs/\d+$")
    first = desk.page.url
    desk.do("retry")
    _agree(desk)
    expect(desk.page).not_to_have_url(first)
    desk.at(r"/logs/\d+$")


def process_the_payments(desk: Desk) -> None:
    desk.goes_to("Betalingen")
    desk.do("process-payments")
    desk.at(r"/logs/\d+$")
    desk.until("Afgerond")


def accept_a_proposal(desk: Desk) -> None:
    desk.goes_to("Betalingen")
    desk.do("new-payment")
    desk.write("amount", "121,00")
    desk.write("contact_name", "Brasserie 't Zuid")
    desk.write("description", f"factuur {desk.prefix}-1")
    desk.do("record-payment")
    desk.at(r"/payments/\d+$")
    desk.goes_to("Betalingen")
    desk.hand.press(desk.link("Betalingen afletteren"))
    desk.at("/payments/desk")
    expect(desk.page.locator(".offer").first).to_contain_text(f"{desk.prefix}-1")
    desk.do("accept-match")
    expect(desk.action("undo-match").first).to_be_visible()


def undo_it(desk: Desk) -> None:
    desk.do("undo-match")
    desk.sees("ongedaan gemaakt")
    expect(desk.page.locator(".offer").first).to_contain_text(f"{desk.prefix}-1")


def change_the_language(desk: Desk) -> None:
    page = desk.page
    desk.hand.press(page.locator("summary[title=Taal]"))
    desk.hand.press(page.get_by_role("button", name="English"))
    expect(page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Invoices")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


TASKS: tuple[Callable[[Desk], None], ...] = (
    log_in,
    add_a_connection,
    change_the_accounting_settings,
    make_an_invoice,
    import_a_file,
    find_an_invoice_and_send_it,
    read_its_history,
    retry_what_was_refused,
    process_the_payments,
    accept_a_proposal,
    undo_it,
    change_the_language,
)


def _agree(desk: Desk) -> None:
    """Say yes where the page asks; without JavaScript it does not."""
    yes = desk.page.locator("dialog[open] #confirm-yes")
    if isinstance(desk.hand, Keys):
        desk.hand.press(yes)


def _begin(house: House, prefix: str) -> None:
    """Add an organisation with nothing but its administrator."""
    name = f"Begin {prefix}"
    house.koppel("organisation", "add", name, "--feature", "yuki", "--feature", "expenses")
    person = ("user", "add", f"{prefix.lower()}@begin.example", "--organisation", name, "--role", "admin")
    house.koppel(*person, "--password-stdin", stdin=PASSWORD)


def test_the_twelve_main_tasks_by_the_keyboard_alone(house: House, page: Page, tmp_path: Path) -> None:
    _begin(house, "TOETS")
    hand = Keys(page)
    desk = Desk(hand, house, "TOETS", "be", BE_KEY, "Voorbeeld BV Gent", tmp_path)
    for task in TASKS:
        task(desk)
    assert hand.unseen == []


def test_the_twelve_main_tasks_without_javascript(house: House, plain_page: Page, tmp_path: Path) -> None:
    _begin(house, "ZONDER")
    desk = Desk(Plain(plain_page), house, "ZONDER", "nl", PORTAL_KEY, "Tweede Voorbeeld", tmp_path)
    for task in TASKS:
        task(desk)
