"""Two ways to work with a page: by the keyboard alone, and with a pointer in a browser that runs no JavaScript."""

from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 250
IS_HERE = "one => one === document.activeElement"
IN_MAIN = "one => document.activeElement === document.body && !!one.closest('main')"
CAN_BE_SEEN = """() => {
  const shown = (one) => {
    const style = one && getComputedStyle(one);
    const outlined = style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outlined || (style && style.boxShadow !== "none");
  };
  const one = document.activeElement;
  return shown(one) || shown(one.closest("label, .find, .input-group, .filter, .drop"));
}"""


class Hand(Protocol):
    """How somebody works with a page."""

    page: Page

    def press(self, target: Locator) -> None:
        """Press a button, follow a link, open a menu."""

    def write(self, target: Locator, text: str) -> None:
        """Put a text into a field in the place of what is there."""

    def pick(self, target: Locator, label: str) -> None:
        """Choose an option of a list by its words."""

    def tick(self, target: Locator) -> None:
        """Tick a box, or choose among radio buttons."""

    def give(self, target: Locator, path: Path) -> None:
        """Choose a file."""

    def search(self, text: str) -> None:
        """Search from wherever one is."""


class Keys:
    """The keyboard alone: Tab, Enter, Space, arrows and letters; `unseen` is what had the focus and did not show it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []
        # From now on choosers of files come to us: asked for at the moment of the key, it can be a moment too late.
        page.on("filechooser", lambda _: None)

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def pick(self, target: Locator, label: str) -> None:
        self._reach(target)
        self.page.keyboard.type(label)
        expect(target.locator("option:checked")).to_have_text(label)

    def tick(self, target: Locator) -> None:
        kind, name = target.get_attribute("type"), target.get_attribute("name")
        if kind != "radio":
            self._reach(target)
            self.page.keyboard.press("Space")
            return
        group = self.page.locator(f"input[type=radio][name='{name}']")
        chosen = group.locator("xpath=self::*[@checked]")
        self._reach(chosen.first if chosen.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        expect(target).to_be_checked()

    def give(self, target: Locator, path: Path) -> None:
        self._reach(target)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        chooser.value.set_files(path)

    def search(self, text: str) -> None:
        self.page.keyboard.press("/")
        expect(self.page.locator("[data-search]")).to_be_focused()
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def _reach(self, target: Locator) -> None:
        """Press Tab until the target has the focus, past the head of the page by the link that is there for it."""
        target = target.first
        target.wait_for()
        if target.evaluate(IN_MAIN):
            self.page.keyboard.press("Tab")
            if self.page.locator("a.skip:focus").count():  # not where the address names a part of the page
                self.page.keyboard.press("Enter")
        for _ in range(MOST_TABS):
            if target.evaluate(IS_HERE):
                if not self.page.evaluate(CAN_BE_SEEN):
                    self.unseen.append(str(target))
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {target}")


class Plain:
    """A pointer in a browser without JavaScript."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.first.click()

    def write(self, target: Locator, text: str) -> None:
        target.first.fill(text)

    def pick(self, target: Locator, label: str) -> None:
        target.first.select_option(label=label)

    def tick(self, target: Locator) -> None:
        target.first.check()

    def give(self, target: Locator, path: Path) -> None:
        target.first.set_input_files(path)

    def search(self, text: str) -> None:
        self.page.locator("[data-search]").fill(text)
        self.page.locator("[data-search]").press("Enter")
