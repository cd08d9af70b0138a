"""What the tests of e-mails and reminders share: an organisation that can write, and where its messages go."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.settings.test_seller import GOOD
from webapp.services import sellers
from webapp.services.actors import Actor, person
from webapp.store.organisations import Organisation


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    actor = person(organisation.id, "Vincent")
    sellers.keep_seller(actor, sellers.SellerData(**GOOD))
    return actor


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    set_url(app, tmp_path.joinpath("mail").as_uri())
    return tmp_path / "mail"


def set_url(app: Flask, url: str) -> None:
    """Let e-mail go another way."""
    app.extensions["koppel"] = replace(app.extensions["koppel"], mail_url=url)
