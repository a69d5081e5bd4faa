"""The report of the demo shop: every number is in the published tables, both languages say the same, nothing runs in it."""

import json
import random
import re
import shutil
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.outreach.report.assets import build as report
from assets.outreach.report.make import keep, make
from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop, load_shop
from tests.insights.demo_bench import ACTIONS, NEWEST
from tests.shop_builder import Bench

VOID = {"meta", "input", "br", "link"}
SECTIONS = ["week", "who", "leaving", "lists", "alerts", "sold", "voice", "service", "trust"]
LETTER = re.compile(r"[^\W\d_]")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)

    def all(self, tag: str) -> "list[Element]":
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                found += ([child] if child.tag == tag else []) + child.all(tag)
        return found

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def within(self, name: str) -> bool:
        """Whether it or what it stands in has an attribute."""
        here: Element | None = self
        while here:
            if name in here.attributes and here.tag != "html":
                return True
            here = here.parent
        return False


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.here = Element("", {})
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def elements(here: Element) -> list[Element]:
    return [each for child in here.children if isinstance(child, Element) for each in (child, *elements(child))]


def read(html: str) -> Element:
    reader = Reader(html)
    assert reader.here is reader.root, f"<{reader.here.tag}> is not closed"
    return reader.root


def sections(page: Element) -> list[str]:
    return [section.attributes["id"] for section in page.all("section")]


def queries(page: Element) -> dict[str, str]:
    """By name, the queries that the page shows."""
    return {
        name.text: query.text
        for lists in page.all("dl")
        for name, query in zip(lists.all("dt"), lists.all("dd"), strict=True)
    }


def tables(folder: Path) -> duckdb.DuckDBPyConnection:
    """The Parquet files of a snapshot under the names of their tables."""
    connection = duckdb.connect()
    for file in sorted(folder.glob("*.parquet")):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {file.stem.partition('.')[0]}")
        connection.execute(f"CREATE VIEW {file.stem} AS FROM '{file}'")
    return connection


def value(connection: duckdb.DuckDBPyConnection, query: str, row: str) -> float:
    ((found,),) = connection.execute(query, {"row": row} if "$row" in query else {}).fetchall()
    return float(found)


