"""The checks of koppel doctor; each says what it found and, where it is not in order, the next step."""

import stat
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webapp.commands.findings import FAIL, OK, WARN, Finding
from webapp.loading import loading

if TYPE_CHECKING:
    from flask import Flask

VENDOR = ("htmx.min.js", "htmx-sse.min.js", "icons.svg")
MOST_SKEW = 120
"""Seconds between this machine's clock and another's; beyond them dates and leases go wrong."""


def examine() -> list[Finding]:
    """Run every check; a setting that cannot be used ends them, for the rest stands on it."""
    from webapp import create_core
    from webapp.commands.mail_examination import mail
    from webapp.extensions import db
    from webapp.settings import BadSetting, load_settings

    try:
        settings = load_settings()
    except BadSetting as error:
        return [Finding("settings", FAIL, str(error), "Correct this setting; .env.example lists all of them.")]
    found = [Finding("settings", OK, "every value can be used")]
    found += [*_folder(settings.koppel_data), *_files(), *_clock(settings)]
    with loading():
        app = create_core(settings, every_table=False)
    with app.app_context():
        database = list(_database(app))
        found += database
        if all(one.state != FAIL for one in database):
            found += _keys()
            found += _work()
            found += _figures()
        db.engine.dispose()
    found += [
        *_redis(settings.redis_url, settings.koppel_data),
        *mail(settings.mail_route),
        *_ports(settings.port, settings.koppel_data),
    ]
    return found


def _folder(path: Path) -> Iterator[Finding]:
    if not _writable(path):
        yield Finding(
            "data folder", FAIL, f"{path} cannot be written", "Give this user the folder, or set KOPPEL_DATA."
        )
        return
    open_to_others = [
        one.name
        for one in (path / "secret_key", path / "encryption_keys", path / "koppel.db")
        if one.exists() and one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        names = ", ".join(open_to_others)
        yield Finding("data folder", WARN, f"others may read {names}", f"chmod 600 in {path}: {names}")
    else:
        yield Finding("data folder", OK, f"{path} belongs to this user alone")


def _writable(path: Path) -> bool:
    probe = path / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError:
        return False
    return True


def _files() -> Iterator[Finding]:
    from webapp.resources import PACKAGE, resource

    missing = [name for name in VENDOR if not (resource("static") / "vendor" / name).exists()]
    missing += [
        code for code in ("nl", "hu") if not (PACKAGE / "translations" / code / "LC_MESSAGES/messages.mo").exists()
    ]
    if missing:
        step = "Run `make catalogues`, or install Koppel again."
        yield Finding("built files", FAIL, f"missing: {', '.join(missing)}", step)
    else:
        yield Finding("built files", OK, "scripts, icons and translations are there")


def _clock(settings: Any) -> Iterator[Finding]:
    from webapp.extensions import clock

    local = clock.now().astimezone(settings.zone)
    yield Finding("time zone", OK, f"{settings.timezone}, where it is {local:%Y-%m-%d %H:%M}")
    skew = _skew(settings.yuki_nl_url)
    if skew is None:
        yield Finding("clock", WARN, f"{settings.yuki_nl_url} does not answer", "Check the network, or YUKI_NL_URL.")
    elif abs(skew) > MOST_SKEW:
        step = "Set the clock of this machine; let it follow a time server."
        yield Finding("clock", FAIL, f"it differs {skew:.0f} seconds from Yuki's", step)
    else:
        yield Finding("clock", OK, "it agrees with Yuki's")


def _skew(url: str) -> float | None:
    """Return by how many seconds the clock behind `url` is ahead of ours; None when nobody answers."""
    # The standard library's client: `requests` would take longer to load than all the checks together.
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    from webapp.extensions import clock

    place = urlsplit(url)
    way = (HTTPSConnection if place.scheme == "https" else HTTPConnection)(place.netloc, timeout=5)
    try:
        way.request("HEAD", place.path or "/")
        told = way.getresponse().headers["Date"]
        return (parsedate_to_datetime(told) - clock.now()).total_seconds()
    except (OSError, HTTPException, TypeError, ValueError):
        return None
    finally:
        way.close()


def _database(app: "Flask") -> Iterator[Finding]:
    from webapp.extensions import db
    from webapp.queries import health
    from webapp.store import revisions

    kind = db.engine.dialect.name
    begun = time.monotonic()
    parts = health.parts()
    took = (time.monotonic() - begun) * 1000
    if parts["database"] != OK:
        step = "Check DATABASE_URL, and that the server runs."
        yield Finding("database", FAIL, f"{kind} cannot be reached", step)
        return
    yield Finding("database", OK, f"{kind} answers ({took:.0f} ms)")
    if parts["migrations"] != OK:
        finding = parts["migrations"].partition(":")[0]
        yield Finding("tables", FAIL, finding, "Run `koppel init`.")
    else:
        yield Finding("tables", OK, f"up to date ({revisions.newest()})")


def _keys() -> Iterator[Finding]:
    from sqlalchemy import select

    from webapp.services.sealing import CannotUnseal, unseal
    from webapp.store.connections import Connection
    from webapp.store.session import current

    closed, count = [], 0
    for connection in current().scalars(select(Connection).order_by(Connection.id)):
        secrets = {
            "key": connection.sealed_key,
            "session": connection.sealed_session,
            "payment_key": connection.sealed_payment_key,
            "payment_session": connection.sealed_payment_session,
        }
        for field, sealed in secrets.items():
            if not sealed:
                continue
            count += 1
            try:
                unseal(sealed, organisation_id=connection.organisation_id, row=connection.uid, field=field)
            except CannotUnseal:
                closed.append(f"{field} of connection {connection.id}")
    if closed:
        step = "Put the key that sealed them back into ENCRYPTION_KEYS, or type those API keys again."
        yield Finding("sealed keys", FAIL, f"cannot be opened: {', '.join(closed)}", step)
    else:
        yield Finding("sealed keys", OK, f"all {count} can be opened")


def _work() -> Iterator[Finding]:
    from sqlalchemy import func, select

    from webapp.extensions import clock
    from webapp.store.deliveries import Delivery
    from webapp.store.outbox import OutboxEntry
    from webapp.store.session import current

    oldest = current().scalar(select(func.min(OutboxEntry.available_at)).where(OutboxEntry.available_at <= clock.now()))
    waited = (clock.now() - oldest).total_seconds() if oldest else 0
    if waited > 60:
        step = "Start `koppel relay` and `koppel worker`, and check Redis."
        yield Finding("outbox", WARN, f"work waits for {waited:.0f} seconds", step)
    else:
        yield Finding("outbox", OK, "nothing waits")
    unknown = current().scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "unknown")) or 0
    if unknown:
        step = "They are looked up by themselves; drafts have to be looked up in Yuki."
        yield Finding("unknown outcomes", WARN, f"{unknown} deliveries", step)


