"""The application for a WSGI server: `gunicorn wsgi:app`."""

from webapp import create_app, journal

app = create_app()
journal.begin(app.extensions["koppel"].log_level)  # the log's own form: a traceback in it shows no values, so no keys
