"""Accounts of persons, their attributes (which lean on the segment), identity links, and what changes later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.assortment import CATEGORIES
from stores.demo.buyers import SEGMENTS
from stores.demo.days import HISTORY_DAYS, instant, seconds_of_day

CHANNELS = np.array(["app", "mini_program", "web"], dtype=object)
REGIONS = np.array(
    ["广东", "浙江", "江苏", "上海", "北京", "四川", "湖北", "山东", "河南", "福建", "湖南", "陕西"], dtype=object
)
OCCUPATIONS = np.array(
    ["企业职员", "学生", "教师", "自由职业", "个体经营", "工程师", "医护人员", "全职父母"], dtype=object
)

# By segment, in the order of SEGMENTS.
_FEMALE = (0.55, 0.60, 0.62, 0.45, 0.72)
_BORN = (1987, 1999, 1984, 1997, 1990)
_CHANNEL = ((0.70, 0.20, 0.10), (0.35, 0.60, 0.05), (0.55, 0.15, 0.30), (0.25, 0.50, 0.25), (0.60, 0.35, 0.05))
_OCCUPATION = (
    (30, 3, 10, 8, 15, 20, 12, 2),
    (18, 40, 6, 12, 12, 4, 4, 4),
    (22, 2, 14, 12, 14, 22, 13, 1),
    (25, 25, 5, 18, 12, 10, 4, 1),
    (20, 1, 12, 6, 12, 6, 10, 33),
)
_EAST = (1.8, 0.7, 2.2, 1.0, 1.0)
# Segment x category, in the order of CATEGORIES.
_TASTE = (
    (1.2, 1.3, 1.2, 0.8, 1.2, 1.0, 1.0, 0.8, 1.0, 1.0),
    (1.2, 1.2, 0.8, 0.4, 1.4, 1.2, 0.7, 1.2, 0.5, 0.4),
    (1.0, 1.0, 1.8, 0.4, 1.2, 1.4, 1.4, 1.0, 0.9, 1.8),
    (2.0, 1.2, 1.0, 0.3, 0.7, 0.5, 1.4, 0.8, 0.7, 0.6),
    (0.3, 0.7, 0.7, 3.2, 1.4, 1.8, 0.3, 1.0, 0.7, 1.3),
)
_TASTE_FEMALE = (0.7, 1.2, 2.2, 1.3, 1.0, 1.1, 0.8, 1.0, 1.1, 1.0)
_SEVERAL_ACCOUNTS = (0.925, 0.06, 0.015)


def draw_attributes(rng: np.random.Generator, persons: pd.DataFrame) -> pd.DataFrame:
    """Persons with gender, birth year, region and occupation; the frame is extended, not changed."""
    segment = persons["segment"].to_numpy()
    count = len(persons)
    east = np.ones((len(SEGMENTS), REGIONS.size))
    east[:, :5] *= np.array(_EAST)[:, None]
    return persons.assign(
        gender=np.where(rng.random(count) < np.array(_FEMALE)[segment], "female", "male"),
        birth_year=np.clip(np.rint(np.array(_BORN)[segment] + rng.normal(0, 6, count)), 1950, 2007).astype("int64"),
        region=REGIONS[_choose(rng, east[segment])],
        occupation=OCCUPATIONS[_choose(rng, np.array(_OCCUPATION, dtype=float)[segment])],
    )


def draw_taste(rng: np.random.Generator, persons: pd.DataFrame) -> np.ndarray:
    """Persons x categories: share of attention, from segment, gender and age, and a person's own leaning."""
    taste = np.array(_TASTE)[persons["segment"].to_numpy()]
    taste = taste * np.where(persons["gender"].eq("female").to_numpy()[:, None], np.array(_TASTE_FEMALE), 1.0)
    young = persons["birth_year"].to_numpy() >= 1995
    categories = list(CATEGORIES)
    taste[young, categories.index("数码配件")] *= 1.5
    taste[~young, categories.index("厨房电器")] *= 1.4
    taste *= rng.gamma(0.6, 1 / 0.6, taste.shape) + 0.02
    return taste / taste.sum(axis=1, keepdims=True)


