"""`zhike init` says what files are, proposes a shop from unknown ones, and writes over nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.onboarding.init import Made, make_shop
from resources.errors import ZhikeError
from tests.pipelines.corner import zhike
from tests.shop_builder import Bench
from tests.stores.test_presets import typed_rows

Write = Callable[..., list[Path]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, a list of lines each, and gives their paths."""

    def files(encoding: str = "utf-8", **contents: list[str]) -> list[Path]:
        paths = [tmp_path / f"{name}.csv" for name in contents]
        for path, lines in zip(paths, contents.values(), strict=True):
            path.write_text("\n".join([*lines, ""]), encoding=encoding)
        return paths

    return files


def rows(pattern: str, number: int = 30) -> list[str]:
    """Lines with `n` (a number of its own), `c` (one of five), `d` (one of 28 days) filled in."""
    return [pattern.format(n=1000 + n, c=n % 5, d=f"{1 + n % 28:02d}") for n in range(number)]


def made(files: list[Path], language: str = "en", **options: str) -> Made:
    return make_shop(files, files[0].parent / "shop", language, **options)


def select(of: Made, table: str = "orders") -> str:
    return of.shop.mapping(table)


def errors(of: Made) -> list[str]:
    return [finding.message for finding in of.findings if finding.level == "error"]


