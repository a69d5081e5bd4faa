"""The alerts of the published snapshot, as those who tell and show them read them."""

from collections.abc import Sequence
from pathlib import Path

from assets.outreach.alerts.methods.alert import Alert, allowed
from resources.cards import Cards
from resources.consents import Consents
from resources.home import Home
from resources.snapshot import Reader

TABLE = "outreach.alerts"
SQL = Path(__file__).with_name("standing.sql")


def standing(reader: Reader) -> list[Alert]:
    """The alerts that hold on the newest week: its own, and earlier ones that have not ended since; the newest week's first, then by place. None in
    a shop without the table."""
    if not reader.snapshot.row_counts.get(TABLE):
        return []
    cursor = reader.connection.execute(SQL.read_text(encoding="utf-8"))
    names = [column[0] for column in cursor.description or []]
    return [Alert.of(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def told_now(alerts: Sequence[Alert], home: Home, cards: Cards) -> list[Alert]:
    """Those of alerts of the version of `cards` that may be told now: nothing of who waits to be erased, nothing by score of who refuses by now."""
    return allowed(alerts, cards.gone | cards.leaving, Consents(home, cards.folder).refusing())
