"""Makes one export in a process of its own, as a worker does; prints seconds, kilobytes and rows as JSON."""

import json
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path

from sqlalchemy import select

from tests.bench.peers.memory import Memory
from tests.conftest import make_settings
from webapp import create_app
from webapp.queries.listings import files
from webapp.services import exporting
from webapp.store.exports import Export, ExportPiece
from webapp.store.session import current


def main(database_url: str, folder: str, export_id: int) -> dict[str, float]:
    """Do the job of an export that was asked for; raises RuntimeError when no file comes of it."""
    app = create_app(make_settings(database_url, Path(folder)))
    with app.app_context():
        memory, began = Memory(), time.perf_counter()
        with memory:
            exporting.work(export_id, files.pieces)
        took = {"seconds": time.perf_counter() - began, "kilobytes": memory.taken()["kilobytes"]}
        current().rollback()
        state = current().scalar(select(Export.state).where(Export.id == export_id))
        if state != "ready":
            raise RuntimeError(f"the export is {state}")
        content = select(ExportPiece.content).where(ExportPiece.export_id == export_id).order_by(ExportPiece.number)
        with zipfile.ZipFile(BytesIO(b"".join(current().scalars(content)))) as book:
            sheet = next(name for name in book.namelist() if name.startswith("xl/worksheets/"))
            return took | {"rows": book.read(sheet).count(b"<row ")}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
