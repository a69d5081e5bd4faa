"""`zhike check` tells what is wrong with a shop's files and mappings before anything is written."""

import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.onboarding.check import check_store
from pipelines.onboarding.findings import Finding, render
from resources.shop import load_shop

STORE = """
name: {{zh: 测试商店, en: Test shop}}
time_zone: Asia/Shanghai
{currency}
start: 2026-01-01
end: 2026-01-03
sources:
  sales: {{path: {sales}}}
  {more_sources}
tables:
  orders: orders.sql
  {more_tables}
"""
HEADER = "order,line,customer,product,pieces,price,at"
ROWS = [f"o{n},1,c{n % 3},p{n % 4},{1 + n % 2},{9.5 + n},2026-01-0{1 + n % 3} 10:00:0{n % 10}" for n in range(30)]
MAPPING = """
SELECT "order" AS order_id, line AS line_no, customer AS customer_id, product AS product_id, pieces AS quantity,
    price AS unit_price, "at" AS ordered_at
FROM sales -- the last line is a comment
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a shop and gives its folder; all is well with it but for what a test changes."""

    def shop(
        rows: list[str] = ROWS,
        *,
        header: str = HEADER,
        mapping: str = MAPPING,
        sales: str = "sales.csv",
        currency: str = "currency: CNY",
        sources: str = "",
        tables: str = "",
        **files: str,
    ) -> Path:
        folder = tmp_path / "shop"
        folder.mkdir()
        (folder / "sales.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        (folder / "orders.sql").write_text(mapping, encoding="utf-8")
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
        store = STORE.format(currency=currency, sales=sales, more_sources=sources, more_tables=tables)
        (folder / "store.yaml").write_text(store, encoding="utf-8")
        return folder

    return shop


def check(folder: Path, **options: int) -> list[Finding]:
    return check_store(load_shop(str(folder)), **options)


def of(findings: list[Finding], level: str, column: str | None = None) -> list[Finding]:
    return [f for f in findings if f.level == level and (column is None or f.column == column)]


def test_a_shop_that_fits_has_no_errors_and_no_warnings(write: Write):
    folder = write()
    before = sorted(path.name for path in folder.parent.rglob("*"))
    findings = check(folder)
    assert of(findings, "error") == of(findings, "warning") == []
    assert {f.column for f in of(findings, "ok") if f.column} == {
        "order_id", "line_no", "customer_id", "product_id", "quantity", "unit_price", "ordered_at",
    }  # fmt: skip
    assert any("30 rows, all of them looked at" in f.message for f in findings)
    assert any(f.table == "events" and f.message.startswith("not declared") for f in findings)
    assert sorted(path.name for path in folder.parent.rglob("*")) == before, "a check writes nothing"


def test_a_check_of_the_same_files_says_the_same(write: Write):
    folder = write([*ROWS, "bad,1,c1,p1,two,1,2026-01-01"])
    assert check(folder, sample_rows=7) == check(folder, sample_rows=7)


def test_a_required_column_that_is_not_mapped_is_named(write: Write):
    (error,) = of(check(write(mapping=MAPPING.replace("product AS product_id, ", ""))), "error")
    assert "required columns are not mapped: product_id" in error.message
    assert "orders.sql" in error.message


def test_a_column_that_the_file_lacks_is_named(write: Write):
    (error,) = of(check(write(header=HEADER.replace("price", "amount"))), "error")
    assert "does not fit the files" in error.message
    assert "price" in error.message


def test_a_column_that_the_contract_lacks_is_named(write: Write):
    (error,) = of(check(write(mapping=MAPPING.replace("product AS", "product AS sku, product AS"))), "error")
    assert "the contract has no column sku" in error.message


def test_prices_without_a_currency_are_told_as_such(write: Write):
    (error,) = of(check(write(currency="")), "error")
    assert "without a currency there is no column unit_price" in error.message


def test_values_of_a_wrong_type_come_with_examples_and_a_remedy(write: Write):
    rows = [row.replace("2026-01-0", "0").replace(" 10:", "/01/2026 10:") for row in ROWS]
    (error,) = of(check(write(rows)), "error", "ordered_at")
    assert error.share == 1.0
    assert len(error.examples) == 3
    assert "cannot be read as TIMESTAMP" in error.message
    assert "dates: dmy" in error.message


def test_a_day_above_twelve_settles_the_order_of_day_and_month(write: Write):
    rows = [f"o{n},1,c1,p1,1,5,{n:02}/01/2026 10:00" for n in range(1, 14)]
    assert of(check(write(rows)), "error", "ordered_at") == []


def test_ids_that_a_spreadsheet_wrote_as_numbers_are_pointed_at(write: Write):
    rows = [f"{n}.0,1,c1,p1,1,5,2026-01-03 12:00:00" for n in range(5)]
    (warning,) = of(check(write(rows)), "warning", "order_id")
    assert "ends in .0" in warning.message


def test_how_a_time_is_written_is_told(write: Write):
    (fitting,) = of(check(write(ROWS)), "ok", "ordered_at")
    assert (fitting.message, fitting.examples) == ("fits (TIMESTAMP)", ["9999-99-99 99:99:99"])


def test_unix_times_are_read(write: Write):
    rows = [f"o{n},1,c1,p1,1,5,{1767232800 + n}" for n in range(5)]
    assert of(check(write(rows)), "error") == []


def test_a_file_named_after_no_day_is_told_and_stops_no_other(write: Write):
    folder = write(sales='"{date}.csv"')
    (folder / "2026-01-01.csv").write_text("\n".join([HEADER, *ROWS[:1], ""]), encoding="utf-8")
    (folder / "2026-02-30.csv").write_text("\n".join([HEADER, *ROWS[:1], ""]), encoding="utf-8")
    findings = check(folder)
    assert of(findings, "error") == []
    assert [f.examples for f in of(findings, "warning") if "no calendar" in f.message] == [
        [str(folder / "2026-02-30.csv")]
    ]


def test_few_bad_values_are_a_warning_and_many_refuse_the_day(write: Write):
    rows = [row.replace(",p2,1,", ",p2,many,") if row.startswith("o2,") else row for row in ROWS]
    rows += [f"x{n},1,c1,p1,1,5,2026-01-03 12:00:00" for n in range(20)]
    findings = check(write(rows))
    (warning,) = of(findings, "warning", "quantity")
    assert (warning.examples, warning.where) == (["many"], "sales.csv, line 4")
    assert warning.share == pytest.approx(1 / 50)
    (quarantine,) = [f for f in findings if "clean.quarantine" in f.message]
    assert quarantine.level == "warning"
    assert quarantine.examples == ["quantity cannot be read as BIGINT (2.00%)"]


def test_a_day_that_would_be_refused_is_an_error_though_the_shop_as_a_whole_is_fine(write: Write):
    rows = [f"x{n},1,c1,p1,{n % 2 if n < 10 else 1},5,2026-01-0{1 if n < 10 else 2} 12:00" for n in range(200)]
    (error,) = of(check(write(rows)), "error")
    assert error.share == pytest.approx(5 / 200)
    assert "2026-01-01" in error.message


def test_values_outside_the_list_are_told_with_the_list(write: Write):
    mapping = MAPPING.replace("FROM sales", ", customer AS line_type FROM sales")
    (error,) = of(check(write(mapping=mapping)), "error", "line_type")
    assert error.examples == ["c0", "c1", "c2"]
    assert "product, shipping" in error.message


def test_two_currencies_are_told(write: Write):
    mapping = MAPPING.replace(
        "FROM sales", ", CASE customer WHEN 'c0' THEN 'EUR' ELSE 'CNY' END AS currency FROM sales"
    )
    (error,) = of(check(write(mapping=mapping)), "error", "currency")
    assert error.examples == ["EUR"]
    assert error.share == pytest.approx(1 / 3)


def test_a_truncated_parquet_file_is_told_with_its_path(write: Write):
    folder = write(sales="sales.parquet")
    whole = folder / "whole.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{folder / 'sales.csv'}')) TO '{whole}' (FORMAT parquet)")
    content = whole.read_bytes()
    (folder / "sales.parquet").write_bytes(content[: len(content) // 2])
    (error,) = of(check(folder), "error")
    assert "source sales cannot be read" in error.message
    assert "sales.parquet" in error.message


def test_a_missing_variable_of_the_environment_is_told(write: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SHOP_FILES", raising=False)
    (error,) = of(check(write(sales='"${SHOP_FILES}/sales.csv"')), "error")
    assert "SHOP_FILES" in error.message
    assert "export SHOP_FILES=" in error.message


def test_a_missing_file_is_told(write: Write):
    (error,) = of(check(write(sales="elsewhere.csv")), "error")
    assert "elsewhere.csv" in error.message


def test_a_missing_day_is_told_and_the_others_are_looked_at(write: Write):
    folder = write(sales='"{date}.csv"')
    for day in (1, 3):
        rows = [row for row in ROWS if f"2026-01-0{day}" in row]
        (folder / f"2026-01-0{day}.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    findings = check(folder)
    (error,) = of(findings, "error")
    assert "2026-01-02" in error.message
    assert any("20 rows" in f.message for f in of(findings, "ok"))


def test_newlines_and_commas_inside_quotes_are_one_row(write: Write):
    reviews = 'id,stars,words,at\n1,5,"good,\nvery ""good""\n",2026-01-01 10:00\n2,1,bad,2026-01-02 10:00\n'
    mapping = 'SELECT id AS review_id, stars AS rating, words AS text, "at" AS reviewed_at FROM notes'
    source, table = "notes: {path: notes.csv}", "reviews: reviews.sql"
    findings = check(write(sources=source, tables=table, notes__csv=reviews, reviews__sql=mapping))
    assert of(findings, "error") == []
    assert any(f.table == "reviews" and "2 rows" in f.message for f in findings)


def test_records_that_are_no_rows_are_told_with_their_line(write: Write):
    findings = check(write([*ROWS, "o30,1,c1"]))
    assert of(findings, "error") == []
    assert [(f.message.split(":")[0], f.examples) for f in of(findings, "warning") if "no rows" in f.message] == [
        (
            "1 records are no rows and go to quarantine",
            ["sales.csv, line 32: the record does not fit its file: it has 3 fields, the header has 7"],
        )
    ]
    assert any("30 rows, all of them looked at" in f.message for f in findings)


def test_days_outside_the_shops_time_are_told(write: Write):
    rows = [*ROWS, "early,1,c1,p1,1,5,2025-12-30 10:00", *(f"late{n},1,c1,p1,1,5,2026-02-01 10:00" for n in range(9))]
    findings = check(write(rows))
    (before,) = [f for f in findings if "`start: 2026-01-01`" in f.message]
    assert (before.level, before.examples) == ("warning", ["2025-12-30"])
    (after,) = [f for f in findings if "`end: 2026-01-03`" in f.message]
    assert (after.level, after.examples) == ("error", ["2026-02-01"])


def test_repeated_keys_are_told_apart_from_repeated_rows(write: Write):
    findings = check(write([*ROWS, ROWS[0], ROWS[1].replace(",10.5,", ",99,")]))
    assert any("1 of 32 rows; they are counted once" in f.message for f in of(findings, "warning"))
    assert any("1 of 32 rows have the order_id, line_no of another row" in f.message for f in of(findings, "warning"))


def test_products_and_customers_that_nobody_knows_are_told(write: Write):
    goods = "SELECT product AS product_id FROM sales WHERE product <> 'p0'"
    people = "SELECT customer AS customer_id FROM sales"
    tables = "products: products.sql\n  customers: customers.sql"
    findings = check(write(tables=tables, products__sql=goods, customers__sql=people))
    (error,) = of(findings, "error")
    assert (error.table, error.column, error.examples) == ("orders", "product_id", ["p0"])


def test_personal_values_are_shown_by_their_shape_only(write: Write):
    people = "SELECT customer AS customer_id, 'year 19' || row_number() OVER () AS birth_year FROM sales"
    findings = check(write(tables="customers: customers.sql", customers__sql=people))
    (error,) = of(findings, "error", "birth_year")
    assert "xxxx 999" in error.examples
    assert not any("19" in example for example in error.examples)


def test_prices_that_are_not_mapped_are_told(write: Write):
    findings = check(write(mapping=MAPPING.replace("price AS unit_price, ", "")))
    assert [f.column for f in of(findings, "warning")] == ["unit_price"]


def test_a_source_that_no_mapping_reads_is_told(write: Write):
    (warning,) = of(check(write(sources="stock: {path: stock.csv}")), "warning")
    assert "source stock is in no mapping" in warning.message


def test_rows_that_the_mapping_leaves_out_are_counted(write: Write):
    mapping = MAPPING.replace("FROM sales", "FROM sales WHERE customer <> 'c0'")
    folder = write(mapping=mapping)
    with (folder / "store.yaml").open("a", encoding="utf-8") as file:
        file.write("drops:\n  orders: SELECT count(*) FROM sales WHERE customer = 'c0'\n")
    assert any(f.message.startswith("10 rows of the sources are left out") for f in check(folder))


def test_ids_that_are_a_persons_are_told(write: Write):
    rows = [row.replace(",c1,", ",anna@example.com,") for row in ROWS]
    (warning,) = of(check(write(rows)), "warning")
    assert (warning.column, warning.share) == ("customer_id", pytest.approx(1 / 3))
    assert "keyed hashes" in warning.message
    assert "anna" not in str(warning)


def test_a_mapping_in_store_yaml_is_named_as_its_entry(write: Write):
    folder = write(tables="products: SELECT sku AS product_id FROM sales")
    (error,) = of(check(folder), "error")
    assert f"the mapping of products ({folder / 'store.yaml'}: tables.products)" in error.message


def test_a_chinese_shop_is_told_in_chinese(write: Write):
    console = Console(width=200, file=io.StringIO(), record=True)
    findings = check(write([*ROWS, "bad,1,c1,p1,two,1,2026-01-01"], sources="stock: {path: stock.csv}"))
    console.print(render(findings, "zh-CN"))
    text = console.export_text()
    for said in (
        "来源 stock 不在任何映射里",
        "读不成 BIGINT，这样的行进隔离区",
        "sales.csv，第 32 行",
        "quantity 读不成 BIGINT（3.23%）",
        "0 个错误，3 个警告。可以运行。",
    ):
        assert said in text, text


def test_the_findings_can_be_drawn(write: Write):
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(render(check(write([*ROWS, "bad,1,c1,p1,two,1,[2026-01-01]"]))))
    text = console.export_text()
    assert "columns that fit" in text
    assert "[2026-01-01]" in text
    assert "warnings. The shop can be run." in text