def draw_accounts(rng: np.random.Generator, persons: pd.DataFrame, days: int) -> pd.DataFrame:
    """One row an account: customer_id (in order of registration), person, day and instant of registration, channel.

    A person's first account is registered up to some weeks before the first purchase, others later.
    """
    count = len(persons)
    arrival = persons["arrival"].to_numpy().astype("int64")
    accounts = rng.choice(3, size=count, p=_SEVERAL_ACCOUNTS) + 1
    person = np.repeat(np.arange(count), accounts)
    is_first = np.r_[True, person[1:] != person[:-1]]
    early = np.maximum(arrival - rng.exponential(6, count).astype("int64") - 1, 0)
    later = arrival[person] + ((days - arrival[person]) * rng.random(person.size)).astype("int64")
    frame = pd.DataFrame({"person": person, "registered_day": np.where(is_first, early[person], later)})
    channel = _choose(rng, np.array(_CHANNEL)[persons["segment"].to_numpy()[person]])
    frame["channel"] = CHANNELS[channel]
    frame["registered_at"] = instant(frame["registered_day"].to_numpy(), seconds_of_day(rng, len(frame)))
    # A first purchase on the first day of the shop must not come before its registration.
    at_opening = is_first & (frame["registered_day"].to_numpy() == arrival[person])
    frame.loc[at_opening, "registered_at"] = instant(arrival[person][at_opening], np.zeros(at_opening.sum()))
    frame = frame.sort_values(["registered_at", "person"], ignore_index=True)
    frame.insert(0, "customer_id", [f"c{number:06d}" for number in range(1, len(frame) + 1)])
    frame["number"] = frame.groupby("person").cumcount()
    return frame


