"""Do lists get better by what customers do with them? `python -m benchmarks.simulate [--customers N] [--weeks N]`.

A closed loop on the demo shop: every Monday the pipeline makes lists; in the week after it customers look at theirs and click by
their planted taste (which no asset knows) and by position; impressions and clicks are appended to the files that the shop
hands over; the next week runs. A twin shop gets the same customers and the same luck, but its files hold nothing of the
lists: its lists stay as wise as they were. The gain is the click rate of the one over that of the other.

`--actions [--seeds N]`: do planned actions earn more than rules? See benchmarks/actions_shop.py.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SEED = 7
FIRST_WEEK = date(2026, 1, 12)
HISTORY_ON = date(2025, 12, 31)
TABLES = ("orders", "events", "customers", "products", "links")
DAILY = (*(f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES), "features/customer_days")
WEEKLY = (
    "features/identities",
    "features/customers",
    "insights/segments",
    "insights/recommendations",
    "insights/recommendation_feedback",
)
VISITS = 0.6
"""Share of customers who look at their list in a week."""
STORE = """
name: {{zh: 闭环, en: Closed loop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: 2025-12-31
end: {end}
retention: {{weeks: 53}}
recommendations: {{weeks: 1}}
limits: {{volume_high: 1000}}
sources:
"""


@dataclass(frozen=True)
class Twin:
    """A shop of its own, with its own files and home."""

    folder: Path
    learns: bool

    def write_store(self, end: date) -> None:
        from resources.shop import STORES

        text = STORE.format(end=end)
        for table in TABLES:
            optional = ", optional: true" if table in ("customers", "products", "links") else ""
            text += f"  {table}:\n    - {{path: '{self.folder}/source/history/{table}.parquet', history: true}}\n"
            text += f"    - {{path: '{self.folder}/source/days/{{date}}/{table}.parquet'{optional}}}\n"
        text += "tables: {" + ", ".join(f"{table}: {table}.sql" for table in TABLES) + "}\n"
        store = self.folder / "store"
        store.mkdir()
        (store / "store.yaml").write_text(text, encoding="utf-8")
        for table in TABLES:
            shutil.copyfile(STORES / "demo" / f"{table}.sql", store / f"{table}.sql")

    def run(self, job: str, first: date, last: date) -> None:
        from pipelines.runs import Report, open_shop, run_job
        from pipelines.stopping import stoppable
        from resources.shop import load_shop

        report = Report()
        _, instance, definitions, _ = open_shop(load_shop(str(self.folder / "store")), self.folder / "home")
        with stoppable() as stop:
            run_job(definitions, instance, job, first, last, DAILY if job == "daily" else WEEKLY, report, stop)
        if not report.is_fine:
            raise RuntimeError("\n".join(report.failures))

    def query(self, sql: str) -> "pd.DataFrame":
        import duckdb

        with duckdb.connect(str(self.folder / "home" / "store" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).df()

    def lists(self, week: date) -> "pd.DataFrame":
        return self.query(
            "SELECT person_id, product_id, position, source, list_id FROM insights.recommendations "
            f"WHERE as_of = DATE '{week}' AND list = 'discover' ORDER BY person_id, position"
        )

    def append(self, shown: "pd.DataFrame") -> None:
        """Adds impressions and clicks to the files of their days."""
        import pandas as pd

        from stores.demo.tables import SCHEMAS, write_table

        for day, rows in shown.groupby("day"):
            path = self.folder / "source" / "days" / str(day) / "events.parquet"
            events = pd.read_parquet(path)
            parts = [rows.assign(event_type="impression"), rows[rows["is_clicked"]].assign(event_type="click")]
            more = pd.concat(parts, ignore_index=True)
            more["event_id"] = [f"z{kind[0]}{k}" for kind, k in zip(more["event_type"], more["key"], strict=True)]
            more["customer_id"], more["channel"] = more["person_id"], "app"
            more["occurred_at"] = pd.Timestamp(f"{day} 12:00:00").as_unit("us")
            write_table(
                path, pd.concat([events, more.reindex(columns=events.columns)], ignore_index=True), SCHEMAS["events"]
            )


def tastes(customers: int, days: int) -> "tuple[pd.Series, np.ndarray[Any, Any], pd.Series]":
    """As planted: the person (a number) of each account, persons × categories, and the category (a number) of each product."""
    from stores.demo import buyers, catalogue, people
    from stores.demo.days import HISTORY_DAYS
    from stores.demo.generate import _rng

    total = HISTORY_DAYS + days
    goods = catalogue.make_catalogue(_rng(SEED, "catalogue"), total)
    rng = _rng(SEED, "persons")
    process, spend = buyers.BgNbd(), buyers.GammaGamma()
    persons = buyers.draw_persons(rng, customers, total, process, spend, visitor_share=buyers.VISITOR_SHARE)
    persons = people.draw_attributes(rng, persons)
    taste = people.draw_taste(rng, persons)
    accounts = people.draw_accounts(rng, persons, total)
    return (
        accounts.set_index("customer_id")["person"],
        taste,
        goods.products.set_index("product_id")["category_no"],
    )


def react(
    lists: "pd.DataFrame", week: date, person: "pd.Series", taste: "np.ndarray[Any, Any]", category: "pd.Series"
) -> "pd.DataFrame":
    """What is shown in the week and what is clicked. The luck of a person and position is the same in both shops."""
    import numpy as np

    rows = lists[lists["person_id"].isin(person.index) & lists["product_id"].isin(category.index)].copy()
    who = person.loc[rows["person_id"]].to_numpy()
    random = np.random.default_rng([SEED, week.toordinal()])
    visits, luck = random.random(len(taste)) < VISITS, random.random((len(taste), 50))
    day = random.integers(0, 7, len(taste))
    place = rows["position"].to_numpy()
    liking = taste[who, category.loc[rows["product_id"]].to_numpy()]
    rows["is_clicked"] = luck[who, place - 1] < np.minimum(0.9, 0.9 * np.sqrt(liking)) / place
    rows["day"] = [week + timedelta(days=int(n)) for n in day[who]]
    rows["key"] = [f"{week:%Y%m%d}{p}{n:02d}" for p, n in zip(rows["person_id"], place, strict=True)]
    return rows[visits[who]].reset_index(drop=True)


def simulate(customers: int, weeks: int) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    from stores.demo.generate import generate

    days = (FIRST_WEEK - HISTORY_ON).days + 7 * weeks
    person, taste, category = tastes(customers, days)
    seen: list[pd.DataFrame] = []
    with tempfile.TemporaryDirectory() as place:
        made = Path(place, "demo")
        generate(made, seed=SEED, customers=customers, days=days)
        twins = [Twin(Path(place, name), learns) for name, learns in (("learning", True), ("frozen", False))]
        for twin in twins:
            twin.folder.mkdir()
            shutil.copytree(made / "source", twin.folder / "source")
            twin.write_store(HISTORY_ON + timedelta(days=days))
            twin.run("daily", HISTORY_ON, FIRST_WEEK - timedelta(days=1))
        for number in range(weeks):
            week = FIRST_WEEK + timedelta(days=7 * number)
            for twin in twins:
                twin.run("weekly", week, week)
                shown = react(twin.lists(week), week, person, taste, category)
                seen.append(shown.assign(week=number + 1, learns=twin.learns))
                if twin.learns:
                    twin.append(shown)
                if number + 1 < weeks:
                    twin.run("daily", week, week + timedelta(days=6))
            print(f"week {number + 1} of {weeks}", file=sys.stderr, flush=True)
    shown = pd.concat(seen, ignore_index=True)
    own = shown[shown["source"] != "holdout"]
    rates = own.groupby(["week", "learns"])["is_clicked"].mean().unstack()
    by_person = own.groupby(["person_id", "week", "learns"])["is_clicked"].agg(["sum", "size"]).unstack(fill_value=0)
    gain, low, high = _gain(by_person, weeks)
    slope, slope_low, slope_high = _slope(by_person, weeks)
    held = shown[(shown["source"] == "holdout") & shown["learns"]]["is_clicked"].mean()
    return {
        "customers": customers,
        "weeks": [
            {"week": int(w), "learning": round(float(row[True]), 5), "frozen": round(float(row[False]), 5)}
            for w, row in rates.iterrows()
        ],
        "gain_second_half": round(gain, 4),
        "gain_low": round(low, 4),
        "gain_high": round(high, 4),
        "gain_a_week": round(slope, 4),
        "gain_a_week_low": round(slope_low, 4),
        "gain_a_week_high": round(slope_high, 4),
        "holdout_click_rate": round(float(held), 5) if np.isfinite(held) else None,
        "sources": {
            f"week {w}": part["source"].value_counts(normalize=True).round(3).to_dict()
            for w, part in own[own["learns"]].groupby("week")
            if w in (1, weeks)
        },
    }


def _ratios(by_person: "pd.DataFrame", weeks: int) -> "Any":
    """A function of drawn persons: by week the click rate of the learning shop over that of its twin."""
    import numpy as np

    people = by_person.index.get_level_values("person_id").unique()
    table = {
        key: by_person[key]
        .unstack("week", fill_value=0)
        .reindex(index=people, columns=range(1, weeks + 1), fill_value=0)
        .to_numpy(float)
        for key in (("sum", True), ("size", True), ("sum", False), ("size", False))
    }

    def of(rows: Any, columns: Any) -> Any:
        sums = {key: value[rows][:, columns].sum(axis=0) for key, value in table.items()}
        return (sums["sum", True] / sums["size", True]) / (sums["sum", False] / sums["size", False])

    def pooled(rows: Any, columns: Any) -> float:
        sums = {key: value[rows][:, columns].sum() for key, value in table.items()}
        return float((sums["sum", True] / sums["size", True]) / (sums["sum", False] / sums["size", False]))

    return np.arange(len(people)), of, pooled


def _bootstrap(rows: Any, figure: Any) -> tuple[float, float, float]:
    """The figure with its 95 % interval over persons drawn anew."""
    import numpy as np

    random = np.random.default_rng(0)
    drawn = [figure(random.choice(rows, len(rows))) for _ in range(500)]
    return float(figure(rows)), *(float(value) for value in np.quantile(drawn, [0.025, 0.975]))


def _gain(by_person: "pd.DataFrame", weeks: int) -> tuple[float, float, float]:
    import numpy as np

    rows, _, pooled = _ratios(by_person, weeks)
    later = np.arange(weeks // 2, weeks)
    return _bootstrap(rows, lambda chosen: pooled(chosen, later) - 1)


def _slope(by_person: "pd.DataFrame", weeks: int) -> tuple[float, float, float]:
    import numpy as np

    rows, of, _ = _ratios(by_person, weeks)
    every = np.arange(weeks)
    return _bootstrap(rows, lambda chosen: float(np.polyfit(every, of(chosen, every), 1)[0]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description="Do lists learn from clicks?")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--weeks", type=int, help="6 of lists; 14 of actions")
    parser.add_argument("--actions", action="store_true", help="the loop of actions in place of that of lists")
    parser.add_argument("--seeds", type=int, default=20, help="worlds of the loop of actions")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    from benchmarks import actions_shop
    from benchmarks.measure import measured

    if options.actions:
        return actions_shop.main(
            options.customers, options.seeds, options.weeks or actions_shop.WEEKS, as_json=options.json
        )
    run = measured(simulate, options.customers, options.weeks or 6)
    figures = run.result | {"cpu_seconds": round(run.cpu_seconds, 1)}
    print(f"{'week':>4} {'learning':>9} {'frozen':>9} {'ratio':>6}   clicks an impression")
    for line in figures["weeks"]:
        print(
            f"{line['week']:>4} {line['learning']:>9.4f} {line['frozen']:>9.4f} {line['learning'] / line['frozen']:>6.3f}"
        )
    print(
        f"second half: {figures['gain_second_half']:+.1%} ({figures['gain_low']:+.1%} to {figures['gain_high']:+.1%}); "
        f"a week: {figures['gain_a_week']:+.2%} ({figures['gain_a_week_low']:+.2%} to {figures['gain_a_week_high']:+.2%})"
    )
    print(f"hold-out: {figures['holdout_click_rate']}; sources: {figures['sources']}; {figures['cpu_seconds']} CPU s")
    if options.json:
        print(json.dumps(figures))
    return 0 if figures["gain_low"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
