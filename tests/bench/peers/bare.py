"""The import as a bare Flask view: the body is parsed, nothing is checked, one INSERT, one commit."""

import os
import sqlite3
import threading
from typing import Any

import psycopg
from flask import Flask, jsonify, request

app = Flask(__name__)
URL = os.environ["DATABASE_URL"]
_own = threading.local()
COLUMNS = (
    "organisation_id, kind, number, source, status, delivery, payment, contact_name, subject, remarks, issue_date, "
    "currency, payment_method, payment_reference, net_total, vat_total, gross_total, paid_amount, outstanding_amount, "
    "revision, created_at, updated_at"
)


def _connection() -> Any:
    if getattr(_own, "connection", None) is None:
        if URL.startswith("sqlite"):
            _own.connection = sqlite3.connect(URL.removeprefix("sqlite:///"), timeout=30)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                _own.connection.execute(f"PRAGMA {pragma}")
        else:
            _own.connection = psycopg.connect(URL.replace("postgresql+psycopg://", "postgresql://"))
    return _own.connection


@app.get("/healthz")
def health() -> str:
    """Say that it is there."""
    return "ok"


@app.post("/api/sales/import/invoice/")
def take() -> Any:
    """Store the head of an invoice."""
    body = request.get_json()
    total = sum(round(item["quantity"] * item["mrp"] * 10000) for item in body["items"])
    fixed = "'sales', ?, 'import', 'sent', 'not_sent', 'open', ?, '', '', ?, 'EUR', 'ElectronicTransfer', ''"
    moment = "CURRENT_TIMESTAMP"
    statement = f"INSERT INTO invoices ({COLUMNS}) VALUES (1, {fixed}, ?, 0, ?, 0, ?, 1, {moment}, {moment})"
    values = (body["invoice_no"], body["customer"]["name"], body["invoice_date"], total, total, total)
    connection = _connection()
    connection.execute(statement if URL.startswith("sqlite") else statement.replace("?", "%s"), values)
    connection.commit()
    return jsonify(success=True, data={"invoice_no": body["invoice_no"], "total_amount": total / 10000}), 201
