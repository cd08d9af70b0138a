"""The live stream of invoices: `GET /api/sales/sse/invoices/`."""

from webapp.api.stream.views import blueprint

__all__ = ["blueprint"]
