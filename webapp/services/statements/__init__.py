"""Bank statements: read a file, take it in once, and make payments of what came in."""

from webapp.services.statements.importing import Imported, Told, import_statements
from webapp.services.statements.raw import LIMIT
from webapp.services.statements.reading import Reading, read

__all__ = ["LIMIT", "Imported", "Reading", "Told", "import_statements", "read"]
