"""API keys: shown once, kept as a hash, good while they last; by page and by command."""

import json
import re
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.api.conftest import Api, good, key_of
from tests.security.test_routes import LogIn
from webapp.cli import koppel
from webapp.extensions import clock
from webapp.services import api_keys
from webapp.services.actors import Actor, person
from webapp.services.api_keys import KeyProblem
from webapp.store.api_keys import ApiKey
from webapp.store.organisations import Organisation
from webapp.store.session import current, release
from webapp.store.users import User

IMPORT = ("import",)


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return person(organisation.id, "Vincent")


def row(secret: str) -> ApiKey:
    current().expire_all()
    return current().query(ApiKey).filter_by(prefix=secret[:12]).one()


def test_of_a_key_only_the_hash_and_its_readable_beginning_are_kept(key: str) -> None:
    assert re.fullmatch(r"kpl_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", key)
    kept = row(key)
    assert kept.prefix == key[:12]
    assert key[13:] not in " ".join(str(value) for value in vars(kept).values())


def test_a_key_is_good_until_it_is_revoked(actor: Actor, key: str) -> None:
    assert good(key)
    api_keys.revoke(actor, row(key).id)
    assert not good(key)


@pytest.mark.parametrize("wrong", ["", "kpl_", "kpl_00000000_" + "a" * 43, "\ud800", "x" * 100_000])
def test_what_is_no_key_opens_nothing(key: str, wrong: str) -> None:
    assert not good(wrong)
    assert not good(key[:-1] + ("A" if key[-1] != "A" else "B"))


def test_a_key_that_expires_is_refused_from_that_moment(actor: Actor, frozen_clock: datetime) -> None:
    made = api_keys.create(actor, "Kort", scopes=IMPORT, expires_at=frozen_clock + timedelta(hours=1))
    assert good(made.secret)
    clock.freeze(frozen_clock + timedelta(hours=1))
    assert not good(made.secret)


def test_after_a_rotation_both_keys_work_until_the_chosen_time(actor: Actor, key: str, frozen_clock: datetime) -> None:
    made = api_keys.rotate(actor, row(key).id, keep_until=frozen_clock + timedelta(days=1))
    assert made.name == "Kassa Haarlem"
    assert good(key)
    assert good(made.secret)
    clock.freeze(frozen_clock + timedelta(days=1))
    assert not good(key)
    assert good(made.secret)
    with pytest.raises(KeyProblem, match="no longer valid"):
        api_keys.rotate(actor, row(key).id, keep_until=clock.now())


def test_a_rotation_never_makes_a_key_last_longer(actor: Actor, frozen_clock: datetime) -> None:
    made = api_keys.create(actor, "Kort", scopes=IMPORT, expires_at=frozen_clock + timedelta(hours=1))
    api_keys.rotate(actor, made.id, keep_until=frozen_clock + timedelta(days=30))
    assert row(made.secret).expires_at == frozen_clock + timedelta(hours=1)


def test_its_use_is_written_down_at_most_once_a_minute(key: str, frozen_clock: datetime) -> None:
    api_keys.check(key, address="192.0.2.7")
    clock.freeze(frozen_clock + timedelta(seconds=59))
    api_keys.check(key, address="192.0.2.8")
    assert (row(key).last_used_at, row(key).last_used_address) == (frozen_clock, "192.0.2.7")
    clock.freeze(frozen_clock + timedelta(seconds=60))
    api_keys.check(key, address="192.0.2.8")
    assert row(key).last_used_address == "192.0.2.8"


def test_the_page_shows_a_key_in_the_answer_that_makes_it_and_never_again(log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    made = client.post("/settings/api-keys", data={"name": "Webwinkel", "life": "365"})
    secret = re.search(r"kpl_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", made.text)
    assert secret is not None
    assert good(secret[0])
    again = client.get("/settings/api-keys").text
    assert "Webwinkel" in again
    assert secret[0][:12] in again
    assert secret[0] not in again


def test_the_page_replaces_and_revokes(log_in: LogIn, admin: User, key: str) -> None:
    client = log_in(admin)
    replaced = client.post(f"/settings/api-keys/{row(key).id}/replace", data={"overlap": "24"})
    secret = re.search(r"kpl_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", replaced.text)
    assert secret is not None
    assert good(key)
    assert client.post(f"/settings/api-keys/{row(key).id}/revoke").status_code == 303
    assert not good(key)
    assert good(secret[0])


def test_a_key_without_a_name_is_not_made(log_in: LogIn, admin: User) -> None:
    answer = log_in(admin).post("/settings/api-keys", data={"name": " ", "life": "365"})
    assert answer.status_code == 422
    assert "Geef een naam van ten hoogste 100 tekens." in answer.text
    assert current().query(ApiKey).count() == 0


def run(app: Flask, *words: str) -> tuple[int, str]:
    settings = app.extensions["koppel"]
    env = {"DATABASE_URL": settings.database_url, "KOPPEL_DATA": str(settings.koppel_data)}
    release()  # a command ends all connections
    done = CliRunner().invoke(koppel, [*words], env=env)
    release()  # what the command wrote is seen by a new transaction
    return done.exit_code, done.output


def test_the_command_makes_a_key_prints_it_once_and_revokes_it(app: Flask, organisation: Organisation) -> None:
    code, text = run(app, "key", "create", "--organisation", organisation.name, "--scope", "import", "--json")
    assert code == 0, text
    made = json.loads(text)
    assert made["key"].startswith(made["prefix"] + "_")
    assert good(made["key"])
    assert run(app, "key", "revoke", made["prefix"], "--json")[0] == 0
    assert not good(made["key"])
    code, text = run(app, "key", "revoke", "kpl_ffffffff")
    assert code == 1
    assert "There is no API key kpl_ffffffff." in text


def test_the_command_says_when_there_is_no_such_organisation(app: Flask) -> None:
    code, text = run(app, "key", "create", "--organisation", "Niemand", "--scope", "import")
    assert code == 1
    assert "There is no organisation Niemand." in text


def test_keys_of_others_are_out_of_reach(log_in: LogIn, admin: User, other_organisation: Organisation) -> None:
    theirs = key_of(other_organisation, "Van hen")
    client = log_in(admin)
    assert "Van hen" not in client.get("/settings/api-keys").text
    assert client.post(f"/settings/api-keys/{row(theirs).id}/revoke").status_code == 404
    assert good(theirs)


def test_a_key_is_no_login(api: Api) -> None:
    assert api.client.get("/invoices", headers=api.headers).status_code == 303
