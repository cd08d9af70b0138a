"""What all tests share: a database of their own kind, an app on it, organisations and users."""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.support.apps import Apps, Templates, closing_others, rest, share_statements, sharing_routes
from tests.support.clients import separate
from tests.support.databases import Databases
from webapp import create_app, journal
from webapp.commands.database import bind_migrations
from webapp.extensions import clock
from webapp.services import accounts
from webapp.settings import Settings, load_settings
from webapp.store import engines
from webapp.store.organisations import Organisation
from webapp.store.users import User

PASSWORD = "correct horse battery"
KINDS = ("sqlite", "postgresql")
# No test asserts seconds: how long an example takes to make or to run says how busy the machine is.
hypothesis_settings.register_profile("koppel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("koppel")
_FERNET = Fernet.generate_key().decode()
# What lives as long as a test lies in memory where there is plenty: to make and remove files is a tenth of the time.
if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 8 * 1024**3:
    os.environ["TMPDIR"] = tempfile.tempdir = "/dev/shm"
for _name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "KOPPEL_DATA", "BASE_URL"):
    os.environ.pop(_name, None)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name what is bytes by its place alone: a workbook holds the time at which it was made, and workers must agree."""
    del config
    return argname if isinstance(val, bytes) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=(*KINDS, "both"), default="sqlite", help="where the tests run")
    parser.addoption("--weeks", type=int, default=500, help="simulated weeks over both databases (500)")


HOUSES = ("browser", "running", "chaos", "proof")
"""Folders whose tests share processes or a stage: each stays with one worker of the test run."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what needs a database run on each of the chosen ones; the simulated weeks divide them between themselves."""
    names = metafunc.fixturenames
    if metafunc.config.getoption("--database") == "both" and "database_kind" in names and "week" not in names:
        metafunc.parametrize("database_kind", KINDS, indirect=True, scope="session")


def pytest_configure() -> None:
    """Collect no garbage until all tests are collected: nothing of that goes away again."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of garbage leave alone what stays: to look at all of it is a tenth of what the tests take.

    Groups are put into the names of tests; where that comes to nothing every worker starts every house, unnoticed.
    """
    grouped = (item for item in session.items if item.get_closest_marker("xdist_group"))
    if getattr(session.config.option, "loadgroup", False) and not all("@" in item.nodeid for item in grouped):
        raise pytest.UsageError("pytest-xdist forms no groups with this pytest; constraints.txt has two that fit")
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # the usual 700 is for programs that have little memory
    gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark what needs none of our databases as pure, keep the tests of one house together, let the longest begin.

    On PostgreSQL the first case of a portable table stands for all of them: what refuses them, or finds the words, is
    the same code, and stops before a statement could differ. What is to run `once` is left to SQLite.
    """
    _leave_to_sqlite(config, items)
    for item in items:
        folder = _folder(item)
        if "database_kind" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.pure)
        if folder in HOUSES and not item.get_closest_marker("xdist_group"):
            item.add_marker(
                pytest.mark.xdist_group(folder if item.get_closest_marker("pure") else f"{folder} {_kind(item)}")
            )
    yield
    items.sort(key=lambda item: _folder(item) not in HOUSES)  # what waits a minute is not to come last


def _leave_to_sqlite(config: pytest.Config, items: list[pytest.Item]) -> None:
    seen: set[str] = set()
    left: list[pytest.Item] = []
    kept: list[pytest.Item] = []
    for item in items:
        table = item.nodeid.partition("[")[0]
        portable = _kind(item) == "postgresql" and item.get_closest_marker("portable")
        once = _kind(item) == "postgresql" and item.get_closest_marker("once")
        (left if once or (portable and table in seen) else kept).append(item)
        if portable:
            seen.add(table)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def _kind(item: pytest.Item) -> str:
    chosen: str = item.config.getoption("--database")
    given = getattr(item, "callspec", None)
    return given.params.get("database_kind", chosen) if given else chosen


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database at hand: sqlite or postgresql."""
    return str(getattr(request, "param", None) or request.config.getoption("--database"))


