"""The demo shop: writes what it hands over (`source/`) and what is true about it (`truth/`, which no asset reads)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from stores.demo import (
    buyers,
    catalogue,
    events,
    orders,
    people,
    reviews,
    service,
    truth,
)
from stores.demo.days import HISTORY_DAYS, date_text, day_of
from stores.demo.deliveries import (
    HISTORY_ON,
    as_text,
    deliver_once,
    deliver_orders,
    with_unknown_products,
)
from stores.demo.dirt import soil
from stores.demo.tables import FACTS, SCHEMAS, write_table
from stores.demo.truth import World

Progress = Callable[[str, int, int], None]

_UNKNOWN_SHARE = 0.003


def generate(
    folder: Path, *, seed: int = 7, customers: int = 2000, days: int = 60, progress: Progress | None = None
) -> None:
    """Write the shop of `customers` persons below `folder`: two years of history, then `days` daily deliveries.

    The same seed and size give the same rows in the same order. `progress` is told step, done and total.
    """
    tell = progress or _silent
    total = HISTORY_DAYS + days
    tell("draw", 0, 1)
    world = _draw(seed, customers, total)
    tell("draw", 1, 1)
    soiled, books = {}, []
    for number, (table, rows) in enumerate(world.tables.items()):
        rows, book = soil(_rng(seed, f"dirt/{table}"), table, rows, total)
        soiled[table] = rows if table in FACTS else rows.assign(known_on=_known_on(rows))
        books.append(book)
        tell("soil", number + 1, len(world.tables))
    _write_source(folder / "source", soiled, total, tell)
    book = pd.concat(books, ignore_index=True)
    parameters = {
        "seed": seed,
        "customers": customers,
        "days": days,
        "bg_nbd": asdict(buyers.BgNbd()),
        "gamma_gamma": asdict(buyers.GammaGamma()),
        "accounts": len(world.accounts),
        "affinity": catalogue.AFFINITY,
    }
    truth.write(folder / "truth", world, book)
    text = json.dumps(parameters | truth.counts(soiled, book), ensure_ascii=False, indent=1)
    (folder / "truth" / "parameters.json").write_text(text + "\n", encoding="utf-8")


def _draw(seed: int, customers: int, total: int) -> World:
    process, spend = buyers.BgNbd(), buyers.GammaGamma()
    goods = catalogue.make_catalogue(_rng(seed, "catalogue"), total)
    rng = _rng(seed, "persons")
    persons = buyers.draw_persons(rng, customers, total, process, spend, visitor_share=buyers.VISITOR_SHARE)
    persons = people.draw_attributes(rng, persons)
    taste = people.draw_taste(rng, persons)
    accounts = people.draw_accounts(rng, persons, total)
    rng = _rng(seed, "purchases")
    purchases = buyers.simulate_purchases(rng, persons, total)
    bought = buyers.purchase_days(rng, persons, purchases, spend)
    persons = persons.join(truth.course_of_persons(bought))
    rng = _rng(seed, "orders")
    heads = orders.draw_orders(rng, bought, persons, accounts, spend, total)
    lines = orders.draw_lines(rng, heads, persons, taste, goods)
    sold = orders.order_lines(heads, lines, accounts)
    sold = with_unknown_products(_rng(seed, "unknown/orders"), sold, _UNKNOWN_SHARE)
    returned = orders.draw_returns(rng, heads, sold, total)
    all_lines = pd.concat([sold, returned], ignore_index=True)
    all_lines["day"] = day_of(all_lines["ordered_at"].to_numpy())
    left = persons["left_day"].fillna(total).to_numpy().astype("int64")
    sessions = events.draw_sessions(_rng(seed, "sessions"), heads, persons, accounts, left, total)
    acts = events.draw_events(_rng(seed, "events"), sessions, lines, persons, accounts, taste, goods)
    said = reviews.draw_reviews(_rng(seed, "reviews"), heads, sold, goods, total)
    asked = service.draw_messages(_rng(seed, "messages"), heads, lines, sessions, accounts, goods, total)
    registered = people.customer_changes(_rng(seed, "customers"), persons, accounts, total)
    outcomes = service.draw_outcomes(_rng(seed, "outcomes"), heads, accounts, registered, total)
    rng = _rng(seed, "deliveries")
    tables = {
        "orders": deliver_orders(rng, all_lines, total),
        "events": deliver_once(rng, with_unknown_products(rng, acts, _UNKNOWN_SHARE), total),
        "reviews": deliver_once(rng, said.assign(reviewed_at=as_text(said["reviewed_at"])), total),
        "messages": deliver_once(rng, asked, total),
        "outcomes": outcomes.assign(delivered=outcomes["day"].clip(lower=HISTORY_ON)),
        "customers": registered,
        "products": catalogue.product_changes(goods),
        "links": people.identity_links(_rng(seed, "links"), registered, accounts, total),
        "answers": service.knowledge_base(total),
    }
    return World(persons, accounts, heads, said, asked, goods, tables)


def _known_on(rows: pd.DataFrame) -> pd.Series:
    """The day from which a change holds: its own in the history, where all come at once, else that of its delivery."""
    return truth.dates(rows["known"].where(rows["delivered"] == HISTORY_ON, rows["delivered"]))


def _write_source(folder: Path, tables: Mapping[str, pd.DataFrame], total: int, tell: Progress) -> None:
    for table, rows in tables.items():
        is_history = rows["delivered"] == HISTORY_ON
        write_table(folder / "history" / f"{table}.parquet", rows[is_history], SCHEMAS[table])
    daily = {table: dict(list(rows.groupby("delivered"))) for table, rows in tables.items()}
    for day in range(HISTORY_DAYS, total):
        for table, by_day in daily.items():
            if day in by_day or table in FACTS:
                rows = by_day.get(day, tables[table].iloc[:0])
                write_table(folder / "days" / date_text(day) / f"{table}.parquet", rows, SCHEMAS[table])
        tell("write", day + 1 - HISTORY_DAYS, total - HISTORY_DAYS)


def _rng(seed: int, step: str) -> np.random.Generator:
    """A generator of its own for each step, so that one step's draws do not move another's."""
    return np.random.default_rng([seed, *step.encode()])


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
