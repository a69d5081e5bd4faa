"""How right the models of shops have been: `python -m benchmarks.evidence --store demo --store online_retail > docs/evidence.md`.

Prints, for each shop that was run (`zhike run --store …`, in the same ZHIKE_HOME), the hold-out tables of the newest fit of
every model in models.registry, and the latest back-tests: scores given in the past, judged when their window had closed.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from resources.errors import ZhikeError
from resources.evidence import markdown
from resources.home import default_home, export_demo
from resources.registry import Fitted, recorded
from resources.warehouse import Warehouse

HEAD = """# Evidence

How right the models are on windows that came after what they were fitted on, beside what could have been done instead. Made by
`python -m benchmarks.evidence {stores} > docs/evidence.md` after `zhike run` of each shop; the same tables stand beside the
checks in the web UI, with charts.
"""
BACKTEST_ROWS = 30
# Columns that every fit has, whatever its model.
FIXED = 3


def evidence_of(store: str, home: Path) -> Iterator[str]:
    """The page's part about one shop, paragraph by paragraph."""
    with Warehouse(store=store, home=str(home)).opened() as warehouse:
        shop, connection = warehouse.shop, warehouse.connection
        yield f"## {shop.name.en} · {shop.name.zh}"
        names = connection.execute("SELECT DISTINCT name FROM models.registry ORDER BY name").fetchall()
        if not names:
            yield "No model has been fitted: the shop has not been run, or has not enough history."
        for (name,) in names:
            yield from _of_model(recorded(connection, name))
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'insights' AND ends_with(table_name, '_backtests') ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            yield f"### Back-test: `insights.{table}`"
            cursor = connection.execute(f"SELECT * FROM insights.{table}_latest ORDER BY ALL LIMIT {BACKTEST_ROWS}")
            columns = [column[0] for column in cursor.description or []]
            yield markdown([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])


def _of_model(fits: list[Fitted]) -> Iterator[str]:
    if not fits:
        return
    newest = fits[-1]
    count = sum(fitted.in_force for fitted in fits)
    yield f"### `{newest.name}`, fitted as of {newest.fitted_as_of}: {newest.method}"
    yield f"{len(fits)} fits, {count} of them put in force. {newest.metrics.get('reason', '')}".strip()
    for title, content in newest.metrics.items():
        rows = content if isinstance(content, list) else []
        if rows and all(isinstance(row, Mapping) for row in rows):
            yield f"{title.replace('_', ' ')}:"
            yield markdown(rows)
    figures: list[dict[str, Any]] = [
        {"fitted_as_of": str(fitted.fitted_as_of), "method": fitted.method, "in_force": fitted.in_force}
        | {title: value for title, value in fitted.metrics.items() if isinstance(value, int | float) or value is None}
        for fitted in reversed(fits)
    ]
    if len(figures[0]) > FIXED:
        yield "every fit, the newest first:"
        yield markdown(figures)


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
