"""Conversations with service, the knowledge base, and what came of the shop's monthly campaigns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stores.demo.buyers import CAUSES
from stores.demo.catalogue import Catalogue
from stores.demo.days import (
    DAY_SECONDS,
    HISTORY_DAYS,
    START,
    date_text,
    day_of,
    instant,
)
from stores.demo.wording import one, sentences

_ASKING_SHARE = 0.13
_BROWSING_SHARE = 0.03
_LABELLED_SHARE = 0.6
_AFTER_ORDER = (
    ("物流查询", 30),
    ("发货", 12),
    ("退换货", 22),
    ("价格", 6),
    ("支付", 5),
    ("发票", 8),
    ("投诉", 5),
    ("其他", 4),
)
_BEFORE_ORDER = (("商品咨询", 50), ("优惠活动", 20), ("价格", 14), ("支付", 4), ("账户", 7), ("其他", 5))


def draw_messages(
    rng: np.random.Generator,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    sessions: pd.DataFrame,
    accounts: pd.DataFrame,
    catalogue: Catalogue,
    days: int,
) -> pd.DataFrame:
    """The messages table, one row a message, with `true_intent` behind the partly empty `intent`.

    Each order whose planted cause is a complaint brings one; late parcels bring questions about where they are.
    """
    talks = pd.concat([_about_orders(rng, orders, lines), _about_products(rng, sessions, lines)], ignore_index=True)
    talks = talks[talks["started"] < instant(np.array([days]), np.array([-3600]))[0]]
    talks = talks.sort_values(["started", "account", "intent"], ignore_index=True)
    customer = accounts["customer_id"].to_numpy(dtype=object)[talks["account"]]
    channel = accounts["channel"].to_numpy(dtype=object)[talks["account"]]
    noun = catalogue.products["noun"].to_numpy(dtype=object)[talks["product"]]
    person = accounts["person"].to_numpy()[talks["account"]]
    words, rows = sentences("service"), []
    for number, talk in enumerate(talks.itertuples()):
        fill = {
            "order": talk.order_id,
            "noun": noun[number],
            "n": int(rng.integers(2, 8)),
            "phone": f"1380{person[number]:07d}",
            "mail": f"user{person[number]:06d}@example.com",
        }
        labelled = talk.intent if rng.random() < _LABELLED_SHARE else None
        at = talk.started
        for sender, text in _turns(rng, words, talk.intent):
            rows.append(
                (f"t{number + 1:06d}", customer[number], sender, text.format(**fill), at, channel[number],
                 labelled if sender == "customer" else None, talk.intent)
            )  # fmt: skip
            at = at + pd.Timedelta(seconds=int(rng.integers(8, 240)))
    columns = ["conversation_id", "customer_id", "sender", "text", "sent_at", "channel", "intent", "true_intent"]
    messages = pd.DataFrame(rows, columns=columns)
    messages["sent_at"] = messages["sent_at"].astype("datetime64[us]")
    messages.insert(0, "message_id", [f"m{number:07d}" for number in range(1, len(messages) + 1)])
    return messages.assign(day=day_of(messages["sent_at"].to_numpy()))


def _about_orders(rng: np.random.Generator, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Conversations after an order: started, account, order, product, intent."""
    cause = orders["cause"].to_numpy()
    is_complaint = cause == CAUSES.index("complaint")
    is_slow = cause == CAUSES.index("late_delivery")
    share = np.where(is_slow, 0.35, _ASKING_SHARE)
    asks = (orders["person"] >= 0).to_numpy() & (is_complaint | (rng.random(len(orders)) < share))
    intent = _draw_intents(rng, _AFTER_ORDER, len(orders))
    intent = np.where(is_slow & (rng.random(len(orders)) < 0.8), "物流查询", intent)
    intent = np.where(is_complaint, "投诉", intent)
    # Shipping is asked for at once, the parcel's whereabouts on the way, the rest when it is there.
    due = orders["ordered_at"].to_numpy(), orders["shipped_at"].to_numpy(), orders["delivered_at"].to_numpy()
    base = np.select([np.isin(intent, ["发货", "支付"]), intent == "物流查询"], due[:2], due[2])
    base = np.where(np.isnat(base), due[0], base)
    wait = np.where(intent == "物流查询", rng.integers(DAY_SECONDS // 2, 2 * DAY_SECONDS, len(orders)), 0)
    wait = np.where(intent == "物流查询", wait, rng.integers(600, DAY_SECONDS, len(orders)))
    started = base + wait.astype("timedelta64[s]")
    head = lines.drop_duplicates("order").set_index("order")["product"]
    talks = orders.assign(started=_by_day(started), intent=intent, product=head)
    return talks.loc[asks, ["started", "account", "order_id", "product", "intent"]]


def _about_products(rng: np.random.Generator, sessions: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Conversations while looking around, nothing ordered yet."""
    asking = sessions[(sessions["order"] < 0) & (rng.random(len(sessions)) < _BROWSING_SHARE)]
    products = lines.loc[lines["line_type"].eq("product"), "product"].to_numpy()
    return pd.DataFrame(
        {
            "started": instant(asking["day"].to_numpy(), asking["second"].to_numpy() + 300),
            "account": asking["account"].to_numpy(),
            "order_id": "",
            "product": products[rng.integers(0, products.size, len(asking))],
            "intent": _draw_intents(rng, _BEFORE_ORDER, len(asking)),
        }
    )


def _turns(rng: np.random.Generator, words: dict[str, Any], intent: str) -> list[tuple[str, str]]:
    """Sender and text of each message: a question, an answer, now and then one more round."""
    answering = "agent" if intent == "投诉" or rng.random() < 0.55 else "bot"
    turns = [("customer", one(rng, words["questions"][intent])), (answering, one(rng, words["replies"][intent]))]
    if rng.random() < 0.35:
        turns.append(("customer", one(rng, words["follow_ups"])))
        if rng.random() < 0.5:
            turns.append(("agent", one(rng, words["replies"][intent])))
    return turns


def knowledge_base(days: int) -> pd.DataFrame:
    """The answers table: all entries at the end of the history, then the changed ones."""
    base = sentences("answers")
    rows = [
        entry | {"answer_id": f"k{number:03d}", "known": 0, "delivered": HISTORY_DAYS - 1}
        for number, entry in enumerate(base["entries"], start=1)
    ]
    for change in base["changes"]:
        later = HISTORY_DAYS + change["after"]
        rows.append(rows[change["entry"] - 1] | {"answer": change["answer"], "known": later, "delivered": later})
    answers = pd.DataFrame(rows).assign(locale="zh")
    return answers[answers["delivered"] < days]


def draw_outcomes(
    rng: np.random.Generator, orders: pd.DataFrame, accounts: pd.DataFrame, customers: pd.DataFrame, days: int
) -> pd.DataFrame:
    """The outcomes table: a campaign on the 5th of each month to a fifth of the consenting accounts.

    Delivered to all of them, clicked by a quarter; converted where a click was followed by a purchase within a week,
    with its value (cents). Purchases do not depend on campaigns: there is no uplift to be found.
    """
    consent = customers.drop_duplicates("customer_id").set_index("customer_id")["marketing_consent"]
    consents = consent.loc[accounts["customer_id"]].to_numpy()
    is_fifth = np.array([date_text(day).endswith("-05") for day in range(days)])
    purchases = orders.loc[orders["kind"].eq("purchase"), ["account", "day", "ordered_at", "value"]]
    parts = []
    for day in np.flatnonzero(is_fifth):
        known = consents & (accounts["registered_day"] < day).to_numpy()
        account = np.flatnonzero(known & (rng.random(len(accounts)) < 0.2))
        sent = instant(np.full(account.size, day), rng.integers(10 * 3600, 11 * 3600, account.size))
        action = [f"shop-{START + day}-{customer}" for customer in accounts["customer_id"].iloc[account]]
        delivered = pd.DataFrame({"action_id": action, "account": account, "outcome": "delivered", "occurred_at": sent})
        clicked = delivered[rng.random(account.size) < 0.25].assign(outcome="clicked")
        delay = rng.integers(60, 10 * 3600, len(clicked)).astype("timedelta64[s]")
        clicked["occurred_at"] = clicked["occurred_at"] + delay
        converted = clicked.merge(purchases, on="account")
        wait = converted["ordered_at"] - converted["occurred_at"]
        converted = converted[(wait > pd.Timedelta(0)) & (wait <= pd.Timedelta(days=7))].sort_values("ordered_at")
        converted = converted.drop_duplicates("account").assign(
            outcome="converted", occurred_at=lambda f: f["ordered_at"]
        )
        parts += [delivered, clicked, converted[["action_id", "account", "outcome", "occurred_at", "value"]]]
    outcomes = pd.concat(parts, ignore_index=True)
    outcomes["customer_id"] = accounts["customer_id"].to_numpy(dtype=object)[outcomes["account"]]
    outcomes["day"] = day_of(outcomes["occurred_at"].to_numpy())
    return outcomes.sort_values(["occurred_at", "action_id", "outcome"], ignore_index=True)


def _draw_intents(rng: np.random.Generator, weighted: tuple[tuple[str, int], ...], size: int) -> np.ndarray:
    weights = np.array([weight for _, weight in weighted], dtype=float)
    names = np.array([name for name, _ in weighted], dtype=object)
    return names[rng.choice(names.size, size=size, p=weights / weights.sum())]


def _by_day(started: np.ndarray) -> np.ndarray:
    """The same instants, those of the night moved to the afternoon of their day, when people do ask."""
    day = day_of(started)
    second = (started - instant(day, np.zeros(day.size))).astype("timedelta64[s]").astype("int64")
    return instant(day, np.where(second < 7 * 3600, 14 * 3600 + second % 7200, second))
