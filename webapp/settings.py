"""Settings: the environment, read once into one frozen object; a bad value names itself and stops the start."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webapp.connectors.mail import Route, read_route

SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "MAIL_URL", "METRICS_TOKEN")


class BadSetting(Exception):
    """A setting cannot be used; the message is one sentence that names it."""


class Settings(BaseSettings):
    """All settings of interface.md; addresses without a trailing slash, durations in seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=None)

    koppel_data: Path = Path("./var")
    database_url: str = ""
    redis_url: str = ""
    secret_key: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str = ""
    timezone: str = "Europe/Amsterdam"
    yuki_nl_url: str = "https://api.yukiworks.nl"
    yuki_be_url: str = "https://api.yukiworks.be"
    billingo_url: str = "https://api.billingo.hu/v3"
    mail_url: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=8)
    log_level: str = "INFO"
    yuki_timeout: float = Field(default=60, gt=0, le=600)
    yuki_settle: float = Field(default=90, ge=0, le=3600)
    lease_seconds: float = Field(default=60, gt=0, le=3600)
    yuki_daily_calls: int = Field(default=1000, ge=10, le=1_000_000)
    api_calls_per_minute: int = Field(default=3000, ge=1, le=10_000_000)
    demo: bool = False
    webhook_hosts: str = ""
    metrics_token: SecretStr = SecretStr("")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a known time zone") from error
        return value

    @field_validator("yuki_nl_url", "yuki_be_url", "billingo_url", "base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("is not an http or https address")
        return value.rstrip("/")

    @field_validator("mail_url")
    @classmethod
    def _mail_route(cls, value: str) -> str:
        read_route(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
        return value.upper()

    @field_validator("encryption_keys")
    @classmethod
    def _fernet_keys(cls, value: SecretStr) -> SecretStr:
        for key in filter(None, value.get_secret_value().replace(",", " ").split()):
            try:
                Fernet(key)
            except ValueError as error:
                raise ValueError("holds a key that is not a Fernet key") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone of schedules and of the dates on screens."""
        return ZoneInfo(self.timezone)

    @property
    def fernet_keys(self) -> list[str]:
        """The encryption keys, newest first."""
        return self.encryption_keys.get_secret_value().replace(",", " ").split()

    @field_validator("webhook_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        for name in value.replace(",", " ").split():
            if not re.fullmatch(r"(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name):
                raise ValueError(f"{name} is not the name of a host, such as hooks.example.com or *.example.com")
        return value

    @property
    def allowed_webhook_hosts(self) -> tuple[str, ...]:
        """The names of hosts that webhooks may go to."""
        return tuple(self.webhook_hosts.replace(",", " ").split())

    @property
    def mail_route(self) -> Route | None:
        """Where e-mail goes; None where none can be sent."""
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
    known = {key: value for key, value in values.items() if key in Settings.model_fields} | overrides
    try:
        settings = _Pure(**known)
    except ValidationError as error:
        raise BadSetting(_sentence(error)) from None
    return _complete(settings)


class _Pure(Settings):
    """Settings from the values given alone: the environment was read by load_settings."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, **_: Any) -> tuple[Any, ...]:  # type: ignore[override]
        return (init_settings,)


def _read_secret(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSetting(f"{name}_FILE: the file {file} cannot be read.") from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
    return f"{name}: {first['msg'].removeprefix('Value error, ')}."


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
            changes["secret_key"] = SecretStr(_kept_secret(data / "secret_key", secrets.token_urlsafe(48)))
        if not settings.encryption_keys.get_secret_value():
            fresh = Fernet.generate_key().decode()
            changes["encryption_keys"] = SecretStr(_kept_secret(data / "encryption_keys", fresh))
    except OSError as error:
        raise BadSetting(f"KOPPEL_DATA: the folder {data} cannot be written ({error.strerror or error}).") from None
    return settings.model_copy(update=changes)


def _kept_secret(path: Path, fresh: str) -> str:
    """Return the secret in `path`; the first caller writes `fresh`, whoever else starts at the same moment reads it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(fresh)
    return fresh
