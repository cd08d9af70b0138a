"""What a programmer copies: bodies, and calls with curl and Python. A test runs every one against a real server."""

import json
from dataclasses import dataclass
from typing import Any

INVOICE: dict[str, Any] = {
    "invoice_no": "WEB-2026-0001",
    "invoice_date": "2026-03-02",
    "salesman": "Ajay",
    "created_by": "webshop",
    "priority": "HIGH",
    "customer": {
        "code": "CUST-889",
        "name": "Apotheek De Linde",
        "address1": "Stationsplein 4",
        "zipcode": "2011 LR",
        "city": "Haarlem",
        "country": "NL",
        "email": "administratie@delinde.example",
    },
    "items": [
        {
            "name": "Paracetamol 500 mg",
            "item_code": "PR500",
            "barcode": "BC-PR500",
            "quantity": 20,
            "mrp": 3.5,
            "packing": "10 x 10",
        },
        {"name": "Neusspray", "item_code": "NS10", "barcode": "BC-NS10", "quantity": 10, "mrp": 85.0},
    ],
}
CORRECTION: dict[str, Any] = {
    "invoice_no": "WEB-2026-0001",
    "items": [{"item_code": "PR500", "barcode": "BC-PR500", "mrp": 3.25, "batch_no": "B456"}],
    "replace_items": False,
    "resolution_notes": "Price and batch corrected",
}
BODIES = {"ImportBody": INVOICE, "UpdateBody": CORRECTION}
"""An example for each model that has one."""


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to copy; `name` is what the test calls it, `tool` says what runs it (bash or python)."""

    name: str
    title: str
    tool: str
    code: str


def examples(base_url: str) -> tuple[Example, ...]:
    """Return the examples for a server at `base_url`; each takes the key from KOPPEL_KEY."""
    return (
        Example("setup", "bash", "bash", f'export KOPPEL_URL="{base_url}"\nexport KOPPEL_KEY="kpl_…"'),
        Example("import-curl", "curl", "bash", _curl("POST", "/api/sales/import/invoice/", INVOICE)),
        Example("import-python", "Python", "python", PYTHON.replace("INVOICE", _pythonic(INVOICE))),
        Example("update-curl", "curl", "bash", _curl("PATCH", "/api/sales/update/invoice/", CORRECTION)),
        Example("stream-curl", "curl", "bash", STREAM),
        Example("token-curl", "curl", "bash", LOG_IN),
    )


def _curl(method: str, path: str, body: dict[str, Any]) -> str:
    return (
        f'curl -sS -X {method} "$KOPPEL_URL{path}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        '  -H "X-API-KEY: $KOPPEL_KEY" \\\n'
        f"  -d '{json.dumps(body, indent=2)}'"
    )


def _pythonic(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=4).replace(": true", ": True").replace(": false", ": False")


STREAM = """curl -sS -N "$KOPPEL_URL/api/sales/sse/invoices/" \\
  -H "X-API-KEY: $KOPPEL_KEY" \\
  -H "Last-Event-ID: 0\""""

LOG_IN = """curl -sS -X POST "$KOPPEL_URL/api/auth/login/" \\
  -H "Content-Type: application/json" \\
  -d "{\\"username\\": \\"$KOPPEL_USER\\", \\"password\\": \\"$KOPPEL_PASSWORD\\"}\""""

PYTHON = """import json
import os
import urllib.error
import urllib.request

invoice = INVOICE

request = urllib.request.Request(
    os.environ["KOPPEL_URL"] + "/api/sales/import/invoice/",
    data=json.dumps(invoice).encode("utf-8"),
    headers={"Content-Type": "application/json", "X-API-KEY": os.environ["KOPPEL_KEY"]},
    method="POST",
)
try:
    with urllib.request.urlopen(request, timeout=30) as answer:
        status, body = answer.status, json.load(answer)
except urllib.error.HTTPError as refused:
    status, body = refused.code, json.load(refused)

if status in (201, 409):  # 409: it is there already, so a call whose answer was lost may be repeated
    print(status, "invoice", body["data"]["id"])
else:
    raise SystemExit(f"{status} {body['message']} {body.get('errors', '')}")
"""
