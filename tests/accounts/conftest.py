"""Browsers that know nothing of each other, and commands that leave nothing open."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.apps import closing_others
from tests.support.clients import separate


@pytest.fixture(autouse=True)
def _separate_clients(app: Flask) -> Iterator[None]:
    separate(app)
    with closing_others(app):
        yield
