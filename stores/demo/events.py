"""What people do on the pages: sessions around purchases and in between, and lists shown with what was clicked.

The shop records shown lists (impressions with position, and clicks) only since 2025-11-01. Whoever has left looks in
far less often than whoever has not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.baskets import pick_products
from stores.demo.catalogue import Catalogue
from stores.demo.days import HISTORY_DAYS, date_text, instant, seconds_of_day
from stores.demo.people import account_of

LISTS_SINCE = HISTORY_DAYS - 61
LIST_LENGTH = 6
_QUERIES = ("{noun}", "{brand}{noun}", "{noun}推荐", "{noun}哪个好", "{category}", "便宜的{noun}")
_SURFACES = np.array(["home", "search", "cart"], dtype=object)


def draw_sessions(
    rng: np.random.Generator,
    orders: pd.DataFrame,
    persons: pd.DataFrame,
    accounts: pd.DataFrame,
    left: np.ndarray,
    days: int,
) -> pd.DataFrame:
    """Sessions: account, person, day, second, order (-1 where nothing was bought), in order of time.

    `left` is the day each person left (or `days`); visits per day are 0.018 + 0.6 lambda before, 0.002 after it.
    """
    since = accounts.groupby("person")["registered_day"].min().to_numpy()
    rate = 0.018 + 0.6 * persons["purchase_rate"].fillna(0).clip(upper=0.12).to_numpy()
    visits = []
    for first, last, per_day in ((since, left, rate), (left, np.full_like(left, days), np.full(left.size, 0.002))):
        length = np.maximum(last - first, 0)
        person = np.repeat(np.arange(left.size), rng.poisson(length * per_day))
        day = first[person] + (rng.random(person.size) * length[person]).astype("int64")
        weekday = day % 7  # the shop opened on a Monday
        visits.append(pd.DataFrame({"person": person, "day": day})[(weekday >= 5) | (rng.random(person.size) < 0.75)])
    browsing = pd.concat(visits, ignore_index=True)
    browsing["account"] = account_of(rng, accounts, browsing["person"].to_numpy(), browsing["day"].to_numpy())
    browsing["second"] = seconds_of_day(rng, len(browsing))
    browsing["order"] = -1
    # Nobody looks in before the account exists, not even earlier on the same day.
    registered = accounts["registered_at"].to_numpy()[browsing["account"]]
    browsing = browsing[instant(browsing["day"].to_numpy(), browsing["second"].to_numpy()) > registered]
    buying = orders[(orders["person"] >= 0) & (rng.random(len(orders)) < 0.8)]
    buying = buying.assign(order=buying.index, second=buying["second"] - rng.integers(900, 2400, len(buying)))
    columns = ["account", "person", "day", "second", "order"]
    sessions = pd.concat([browsing[columns], buying[columns]], ignore_index=True)
    sessions = sessions.sort_values(columns[2:4] + columns[:1] + ["order"], ignore_index=True)
    number = sessions.groupby("day").cumcount() + 1
    sessions["session_id"] = [f"s{day}-{n:05d}" for day, n in zip(_compact_dates(sessions["day"]), number, strict=True)]
    return sessions


def draw_events(
    rng: np.random.Generator,
    sessions: pd.DataFrame,
    lines: pd.DataFrame,
    persons: pd.DataFrame,
    accounts: pd.DataFrame,
    taste: np.ndarray,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """The events table: views, carts, favourites, searches, ratings without words, impressions and clicks."""
    looked = _looks(rng, sessions, lines, persons, taste, catalogue)
    parts = [looked.assign(event_type="view")]
    bought = looked["bought"].to_numpy()
    follow = rng.random(len(looked))
    parts.append(looked[np.where(bought, follow < 0.85, follow < 0.1)].assign(event_type="cart", delay=40))
    parts.append(looked[~bought & (rng.random(len(looked)) < 0.08)].assign(event_type="favorite", delay=25))
    parts.append(looked[bought & (rng.random(len(looked)) < 0.03)].assign(event_type="rate", delay=90))
    opening = looked[looked["step"].eq(0).to_numpy() & (rng.random(len(looked)) < 0.3)]
    parts.append(opening.assign(event_type="search", delay=-30, query=_queries(rng, opening, catalogue)))
    parts.append(_lists(rng, sessions, persons, taste, catalogue))
    events = pd.concat(parts, ignore_index=True)
    session = sessions.loc[events["session"]].reset_index(drop=True)
    delay = events["delay"].fillna(0).to_numpy() + events["step"].to_numpy() * 70 + rng.integers(0, 20, len(events))
    events["occurred_at"] = instant(session["day"].to_numpy(), session["second"].to_numpy() + delay)
    events["session_id"] = session["session_id"]
    events["customer_id"] = accounts["customer_id"].to_numpy(dtype=object)[session["account"]]
    events["channel"] = accounts["channel"].to_numpy(dtype=object)[session["account"]]
    product = catalogue.products["product_id"].to_numpy(dtype=object)[events["product"]]
    events["product_id"] = np.where(events["event_type"].eq("search"), None, product)
    events["day"] = session["day"]
    events = events.sort_values(["occurred_at", "session", "event_type", "product", "position"], ignore_index=True)
    number = events.groupby("day").cumcount() + 1
    events["event_id"] = [f"e{day}-{n:06d}" for day, n in zip(_compact_dates(events["day"]), number, strict=True)]
    return events


def _looks(
    rng: np.random.Generator,
    sessions: pd.DataFrame,
    lines: pd.DataFrame,
    persons: pd.DataFrame,
    taste: np.ndarray,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Products looked at: session, step, product, and whether the session bought it."""
    count = np.where(sessions["order"] < 0, 1 + rng.poisson(0.8, len(sessions)), rng.poisson(0.5, len(sessions)))
    session = np.repeat(sessions.index.to_numpy(), count)
    browsed = pd.DataFrame({"session": session, "bought": False})
    browsed["product"] = _wanted(rng, sessions.loc[session], persons, taste, catalogue)
    products = lines.loc[lines["line_type"].eq("product"), ["order", "product"]]
    bought = sessions.loc[sessions["order"] >= 0, ["order"]].rename_axis("session").reset_index()
    bought = bought.merge(products, on="order").drop(columns="order").assign(bought=True)
    looked = pd.concat([browsed, bought], ignore_index=True).sort_values(
        ["session", "bought", "product"], ignore_index=True
    )
    looked["step"] = looked.groupby("session").cumcount()
    return looked


