"""Settings: the environment, read once into one frozen object; a bad value names itself and stops the start."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webapp.setting_values import (
    Secret,
    fernet_keys,
    flag,
    fresh_fernet_key,
    host_names,
    http_address,
    log_level,
    mail_address,
    number,
    secret,
    time_zone,
    whole_number,
)

if TYPE_CHECKING:
    from webapp.connectors.mail import Route

SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "MAIL_URL", "METRICS_TOKEN")


class BadSetting(Exception):
    """A setting cannot be used; the message is one sentence that names it."""


_NONE = Secret()


@dataclass(frozen=True)
class Settings:
    """All settings of interface.md; addresses without a trailing slash, durations in seconds."""

    koppel_data: Path = Path("./var")
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    secret_key: Secret = _NONE
    encryption_keys: Secret = _NONE
    port: int = 8000
    base_url: str = ""
    timezone: str = "Europe/Amsterdam"
    yuki_nl_url: str = "https://api.yukiworks.nl"
    yuki_be_url: str = "https://api.yukiworks.be"
    billingo_url: str = "https://api.billingo.hu/v3"
    mail_url: str = field(default="", repr=False)
    trusted_proxies: int = 0
    log_level: str = "INFO"
    yuki_timeout: float = 60.0
    yuki_settle: float = 90.0
    lease_seconds: float = 60.0
    yuki_daily_calls: int = 1000
    api_calls_per_minute: int = 3000
    demo: bool = False
    webhook_hosts: str = ""
    metrics_token: Secret = _NONE

    @property
    def zone(self) -> ZoneInfo:
        """The zone of schedules and of the dates on screens."""
        return ZoneInfo(self.timezone)

    @property
    def fernet_keys(self) -> list[str]:
        """The encryption keys, newest first."""
        return self.encryption_keys.get_secret_value().replace(",", " ").split()

    @property
    def allowed_webhook_hosts(self) -> tuple[str, ...]:
        """The names of hosts that webhooks may go to."""
        return tuple(self.webhook_hosts.replace(",", " ").split())

    @property
    def mail_route(self) -> "Route | None":
        """Where e-mail goes; None where none can be sent."""
        from webapp.connectors.mail import read_route  # imported here: what writes e-mail is rarely wanted

        return read_route(self.mail_url)

    @property
    def yuki_urls(self) -> dict[str, str]:
        """The address of Yuki per region."""
        return {"nl": self.yuki_nl_url, "be": self.yuki_be_url}


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings from `environ` (default: the process's), secrets also from NAME_FILE.

    What is missing and can be made (data folder, secrets, SQLite address) is made: the secrets are
    kept in the data folder with mode 0600. Raises BadSetting with one sentence.
    """
    values: dict[str, Any] = {
        key.lower(): value for key, value in (os.environ if environ is None else environ).items() if value != ""
    }
    for name in SECRETS:
        file = values.pop(f"{name.lower()}_file", None)
        if file and name.lower() not in values:
            values[name.lower()] = _read_secret(name, file)
    given = values | overrides
    return _complete(Settings(**{name: _read(name, given[name]) for name in _READERS if name in given}))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "koppel_data": Path,
    "database_url": str,
    "redis_url": str,
    "secret_key": secret,
    "encryption_keys": fernet_keys,
    "port": whole_number(1, 65535),
    "base_url": http_address,
    "timezone": time_zone,
    "yuki_nl_url": http_address,
    "yuki_be_url": http_address,
    "billingo_url": http_address,
    "mail_url": mail_address,
    "trusted_proxies": whole_number(0, 8),
    "log_level": log_level,
    "yuki_timeout": number(600, zero=False),
    "yuki_settle": number(3600),
    "lease_seconds": number(3600, zero=False),
    "yuki_daily_calls": whole_number(10, 1_000_000),
    "api_calls_per_minute": whole_number(1, 10_000_000),
    "demo": flag,
    "webhook_hosts": host_names,
    "metrics_token": secret,
}
"""What makes a setting of a text; each raises ValueError with the words that follow the setting's name."""


def _read(name: str, value: Any) -> Any:
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise BadSetting(f"{name.upper()}: {error}.") from None


def _read_secret(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSetting(f"{name}_FILE: the file {file} cannot be read.") from None


def _complete(settings: Settings) -> Settings:
    data = settings.koppel_data.expanduser().resolve()
    changes: dict[str, Any] = {"koppel_data": data}
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not settings.database_url:
            changes["database_url"] = f"sqlite:///{data / 'koppel.db'}"
        elif settings.database_url.startswith(("postgres://", "postgresql://")):
            changes["database_url"] = "postgresql+psycopg://" + settings.database_url.split("://", 1)[1]
        if settings.demo and not settings.mail_url:
            changes["mail_url"] = (data / "mail").as_uri()
        if not settings.secret_key.get_secret_value():
            changes["secret_key"] = Secret(_kept_secret(data / "secret_key", secrets.token_urlsafe(48)))
        if not settings.encryption_keys.get_secret_value():
            fresh = fresh_fernet_key()
            changes["encryption_keys"] = Secret(_kept_secret(data / "encryption_keys", fresh))
    except OSError as error:
        raise BadSetting(f"KOPPEL_DATA: the folder {data} cannot be written ({error.strerror or error}).") from None
    return replace(settings, **changes)


def _kept_secret(path: Path, fresh: str) -> str:
    """Return the secret in `path`; the first caller writes `fresh`, whoever else starts at the same moment reads it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(fresh)
    return fresh
