"""The tables of the peer that writes row by row: what an invoice and its lines need, and no more."""

from datetime import date, datetime
from typing import Any

from django.db import connection, models
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, Table

from webapp.store.types import empty


class Invoice(models.Model):  # type: ignore[misc]
    """An invoice as it was fetched."""

    remote_id = models.CharField(max_length=40, unique=True)
    number = models.CharField(max_length=60, db_index=True)
    document_type = models.CharField(max_length=60)
    payment_status = models.CharField(max_length=60)
    payment_method = models.CharField(max_length=60)
    issue_date = models.DateField(db_index=True)
    due_date = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    net_total = models.DecimalField(max_digits=18, decimal_places=4)
    vat_total = models.DecimalField(max_digits=18, decimal_places=4)
    gross_total = models.DecimalField(max_digits=18, decimal_places=4)
    outstanding = models.DecimalField(max_digits=18, decimal_places=4)
    contact_name = models.CharField(max_length=200, db_index=True)
    contact = models.JSONField()
    remarks = models.TextField()

    class Meta:
        app_label = "peer"


class Line(models.Model):  # type: ignore[misc]
    """A line of one."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE)
    position = models.IntegerField()
    description = models.TextField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    vat = models.CharField(max_length=100)
    net_amount = models.DecimalField(max_digits=18, decimal_places=4)
    vat_amount = models.DecimalField(max_digits=18, decimal_places=4)
    gross_amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        app_label = "peer"
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="peer_line_place")]


def make_tables() -> None:
    """Create both."""
    with connection.schema_editor() as editor:
        editor.create_model(Invoice)
        editor.create_model(Line)


def model_of(table: Table) -> Any:
    """Return a model of one of Koppel's own tables, with its columns and their defaults."""
    defaults = empty(table)
    fields: dict[str, Any] = {
        column.name: _field(column.type, null=bool(column.nullable), default=defaults.get(column.name))
        for column in table.c
        if column.name != "id"
    }
    meta = type("Meta", (), {"app_label": "peer", "managed": False, "db_table": table.name})
    fields |= {"id": models.BigIntegerField(primary_key=True), "Meta": meta, "__module__": __name__}
    return type(table.name.title().replace("_", ""), (models.Model,), fields)


def _field(kind: Any, *, null: bool, default: Any) -> Any:
    facts: dict[str, Any] = {"null": null}
    if isinstance(default, dict | list):
        facts["default"] = type(default)
    elif default is not None and not isinstance(default, date | datetime):
        facts["default"] = default
    shape = getattr(kind, "impl", kind)
    for sort, field in _FIELDS:
        if isinstance(shape, sort):
            return field(**facts)
    return models.TextField(**facts)


_FIELDS: tuple[tuple[Any, Any], ...] = (
    (JSON, models.JSONField),
    (Boolean, models.BooleanField),
    (DateTime, models.DateTimeField),
    (Date, models.DateField),
    (Integer, models.BigIntegerField),
)
