"""The application for a WSGI server: `gunicorn wsgi:app`."""

import sys

from webapp import create_app, journal
from webapp.assembly import warm
from webapp.loading import loading

# Who comes back from the database with a lock in hand waits that long for a thread that only computes; the usual 5 ms
# are longer than a whole import.
sys.setswitchinterval(0.001)
with loading():
    app = create_app()
    warm(app)
journal.begin(app.extensions["koppel"].log_level)  # the log's own form: a traceback in it shows no values, so no keys
