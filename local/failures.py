"""What stops the local system, told to a person in one line."""


class CannotRun(Exception):
    """The system cannot start, or cannot go on. The message is one line that says what to do about it."""
