"""Short answers from the published snapshot, for the terminal."""

from typing import Any

import duckdb
from rich.table import Table as Grid

from assets.outreach.snapshot.publish import current
from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop


def results(shop: Shop, home: Home) -> Grid:
    """The segments of the newest week: name, customers, recency, frequency, spend."""
    rows = _query(
        home,
        "SELECT * FROM segment_profiles_latest ORDER BY customer_count DESC",
        "segment_profiles_latest",
    )
    as_of = rows[0]["as_of"] if rows else ""
    money = shop.currency or ""
    grid = Grid(title=f"{shop.name.zh} · {shop.name.en}: 客户分群 customer segments, {as_of}")
    for name in (
        "分群",
        "segment",
        "customers",
        "share",
        "recency (days)",
        "purchases",
        *([f"spend ({money})", "of spend"] if money else []),
    ):
        grid.add_column(name, justify="left" if name in ("分群", "segment") else "right")
    for row in rows:
        cells = [
            row["segment_zh"],
            row["segment_en"],
            f"{row['customer_count']:,}",
            f"{row['customer_share']:.0%}",
            f"{row['recency_days']:.0f}",
            f"{row['frequency']:.1f}",
        ]
        grid.add_row(*cells, *([f"{row['spend']:,.0f}", f"{row['spend_share']:.0%}"] if money else []))
    return grid


def customer(home: Home, person: str) -> dict[str, dict[str, Any]]:
    """What the weekly tables say of one person or account. Raises ZhikeError for one that they do not know."""
    found: dict[str, dict[str, Any]] = {}
    accounts = _query(
        home, "SELECT person_id FROM identities_latest WHERE customer_id = $id", "identities_latest", person
    )
    person_id = accounts[0]["person_id"] if accounts else person
    for table in (
        "customers_latest",
        "segments_latest",
        "predictions_latest",
        "clv_latest",
        "customer_opinions_latest",
    ):
        rows = _query(home, f"SELECT * FROM {table} WHERE person_id = $id", table, person_id)
        if rows:
            found[table.removesuffix("_latest")] = rows[0]
    if not found:
        raise ZhikeError(
            f"no customer {person!r} in the newest week",
            str(home.snapshot / "current"),
            "check the id; guests have none",
        )
    return found


def recommend(home: Home, person: str) -> list[dict[str, Any]]:
    """Both lists of one person or account, as published, in order. Raises ZhikeError where there is none."""
    accounts = _query(
        home, "SELECT person_id FROM identities_latest WHERE customer_id = $id", "identities_latest", person
    )
    person_id = accounts[0]["person_id"] if accounts else person
    rows = _query(
        home,
        "SELECT * FROM recommendations_latest WHERE person_id = $id ORDER BY list, position",
        "recommendations_latest",
        person_id,
    )
    if not rows:
        raise ZhikeError(
            f"no list for {person!r} in the newest week",
            str(home.snapshot / "current"),
            "check the id; a shop gets lists once it has the history that `zhike run` says is needed",
        )
    return rows


def _query(home: Home, sql: str, table: str, person: str | None = None) -> list[dict[str, Any]]:
    snapshot = current(home.snapshot)
    if snapshot is None:
        raise ZhikeError("nothing is published yet", str(home.snapshot), "run the shop first: zhike run --store …")
    if table not in snapshot.row_counts:
        return []
    with duckdb.connect(str(snapshot.folder / "zhike.duckdb"), read_only=True) as connection:
        cursor = connection.execute(sql, {"id": person} if person is not None else None)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
