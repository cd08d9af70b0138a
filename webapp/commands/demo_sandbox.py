"""Ask a sandbox of this machine; a real service is never sent demo data."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable


def sandbox_answers(address: str) -> bool:
    """Whether a sandbox answers at this address."""
    try:
        sandbox_ask(address, "mode")
    except (urllib.error.URLError, ValueError, OSError):
        return False
    return True


def sandbox_ask(address: str, what: str, body: dict[str, str] | None = None) -> object:
    """Return the sandbox's answer to `/_sandbox/<what>`; with a body it is posted."""
    request = urllib.request.Request(  # noqa: S310  (checked: an http address of the settings)
        f"{address}/_sandbox/{what}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener: Callable[..., object] = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    with opener(request, timeout=5) as answer:  # type: ignore[attr-defined]
        return json.loads(answer.read())
