"""How right the models of shops have been: `python -m benchmarks.evidence --store demo --store online_retail > docs/evidence.md`.

Prints, for each shop that was run (`zhike run --store …`, in the same ZHIKE_HOME), the hold-out tables of the newest fit of
every model in models.registry, and the latest back-tests: scores given in the past, judged when their window had closed.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from resources.errors import ZhikeError
from resources.evidence import markdown
from resources.fitted import Fitted
from resources.home import default_home, export_demo
from resources.registry import fit_of
from resources.warehouse import Warehouse

HEAD = """# Evidence

How right the models are on windows that came after what they were fitted on, beside what could have been done instead; of each model the newest fit. Made by
`python -m benchmarks.evidence {stores} > docs/evidence.md` after `zhike run` of each shop; the same tables stand beside the
checks in the web UI, with charts.
"""
BACKTEST_ROWS = 30


def evidence_of(store: str, home: Path) -> Iterator[str]:
    """The page's part about one shop, paragraph by paragraph."""
    with Warehouse(store=store, home=str(home)).opened() as warehouse:
        shop, connection = warehouse.shop, warehouse.connection
        yield f"## {shop.name.en} · {shop.name.zh}"
        newest = connection.execute(
            "SELECT name, max(fitted_as_of), count(*), count(*) FILTER (WHERE in_force) FROM models.registry "
            "WHERE NOT is_stale AND code_version IS NOT NULL GROUP BY name ORDER BY name"
        ).fetchall()
        if not newest:
            yield "No model has been fitted: the shop has not been run, or has not enough history."
        for name, day, count, in_force in newest:
            fitted = fit_of(connection, name, day)
            if fitted:
                yield f"### `{name}`, fitted as of {day}: {fitted.method}"
                yield f"{count} fits, {in_force} of them put in force. {fitted.metrics.reason}".strip()
                yield from _of_fit(fitted)
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'insights' AND ends_with(table_name, '_backtests') ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            yield f"### Back-test: `insights.{table}`"
            cursor = connection.execute(f"SELECT * FROM insights.{table}_latest ORDER BY ALL LIMIT {BACKTEST_ROWS}")
            columns = [column[0] for column in cursor.description or []]
            yield markdown([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])


def _of_fit(fitted: Fitted) -> Iterator[str]:
    metrics = fitted.metrics
    for title, rows in ({**metrics.holdout} | {"calibration": metrics.calibration}).items():
        if rows:
            yield f"{title.replace('_', ' ')}:"
            yield markdown(rows)
    if metrics.figures:
        yield "figures:"
        yield markdown([metrics.figures])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.evidence", description="Hold-out tables of shops' models"
    )
    parser.add_argument("--store", action="append", required=True, help="a shop that was run; repeatable")
    parser.add_argument("--home", type=Path, default=default_home())
    options = parser.parse_args()
    export_demo(options.home)
    parts = [HEAD.format(stores=" ".join(f"--store {store}" for store in options.store))]
    try:
        for store in options.store:
            parts += evidence_of(store, options.home)
    except ZhikeError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n\n".join(part.strip() for part in parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
