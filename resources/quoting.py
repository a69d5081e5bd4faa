"""Texts and names in SQL, where the engine takes no parameter."""


def literal(text: object) -> str:
    """A text in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name in SQL: of a table, a view or a column."""
    return '"' + name.replace('"', '""') + '"'
