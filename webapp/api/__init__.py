"""The REST API and the event stream."""
