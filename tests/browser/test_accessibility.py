"""axe finds nothing on any page, and every page fits its window: each page once here, in every guise by `make axe`."""

import os
import time
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


def look_at_all(every: list[Place], judge: Judge) -> list[Finding]:
    """Judge a shard of the places in every guise, and print what was judged and found as it goes."""
    shard, shards = map(int, os.environ.get("AXE_SHARD", "1/1").split("/"))
    found: list[Finding] = []
    print()
    for place in every[shard - 1 :: shards]:
        began, looks, insides = time.monotonic(), judge.looks, judge.insides
        here = judge.look_through(place)
        found += here
        seen = f"{judge.looks - looks:3} looks, {judge.insides - insides:3} menus and dialogs"
        print(
            f"{time.monotonic() - began:6.1f} s {seen}, {len(here)} findings  {place.path}",
            *here,
            sep="\n    ",
            flush=True,
        )
    print(f"{judge.looks // len(EVERY)} pages, {len(EVERY)} guises: {judge.looks} looks,", end=" ")
    print(f"{judge.insides} menus and dialogs, {len(found)} findings", flush=True)
    return found


def test_axe_finds_nothing_on_any_page(house: House, judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    app, sandbox = app_of(house), Place("", f"{house.sandbox}/")
    add_people(app)
    found: list[Finding] = []
    if THOROUGH:
        with capsys.disabled():
            found += look_at_all([*places(app), *variants(app), sandbox], judge)
    else:
        for place, guise in zip((sandbox, *places(app)), cycle(PAIRS), strict=False):
            found += judge.look(place, guise)
    assert judge.looks > (0 if THOROUGH else 60)
    assert judge.moved == set()
    assert not found, f"{len(found)} findings\n" + "\n".join(map(str, found[:60]))