def account_of(rng: np.random.Generator, accounts: pd.DataFrame, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The account (row of `accounts`) a person uses on a day: one of those registered before it, rather a newer one."""
    people = int(accounts["person"].max()) + 1
    table = np.zeros((people, 3), dtype="int64")
    registered = np.full((people, 3), np.iinfo("int64").max)
    table[accounts["person"], accounts["number"]] = accounts.index
    registered[accounts["person"], accounts["number"]] = accounts["registered_day"]
    registered[:, 0] = 0
    known = (registered[person] < day[:, None]).sum(axis=1).clip(1)
    return table[person, (np.sqrt(rng.random(person.size)) * known).astype("int64")]


def customer_changes(
    rng: np.random.Generator, persons: pd.DataFrame, accounts: pd.DataFrame, days: int
) -> pd.DataFrame:
    """The customers table: one row an account as it registers and one a change of attributes (`known`: the day).

    Phone numbers lie in one made-up block and mail addresses at example.com; some fields are left empty.
    """
    rows = accounts[["customer_id", "registered_at", "channel", "person", "number", "registered_day"]].copy()
    for column in ("gender", "birth_year", "region", "occupation"):
        value = persons[column].astype(object).to_numpy()[rows["person"]]
        rows[column] = np.where(rng.random(len(rows)) < 0.12, None, value)
    rows["phone"] = [f"1380{person:07d}" for person in rows["person"]]
    rows["email"] = [f"user{person:06d}@example.com" for person in rows["person"]]
    rows["phone"] = rows["phone"].where(rng.random(len(rows)) < 0.85, None)
    rows["email"] = rows["email"].where(rng.random(len(rows)) < 0.5, None)
    rows["marketing_consent"] = rng.random(len(rows)) < 0.7
    rows["known"] = rows["registered_day"]
    chosen = rng.permutation(len(rows))[: 2 * max(4, len(rows) // 40)]
    earlier, later = np.split(chosen, 2)
    parts = [
        rows,
        _changed(rng, rows.iloc[np.sort(earlier)], 0, HISTORY_DAYS),
        _changed(rng, rows.iloc[np.sort(later)], HISTORY_DAYS, days),
    ]
    changes = pd.concat(parts, ignore_index=True).drop(columns=["number", "registered_day"])
    return changes.assign(delivered=changes["known"].clip(lower=HISTORY_DAYS - 1))


def _changed(rng: np.random.Generator, rows: pd.DataFrame, first: int, end: int) -> pd.DataFrame:
    """The rows as they read after a move, a new occupation or a change of mind about marketing on a day in between."""
    after = np.maximum(rows["registered_day"].to_numpy() + 1, first)
    rows = rows.assign(known=after + (rng.random(len(rows)) * (end - after)).astype("int64"))[after < end]
    kind = rng.integers(0, 3, len(rows))
    moved = REGIONS[rng.integers(0, REGIONS.size, len(rows))]
    moved = np.where(moved == rows["region"].to_numpy(), "海南", moved)
    works = np.where(rows["occupation"].eq("自由职业"), "个体经营", "自由职业")
    return rows.assign(
        region=np.where(kind == 0, moved, rows["region"]),
        occupation=np.where(kind == 1, works, rows["occupation"]),
        marketing_consent=rows["marketing_consent"] ^ (kind == 2),
    )


def identity_links(
    rng: np.random.Generator, customers: pd.DataFrame, accounts: pd.DataFrame, days: int
) -> pd.DataFrame:
    """Keys of each account: its phone and mail where given, its device; accounts of one person share at least one.

    Some links of later accounts are handed over up to ten days after the account; the column `late` says so.
    """
    first_rows = customers.drop_duplicates("customer_id")
    parts = []
    for key_type in ("phone", "email"):
        part = first_rows[["customer_id", "person", "channel"]].assign(
            key_type=key_type, key_value=first_rows[key_type]
        )
        parts.append(part.dropna(subset=["key_value"]))
    device = [f"d{value:010x}" for value in rng.integers(0, 16**10, size=int(accounts["person"].max()) + 1)]
    own_device = (rng.random(len(accounts)) < 0.4) & (accounts["number"] > 0).to_numpy()
    values = [
        f"{device[person]}-{number}" if own else device[person]
        for person, number, own in zip(accounts["person"], accounts["number"], own_device, strict=True)
    ]
    named = first_rows.set_index("customer_id").loc[accounts["customer_id"], "phone"].notna().to_numpy()
    head = accounts[accounts["number"] == 0].set_index("person")["customer_id"]
    head_named = first_rows.set_index("customer_id").loc[head, "phone"].notna()
    head_named.index = head.index
    joined_by_phone = named & head_named.loc[accounts["person"]].to_numpy()
    shared = [device[person] for person in accounts["person"]]
    parts.append(
        accounts[["customer_id", "person", "channel"]].assign(
            key_type="device", key_value=np.where(joined_by_phone, values, shared)
        )
    )
    links = pd.concat(parts, ignore_index=True)
    by_id = accounts.set_index("customer_id").loc[links["customer_id"]]
    due = by_id["registered_day"].to_numpy()
    is_late = (by_id["number"].to_numpy() > 0) & (due >= HISTORY_DAYS - 10) & (rng.random(len(links)) < 0.5)
    late_day = np.maximum(due + rng.integers(1, 11, len(links)), HISTORY_DAYS)
    is_late &= late_day < days
    links["delivered"] = np.where(is_late, late_day, np.maximum(due, HISTORY_DAYS - 1))
    return links.assign(known=due, is_late=is_late)


def _choose(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """One column index a row, drawn with the row's weights."""
    cumulative = weights.cumsum(axis=1)
    return (cumulative < (rng.random(len(weights)) * cumulative[:, -1])[:, None]).sum(axis=1)


def bargain_factor(segment: np.ndarray) -> np.ndarray:
    """What a segment aims to fill the basket with, at list price, a unit of what it will pay; most for bargains."""
    return np.array((0.85, 1.25, 0.8, 0.85, 0.9))[segment]
