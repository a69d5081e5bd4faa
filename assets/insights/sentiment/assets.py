"""insights/review_scores by delivery day; satisfaction by product, trends by aspect and opinions by person as of each Monday."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.reads import opinions
from assets.features.tables import IDENTITIES
from assets.insights.sentiment.methods.aspect_words import aspect_lists
from assets.insights.sentiment.model import Engines, is_chinese
from assets.insights.sentiment.reads import SQL, reviews_then
from assets.insights.sentiment.tables import ASPECT_TRENDS, CUSTOMER_OPINIONS, PRODUCT_SATISFACTION, REVIEW_SCORES
from assets.weekly import notes_on, plots_of
from data_checks import sentiment as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import REVIEWS

if TYPE_CHECKING:
    import pyarrow as pa

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
    connection.execute(REVIEW_SCORES.create_sql("scored", temporary=True).replace("CREATE", "CREATE OR REPLACE", 1))
    with warehouse.given({"pending": (SQL("pending"), {})}):
        score_pending(work, engines)
    connection.execute(
        "CREATE OR REPLACE VIEW insights.review_aspects AS SELECT delivered_on, row_no, known_on, review_id, product_id, "
        f"spoken.aspect, spoken.p_praised, spoken.clause FROM {REVIEW_SCORES.qualified}, unnest(aspects) AS t(spoken)"
    )
    notes: dict[str, Any] = {}
    plots: Mapping[str, Mapping[str, float]] = {}
    if engines.fits:
        notes, plots = notes_on(engines.fits, [], "verdicts"), plots_of(engines.fits, work.keys)
        if not engines.fits.newest:
            until = "the model as installed scores" if engines.installed else "reviews have no verdict"
            notes["not_enough_history"] = f"{engines.fits.why_none(max(work.keys))}; until then {until}"
    return Rows("SELECT * FROM scored", metadata=notes, plots=plots, outdated=_outdated(engines))


def score_pending(work: Work, engines: Engines) -> None:
    """Scores `pending` into `scored`, a batch after the other."""
    connection = work.connection
    for batch in work.batches("pending", [*PENDING, "text", "place"], BATCH):
        for fitted, rows in groupby(batch, key=lambda row: engines.of(row["known_on"])):
            connection.register("batch", _scored(work, engines, fitted, list(rows)))
            connection.execute(f"INSERT INTO scored SELECT {', '.join(REVIEW_SCORES.column_names)} FROM batch")
            connection.unregister("batch")


def _scored(work: Work, engines: Engines, fitted: Any, rows: list[dict[str, Any]]) -> "pa.Table":
    """The rows of one fit with their verdicts."""
    import pyarrow as pa

    from assets.insights.sentiment.methods.scoring import verdicts
    from resources.text import normalised

    settings = work.warehouse.shop.settings
    words = {name: aspect.words for name, aspect in aspect_lists(settings.aspects).items()}
    found = verdicts([row["text"] for row in rows], engines.scores(fitted), words)
    compared: dict[int, float] = {}
    if is_chinese(work.warehouse) and settings.snownlp_reviews:
        chosen = [n for n, row in enumerate(rows) if row["place"] <= settings.snownlp_reviews and found[n].label]
        if chosen:
            from assets.insights.sentiment.methods.snownlp_scores import scores

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


def _outdated(engines: Engines) -> tuple[str, dict[str, Any]] | None:
    """Days scored by a fit that has been made again since (an earlier day arrived after them) are to be run again."""
    starts = [fitted for fitted in engines.fits.made if fitted.in_force] if engines.fits else []
    if not starts:
        return None
    ends = [*(fitted.fitted_as_of for fitted in starts[1:]), date.max]
    return (
        "SELECT CAST(s.delivered_on AS VARCHAR) FROM insights.review_scores AS s "
        "JOIN (SELECT unnest($starts) AS start_on, unnest($ends) AS end_on, unnest($versions) AS version) AS f "
        "ON s.known_on >= f.start_on AND s.known_on < f.end_on WHERE s.model_version IS DISTINCT FROM f.version",
        {
            "starts": [fitted.fitted_as_of for fitted in starts],
            "ends": ends,
            "versions": [fitted.version for fitted in starts],
        },
    )


def satisfaction_rows(work: Work) -> Rows:
    """How satisfied the reviews are with each product."""
    return Rows(SQL("product_satisfaction"), inputs=reviews_then(work.warehouse, work.keys))


def trend_rows(work: Work) -> Rows:
    """What is said of each aspect, now against before."""
    import pandas as pd

    lists = aspect_lists(work.warehouse.shop.settings.aspects)
    names = pd.DataFrame(
        [(name, aspect.zh, aspect.en) for name, aspect in lists.items()], columns=["aspect", "aspect_zh", "aspect_en"]
    ).astype("str")
    return Rows(SQL("aspect_trends"), inputs=reviews_then(work.warehouse, work.keys) | {"aspect_names": names})


def opinion_rows(work: Work) -> Rows:
    """What the reviews of each person say."""
    select, inputs = opinions(work.warehouse, work.keys, REVIEW_SCORES)
    return Rows(select, inputs=inputs)
