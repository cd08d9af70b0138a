"""The stream over real web processes: whole payloads, resuming, and ends, for whoever may read it."""

import threading
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from tests.conftest import PASSWORD, make_settings
from tests.stream.conftest import Tell
from tests.stream.reading import PATH, Reading
from tests.support.databases import Databases
from tests.support.web import Web
from webapp.services import accounts, api_keys
from webapp.services.actors import person
from webapp.store.organisations import Organisation
from webapp.store.session import transaction
from webapp.store.stream import StreamEvent
from webapp.store.users import User

pytestmark = pytest.mark.xdist_group("stream")  # the web processes are started once for all of them
LogIn = Callable[[User], FlaskClient]
Read = Callable[..., Reading]


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> Iterator[str]:
    """One database for all tests of this file: each has an organisation and people of its own."""
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Two web processes that look often at who may still read."""
    server = Web(
        make_settings(database_url, tmp_path_factory.mktemp("web")),
        workers=2,
        threads=2,
        app="tests.stream.hurried:app",
    )
    yield server
    server.stop()


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return accounts.add_organisation(f"Stroom {uuid4()}")


@pytest.fixture
def viewer(organisation: Organisation) -> User:
    return _somebody(organisation, "viewer")


@pytest.fixture
def admin(organisation: Organisation) -> User:
    return _somebody(organisation, "admin")


def _somebody(organisation: Organisation, role: str) -> User:
    email = f"{role}{organisation.id}@stroom.example"
    return accounts.add_user(email, organisation_id=organisation.id, role=role, password=PASSWORD, name=role)


@pytest.fixture
def read(web: Web) -> Iterator[Read]:
    """Return a function that opens a stream with these headers; what is still open at the end is closed."""
    opened: list[Reading] = []

    def begin(headers: dict[str, str], **options: int) -> Reading:
        opened.append(Reading(web.address, headers, **options))
        return opened[-1]

    yield begin
    for reading in opened:
        reading.close()


@pytest.fixture
def cookie(log_in: LogIn, viewer: User) -> dict[str, str]:
    """The header of somebody who is logged in."""
    return cookie_of(log_in(viewer))


@pytest.fixture(autouse=True)
def _feature(organisation: Organisation) -> None:
    api_keys.switch_on(organisation.id)


def cookie_of(client: FlaskClient) -> dict[str, str]:
    found = client.get_cookie("koppel")
    assert found is not None
    return {"Cookie": f"koppel={found.value}"}


def test_a_stranger_gets_401_in_the_printed_shape(app: Flask) -> None:
    answer = app.test_client().get(PATH)
    assert answer.status_code == 401
    assert answer.json is not None
    assert (answer.json["success"], answer.json["message"]) == (False, "Invalid API key")


def test_an_id_that_is_none_is_refused_with_words(log_in: LogIn, viewer: User) -> None:
    answer = log_in(viewer).get(PATH, headers={"Last-Event-ID": "8; DROP"})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.json["message"]  # type: ignore[index]


def test_whole_invoices_come_with_ids_and_a_cut_stream_goes_on_where_it_was(
    read: Read, cookie: dict[str, str], tell: Tell
) -> None:
    first = read(cookie)
    assert (first.status, first.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert first.headers["x-request-id"]
    assert first.headers["x-content-type-options"] == "nosniff"
    for number in range(1, 4):
        tell(f"26-{number}")
    seen = first.events(2)
    first.close()
    tell("26-4", "invoice_review")
    second = read(cookie, last=seen[-1].id)
    rest = second.events(2)
    second.close()
    assert [event.id for event in seen + rest] == [1, 2, 3, 4]
    assert [event.data["invoice_no"] for event in seen + rest] == ["26-1", "26-2", "26-3", "26-4"]
    assert [event.kind for event in rest] == ["invoice_created", "invoice_review"]
    assert rest[0].data["total_amount"] == "121.00"
    assert rest[0].data["items"][0]["name"] == "Brood, week 31"


def test_more_streams_than_threads_are_open_and_pages_still_answer(
    web: Web, read: Read, cookie: dict[str, str], tell: Tell
) -> None:
    readers = [read(cookie) for _ in range(30)]
    tell("26-1")
    assert [reader.event().id for reader in readers] == [1] * 30
    assert read({}).status == 401
    assert "Traceback" not in web.log()
    assert "Exception" not in web.log()


def test_events_of_another_organisation_are_never_seen(read: Read, cookie: dict[str, str], tell: Tell) -> None:
    other = accounts.add_organisation(f"Stroom {uuid4()}").id
    tell("theirs-1", organisation_id=other)
    reader = read(cookie, last=0)
    tell("theirs-2", organisation_id=other)
    tell("ours-1")
    tell("theirs-3", organisation_id=other)
    tell("ours-2")
    assert [event.data["invoice_no"] for event in reader.events(2)] == ["ours-1", "ours-2"]


def test_whoever_asks_for_events_that_are_no_longer_kept_is_told(
    read: Read, cookie: dict[str, str], tell: Tell, organisation: Organisation
) -> None:
    for number in range(1, 5):
        tell(f"26-{number}")
    ours = StreamEvent.organisation_id == organisation.id
    with transaction() as session:
        session.execute(delete(StreamEvent).where(ours, StreamEvent.position <= 2))
    late = read(cookie, last=1)
    assert [(event.kind, event.id) for event in late.events(3)] == [
        ("reset", 2),
        ("invoice_created", 3),
        ("invoice_created", 4),
    ]
    just = read(cookie, last=2)
    assert just.event().id == 3
    with transaction() as session:
        session.execute(delete(StreamEvent).where(ours))
    gone = read(cookie, last=1)
    assert (gone.event().kind, tell("26-5") > 0, gone.event().id) == ("reset", True, 5)


def test_an_id_of_another_database_is_told_and_the_stream_begins_anew(
    read: Read, cookie: dict[str, str], tell: Tell
) -> None:
    tell("26-1")
    reader = read(cookie, last=4711)
    reset, first = reader.events(2)
    assert (reset.kind, reset.id, first.id) == ("reset", 0, 1)
    assert "anew" in reset.data["message"]


def test_a_login_that_ends_ends_its_stream(read: Read, log_in: LogIn, viewer: User, admin: User, tell: Tell) -> None:
    client = log_in(viewer)
    mine, other = read(cookie_of(client)), read(cookie_of(log_in(admin)))
    client.post("/logout")
    assert mine.ended()
    tell("26-1")
    assert other.event().id == 1


def test_a_key_opens_the_stream_and_ends_it_when_it_is_revoked(
    read: Read, organisation: Organisation, tell: Tell
) -> None:
    boss = person(organisation.id, "x")
    first, second = (api_keys.create(boss, name, scopes=("import",)) for name in ("Kassa", "Magazijn"))
    one, two = (read({"X-API-KEY": key.secret}) for key in (first, second))
    tell("26-1")
    assert (one.event().id, two.event().id) == (1, 1)
    api_keys.revoke(boss, first.id)
    assert one.ended()
    tell("26-2")
    assert two.event().id == 2
    assert read({"X-API-KEY": first.secret}).status == 401


def test_a_user_who_is_switched_off_loses_his_stream(read: Read, cookie: dict[str, str], viewer: User) -> None:
    reader = read(cookie)
    with transaction() as session:
        session.execute(update(User).where(User.id == viewer.id).values(active=False))
    assert reader.ended()


def test_a_reader_that_is_slow_gets_everything_in_its_order_later(
    read: Read, cookie: dict[str, str], tell: Tell
) -> None:
    slow = read(cookie, buffer=4096)
    for number in range(1, 61):
        tell(f"26-{number}")
    assert [event.id for event in slow.events(60)] == list(range(1, 61))


def test_many_writers_and_readers_that_are_cut_miss_nothing_and_see_nothing_twice(
    web: Web, read: Read, cookie: dict[str, str], tell: Tell
) -> None:
    total = 40
    seen: dict[int, list[int]] = {index: [] for index in range(6)}

    def follow(index: int) -> None:
        while len(seen[index]) < total:
            last = seen[index][-1] if seen[index] else 0
            reader = read(cookie, last=last)
            wanted = min(total - len(seen[index]), 3 + index)
            seen[index] += [event.id for event in reader.events(wanted)]
            reader.close()

    readers = [threading.Thread(target=follow, args=[index]) for index in seen]
    for reader in readers:
        reader.start()
    for number in range(total):
        tell(f"26-{number}")
    for reader in readers:
        reader.join(60)
    assert all(positions == list(range(1, total + 1)) for positions in seen.values()), seen


def test_a_test_client_without_a_socket_reads_the_same_stream(
    app: Flask, log_in: LogIn, viewer: User, tell: Tell
) -> None:
    tell("26-1")
    client = log_in(viewer)
    app.response_class = Response  # pytest-flask's own would turn every answer into one of its kind
    answer = client.get(PATH, headers={"Last-Event-ID": "0"}, buffered=False)
    pieces = iter(answer.response)
    text = b""
    while b"invoice_created" not in text:
        text += next(pieces)
    answer.close()
    board = next(iter(app.extensions["koppel_streams"].values()))
    board.close()
