"""What keeps the supervisor from starting."""


class CannotStart(Exception):
    """The message is one sentence for the person at the terminal."""