# Header, a line, and parts of the select that follow from them.
SHAPES: dict[str, tuple[str, str, list[str]]] = {
    "plain English": (
        "order_id,customer_id,sku,product_name,qty,unit_price,order_date", "o{n},c{c},s{c},Tea,2,9.50,2025-03-{d} 10:00",
        ['"order_id" AS order_id', '"customer_id" AS customer_id', '"sku" AS product_id', '"qty" AS quantity', '"unit_price" AS unit_price', '"order_date" AS ordered_at'],
    ),
    "plain Chinese": (
        "订单号,会员号,商品编码,商品名称,数量,单价,下单时间", "{n},m{c},s{c},茶,2,￥9.50,2025年3月{d}日 10:00",
        ['"会员号" AS customer_id', '"商品编码" AS product_id', '"数量" AS quantity', '"单价" AS unit_price', '"下单时间" AS ordered_at'],
    ),
    "names with signs and other case": (
        "Order No.,Buyer E-Mail,Item Code,Units,Line Total,Purchase Date", "o{n},b{c}@example.com,s{c},2,19.00,2025-03-{d}",
        ['"Order No." AS order_id', '"Buyer E-Mail" AS customer_id', 'as_amount("Line Total")', '"Purchase Date" AS ordered_at'],
    ),
    "a till": (
        "Date,Receipt,Customer Phone,Item,Qty,Total", "2025-03-{d},r{n},1380013800{c},Tea {c},2,19.00",
        ['"Receipt" AS order_id', '"Customer Phone" AS customer_id', '"Item" AS product_id', '"Date" AS ordered_at'],
    ),
    "paid orders only": (
        "订单编号,买家会员名,商品ID,购买数量,单价,付款时间", "{n},b{c},s{c},1,5,2025-03-{d} 10:00:00", ['"付款时间" AS ordered_at'],
    ),
    "a time by its values alone": (
        "order_id,customer_id,sku,qty,price,wann", "o{n},c{c},s{c},1,5,2025-03-{d}T08:00:00Z", ['"wann" AS ordered_at'],
    ),
    "a name that promises what the values are not": (
        "order_id,customer_id,sku,qty,price,order_time,order_date", "o{n},c{c},s{c},1,5,morning,2025-03-{d}", ['"order_date" AS ordered_at'],
    ),
    "no number of the order": (
        "customer_id,sku,qty,price,date", "c{c},s{n},1,5,2025-03-{d}", ["concat_ws('-', \"customer_id\", \"date\") AS order_id"],
    ),
    "state of the order": (
        "order_id,customer_id,sku,qty,price,date,order_status", "o{n},c{c},s{c},1,5,2025-03-{d},Cancelled", ['regexp_matches(lower("order_status")'],
    ),
    "semicolons and a decimal comma": (
        "order_id;customer_id;sku;qty;price;date", "o{n};c{c};s{c};1;1.005,50;2025-03-{d}", ['"price" AS unit_price'],
    ),
    "day and month, settled by a day above 12": (
        "order_id,customer_id,sku,qty,price,date", "o{n},c{c},s{c},1,5,{d}/03/2025 10:00", ['"date" AS ordered_at'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_columns_are_known_by_name_and_value(shape: str, write: Write) -> None:
    header, pattern, parts = SHAPES[shape]
    found = made(write(export=[header, *rows(pattern)]))
    assert errors(found) == []
    for part in parts:
        assert part in select(found)
    assert (str(found.shop.start), str(found.shop.end)) == ("2025-03-01", "2025-03-28")


def test_orders_and_their_lines_in_two_files_are_joined(write: Write) -> None:
    heads = ["订单编号,会员编号,创建时间", *rows("{n},m{c},2025-03-{d} 10:00")]
    lines = ["订单编号,商品编号,商品名称,类目,数量,单价", *rows("{n},p{c},茶,饮料,1,5")]
    found = made(write("gb18030", heads=heads, lines=lines), "zh")
    assert errors(found) == []
    assert "LEFT JOIN heads_file" in select(found)
    assert found.shop.declared == {"orders", "products"}
    assert {source.encoding for (source,) in found.shop.sources.values()} == {"gb18030"}


def test_each_file_becomes_its_table(write: Write) -> None:
    files = write(
        sales=["order_id,customer_id,sku,qty,price,date", *rows("o{n},c{c},p{c},1,5,2025-03-{d}")],
        people=["customer_id,gender,city,registration_date", *rows("c{c},F,Paris,2024-03-01", 5)],
        goods=["sku,title,category,price", *rows("p{c},Tea {c},Tea,5", 5)],
        opinions=["sku,rating,comment,created_at", *rows("p{c},5,good,2025-03-{d}")],
        visits=["event_type,customer_id,sku,timestamp", *rows("view,c{c},p{c},2025-03-{d} 09:00:00")],
        notes=["a,b", "1,2"],
    )
    found = made(files)
    assert errors(found) == []
    assert found.shop.declared == {"orders", "customers", "products", "reviews", "events"}
    assert [file.path.name for file in found.draft.left] == ["notes.csv"]


def test_purchases_among_events_are_orders_and_the_rest_events(write: Write) -> None:
    kinds = ("pv", "cart", "buy", "fav")
    lines = [f"c{n % 5},p{n % 7},{kinds[n % 4]},{1_743_000_000 + 3600 * n}" for n in range(80)]
    found = made(write(behaviour=["user_id,item_id,behavior_type,timestamp", *lines]))
    assert errors(found) == []
    assert [f.message[:44] for f in found.findings if f.table in ("orders", "events") and "looked at" in f.message] == [
        "one delivery, split by its rows' own day: 20",
        "one delivery, split by its rows' own day: 60",
    ]


def test_several_files_of_one_kind_are_one_table(write: Write) -> None:
    header = "order_id,customer_id,sku,qty,price,date"
    found = made(
        write(
            sales_01=[header, *rows("a{n},c{c},p,1,5,2025-03-{d}")],
            sales_02=[header, *rows("b{n},c{c},p,1,5,2025-03-{d}")],
        )
    )
    assert [Path(source.path).name for (source,) in found.shop.sources.values()] == ["sales_0*.csv"]
    assert any("60 rows" in finding.message for finding in found.findings)


@pytest.mark.parametrize("is_split", [False, True])
def test_two_equal_lines_of_an_order_are_two_and_an_order_in_two_files_is_one(is_split: bool, write: Write) -> None:
    # The order of these two files' lines differs, and each has an order of its own.
    both = ["x,c1,p2,1,5,2025-03-02", "x,c1,p1,1,5,2025-03-02", "x,c1,p1,1,5,2025-03-02"]
    own, other = rows("a{n},c{c},p,1,5,2025-03-{d}"), rows("b{n},c{c},p,1,5,2025-03-{d}")
    if is_split:
        heads = ["order_id,customer_id,date", "x,c1,2025-03-02", *(f"{row[:5]},c1,2025-03-02" for row in own)]
        lines = [
            "order_id,sku,qty,price",
            *(row.replace(",c1,", ",").rpartition(",")[0] for row in both),
            *(f"{row[:5]},p,1,5" for row in own),
        ]
        found = made(write(heads_1=heads, heads_2=heads, lines_1=lines, lines_2=[lines[0], *lines[3:0:-1]]))
    else:
        header = "order_id,customer_id,sku,qty,price,date"
        found = made(write(sales_1=[header, *both, *own], sales_2=[header, *both[::-1], *other]))
    assert errors(found) == []
    with typed_rows(found) as connection:
        query = "SELECT product_id, count(DISTINCT line_no), min(delivered_on) = max(delivered_on) FROM clean.orders WHERE order_id = 'x' GROUP BY ALL"
        assert sorted(connection.execute(query).fetchall()) == [("p1", 2, True), ("p2", 1, True)]
        once = "SELECT count(*) FROM (SELECT DISTINCT * EXCLUDE (row_no) FROM clean.orders WHERE order_id = 'x')"
        assert connection.execute(once).fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "-- 文件里没有明细行号"), ("en", "-- The file has no line numbers")]
)
def test_the_comments_of_a_select_are_in_the_language_of_the_person(language: str, said: str, write: Write) -> None:
    found = made(
        write(sales=["order_id,customer_id,sku,qty,price,date", *rows("o{n},c{c},p,1,5,2025-03-{d}")]), language
    )
    assert select(found).startswith(said)


