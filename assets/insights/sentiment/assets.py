"""insights/review_scores by delivery day; satisfaction by product, trends by aspect and opinions by person as of each Monday."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.frames import opinions, prepare_persons
from assets.features.tables import CUSTOMER_OPINIONS, IDENTITIES
from assets.insights.sentiment.engines import MODEL, Engines, is_chinese
from assets.insights.sentiment.lists import aspect_lists
from assets.insights.sentiment.tables import ASPECT_TRENDS, PRODUCT_SATISFACTION, REVIEW_SCORES
from data_checks import sentiment as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work, figures_of
from resources.calendar import Calendar
from resources.contract import REVIEWS
from resources.evidence import calibration_chart, table

if TYPE_CHECKING:
    import pyarrow as pa

HERE = Path(__file__).parent
# Reviews scored at once: memory does not grow with a delivery.
BATCH = 20_000
PENDING = ("n", "delivered_on", "row_no", "known_on", "review_id", "customer_id", "product_id", "reviewed_on", "rating")


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    if "reviews" not in calendar.shop.tables:
        return []
    gated = partial(gated_asset, calendar=calendar)
    weekly = partial(gated, reads=[REVIEW_SCORES], kinds={"sql"})
    of_persons = [REVIEW_SCORES, *([IDENTITIES] if "links" in calendar.shop.tables else [])]
    return [
        gated(
            REVIEW_SCORES,
            review_rows,
            reads=[REVIEWS.clean],
            suite=checks.review_scores(),
            kinds={"scikitlearn", "snownlp"},
        ),
        weekly(PRODUCT_SATISFACTION, satisfaction_rows, suite=checks.product_satisfaction()),
        weekly(ASPECT_TRENDS, trend_rows, suite=checks.aspect_trends()),
        weekly(CUSTOMER_OPINIONS, opinion_rows, reads=of_persons, suite=checks.customer_opinions()),
    ]


def review_rows(work: Work) -> Rows:
    """Verdicts on the reviews of the days asked for, each by the newest fit of when it was known."""
    connection, warehouse = work.connection, work.warehouse
    engines = Engines.until(warehouse, max(work.keys))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE pending AS SELECT row_number() OVER (ORDER BY known_on, delivered_on, row_no) AS n, *, "
        "row_number() OVER (PARTITION BY delivered_on ORDER BY md5(review_id), row_no) AS place "
        f"FROM (SELECT * FROM {REVIEWS.clean.qualified} JOIN asked USING (delivered_on) WHERE sign = 1)"
    )
    connection.execute(REVIEW_SCORES.create_sql("scored", temporary=True).replace("CREATE", "CREATE OR REPLACE"))
    score_pending(work, engines)
    connection.execute("DROP TABLE pending")
    connection.execute(
        "CREATE OR REPLACE VIEW insights.review_aspects AS SELECT delivered_on, row_no, known_on, review_id, product_id, "
        f"spoken.aspect, spoken.p_praised, spoken.clause FROM {REVIEW_SCORES.qualified}, unnest(aspects) AS t(spoken)"
    )
    notes: dict[str, Any] = {}
    if engines.fits:
        newest = engines.fits[-1]
        notes["newest_fit"] = dg.MetadataValue.json(
            {"fitted_as_of": newest.fitted_as_of.isoformat(), "in_force": newest.in_force} | newest.metrics
        )
    elif warehouse.shop.settings.sentiment_engine == "own":
        from assets.insights.sentiment.fitting import NEEDS

        until = "the model as installed scores" if engines.installed else "reviews have no verdict"
        notes["not_enough_history"] = f"not enough history: needs {NEEDS}; until then {until}"
    return Rows(
        "SELECT * FROM scored",
        metadata=notes,
        figures=_ahead(engines, work.keys),
        evidence=_evidence(engines),
        book=_outdated(engines, work.keys),
    )


def score_pending(work: Work, engines: Engines) -> None:
    """Scores `pending` into `scored`, a batch after the other."""
    connection = work.connection
    for batch in _batches(work):
        for fitted, rows in groupby(batch, key=lambda row: engines.of(row["known_on"])):
            connection.register("batch", _scored(work, engines, fitted, list(rows)))
            connection.execute(f"INSERT INTO scored SELECT {', '.join(REVIEW_SCORES.column_names)} FROM batch")
            connection.unregister("batch")


def _batches(work: Work) -> Iterator[list[dict[str, Any]]]:
    count = work.connection.execute("SELECT count(*) FROM pending").fetchall()[0][0]
    columns = [*PENDING, "text", "place"]
    for start in range(0, count, BATCH):
        rows = work.connection.execute(
            f"SELECT {', '.join(columns)} FROM pending WHERE n > $start AND n <= $start + $size ORDER BY n",
            {"start": start, "size": BATCH},
        ).fetchall()
        yield [dict(zip(columns, row, strict=True)) for row in rows]


def _scored(work: Work, engines: Engines, fitted: Any, rows: list[dict[str, Any]]) -> "pa.Table":
    """The rows of one fit with their verdicts."""
    import pyarrow as pa

    from assets.insights.sentiment.scoring import verdicts
    from resources.text import normalised

    settings = work.warehouse.shop.settings
    words = {name: aspect.words for name, aspect in aspect_lists(settings.aspects).items()}
    found = verdicts([row["text"] for row in rows], engines.engine(fitted), words)
    compared: dict[int, float] = {}
    if is_chinese(work.warehouse) and settings.snownlp_reviews:
        chosen = [n for n, row in enumerate(rows) if row["place"] <= settings.snownlp_reviews and found[n].label]
        if chosen:
            from assets.insights.sentiment.snownlp_scores import scores

            compared = dict(zip(chosen, scores([normalised(rows[n]["text"]) for n in chosen]), strict=True))
    aspects = pa.list_(pa.struct([("aspect", pa.string()), ("p_praised", pa.float64()), ("clause", pa.string())]))
    types = {"aspects": aspects} | dict.fromkeys(
        ("words_for", "words_against", "keywords", "tags"), pa.list_(pa.string())
    )
    types |= dict.fromkeys(("p_positive", "p_neutral", "p_negative", "snownlp_p_positive"), pa.float64())
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in PENDING[1:]}
    columns |= {name: [getattr(verdict, name) for verdict in found] for name in found[0]._fields}
    columns["snownlp_p_positive"] = [compared.get(n) for n in range(len(rows))]
    by = engines.of(rows[0]["known_on"])
    columns["fitted_as_of"] = [by.fitted_as_of if by else None] * len(rows)
    columns["model_version"] = [by.version if by else None] * len(rows)
    text = {"reason", "label", "model_version", "customer_id", "product_id"}
    return pa.table(
        {
            name: pa.array(values, types.get(name) or (pa.string() if name in text else None))
            for name, values in columns.items()
        }
    )


def _ahead(engines: Engines, days: tuple[date, ...]) -> str | None:
    """By how much the shop's own model of each day is ahead of calling every review what most are."""
    ahead = {day: [fitted.metrics["f1_ahead"]] for day in days if (fitted := engines.of(day)) and fitted.name == MODEL}
    return figures_of("delivered_on", ["f1_ahead"], ahead)