@pytest.fixture(scope="session")
def _every_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Databases]]:
    folder = tmp_path_factory.getbasetemp()
    # The workers of one run have folders of their own in a common one.
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    made: dict[str, Databases] = {}
    for kind in KINDS:
        (shared / kind).mkdir(exist_ok=True)
        made[kind] = Databases(kind, tmp_path_factory.mktemp("databases"), shared=shared / kind)
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture(scope="session")
def databases(database_kind: str, _every_kind: dict[str, Databases]) -> Databases:
    """Make empty, migrated databases of the kind at hand."""
    return _every_kind[database_kind]


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings on the fresh database, without Redis."""
    return make_settings(database_url, tmp_path)


def make_settings(database_url: str, data: Path, **more: object) -> Settings:
    """Return settings for tests; `more` overrides single ones."""
    return load_settings(
        {},
        database_url=database_url,
        koppel_data=data,
        secret_key="a secret for the tests alone",
        encryption_keys=_FERNET,
        **more,
    )


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash with argon2 as always, but with little memory: thousands of logins would cost minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _fleeting_files() -> Iterator[None]:
    """Let SQLite not wait for the disk: no database of a test has to outlive a power failure."""
    hurried = tuple(one.replace("synchronous=NORMAL", "synchronous=OFF") for one in engines.SQLITE_PRAGMAS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "SQLITE_PRAGMAS", hurried)
        yield


@pytest.fixture(scope="session", autouse=True)
def _shared_routes() -> Iterator[None]:
    with sharing_routes():
        yield


@pytest.fixture(scope="session")
def apps() -> Iterator[Apps]:
    """Apps that tests have one after the other."""
    templates = Templates()

    def make(settings: Settings) -> Flask:
        made = bind_migrations(create_app(settings))
        share_statements(made)
        made.jinja_env.bytecode_cache = templates
        separate(made)
        made.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False, PROPAGATE_EXCEPTIONS=True)
        return made

    made = Apps(make)
    yield made
    made.close()


@pytest.fixture
def app(settings: Settings, apps: Apps) -> Iterator[Flask]:
    """The application on a fresh database, inside of an app context; CSRF tokens are off."""
    from webapp.gates import limiter

    enabled = limiter.enabled
    with apps.lend(settings) as made, made.app_context(), closing_others(made):
        limiter.enabled = False
        yield made
        for board in made.extensions.get("koppel_streams", {}).values():
            board.close()  # its threads read the database
        rest()
    limiter.enabled = enabled


@pytest.fixture(autouse=True)
def _clock_runs_again() -> Iterator[None]:
    yield
    clock.reset()


@pytest.fixture(autouse=True)
def _logs_go_nowhere_else() -> Iterator[None]:
    """A command that a test calls sets up the log of a process; the next test begins without it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
    journal._asked = None


@pytest.fixture
def frozen_clock() -> datetime:
    """Stop the clock on a Monday morning, and return that moment."""
    moment = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    clock.freeze(moment)
    return moment


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return accounts.add_organisation("Voorbeeld Groep")


@pytest.fixture
def other_organisation(app: Flask) -> Organisation:
    return accounts.add_organisation("Andere Zaak")


def _user(organisation: Organisation, role: str) -> User:
    return accounts.add_user(
        f"{role}@voorbeeld.example", organisation_id=organisation.id, role=role, password=PASSWORD, name=role.title()
    )


@pytest.fixture
def admin(organisation: Organisation) -> User:
    return _user(organisation, "admin")


@pytest.fixture
def staff(organisation: Organisation) -> User:
    return _user(organisation, "staff")


@pytest.fixture
def viewer(organisation: Organisation) -> User:
    return _user(organisation, "viewer")


@pytest.fixture
def log_in(app: Flask) -> Callable[[User], FlaskClient]:
    """Return a function that gives a client on which a user is logged in."""

    def enter(user: User) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    return enter


@pytest.fixture(scope="session", autouse=True)
def _no_leftovers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    shutil.rmtree(tmp_path_factory.getbasetemp(), ignore_errors=True)