@pytest.fixture(scope="module")
def html(published: Bench) -> str:
    return (published.place / "reports" / f"{NEWEST}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Element:
    return read(html)


def test_the_page_has_a_section_for_each_question(page: Element) -> None:
    assert sections(page) == SECTIONS
    links = [link.attributes["href"] for nav in page.all("nav") for link in nav.all("a")]
    assert links == [f"#{name}" for name in SECTIONS]


def test_numbers_of_the_page_are_those_of_the_published_tables(page: Element, published: Bench) -> None:
    """Ten figures drawn at random from each section, asked again of the Parquet files by the query that the page shows."""
    said, draw = queries(page), random.Random(7)
    connection = tables(published.place / "snapshot" / "current")
    for section in page.all("section"):
        figures = section.all("data")
        assert len(figures) >= 10 or section.attributes["id"] == "lists"
        for figure in draw.sample(figures, min(10, len(figures))):
            name, row = figure.attributes["data-query"], figure.attributes.get("data-row", "")
            found = value(connection, said[name], row)
            assert float(figure.attributes["value"]) == pytest.approx(found, abs=1e-4, rel=1e-6), (name, row)


def test_every_figure_is_read_as_its_value(page: Element) -> None:
    for figure in page.all("data"):
        shown = re.sub(r"[^\d.%-]", "", figure.text)
        number = float(shown.rstrip("%")) / (100 if shown.endswith("%") else 1)
        exact = float(figure.attributes["value"])
        assert number == pytest.approx(exact, abs=0.0051 if shown.endswith("%") else 0.51), figure.text


def test_the_week_counts_what_the_shop_sold_in_it(page: Element, published: Bench) -> None:
    """Orders and revenue, counted here in another way: line by line from the delivered rows that the snapshot holds."""
    connection = tables(published.place / "snapshot" / "current")
    lines: dict[tuple[Any, ...], int] = {}
    for row in connection.execute(
        "SELECT sign, order_id, line_no, customer_id, quantity, unit_price, discount FROM clean.orders WHERE known_on < $monday AND "
        "ordered_on >= $monday - 7 AND ordered_on < $monday AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product' AND quantity > 0",
        {"monday": NEWEST},
    ).fetchall():
        lines[row[1:]] = lines.get(row[1:], 0) + row[0]
    kept = [line for line, count in lines.items() if count > 0]
    shown = {
        figure.attributes["data-query"]: float(figure.attributes["value"])
        for figure in page.all("data")
        if figure.attributes.get("data-row") == str(NEWEST)
    }
    assert shown["week.orders"] == len({line[0] for line in kept})
    assert shown["week.revenue"] == pytest.approx(sum(n * price - (off or 0) for *_, n, price, off in kept))


def test_every_text_is_in_both_languages(page: Element) -> None:
    (body,) = page.all("body")
    for element in elements(body):
        if element.attributes.get("lang") == "zh" and element.tag == "span":
            assert element.parent
            siblings = [child for child in element.parent.children if isinstance(child, Element)]
            partner = siblings[siblings.index(element) + 1]
            assert (partner.tag, partner.attributes.get("lang")) == ("span", "en")
            assert bool(element.text.strip()) == bool(partner.text.strip()), element.text
        if element.within("lang") or element.within("translate") or element.within("aria-hidden"):
            continue
        own = "".join(child for child in element.children if isinstance(child, str))
        assert not LETTER.search(own), f"one language only: {own!r} in <{element.tag}>"


def test_the_english_has_no_chinese_and_the_chinese_no_english_sentence(page: Element) -> None:
    (body,) = page.all("body")
    for span in body.all("span"):
        for bdi in span.all("bdi"):
            bdi.children.clear()
        if span.attributes.get("lang") == "en" and not span.within("aria-hidden"):
            # Categories and names of products stand in both as the shop writes them.
            assert not re.search(r"[，。：；（）]", span.text), span.text
        if span.attributes.get("lang") == "zh":
            assert not re.search(r"(?:[a-z]+ ){4}", span.text), span.text


def test_the_page_needs_no_script_and_nothing_from_elsewhere(html: str, page: Element) -> None:
    assert page.all("script") == page.all("link") == page.all("img") == []
    policies = [meta for meta in page.all("meta") if meta.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].attributes["content"].startswith("default-src 'none'")
    assert not re.search(r"(?:src|href)=[\"'](?!#)", html)
    assert not re.search(r"@import|url\(", html)
    assert all(not name.startswith("on") for element in elements(page) for name in element.attributes)
    assert len(html.encode()) < 800_000


def test_each_chart_has_a_caption_and_its_numbers_as_a_table(page: Element) -> None:
    figures = page.all("figure")
    assert len(figures) == 4
    for figure in figures:
        assert figure.all("figcaption")[0].text.strip()
        assert len(figure.all("tr")) > 5
        assert figure.all("svg")[0].within("aria-hidden")


def test_ids_stand_once_and_what_is_referred_to_is_there(page: Element) -> None:
    ids = [element.attributes["id"] for element in elements(page) if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    named = [
        element.attributes["aria-labelledby"] for element in elements(page) if "aria-labelledby" in element.attributes
    ]
    assert set(named) <= set(ids)


def test_the_report_is_its_owners_and_comes_out_the_same_again(html: str, published: Bench) -> None:
    path = published.place / "reports" / f"{NEWEST}.html"
    assert path.stat().st_mode & 0o777 == 0o600
    assert make(Home(published.place), published.shop) == (NEWEST, html)


def test_the_step_says_where_the_page_is_and_checks_it(published: Bench, tmp_path: Path) -> None:
    bench = published.copy(tmp_path)
    result = bench.run("outreach/report", assets=report())
    (made,) = result.asset_materializations_for_node("outreach__report")
    path = bench.place / "reports" / f"{NEWEST}.html"
    assert {name: made.metadata[name].value for name in ("as_of", "page", "bytes")} == {
        "as_of": str(NEWEST), "page": str(path), "bytes": path.stat().st_size,
    }  # fmt: skip
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["chinese_texts"].value == check.metadata["english_texts"].value > 500


def changed(published: Bench, folder: Path, *statements: str, store: "tuple[str, ...]" = ()) -> tuple[Home, Shop]:
    """A copy of the shop's published snapshot after some statements, for a shop whose store.yaml has texts in place of others, in turn."""
    place = folder / "home" / "tea_house"
    version = place / "snapshot" / "v"
    shutil.copytree(published.store, folder / "tea_house")
    shutil.copytree((published.place / "snapshot" / "current").resolve(), version, copy_function=shutil.copyfile)
    (place / "snapshot" / "current").symlink_to("v")
    with duckdb.connect(str(version / "zhike.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)
    yaml = folder / "tea_house" / "store.yaml"
    for old, new in zip(store[::2], store[1::2], strict=True):
        yaml.write_text(yaml.read_text("utf-8").replace(old, new), "utf-8")
    return Home(place), load_shop(str(folder / "tea_house"))


def dropped(*names: str) -> list[str]:
    views = [
        f"DROP VIEW IF EXISTS {schema}.{name.partition('.')[2]}_latest"
        for name in names
        for schema in ("main", name.partition(".")[0])
    ]
    return [*views, *(f"DROP TABLE {name}" for name in names)]


def test_a_shop_without_reviews_and_events_has_no_voice(published: Bench, tmp_path: Path) -> None:
    lost = (
        "insights.review_scores",
        "insights.aspect_trends",
        "insights.session_propensity",
        "insights.funnels",
        "clean.reviews",
    )
    _, html = make(*changed(published, tmp_path, *dropped(*lost)))
    assert sections(read(html)) == [name for name in SECTIONS if name != "voice"]


def test_a_shop_that_only_hands_over_orders_has_what_orders_say(published: Bench, tmp_path: Path) -> None:
    lost = (
        "insights.review_scores",
        "insights.aspect_trends",
        "insights.funnels",
        "clean.customers",
        "clean.products",
        "features.consents",
        "features.identities",
        "insights.recommendations",
        "insights.contact_reasons",
        "insights.service_quality",
        "insights.unanswered_questions",
    )
    page = read(make(*changed(published, tmp_path, *dropped(*lost)))[1])
    assert sections(page) == [name for name in SECTIONS if name not in ("voice", "service")]
    assert "本店没有提供营销同意" in page.text
    assert "lists.keep_reachable" not in queries(page)
    said, connection = (
        queries(page),
        duckdb.connect(str(tmp_path / "home" / "tea_house" / "snapshot" / "v" / "zhike.duckdb")),
    )
    for figure in page.all("data"):
        name = figure.attributes["data-query"]
        if name.startswith(("week.", "lists.")):
            exact = value(connection, said[name], figure.attributes.get("data-row", ""))
            assert float(figure.attributes["value"]) == pytest.approx(exact, abs=1e-4)


def test_a_shop_without_prices_has_no_money(published: Bench, tmp_path: Path) -> None:
    money = [
        ("clean.orders", "unit_price"), ("clean.orders", "discount"), ("clean.orders", "currency"),
        ("features.customers", "spend_365d"), ("insights.clv", "clv_3m"), ("insights.clv", "clv_6m"), ("insights.clv", "clv_12m"),
        ("insights.rfm_profiles", "spend_share"), ("insights.rfm_profiles", "spend_90d"), ("insights.rfm_moves", "spend_90d"),
        ("insights.rfm", "m_score"),
    ]  # fmt: skip
    views = [
        f"DROP VIEW IF EXISTS {schema}.{name}_latest"
        for name in ("customers", "clv", "rfm_profiles", "rfm_moves", "rfm")
        for schema in ("main", "features", "insights")
    ]
    lost = [f'ALTER TABLE {table} DROP COLUMN "{column}"' for table, column in money]
    no_revenue = [
        "DELETE FROM insights.forecasts WHERE series = 'revenue'",
        "DELETE FROM insights.forecast_backtests WHERE series = 'revenue'",
    ]
    page = read(
        make(*changed(published, tmp_path, *views, *lost, *no_revenue, store=("currency: CNY\n", "", ACTIONS, "")))[1]
    )
    assert sections(page) == SECTIONS
    (body,) = page.all("main")
    assert "CNY" not in re.sub(
        r"(高于|不超过|than|spent) [^<]*", "", "".join(figure.text for figure in page.all("data"))
    )
    assert not {name for name in queries(page) if "revenue" in name or "spend" in name or "clv" in name}
    assert "销售额" not in body.text
    said, connection = (
        queries(page),
        duckdb.connect(str(tmp_path / "home" / "tea_house" / "snapshot" / "v" / "zhike.duckdb")),
    )
    for figure in page.all("data"):
        exact = value(connection, said[figure.attributes["data-query"]], figure.attributes.get("data-row", ""))
        assert float(figure.attributes["value"]) == pytest.approx(exact, abs=1e-4), figure.attributes


def test_a_title_and_a_quote_are_text_whatever_they_hold(published: Bench, tmp_path: Path) -> None:
    evil = "</style></bdi></script><script>alert(1)</script>{{ 7 * 7 }}{name}"
    page_text = make(
        *changed(
            published,
            tmp_path,
            f"UPDATE clean.products SET title = '{evil}', category = '{evil}'",
            f"UPDATE insights.aspect_trends SET quotes = ['{evil}'], aspect_zh = '{evil}', aspect_en = '{evil}'",
            f"UPDATE insights.segments SET label_zh = '{evil}', label_en = '{evil}'",
        )
    )[1]
    page = read(page_text)
    assert page.all("script") == []
    assert page.text.count("<script>alert(1)</script>{{ 7 * 7 }}{name}") > 20


def test_what_a_check_keeps_out_is_told(published: Bench, tmp_path: Path) -> None:
    row = "INSERT INTO ops.refusals VALUES ('clean.orders', '2026-01-10', 'days_have_orders', 0, 1, NULL)"
    page = read(make(*changed(published, tmp_path, row))[1])
    assert "有 1 份数据没有通过检查" in page.text
    assert "days have orders" in page.text


def test_the_page_opens_in_the_language_of_the_shop(published: Bench, tmp_path: Path) -> None:
    page = read(make(*changed(published, tmp_path, store=("locale: zh\n", "locale: en\n")))[1])
    (opened,) = [box for box in page.all("input") if "checked" in box.attributes]
    assert (page.all("html")[0].attributes["lang"], opened.attributes["id"]) == ("en", "show-en")


def test_a_snapshot_of_an_earlier_release_is_told_as_such(published: Bench, tmp_path: Path) -> None:
    home, shop = changed(published, tmp_path)
    manifest = {"version": "v", "as_of": str(NEWEST), "row_counts": {"customers_latest": 80}}
    (home.snapshot / "v" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ZhikeError, match="of an earlier release"):
        make(home, shop)


def test_reports_beyond_those_kept_are_removed(published: Bench, tmp_path: Path) -> None:
    home, shop = changed(published, tmp_path, store=("settings:", "retention: {reports: 2}\nsettings:"))
    home.reports.mkdir()
    for day in (date(2025, 12, 29), date(2026, 1, 5)):
        (home.reports / f"{day}.html").write_text("older")
    path, _ = keep(home, shop)
    assert sorted(file.name for file in home.reports.iterdir()) == ["2026-01-05.html", path.name]
