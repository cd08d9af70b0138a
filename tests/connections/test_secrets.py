"""Keys and sessions: sealed, bound to their row, resealed with new keys, never shown."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import make_settings
from tests.connections.conftest import DOMAIN_KEY, Yuki, connect, read
from tests.connections.test_changes import keep_session, stored_key
from webapp import create_app
from webapp.cli import koppel
from webapp.domain.connections import Options
from webapp.extensions import db
from webapp.services import connections, rotation
from webapp.services.actors import Actor
from webapp.services.sealing import CannotUnseal, unseal
from webapp.setting_values import Secret
from webapp.settings import Settings
from webapp.store.session import current, release


def whole_database() -> str:
    """Every value of every table, as text."""
    release()
    tables = db.metadata.sorted_tables
    return "\n".join(str(row) for table in tables for row in current().execute(table.select()))


def test_a_key_is_never_shown_again(
    browser: FlaskClient, actor: Actor, yuki: Yuki, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = browser.post("/connections/new/key", data={"name": "V", "region": "nl", "key": DOMAIN_KEY})
    made = int(answer.location.split("/")[2])
    pages = [answer.text, browser.get(answer.location).text]
    yuki.play("Administrations", "html")
    connections.test(actor, made)
    pages += [browser.get(f"/connections{path}").text for path in ("", f"/{made}", f"/{made}/edit")]
    refused = browser.post("/connections/new/key", data={"name": "", "region": "x", "key": DOMAIN_KEY})
    assert refused.status_code == 422
    pages.append(refused.text)
    assert not any(DOMAIN_KEY in page for page in pages)
    assert any("•••• 0001" in page for page in pages)
    assert DOMAIN_KEY not in whole_database()
    assert DOMAIN_KEY not in caplog.text
    out = capsys.readouterr()
    assert DOMAIN_KEY not in out.out + out.err


def test_the_session_is_not_readable_in_the_database(actor: Actor, made: int) -> None:
    connections.test(actor, made)
    row = read(made)
    session = unseal(row.sealed_session, organisation_id=row.organisation_id, row=row.uid, field="session")
    assert session not in whole_database()


@pytest.mark.parametrize("wrong", ["row", "organisation_id", "field"])
def test_a_sealed_text_does_not_open_elsewhere(actor: Actor, made: int, wrong: str) -> None:
    row = read(made)
    place = {"organisation_id": row.organisation_id, "row": row.uid, "field": "key"}
    assert unseal(row.sealed_key, **place) == DOMAIN_KEY
    place[wrong] = row.organisation_id + 1 if wrong == "organisation_id" else "another"
    with pytest.raises(CannotUnseal):
        unseal(row.sealed_key, **place)


def app_with(settings: Settings, keys: list[str]) -> Flask:
    more = {"yuki_nl_url": settings.yuki_nl_url}
    fresh = make_settings(settings.database_url, settings.koppel_data, **more)
    return create_app(replace(fresh, encryption_keys=Secret(",".join(keys))))


def test_rotation_seals_anew_twice_and_the_old_key_can_go(actor: Actor, settings: Settings, made: int) -> None:
    old = settings.fernet_keys[0]
    new = Fernet.generate_key().decode()
    facts = {"name": "Ander", "key": "een-andere-sleutel", "administration_id": "11111111-0000-0000-0000-000000000002"}
    other = connect(actor, options=Options(send_invoices=False), **facts)
    keep_session(made)
    release()
    with app_with(settings, [new, old]).app_context():
        for _ in range(2):
            done = rotation.rotate()
            assert (done.keys, done.sessions, done.unreadable) == (2, 1, ())
            release()
    with app_with(settings, [new]).app_context():
        assert (stored_key(made), stored_key(other)) == (DOMAIN_KEY, "een-andere-sleutel")
        row = read(made)
        assert unseal(row.sealed_session, organisation_id=row.organisation_id, row=row.uid, field="session")
        release()
    with app_with(settings, [old]).app_context():
        with pytest.raises(CannotUnseal):
            stored_key(made)
        release()


def test_rotation_names_what_it_cannot_open_and_forgets_such_sessions(
    actor: Actor, settings: Settings, made: int
) -> None:
    keep_session(made)
    release()
    with app_with(settings, [Fernet.generate_key().decode()]).app_context():
        done = rotation.rotate()
        assert (done.keys, done.sessions, done.unreadable) == (0, 0, (made,))
        assert read(made).sealed_session == ""
        release()
    assert stored_key(made) == DOMAIN_KEY


def test_the_command_line_shows_four_characters_only(settings: Settings, made: int, tmp_path: Path) -> None:
    release()
    env = {
        "DATABASE_URL": settings.database_url,
        "KOPPEL_DATA": str(tmp_path),
        "ENCRYPTION_KEYS": settings.fernet_keys[0],
        "SECRET_KEY": "a secret for the tests alone",
        "YUKI_NL_URL": settings.yuki_nl_url,
    }
    runner = CliRunner()
    listed = runner.invoke(koppel, ["connection", "list", "--json"], env=env)
    assert listed.exit_code == 0, listed.output
    assert json.loads(listed.output)[0]["key_hint"] == "0001"
    tested = runner.invoke(koppel, ["connection", "test", str(made), "--json"], env=env)
    assert tested.exit_code == 0, tested.output
    assert json.loads(tested.output)["ok"] is True
    rotated = runner.invoke(koppel, ["secrets", "rotate", "--json"], env=env)
    assert json.loads(rotated.output) == {"keys": 1, "sessions": 1}
    assert DOMAIN_KEY not in listed.output + tested.output + rotated.output
