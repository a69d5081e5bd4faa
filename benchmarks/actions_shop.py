"""Do planned actions earn more than rules, and does the plan learn? `python -m benchmarks.simulate --actions [--seeds N] [--weeks N] [--customers N]`.

A closed loop on the whole demo shop: every Monday the real graph plans; whoever is to get an action gets it, is told as delivered in the shop's outcomes, and
reacts by what is planted of the action and of their segment (which no asset knows): they order once more, or, where it drives them away, the
orders of theirs that were to come in two weeks do not. The next days and the next Monday run on the files as they then are. One action does nothing though
it is thought to be the best; one drives a segment away.

Beside it, on the same Mondays and by the same predictions, the rules that shops use: most at risk first, most valuable first, probability times value
first, within the same budget and places. The net margin is what the planted uplift gives, less costs and subsidies: the luck of single purchases moves
what is learned, not what is counted.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.actions_loop import GAME, MARGIN_SHARE, PERSONS, Game, World, choose, net

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

WEEKS, REST_DAYS, OUTCOME_DAYS = 14, 28, 14
# The half of the weeks lies in the next quarter, in which arms are drawn anew by what is known then.
HISTORY_ON, FIRST_WEEK = date(2025, 12, 31), date(2026, 2, 16)
TABLES = ("orders", "customers", "links", "outcomes")
DAILY = (*(f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES), "features/customer_days")
WEEKLY = (
    "features/identities", "features/customers", "insights/segments", "insights/predictions", "insights/clv", "outreach/winback", "insights/uplift",
)  # fmt: skip
STORE = """
name: {{zh: 闭环, en: Closed loop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: 2025-12-31
end: {end}
settings: {{fits: quarterly}}
limits: {{volume_high: 1000}}
sources:
"""
ACTION = "    {name}: {{name: {{zh: {name}, en: {name}}}, kind: {kind}, expected_uplift: {thought}, outcome_days: {days}, {terms}}}\n"
BUYERS = """
    WITH said AS (
        SELECT coalesce(i.person_id, c.customer_id) AS person_id, bool_or(c.marketing_consent) AND bool_and(c.marketing_consent) AS agrees
        FROM (FROM clean.customers WHERE known_on < $week QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY known_on DESC) = 1) AS c
        LEFT JOIN features.identities AS i ON i.as_of = $week AND i.customer_id = c.customer_id
        GROUP BY ALL
    )
    SELECT p.person_id, p.p_purchase, p.expected_spend, coalesce(s.agrees, false) AS agrees
    FROM insights.predictions AS p JOIN features.customers AS c USING (as_of, person_id) LEFT JOIN said AS s USING (person_id)
    WHERE p.as_of = $week AND c.frequency > 0
    ORDER BY p.person_id
"""
RULES = ("top_risk", "top_value", "p_times_value")


@dataclass
class Loop:
    """One world: its files, its home, what is true of its accounts, and orders that are still to be handed over."""

    folder: Path
    rng: "np.random.Generator"
    game: Game
    truth: "pd.DataFrame"
    orders: "pd.DataFrame"
    last: dict[str, dict[str, date]] = field(default_factory=lambda: {rule: {} for rule in RULES})
    made: int = 0

    @classmethod
    def of(cls, folder: Path, seed: int, customers: int, weeks: int) -> "Loop":
        import numpy as np
        import pandas as pd

        from stores.demo.buyers import SEGMENTS
        from stores.demo.generate import generate

        days = (FIRST_WEEK - HISTORY_ON).days + 7 * weeks
        generate(folder, seed=seed, customers=customers, days=days)
        truth = pd.read_parquet(folder / "truth" / "customers.parquet").set_index("customer_id")
        truth["segment"] = truth["segment"].map({name: number for number, name in enumerate(SEGMENTS)})
        files = sorted((folder / "source" / "days").glob("*/orders.parquet"))
        orders = pd.concat([pd.read_parquet(file).assign(day=file.parent.name) for file in files], ignore_index=True)
        found = cls(folder, np.random.default_rng([seed, 17]), GAME.scaled(customers / PERSONS), truth, orders)
        found._write_store(HISTORY_ON + timedelta(days=days))
        return found

    def _write_store(self, end: date) -> None:
        from resources.shop import STORES

        text = STORE.format(end=end)
        for table in TABLES:
            optional = "" if table == "orders" else ", optional: true"
            text += f"  {table}:\n    - {{path: '{self.folder}/source/history/{table}.parquet', history: true}}\n"
            text += f"    - {{path: '{self.folder}/source/days/{{date}}/{table}.parquet'{optional}}}\n"
        text += "tables: {" + ", ".join(f"{table}: {table}.sql" for table in TABLES) + "}\n"
        text += f"actions:\n  budget: {self.game.budget}\n  rest_days: {REST_DAYS}\n  margin_share: {MARGIN_SHARE}\n  offers:\n"
        for name, (thought, _) in self.game.planted.items():
            terms = ", ".join(f"{term}: {value}" for term, value in self.game.terms[name].items())
            text += ACTION.format(name=name, kind=name, thought=thought, days=OUTCOME_DAYS, terms=terms)
        store = self.folder / "store"
        store.mkdir()
        (store / "store.yaml").write_text(text, encoding="utf-8")
        for table in TABLES:
            (store / f"{table}.sql").write_text((STORES / "demo" / f"{table}.sql").read_text("utf-8"), "utf-8")

    @cached_property
    def _graph(self) -> Any:
        from pipelines.runs import open_shop
        from resources.shop import load_shop

        return open_shop(load_shop(str(self.folder / "store")), self.folder / "home")

    def run(self, job: str, first: date, last: date) -> None:
        from pipelines.runs import Report, run_job
        from pipelines.stopping import stoppable

        report = Report()
        _, instance, definitions, _ = self._graph
        with stoppable() as stop:
            run_job(definitions, instance, job, first, last, DAILY if job == "daily" else WEEKLY, report, stop)
        if not report.is_fine:
            raise RuntimeError("\n".join(report.failures))

    def query(self, sql: str, **asked: object) -> "pd.DataFrame":
        import duckdb

        with duckdb.connect(str(self.folder / "home" / "store" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql, asked or None).df()

    def true_world(self, week: date) -> World:
        """The buyers of a week as the shop predicts them, and what is true of them."""
        import numpy as np
        import pandas as pd

        customers = self.query(BUYERS, week=week)
        customers = customers[customers["person_id"].isin(self.truth.index)].reset_index(drop=True)
        true = self.truth.loc[customers["person_id"]]
        is_there = true["alive_until"].isna() | (pd.to_datetime(true["alive_until"]) > pd.Timestamp(week))
        p_purchase = np.where(is_there, 1 - np.exp(-true["purchase_rate"].fillna(0).to_numpy() * OUTCOME_DAYS), 0.0)
        uplift = self.game.added(true["segment"].to_numpy(int))
        uplift = np.clip(uplift, -p_purchase[:, None], 1 - p_purchase[:, None])
        return World(customers, p_purchase, MARGIN_SHARE * true["mean_spend"].fillna(0).to_numpy(), uplift)

    def react(self, week: date, shop: World, plan: "pd.DataFrame") -> None:
        """Tells of every planned action that it was delivered, and changes the orders to come by what is planted of it."""
        import numpy as np
        import pandas as pd

        from stores.demo.tables import SCHEMAS, write_table

        treated = plan[plan["arm"] == "treated"]
        told = treated[["action_id", "person_id"]].rename(columns={"person_id": "customer_id"})
        told = told.assign(outcome="delivered", occurred_at=pd.Timestamp(f"{week} 10:00:00").as_unit("us"), value=None)
        place = self.folder / "source" / "days" / str(week) / "outcomes.parquet"
        write_table(place, pd.concat([pd.read_parquet(place), told], ignore_index=True), SCHEMAS["outcomes"])
        number = {person: row for row, person in enumerate(shop.customers["person_id"])}
        names, luck = list(self.game.planted), self.rng.random(len(treated))
        more: list[pd.DataFrame] = []
        for person, action, lucky in zip(treated["person_id"], treated["action"], luck.tolist(), strict=True):
            if person not in number:
                continue
            row = number[person]
            added = shop.uplift[row, names.index(action)]
            if lucky < added:
                more.append(self._order(person, week + timedelta(days=int(self.rng.integers(0, OUTCOME_DAYS)))))
            elif added < 0 and lucky < -added / shop.p_purchase[row]:
                self._drop(person, week)
        if more:
            self.orders = pd.concat([self.orders, *more], ignore_index=True)
        self.orders = self.orders[np.asarray(self.orders["day"] >= str(week))]

    def _order(self, person: str, day: date) -> "pd.DataFrame":
        import pandas as pd

        self.made += 1
        at = pd.Timestamp(f"{day} 12:00:00").as_unit("us")
        price = round(max(float(self.truth.loc[person, "mean_spend"]), 1.0), 2)
        goods = self.orders.loc[self.orders["product_id"].str.fullmatch(r"p0\d+", na=False), "product_id"]
        values = {
            "order_id": f"z{self.made:06d}", "line_no": 1, "customer_id": person, "product_id": goods.iloc[self.made % len(goods)], "quantity": 1, "unit_price": price,
            "discount": 0.0, "ordered_at": at, "paid_at": at, "channel": "app", "line_type": "product", "day": str(day),
        }  # fmt: skip
        return pd.DataFrame([values])

    def _drop(self, person: str, week: date) -> None:
        """The orders of a person that were to come within the window do not."""
        import pandas as pd

        mine = self.truth.index[self.truth["person_id"] == self.truth.loc[person, "person_id"]]
        at = self.orders["ordered_at"]
        is_gone = self.orders["customer_id"].isin(mine) & (at >= pd.Timestamp(week))
        is_gone &= at < pd.Timestamp(week + timedelta(days=OUTCOME_DAYS))
        gone = self.orders.loc[is_gone, "order_id"].unique()
        self.orders = self.orders[~self.orders["order_id"].isin(gone)]

    def hand_over(self, first: date, last: date) -> None:
        """Writes the orders of these days as they now are, and runs the days."""
        from stores.demo.tables import SCHEMAS, write_table

        for number in range((last - first).days + 1):
            day = str(first + timedelta(days=number))
            rows = self.orders[self.orders["day"] == day]
            write_table(self.folder / "source" / "days" / day / "orders.parquet", rows, SCHEMAS["orders"])
        self.run("daily", first, last)

    def by_rules(self, week: date, shop: World) -> dict[str, float]:
        """The net margin of what each rule chooses this week."""
        import numpy as np

        customers = shop.customers
        p_purchase, spend = customers["p_purchase"].to_numpy(), customers["expected_spend"].to_numpy()
        scores = dict(zip(RULES, (1 - p_purchase, spend / p_purchase, spend), strict=True))
        nets = {}
        for rule, score in scores.items():
            last = self.last[rule]
            rested = np.array([(week - last.get(who, date.min)).days >= REST_DAYS for who in customers["person_id"]])
            action = choose(customers, score, customers["agrees"].to_numpy(bool) & rested, self.game)
            self.last[rule] |= dict.fromkeys(customers["person_id"].to_numpy()[action >= 0], week)
            nets[rule] = net(shop, action, self.game)
        return nets


def one(seed: int, customers: int, weeks: int) -> dict[str, Any]:
    """Net margins of one world by week and way of choosing, the plan's cost by action and week, and what is known of each action in the end."""
    import numpy as np

    names = list(GAME.planted)
    nets: list[dict[str, float]] = []
    costs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as place:
        loop = Loop.of(Path(place, "demo"), seed, customers, weeks)
        loop.run("daily", HISTORY_ON, FIRST_WEEK - timedelta(days=1))
        week, last = FIRST_WEEK, FIRST_WEEK + timedelta(days=7 * weeks)
        while week < last:
            loop.run("weekly", week, week)
            plan = loop.query("SELECT * FROM outreach.winback WHERE as_of = $week ORDER BY person_id", week=week)
            shop = loop.true_world(week)
            of = dict(zip(plan["person_id"], zip(plan["action"], plan["arm"], strict=True), strict=True))
            action = np.array(
                [names.index(of[who][0]) if who in of and of[who][1] == "treated" else -1 for who in shop.customers["person_id"]]
            )  # fmt: skip
            nets.append({"plan": net(shop, action, loop.game)} | loop.by_rules(week, shop))
            spent = plan.groupby("action")["cost"].sum()
            costs.append({name: round(float(spent.get(name, 0.0)), 2) for name in names})
            loop.react(week, shop, plan)
            loop.hand_over(week, week + timedelta(days=6))
            week += timedelta(days=7)
        loop.run("weekly", last, last)
        query = "SELECT action, effect, effect_low, effect_high, treated_count, control_count, verdict_en FROM insights.uplift WHERE as_of = $week AND segment_id IS NULL ORDER BY action"
        known = loop.query(query, week=last).to_dict("records")
    return {"nets": nets, "costs": costs, "known": known}


def summary(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over the worlds, and of every rule how far the plan is ahead of it, with a 95 % interval (Student) over worlds."""
    import numpy as np
    from scipy.stats import t

    weeks = len(found[0]["nets"])
    figures: dict[str, Any] = {}
    for part, first in (("all", 0), ("later", weeks // 2)):
        sums = {
            way: np.array([sum(week[way] for week in each["nets"][first:]) for each in found])
            for way in found[0]["nets"][0]
        }
        for way, own in sums.items():
            ahead = sums["plan"] - own
            error = ahead.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.inf
            half = float(t.ppf(0.975, max(len(found) - 1, 1)) * error)
            figures.setdefault(part, {})[way] = {
                "net_margin": round(float(own.mean())),
                "plan_ahead": round(float(ahead.mean())),
                "low": round(float(ahead.mean()) - half, 1),
                "high": round(float(ahead.mean()) + half, 1),
            }
    third = max(weeks // 3, 1)
    for name in GAME.planted:
        of = [_known(each, name) for each in found]
        figures.setdefault("actions", {})[name] = {
            "spent_at_first": round(float(np.mean([week[name] for each in found for week in each["costs"][:third]])), 1),
            "spent_at_last": round(float(np.mean([week[name] for each in found for week in each["costs"][-third:]])), 1),
            "effect": [None if row["effect"] is None or row["effect"] != row["effect"] else round(row["effect"], 3) for row in of],
            "called_without_effect": sum(row["verdict_en"].startswith("no effect") for row in of),
        }  # fmt: skip
    return figures


def _known(world: dict[str, Any], action: str) -> dict[str, Any]:
    return next(row for row in world["known"] if row["action"] == action)


def run(customers: int, seeds: int, weeks: int) -> dict[str, Any]:
    """So many worlds, each in a process of its own, with a line to standard error for each."""
    from benchmarks.measure import measured

    found, seconds = [], 0.0
    for seed in range(seeds):
        one_world = measured(one, seed + 1, customers, weeks)
        found.append(one_world.result)
        seconds += one_world.cpu_seconds
        nets = {way: round(sum(week[way] for week in one_world.result["nets"])) for way in found[-1]["nets"][0]}
        print(f"world {seed + 1} of {seeds}: {nets}, {one_world.cpu_seconds:.0f} CPU s", file=sys.stderr, flush=True)
    return {"worlds": seeds, "customers": customers, "weeks": weeks, "cpu_seconds": round(seconds), **summary(found)}


def main(customers: int, seeds: int, weeks: int, *, as_json: bool) -> int:
    figures = run(customers, seeds, weeks)
    print(
        f"{seeds} worlds of {customers:,} persons, {weeks} weeks, {figures['cpu_seconds']:,} CPU s: net margin that actions added"
    )
    for part, what in (("all", "all weeks"), ("later", "later half")):
        for way, row in figures[part].items():
            print(
                f"{what:11}{way:15}{row['net_margin']:>8,}   plan ahead by {row['plan_ahead']:>7,} ({row['low']:,.0f} to {row['high']:,.0f})"
            )
    for name, row in figures["actions"].items():
        print(
            f"{name}: {row['spent_at_first']} a week at first, {row['spent_at_last']} at last; effect {row['effect']}; "
            f"called without effect in {row['called_without_effect']} of {seeds}"
        )
    if as_json:
        print(json.dumps(figures))
    return 0 if all(figures["all"][rule]["low"] > 0 for rule in RULES) else 1
