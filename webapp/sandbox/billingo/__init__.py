"""
A Billingo on this machine: API v3 under /v3 with invented documents, a control API under /_sandbox and a page at /.

It is written from the published OpenAPI document 3.0.14 and the facts that were collected beside it, and shares no
code with the connector, so that a misreading cannot sit on both sides.
"""

from webapp.sandbox.billingo.app import create_app

__all__ = ["create_app"]