def _evidence(engines: Engines) -> dict[str, dict[str, Any]]:
    in_force = [fitted for fitted in engines.fits if fitted.in_force]
    if not in_force:
        return {}
    metrics = in_force[-1].metrics
    return {
        checks.AHEAD: {
            "fitted_as_of": in_force[-1].fitted_as_of.isoformat(),
            "f1_ahead": metrics["f1_ahead"],
            "holdout": table(metrics["holdout"]),
            "calibration": calibration_chart(metrics["calibration"]),
        }
    }


def _outdated(engines: Engines, days: tuple[date, ...]) -> list[tuple[str, list[Any]]]:
    """Days scored by a fit that has been made again since (an earlier day arrived after them) are to be run again."""
    starts = [fitted for fitted in engines.fits if fitted.in_force]
    if not starts:
        return []
    ends = [*(fitted.fitted_as_of for fitted in starts[1:]), date.max]
    values = ", ".join(["(CAST(? AS DATE), CAST(? AS DATE), ?)"] * len(starts))
    parameters = [
        value for fitted, end in zip(starts, ends, strict=True) for value in (fitted.fitted_as_of, end, fitted.version)
    ]
    return [
        (
            "UPDATE ops.windows SET is_stale = true WHERE table_name = ? AND NOT list_contains(?, partition_key) "
            "AND partition_key IN (SELECT CAST(s.delivered_on AS VARCHAR) FROM insights.review_scores AS s "
            f"JOIN (VALUES {values}) AS f(start_on, end_on, version) ON s.known_on >= f.start_on AND s.known_on < f.end_on "
            "WHERE s.model_version IS DISTINCT FROM f.version)",
            [REVIEW_SCORES.qualified, [day.isoformat() for day in days], *parameters],
        )
    ]


def satisfaction_rows(work: Work) -> Rows:
    """How satisfied the reviews are with each product."""
    _prepare(work)
    return Rows((HERE / "product_satisfaction.sql").read_text(encoding="utf-8"))


def trend_rows(work: Work) -> Rows:
    """What is said of each aspect, now against before."""
    _prepare(work)
    lists = aspect_lists(work.warehouse.shop.settings.aspects)
    work.connection.execute(
        "CREATE OR REPLACE TEMP TABLE aspect_names (aspect VARCHAR, aspect_zh VARCHAR, aspect_en VARCHAR)"
    )
    work.connection.executemany(
        "INSERT INTO aspect_names VALUES (?, ?, ?)", [[name, aspect.zh, aspect.en] for name, aspect in lists.items()]
    )
    return Rows((HERE / "aspect_trends.sql").read_text(encoding="utf-8"))


def opinion_rows(work: Work) -> Rows:
    """What the reviews of each person say."""
    prepare_persons(work.warehouse, work.keys)
    return Rows(opinions())


def _prepare(work: Work) -> None:
    """Makes the temporary tables `reviews` (as of each Monday) and `spoken` (the aspects in them)."""
    work.connection.execute(f"CREATE OR REPLACE TEMP TABLE reviews AS {(HERE / 'reviews.sql').read_text('utf-8')}")
    work.connection.execute(
        "CREATE OR REPLACE TEMP TABLE spoken AS SELECT as_of, product_id, review_id, known_on, "
        "said.aspect AS aspect, said.p_praised AS p_praised, said.clause AS clause FROM reviews, unnest(aspects) AS t(said)"
    )
