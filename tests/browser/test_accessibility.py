"""axe finds nothing on any page, and every page fits its window: each page once here, in every guise by `make axe`."""

import os
from collections.abc import Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import EVERY, PAIRS, Finding, Judge
from tests.browser.conftest import House
from tests.browser.places import Place, add_people, app_of, places, variants

THOROUGH = "AXE" in os.environ
pytestmark = [pytest.mark.browser, pytest.mark.pure, pytest.mark.timeout(7200 if THOROUGH else 600)]


@pytest.fixture
def judge(chromium: Browser, house: House) -> Iterator[Judge]:
    made = Judge(chromium, house)
    yield made
    made.close()


def test_axe_finds_nothing_on_any_page(house: House, judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    app, sandbox = app_of(house), Place("", f"{house.sandbox}/")
    add_people(app)
    found: list[Finding] = []
    if THOROUGH:
        for place in (*places(app), *variants(app), sandbox):
            found += judge.look_through(place)
        with capsys.disabled():
            print(
                f"\n{judge.looks // len(EVERY)} pages, {len(EVERY)} guises, {judge.looks} looks: {len(found)} findings"
            )
    else:
        for place, guise in zip((sandbox, *places(app)), cycle(PAIRS), strict=False):
            found += judge.look(place, guise)
    assert judge.looks > 60
    assert judge.moved == set()
    assert not found, f"{len(found)} findings\n" + "\n".join(map(str, found[:60]))
