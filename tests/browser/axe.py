"""axe-core on a page that is open: what it finds, and whether the page fits its window."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import House
from tests.browser.places import LANGUAGES, PASSWORD, Place, email_of

Guise = tuple[str, str, int]
"""A theme, a language and the width of the window in pixels."""

THEMES = ("light", "dark")
WIDTHS = (1440, 768, 320)
EVERY: tuple[Guise, ...] = tuple(product(THEMES, LANGUAGES, WIDTHS))
PAIRS: tuple[Guise, ...] = tuple(
    (THEMES[(first + second) % 2], language, width)
    for first, language in enumerate(LANGUAGES)
    for second, width in enumerate(WIDTHS)
)
"""Nine of the eighteen, in which every two of theme, language and width meet."""

NO_PAGE = "() => document.contentType !== 'text/html' || !document.querySelector('meta[name=viewport]')"
UNFOLD = """async () => {
  document.querySelectorAll('details:not(.menu)').forEach((one) => (one.open = true));
  for (let n = 0; n < 50 && document.querySelector('.htmx-request'); n++) await new Promise((on) => setTimeout(on, 20));
  await new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)));
  await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
}"""
RUN = """async (left) => {
  const rules = {"target-size": {enabled: true}}, options = {resultTypes: ["violations"], rules, preload: false};
  const short = ({id, help, nodes}) => [id, help, ...nodes.slice(0, 4).map((one) => one.html.slice(0, 240))];
  const found = await axe.run({include: document, exclude: left}, options);
  return [found.violations.map(short), document.documentElement.scrollWidth - window.innerWidth];
}"""
REST_OF_TABLES = ["tbody > tr:nth-child(n+13)"]
"""What is left out where each page is judged in one guise alone: rows like those above them, half of what axe does."""
FOLDED = """() => {
  const shown = (one) => (one.matches("[popover]") ? getComputedStyle(one).display === "none" : true);
  const parts = [...document.querySelectorAll("details.menu:not([open]), [popover], dialog")].filter(shown);
  window.folded = parts.filter((one) => !one.matches("dialog") || one.querySelector("h2")?.textContent.trim() !== "");
  return window.folded.map((one) => one.outerHTML);
}"""
"""Gathers menus, popovers and dialogs that are closed; a dialog whose heading is empty is filled when it is used."""
LOOK_INSIDE = """async (places) => {
  const found = [], rules = {"target-size": {enabled: true}};
  const frame = () => new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)));
  for (const one of places.map((at) => window.folded[at])) {
    const [open, close] = one.matches("details")
      ? [() => (one.open = true), () => (one.open = false)]
      : one.matches("dialog")
        ? [() => one.showModal(), () => one.close()]
        : [() => one.showPopover(), () => one.hidePopover()];
    open();
    await frame();
    if (one.checkVisibility()) found.push(...(await axe.run(one, {resultTypes: ["violations"], rules})).violations);
    close();
  }
  return found.map(({id, help, nodes}) => [id, help, ...nodes.slice(0, 4).map((one) => one.html.slice(0, 240))]);
}"""
CHANGING = re.compile(r'(?:value|href|action|datetime|hx-[a-z]+|data-[a-z]+)="[^"]*"')
"""What differs from page to page in a menu that is otherwise the same, and that axe does not judge."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong on one page in one guise; `what` are axe's words and the elements."""

    path: str
    guise: Guise
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} ({' '.join(map(str, self.guise))}) {self.rule}: {self.what}"


def source() -> str:
    """Return axe-core's script as the package brings it; found without importing the package."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


class Judge:
    """Opens pages and lets axe look at them; one window for each person.

    `looks` counts the pages that axe looked at, `insides` the menus, popovers and dialogs; `moved` holds the places
    that led to another page, which nobody looked at.
    """

    def __init__(self, chromium: Browser, house: House) -> None:
        self.looks = self.insides = 0
        self.moved: set[str] = set()
        self._chromium, self._house, self._script = chromium, house, source()
        self._folded: set[tuple[Guise, str]] = set()
        self._windows: dict[tuple[str, str], tuple[BrowserContext, Page]] = {}

    def look(self, place: Place, guise: Guise) -> list[Finding]:
        """Return what is wrong with a page in one guise; nothing for what turns out to be no page."""
        page = self._window(place.organisation, guise[1])
        _dress(page, guise)
        return self._judge(page, place, guise, left=REST_OF_TABLES) if self._open(page, place) else []

    def look_through(self, place: Place) -> list[Finding]:
        """Return what is wrong with a page in every guise, and in its menus and dialogs.

        It is loaded once for each language. A menu or dialog that is the same as on an earlier page is judged in each
        guise, but not again for each page.
        """
        found: list[Finding] = []
        for language in LANGUAGES:
            page = self._window(place.organisation, language)
            _dress(page, (THEMES[0], language, WIDTHS[0]))
            if not self._open(page, place):
                return found
            for theme, width in product(THEMES, WIDTHS):
                guise = (theme, language, width)
                _dress(page, guise)
                found += self._judge(page, place, guise, left=[])
                found += self._judge_folded(page, place, guise)
        return found

    def close(self) -> None:
        """Close its windows."""
        for context, _page in self._windows.values():
            context.close()

    def _judge(self, page: Page, place: Place, guise: Guise, *, left: list[str]) -> list[Finding]:
        page.evaluate(UNFOLD)
        seen, wide = page.evaluate(RUN, left)
        self.looks += 1
        found = [_finding(place, guise, one) for one in seen]
        return [*found, Finding(place.path, guise, "reflow", f"{wide} pixels too wide")] if wide > 0 else found

    def _judge_folded(self, page: Page, place: Place, guise: Guise) -> list[Finding]:
        """Judge the menus, popovers and dialogs that were not judged in this guise before."""
        new = []
        for at, part in enumerate(page.evaluate(FOLDED)):
            known = (guise, CHANGING.sub("", part))
            if known not in self._folded:
                self._folded.add(known)
                new.append(at)
        self.insides += len(new)
        return [_finding(place, guise, one) for one in page.evaluate(LOOK_INSIDE, new)] if new else []

    def _open(self, page: Page, place: Place) -> bool:
        """Open a page; False for a file or a fragment, and for one that led elsewhere."""
        try:
            page.goto(place.path)
        except PlaywrightError as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return False
            raise
        if urlsplit(page.url).path != urlsplit(place.path).path:
            self.moved.add(place.path)
            return False
        return not page.evaluate(NO_PAGE)

    def _window(self, organisation: str, language: str) -> Page:
        key = (organisation, language)
        if key not in self._windows:
            context = self._chromium.new_context(base_url=self._house.address, locale=language, reduced_motion="reduce")
            context.set_default_timeout(15_000)
            context.add_init_script(self._script)
            self._windows[key] = context, context.new_page()
            if organisation:
                _log_in(self._windows[key][1], email_of(organisation, language))
        return self._windows[key][1]


def _finding(place: Place, guise: Guise, seen: list[str]) -> Finding:
    rule, words, *elements = seen
    return Finding(place.path, guise, rule, "\n    ".join((words, *elements)))


def _dress(page: Page, guise: Guise) -> None:
    page.emulate_media(color_scheme=guise[0])  # type: ignore[arg-type]
    page.set_viewport_size({"width": guise[2], "height": 900})


def _log_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[data-action=login]").click()
    page.wait_for_selector("nav")
