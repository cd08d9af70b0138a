"""Browsers of their own for each person."""

import pytest
from flask import Flask

from tests.support.clients import separate


@pytest.fixture(autouse=True)
def _separate_clients(app: Flask) -> None:
    separate(app)
