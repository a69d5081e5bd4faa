"""What is wrong with the delivered rows, and the book that lists all of it.

Added here: rows delivered twice (in the same delivery, or once more up to five days later) and rows that cannot be.
The latter are copies with an id of their own (prefix x) or, in tables of changes, a change that cannot be; whoever
drops them has the planted process unharmed. Lateness, corrections and unknown products come with the rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.days import HISTORY_DAYS
from stores.demo.deliveries import HISTORY_ON
from stores.demo.tables import FACTS, KEYS, row_keys

_TWICE_SHARE = {True: 0.008, False: 0.0008}
_AGAIN_SHARE = 0.008
_IMPOSSIBLE_SHARE = {True: 0.005, False: 0.0002}
_AGAIN_WITHIN = 5

IMPOSSIBLE: dict[str, dict[str, tuple[str, object]]] = {
    "orders": {
        "quantity_zero": ("quantity", 0),
        "price_negative": ("unit_price", -1990),
        "no_date": ("ordered_at", pd.NaT),
    },
    "events": {"unknown_type": ("event_type", "hover"), "no_date": ("occurred_at", pd.NaT)},
    "reviews": {"rating_out_of_range": ("rating", 9), "no_date": ("reviewed_at", "2026-02-30 25:61:00")},
    "messages": {"unknown_sender": ("sender", "system"), "no_text": ("text", None)},
    "outcomes": {"no_date": ("occurred_at", pd.NaT)},
    "customers": {"birth_year_out_of_range": ("birth_year", 1880)},
    "products": {"price_negative": ("price", -100)},
    "links": {"no_value": ("key_value", None)},
}
"""What cannot be, by table: the column and the value (cents for money)."""

_CHANGES = {
    "progress": ("progress", ""),
    "cancellation": ("correction", "cancelled"),
    "correction": ("correction", "quantity"),
}


def soil(rng: np.random.Generator, table: str, rows: pd.DataFrame, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows with dirt added, and the book of all dirt in them: table, delivered, kind, detail, key."""
    rows = rows.reset_index(drop=True)
    impossible = _impossible(rng, table, rows, days)
    twice = _twice(rng, rows) if table in FACTS else rows.iloc[:0]
    again = _again(rng, table, rows, days)
    soiled = pd.concat([rows, impossible, twice, again], ignore_index=True)
    soiled = soiled.sort_values(["delivered", *KEYS[table]], kind="stable", ignore_index=True)
    book = [
        _entries(table, impossible, "impossible", impossible["detail"]),
        _entries(table, twice, "duplicate"),
        _entries(table, again, "redelivered"),
        *_entries_of_rows(table, rows, soiled),
    ]
    return soiled, pd.concat(book, ignore_index=True)


def _impossible(rng: np.random.Generator, table: str, rows: pd.DataFrame, days: int) -> pd.DataFrame:
    parts = [rows.iloc[:0].assign(detail="")]
    for detail, (column, value) in IMPOSSIBLE.get(table, {}).items():
        if table in FACTS:
            on_time = rows[(rows["delivered"] == np.maximum(rows["day"], HISTORY_ON)) & _is_plain(rows)]
            is_daily = on_time["delivered"] > HISTORY_ON
            # A row without a date cannot be placed in a history that is handed over at once.
            chosen = [_share(rng, on_time[is_daily], _IMPOSSIBLE_SHARE[True])]
            if detail != "no_date":
                chosen.append(_share(rng, on_time[~is_daily], _IMPOSSIBLE_SHARE[False]))
            copies = pd.concat(chosen)
            copies = copies.assign(**{KEYS[table][0]: "x" + copies[KEYS[table][0]]})
        else:
            copies = _share(rng, _unchanged(table, rows), 0.002)
            copies = copies.assign(delivered=rng.integers(HISTORY_DAYS, days, len(copies)))
        parts.append(copies.assign(**{column: value, "detail": detail}).astype({column: rows[column].dtype}))
    return pd.concat(parts, ignore_index=True)


def _twice(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    is_daily = rows["delivered"] > HISTORY_ON
    return pd.concat([_share(rng, rows[is_daily == daily], share) for daily, share in _TWICE_SHARE.items()])


def _again(rng: np.random.Generator, table: str, rows: pd.DataFrame, days: int) -> pd.DataFrame:
    """The last state of some rows, delivered once more without change."""
    if table in FACTS:
        last = rows.drop_duplicates(list(KEYS[table]), keep="last")
        last = last[(last["delivered"] > HISTORY_ON) | (last["day"] > HISTORY_ON - _AGAIN_WITHIN)]
        chosen = _share(rng, last, _AGAIN_SHARE)
        delivered = chosen["delivered"] + rng.integers(1, _AGAIN_WITHIN + 1, len(chosen))
    elif table == "customers":
        chosen = _share(rng, _unchanged(table, rows), 0.005)
        delivered = rng.integers(HISTORY_DAYS, days, len(chosen))
    else:
        return rows.iloc[:0]
    again = chosen.assign(delivered=delivered)
    return again[again["delivered"] < days]


def _entries_of_rows(table: str, rows: pd.DataFrame, soiled: pd.DataFrame) -> list[pd.DataFrame]:
    """Entries for what the rows brought along: late ones, changed ones, unknown products (every row that has one)."""
    entries = []
    if "is_late" in rows:
        entries.append(_entries(table, rows[rows["is_late"]], "late"))
    if "change" in rows:
        for change, (kind, detail) in _CHANGES.items():
            entries.append(_entries(table, rows[rows["change"] == change], kind, detail))
    if table in ("orders", "events", "reviews"):
        unknown = soiled["product_id"].str.startswith("p9").fillna(False).astype(bool)
        entries.append(_entries(table, soiled[unknown], "unknown_product"))
    if table == "customers":
        changed = rows.duplicated("customer_id") & (rows["delivered"] > HISTORY_ON)
        entries.append(_entries(table, rows[changed], "changed_attributes"))
    return entries


def _entries(table: str, rows: pd.DataFrame, kind: str, detail: pd.Series | str = "") -> pd.DataFrame:
    columns = {"table": table, "delivered": rows["delivered"].astype("int64"), "kind": kind, "detail": detail}
    return pd.DataFrame(columns | {"key": row_keys(table, rows)}, index=rows.index)


def _is_plain(rows: pd.DataFrame) -> pd.Series:
    """Rows delivered for the first time; of order lines those of products only."""
    if "change" not in rows:
        return pd.Series(True, index=rows.index)
    return rows["change"].eq("") & rows["line_type"].eq("product")


def _unchanged(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the history whose key is delivered only once."""
    return rows[~rows.duplicated(list(KEYS[table]), keep=False) & (rows["delivered"] == HISTORY_ON)]


def _share(rng: np.random.Generator, rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """A random share of the rows, at least one where there are any, in their order."""
    count = min(len(rows), max(1, round(len(rows) * share)))
    return rows.iloc[np.sort(rng.choice(len(rows), size=count, replace=False))]