def _lists(
    rng: np.random.Generator, sessions: pd.DataFrame, persons: pd.DataFrame, taste: np.ndarray, catalogue: Catalogue
) -> pd.DataFrame:
    """One list a session since LISTS_SINCE: its impressions, and clicks that fall off as 1 / position."""
    shown = sessions[sessions["day"] >= LISTS_SINCE]
    index = np.repeat(shown.index.to_numpy(), LIST_LENGTH)
    rows = shown.loc[index]
    blurred = 0.5 * taste + 0.5 * taste.mean(axis=0)
    lists = pd.DataFrame({"session": index, "step": 0, "bought": False})
    lists["product"] = _wanted(rng, rows, persons, blurred, catalogue)
    lists["position"] = np.tile(np.arange(1, LIST_LENGTH + 1), len(shown))
    surface = _SURFACES[rng.choice(3, size=len(shown), p=(0.6, 0.3, 0.1))]
    lists["list_id"] = np.repeat(surface + "-" + shown["session_id"].str[1:].to_numpy(dtype=object), LIST_LENGTH)
    lists = lists.drop_duplicates(["session", "product"])
    category = catalogue.products["category_no"].to_numpy()[lists["product"]]
    liking = taste[rows["person"].to_numpy()[lists.index], category]
    clicked = lists[rng.random(len(lists)) < np.minimum(0.9, 0.9 * np.sqrt(liking)) / lists["position"]]
    return pd.concat([lists.assign(event_type="impression", delay=-45), clicked.assign(event_type="click", delay=-20)])


def _wanted(
    rng: np.random.Generator, rows: pd.DataFrame, persons: pd.DataFrame, taste: np.ndarray, catalogue: Catalogue
) -> np.ndarray:
    """Products people look at: by taste, near half of what they spend in a purchase."""
    person = rows["person"].to_numpy()
    target = persons["mean_spend"].fillna(120).to_numpy()[person] * 50
    return pick_products(rng, catalogue, taste[person], rows["day"].to_numpy(), target)


def _queries(rng: np.random.Generator, opening: pd.DataFrame, catalogue: Catalogue) -> list[str]:
    products = catalogue.products.iloc[opening["product"]]
    forms = rng.integers(0, len(_QUERIES), len(opening))
    return [
        _QUERIES[form].format(noun=noun, brand=brand, category=category)
        for form, noun, brand, category in zip(
            forms, products["noun"], products["brand"], products["category"], strict=True
        )
    ]


def _compact_dates(day: pd.Series) -> list[str]:
    dates = {number: date_text(number).replace("-", "") for number in day.unique()}
    return [dates[number] for number in day]
