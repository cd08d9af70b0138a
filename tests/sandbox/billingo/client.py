"""A client of the sandbox Billingo that knows only HTTP and JSON; amounts come as Decimals."""

import json
from decimal import Decimal
from typing import Any

import requests

from webapp.sandbox.billingo.opening import MAIN_KEY


class Billingo:
    """Calls a sandbox over HTTP with one key."""

    def __init__(self, url: str, key: str | None = MAIN_KEY) -> None:
        self.url = url
        self.key = key
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, *, timeout: float = 30, **query: Any) -> requests.Response:
        headers = {"X-API-KEY": self.key} if self.key is not None else {}
        return self.http.get(f"{self.url}/v3/{path}", params=query, headers=headers, timeout=timeout)

    def read(self, path: str, **query: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def page(self, number: int = 1, size: int = 100, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read("documents", page=number, per_page=size, **query)["data"]
        return found

    def all(self, **query: Any) -> list[dict[str, Any]]:
        """The documents of all pages, one after the other."""
        found: list[dict[str, Any]] = []
        number = 1
        while True:
            body = self.read("documents", page=number, per_page=100, **query)
            found += body["data"]
            if number >= body["last_page"]:
                return found
            number += 1

    def control(self, what: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = self.http.post(f"{self.url}/_sandbox/{what}", json={} if body is None else body, timeout=90)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def look(self, what: str, **query: Any) -> Any:
        return self.http.get(f"{self.url}/_sandbox/{what}", params=query, timeout=30).json()

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.look("ledger", **query)["documents"]
        return found

    def fault(self, operation: str, fault: str, **options: Any) -> None:
        self.control("faults", [{"operation": operation, "fault": fault, **options}])
