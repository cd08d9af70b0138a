"""What machines are told, and who may ask."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.conftest import make_settings
from webapp import create_app
from webapp.extensions import db
from webapp.store.session import transaction


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


def test_alive_needs_nothing(stranger: FlaskClient) -> None:
    answer = stranger.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_not_ready_without_redis(stranger: FlaskClient) -> None:
    answer = stranger.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["parts"] == {"database": "ok", "migrations": "ok", "redis": "no REDIS_URL is set"}


def test_not_ready_with_an_older_database(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json["parts"]["migrations"] == "not up to date: run `koppel init`"


def test_metrics_are_for_this_machine(stranger: FlaskClient) -> None:
    assert stranger.get("/metrics").status_code == 200
    assert stranger.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert stranger.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize(("token", "status"), [("the token", 200), ("another", 404), ("", 404), ("thé token", 404)])
def test_metrics_are_for_whoever_has_the_token(database_url: str, tmp_path, token: str, status: int) -> None:  # type: ignore[no-untyped-def]
    app = create_app(make_settings(database_url, tmp_path, metrics_token="the token"))
    with app.app_context():
        answer = app.test_client().get(
            "/metrics", headers={"Authorization": f"Bearer {token}"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
        )
        db.engine.dispose()

    assert answer.status_code == status


def test_metrics_without_any_work_are_all_there(stranger: FlaskClient) -> None:
    figures = stranger.get("/metrics").text

    assert 'koppel_deliveries{state="unknown"} 0.0' in figures
    assert 'koppel_runs{state="failed"} 0.0' in figures
    assert "koppel_outbox_entries 0.0" in figures
    assert "koppel_redis_up 0.0" in figures
