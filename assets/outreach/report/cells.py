"""Cells of tables and sentences as HTML in one language."""

from collections.abc import Callable

from markupsafe import Markup, escape

from assets.outreach.report.methods.parts import Figure, Sentence
from resources.words import Words

Marked = Callable[[Figure, str], Markup]
"""A figure, and how it is read, as HTML."""


def said(what: Figure | Sentence | Words | str, language: int, marked: Marked) -> Markup:
    """A cell in the language at this place of Words. What stands in it is escaped."""
    if isinstance(what, str):
        return own(what)
    if isinstance(what, Words):
        return escape(tuple(what)[language])
    if isinstance(what, Figure):
        return marked(what, tuple(what.text)[language])
    fields = {name: said(part, language, marked) for name, part in what.fields.items()}
    return escape(tuple(what.words)[language]).format(**fields)


def own(text: str) -> Markup:
    """What the shop or its customers wrote: no language of the page, and no part of its markup."""
    return Markup('<bdi translate="no">{}</bdi>').format(text)


def figure(what: Figure, text: str) -> Markup:
    """A figure with its value and its query."""
    return Markup('<data value="{}" data-query="{}"{}>{}</data>').format(
        f"{what.value:.6f}".rstrip("0").rstrip("."),
        what.query,
        Markup(' data-row="{}"').format(what.row) if what.row else "",
        text,
    )