def test_a_mistyped_year_does_not_make_the_shop_a_century_old(write: Write) -> None:
    lines = [*rows("o{n},c{c},p,1,5,2025-03-{d}", 300), "x,c1,p,1,5,1925-03-01", "y,c1,p,1,5,2205-03-01"]
    found = made(write(sales=["order_id,customer_id,sku,qty,price,date", *lines]))
    assert (str(found.shop.start), str(found.shop.end)) == ("2025-03-01", "2025-03-28")


@pytest.mark.parametrize(
    ("files", "what", "remedy"),
    [
        ({"sales": ["a,b", "1,2"]}, "none of the files can be taken for orders", "README"),
        ({"sales": ["order_id,customer_id,sku,qty,date", "o1,c1,p1,1,05/01/2024"]}, "no order has a time", "--dates dmy"),
        ({"ExportOrderDetailList": ["订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码", '="1",茶,5,1,,,,,,T1']},
         "order_list is missing", "千牛"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_for_a_shop_is_told_and_nothing_is_written(
    files: dict[str, list[str]], what: str, remedy: str, write: Write, tmp_path: Path
) -> None:
    with pytest.raises(ZhikeError) as raised:
        made(write(**files))
    assert what in raised.value.what
    assert remedy in raised.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.csv" for name in files]


def test_the_order_of_day_and_month_can_be_said(write: Write) -> None:
    files = write(sales=["order_id,customer_id,sku,qty,date", "o1,c1,p1,1,05/01/2024", "o2,c1,p1,1,06/01/2024"])
    assert str(made(files, dates="dmy").shop.start) == "2024-01-05"


def test_a_folder_that_is_there_is_left_alone(write: Write, tmp_path: Path) -> None:
    files = write(sales=["order_id,customer_id,sku,qty,price,date", *rows("o{n},c{c},p,1,5,2025-03-{d}")])
    (tmp_path / "shop").mkdir()
    with pytest.raises(ZhikeError, match="nothing is written over"):
        made(files)
    assert list((tmp_path / "shop").iterdir()) == []


@pytest.mark.parametrize(("language", "said"), [("zh", "客户 = customer_id"), ("en", "the customer is customer_id")])
def test_the_command_speaks_the_language_of_the_person(language: str, said: str, write: Write, tmp_path: Path) -> None:
    files = write(sales=["order_id,customer_id,sku,qty,price,date", *rows("o{n},c{c},p,1,5,2025-03-{d}")])
    told = zhike(Bench(tmp_path), "init", str(files[0]), "--into", str(tmp_path / "shop"), "--lang", language)
    assert told.code == 0
    assert said in told.out
    assert said in (tmp_path / "shop" / "store.yaml").read_text(encoding="utf-8")


def test_what_is_wrong_is_told_in_the_language_of_the_person(tmp_path: Path) -> None:
    said = zhike(Bench(tmp_path), "init", "nowhere.csv", "--into", str(tmp_path / "shop"), "--lang", "zh")
    assert said.code == 1
    assert "没有这个文件\n  在：" in said.err
    assert "怎么办：请给出店铺系统导出的文件" in said.err


def test_programs_get_json(write: Write, tmp_path: Path) -> None:
    files = write(sales=["order_id,customer_id,sku,qty,price,date", *rows("o{n},c{c},p,1,5,2025-03-{d}")])
    told = zhike(Bench(tmp_path), "init", str(files[0]), "--into", str(tmp_path / "shop"), "--json")
    assert json.loads(told.out)["tables"] == ["orders"]


def test_recognising_needs_no_dagster() -> None:
    import subprocess
    import sys

    code = "import sys, pipelines.onboarding.presets, pipelines.onboarding.propose as p; p; print('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
