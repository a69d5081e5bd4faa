"""What a database says when something goes wrong, without a secret or a value of a row."""


class QueryFails(Exception):
    """The query does not fit the database: its words name tables, columns and places in the query, and are shown."""


class GaveUp(Exception):
    """The server ended in the middle: its words, which may quote a row, are not shown; when it did so is."""


class Unreachable(Exception):
    """No connection: what is said of it may hold a part of the secret, and is not shown."""
