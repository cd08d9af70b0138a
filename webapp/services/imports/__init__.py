"""Invoices from files: JSON, CSV, XLSX and Yuki's own XML; a file goes in as a whole or not at all."""

from webapp.services.imports.raw import LIMIT, MOST_FAULTS, Reading
from webapp.services.imports.reading import read
from webapp.services.imports.storing import Stored, store

__all__ = ["LIMIT", "MOST_FAULTS", "Reading", "Stored", "read", "store"]