def _figures() -> Iterator[Finding]:
    from webapp.services import tallying

    off = tallying.off()
    if off:
        step = "`koppel schedule` counts anew between three and four at night."
        yield Finding("figures", FAIL, f"{off} counts of invoices are not what is there", step)
    else:
        yield Finding("figures", OK, "the counts of invoices are right")


def _redis(url: str, data: Path) -> Iterator[Finding]:
    from webapp.supervisor import folder, valkey

    if not url and folder.is_taken(data):
        yield Finding("redis", OK, "`koppel up` runs its own")
    elif not url:
        yield Finding("redis", WARN, "no REDIS_URL is set", "`koppel up` brings its own; without it set REDIS_URL.")
    elif valkey.is_ready(url):
        yield Finding("redis", OK, "answers")
    else:
        yield Finding("redis", FAIL, "does not answer", "Check REDIS_URL, and that the server runs.")


def _ports(port: int, data: Path) -> Iterator[Finding]:
    from webapp.supervisor import folder
    from webapp.supervisor.ports import check_free
    from webapp.supervisor.trouble import CannotStart

    if folder.is_taken(data):
        yield Finding("port", OK, "`koppel up` is running")
        return
    try:
        check_free(port, "the web server", "choose another with PORT")
    except CannotStart:
        step = "That is right when a web server of Koppel runs there; else set PORT."
        yield Finding("port", WARN, f"{port} is in use", step)
    else:
        yield Finding("port", OK, f"{port} is free")
