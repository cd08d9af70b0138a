"""Koppel: sales invoices into the books, their payments back, and every step to be seen."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

# Imported inside of the functions: every command imports this package, and `koppel --help` needs none of it.


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Return the whole application; the environment's settings where none are given."""
    from webapp.assembly import make_whole

    return make_whole(settings)


def create_core(settings: "Settings | None" = None, *, every_table: bool = True) -> "Flask":
    """Return the application without its pages: for commands and jobs, which start in a third of the time."""
    from webapp.assembly import make_core

    return make_core(settings, every_table=every_table)
