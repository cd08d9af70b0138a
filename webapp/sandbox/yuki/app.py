"""Puts the sandbox Yuki together as a Flask application: the SOAP services, the control API and the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, abort, request, send_file

from webapp.sandbox.guard import guard
from webapp.sandbox.wire import BreakingWires
from webapp.sandbox.yuki import control, page, performance, wsdl
from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.contract import SERVICES, Operation
from webapp.sandbox.yuki.documents import SCHEMA_FILE
from webapp.sandbox.yuki.soap import SOAP11, SOAP12, Fault, Request, convert, open_envelope, read_envelope, write_fault

_MOST_BYTES = 32 * 1024 * 1024
_NAMES = {name.lower(): name for name in SERVICES}
_CONTENT_TYPES = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(state_path: Path | str | None = None, *, clock: Callable[[], datetime] = _utc_now) -> Flask:
    """
    The sandbox as a WSGI application. `state_path` is the SQLite file that keeps its books over a restart; `clock`
    gives the time as an aware datetime. The books are at app.extensions["books"].
    """
    app = Flask("webapp.sandbox", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = _MOST_BYTES
    app.extensions["books"] = Books(Path(state_path) if state_path else None, clock)
    guard(app)
    _add_descriptions(app)
    _add_services(app)
    app.register_blueprint(control.blueprint)
    app.register_blueprint(page.blueprint)
    app.wsgi_app = BreakingWires(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _add_descriptions(app: Flask) -> None:
    @app.get("/ws/<name>.asmx")
    def describe(name: str) -> Response:
        service = _service(name)
        if "wsdl" in {key.lower() for key in request.args}:
            return Response(
                wsdl.describe(service, f"{request.host_url}ws/{service}.asmx"), content_type="text/xml; charset=utf-8"
            )
        listed = "".join(f"<li>{one}</li>" for one in SERVICES[service])
        return Response(
            f"<!doctype html><title>{service}</title><h1>{service}</h1><p><a href='?WSDL'>WSDL</a></p><ul>{listed}</ul>"
        )

    @app.get("/schemas/SalesInvoices.xsd")
    def schema() -> Response:
        return send_file(SCHEMA_FILE, mimetype="text/xml")


def _add_services(app: Flask) -> None:
    books: Books = app.extensions["books"]

    @app.post("/ws/<name>.asmx")
    def call(name: str) -> Response:
        service = _service(name)
        if request.mimetype not in ("text/xml", "application/soap+xml"):
            return Response("", 415)
        version = SOAP12 if request.mimetype == "application/soap+xml" else SOAP11
        try:
            envelope = open_envelope(request.get_data())
            version = envelope.version
            wanted = read_envelope(service, envelope, request.headers.get("SOAPAction", ""))
        except Fault as fault:
            return Response(write_fault(fault, version), 500, content_type=_CONTENT_TYPES[version])
        return performance.perform(books, wanted, content_type=_CONTENT_TYPES[version], plain=False)

    @app.route("/ws/<name>.asmx/<operation_name>", methods=["GET", "POST"])
    def call_plainly(name: str, operation_name: str) -> Response:
        operation = SERVICES[_service(name)].get(operation_name)
        if operation is None or not operation.over_plain_http:
            return Response(f"{operation_name} Web Service method name is not valid.\n", 500, mimetype="text/plain")
        missing = next((one for one, _ in operation.parameters if one not in request.values), None)
        if missing:
            return Response(f"Missing parameter: {missing}.\n", 500, mimetype="text/plain")
        try:
            wanted = _read_form(operation)
        except Fault as fault:
            return Response(fault.text, 500, mimetype="text/plain")
        return performance.perform(books, wanted, content_type=_CONTENT_TYPES[SOAP11], plain=True)


def _service(name: str) -> str:
    return _NAMES.get(name.lower()) or abort(404)


def _read_form(operation: Operation) -> Request:
    return Request(operation, {name: convert(kind, request.values.get(name)) for name, kind in operation.parameters})
