"""Large lists: made into a file in the background, told of, handed out to whoever may have it, and let go of."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.exports.test_exports import LogIn, cells
from tests.support.records import make_invoice, make_invoices
from webapp.extensions import clock
from webapp.queries.listings import files
from webapp.services import accounts, exporting
from webapp.services.actors import Actor, person
from webapp.store.exports import Export, ExportPiece
from webapp.store.notifications import Notification
from webapp.store.organisations import Organisation
from webapp.store.session import current, release
from webapp.store.users import User


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are many."""
    monkeypatch.setitem(files.AT_ONCE, "csv", 2)


@pytest.fixture
def actor(organisation: Organisation, viewer: User) -> Actor:
    return person(organisation.id, viewer.name, user_id=viewer.id)


@pytest.mark.usefixtures("small")
def test_a_large_list_is_made_in_the_background_and_its_reader_is_told(
    organisation: Organisation, viewer: User, staff: User, log_in: LogIn
) -> None:
    make_invoices(organisation.id, 3)
    make_invoice(organisation.id, "D-1", status="draft")
    mine, others = log_in(viewer), log_in(staff)
    page = mine.get("/exports/invoices.csv?status=sent&columns=open")
    assert "meer dan 2 regels" in page.text
    assert 'name="status" value="sent"' in page.text
    assert mine.get("/exports/invoices.csv?status=draft").mimetype == "text/csv"

    assert mine.post("/exports/invoices.csv", data={"status": "sent", "columns": "open"}).location == "/exports"
    release()
    export = current().query(Export).one()
    assert "In wachtrij" in mine.get("/exports").text
    exporting.work(export.id, files.pieces)

    assert "Uw bestand is klaar" in mine.get("/notifications").text
    assert "Uw bestand is klaar" not in others.get("/notifications").text
    rows = cells(mine, f"/exports/{export.id}/file")
    assert rows[0] == ["Nummer", "Open", "Valuta"]
    assert len(rows) == 4
    assert "to-exports" not in mine.get("/notifications").text.partition("<details")[0]


def test_a_file_is_for_its_organisation_alone_and_only_with_a_login(
    organisation: Organisation, other_organisation: Organisation, viewer: User, actor: Actor, log_in: LogIn
) -> None:
    export_id = exporting.ask(actor, "invoices", "csv", args={}, language="nl")
    exporting.work(export_id, files.pieces)
    stranger = accounts.add_user(
        "x@andere.example", organisation_id=other_organisation.id, role="admin", password="correct horse battery"
    )
    assert log_in(stranger).get(f"/exports/{export_id}/file").status_code == 404
    client = log_in(viewer)
    assert client.get(f"/exports/{export_id}/file").status_code == 200
    client.post("/logout")
    assert client.get(f"/exports/{export_id}/file").status_code == 303


def test_the_same_wish_twice_is_one_file(actor: Actor) -> None:
    first = exporting.ask(actor, "invoices", "csv", args={"q": "a"}, language="nl")
    assert exporting.ask(actor, "invoices", "csv", args={"q": "a"}, language="nl") == first
    assert exporting.ask(actor, "invoices", "csv", args={"q": "b"}, language="nl") != first


def test_a_worker_that_died_is_followed_by_another_and_the_file_is_whole(actor: Actor) -> None:
    export_id = exporting.ask(actor, "invoices", "csv", args={}, language="nl")

    def dies(*_: object, **__: object) -> Iterator[bytes]:
        yield b"x" * exporting.PORTION
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exporting.work(export_id, dies)
    exporting.work(export_id, lambda *_, **__: iter([b"somebody is at it"]))  # too early: the first may be alive
    assert current().get(Export, export_id).state == "running"  # type: ignore[union-attr]
    clock.advance(timedelta(minutes=3))
    assert exporting.sweep() == 1
    exporting.work(export_id, lambda *_, **__: iter([b"a" * exporting.PORTION, b"b"]))
    found = current().get(Export, export_id, populate_existing=True)
    assert (found.state, found.size) == ("ready", exporting.PORTION + 1)  # type: ignore[union-attr]


def test_who_asked_is_told_of_a_file_that_could_not_be_made_until_it_is_asked_for_again(
    actor: Actor, viewer: User, log_in: LogIn
) -> None:
    export_id = exporting.ask(actor, "invoices", "csv", args={}, language="nl")

    def fails(*_: object, **__: object) -> Iterator[bytes]:
        raise OSError("no room")

    for _attempt in range(exporting.ATTEMPTS):
        with pytest.raises(OSError, match="no room"):
            exporting.work(export_id, fails)
        clock.advance(timedelta(minutes=3))
        exporting.sweep()
    told = log_in(viewer).get("/notifications").text
    assert "Uw bestand kon niet worden gemaakt" in told
    assert "Vraag het opnieuw op" in told
    still_open = current().query(Notification).where(Notification.closed_at.is_(None))
    assert still_open.count() == 1
    assert exporting.ask(actor, "invoices", "csv", args={}, language="nl") != export_id
    assert still_open.count() == 0


def test_a_worker_that_comes_back_late_spoils_nothing(actor: Actor) -> None:
    export_id = exporting.ask(actor, "invoices", "csv", args={}, language="nl")

    def slow(*_: object, **__: object) -> Iterator[bytes]:
        clock.advance(timedelta(minutes=3))
        exporting.work(export_id, lambda *_, **__: iter([b"second"]))
        yield b"first"

    exporting.work(export_id, slow)
    release()
    assert [row.content for row in current().query(ExportPiece.content)] == [b"second"]


def test_after_a_week_the_file_and_its_notice_are_gone(actor: Actor, viewer: User, log_in: LogIn) -> None:
    export_id = exporting.ask(actor, "invoices", "csv", args={}, language="nl")
    exporting.work(export_id, files.pieces)
    clock.advance(timedelta(days=6))
    exporting.sweep()
    assert current().query(ExportPiece).count() == 1
    clock.advance(timedelta(days=2))
    exporting.sweep()
    assert current().query(Export).count() + current().query(ExportPiece).count() == 0
    assert "Geen bestanden" in log_in(viewer).get("/exports").text


def test_the_ticked_rows_or_all_that_match_go_into_a_file(
    organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    ids = make_invoices(organisation.id, 3)
    client = log_in(staff)
    answer = client.post("/exports/invoices/selected", data={"id": ids[:2], "sort": "number", "columns": "open"})
    assert answer.location.startswith("/exports/invoices.xlsx?")
    assert len(cells(client, answer.location.replace("xlsx", "csv"))) == 3
    plain = client.post("/exports/invoices/selected", data={"id": ids[:1], "ending": "csv"})
    assert len(cells(client, plain.location)) == 2
    everything = client.post("/exports/invoices/selected", data={"all": "1", "status": "sent"})
    assert "ids" not in everything.location
    nothing = client.post("/exports/invoices/selected", data={"status": "sent"})
    assert nothing.location == "/invoices?status=sent"
    assert "Er is niets geselecteerd" in client.get(nothing.location).text
