"""The small demo shop, its days run once a session; tests run weeks on a copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.shop import STORES
from stores.demo.generate import generate
from tests.insights.demo_bench import FIRST, LAST, SHOP, TABLES, Demo
from tests.shop_builder import Bench, write_store


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shop's files and its truth, told to the mappings as ZHIKE_DEMO."""
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, seed=3, customers=250, days=14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "source"))
        yield folder


@pytest.fixture(scope="session")
def dailies(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All days, no week. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("dailies"))
    text = SHOP
    for table in TABLES:
        optional = ", optional: true" if table in ("customers", "products", "links") else ""
        text += f"  {table}:\n    - {{path: '${{ZHIKE_DEMO}}/history/{table}.parquet', history: true}}\n"
        text += f"    - {{path: '${{ZHIKE_DEMO}}/days/{{date}}/{table}.parquet'{optional}}}\n"
    text += "tables: {" + ", ".join(f"{table}: {table}.sql" for table in TABLES) + "}\n"
    mappings = {table: (STORES / "demo" / f"{table}.sql").read_text("utf-8") for table in TABLES}
    write_store(bench.store, text, **mappings)
    stages = [f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES]
    demo = Demo(bench)
    demo.run(*stages, "features/customer_days", first=FIRST, last=LAST)
    return demo
