"""The plan in the console: what it says, who is in it and who is not, approval, and files that hold nobody who may not be reached."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
import requests

from assets.features.tables import CONSENTS
from assets.insights.uplift.tables import UPLIFT
from assets.outreach.snapshot.publish import Part, point, write
from assets.outreach.winback.tables import NOT_PLANNED, WINBACK
from benchmarks.serving_shop import AS_OF, TABLES, tables
from resources import exports
from resources.contract import CONTRACT
from resources.erased import Tombstones
from resources.home import open_home
from resources.inbox import SUFFIX, Inbox, land
from resources.shop import load_shop
from tests.serving.api import STORE, Api, served
from tests.serving.test_commands import zhike
from tests.serving.test_console import Visitor
from tests.serving.test_rooms import FIGURE, insert, week
from tests.shop_builder import write_store

ACTIONS = """
end: 2026-01-18
actions:
  budget: 100
  offers:
    message: {name: {zh: 召回短信, en: the reminder}, kind: message, cost: 0.1}
    coupon: {name: {zh: 满减券, en: the coupon}, kind: coupon, cost: 0.1, subsidy: 5}
"""
NAMES = {"message": ("召回短信", "the reminder"), "coupon": ("满减券", "the coupon")}
AGREED = (1, 2, 3, 5, 7, 9, 20)
HELD_OUT, REFUSING, SILENT = "c00000009", "c00000007", "c00000008"
FILES = "/console/actions/message/csv"


def who(number: int) -> str:
    return f"c{number:08}"


def planned(number: int, action: str = "message", arm: str = "treated", **own: Any) -> dict[str, Any]:
    zh, en = NAMES[action]
    is_in = arm == "treated"
    return dict(week(
        person_id=who(number), action=action, action_zh=zh, action_en=en, action_id=f"{action}-{number}", arm=arm, is_measured=True, season="2026-Q1",
        p_purchase=0.2, uplift=0.05, margin_value=60.0 + number, cost=0.1 if is_in else 0.0, gain=float(number) if is_in else 0.0,
        one_more_place_brings=0.0, one_more_of_budget_brings=0.4, plan_gain_at_most=40.0, why_zh="值得", why_en="<b>worth it</b>",
        rule_zh="下过单", rule_en="has ordered before", expires_on=AS_OF + timedelta(days=14),
    ) | own)  # fmt: skip


def rows() -> dict[Any, list[dict[str, Any]]]:
    """Five are to get the reminder, one of whom was held out of it in an earlier week of the season by another account; one the coupon, which has
    expired; one is held out."""
    told = {
        "segment_id": None, "week_count": 2, "treated_count": 80, "control_count": 60, "treated_rate": 0.3, "control_rate": 0.2, "effect": 0.1,
        "effect_low": 0.02, "effect_high": 0.18, "expected_uplift": 0.09, "expected_uplift_error": 0.04, "mismatch_p": 0.5, "next_holdout_share": 0.1,
        "action": "message", "action_zh": "召回短信", "action_en": "the reminder",
        "verdict_zh": "有效：购买率提高 10.0 个百分点（95% 区间 2.0 至 18.0）", "verdict_en": "it works: 10.0 points more buy (95 % interval 2.0 to 18.0)",
    }  # fmt: skip
    before = AS_OF - timedelta(days=7)
    return {
        WINBACK: [
            *(planned(number) for number in (1, 2, 3, 7, 20)),
            planned(9, arm="held_out"),
            planned(20, arm="held_out", as_of=before, person_id="c00000020b"),
            planned(5, "coupon", expires_on=AS_OF),
        ],
        NOT_PLANNED: [dict(week(person_id=SILENT, reason="no_consent")), dict(week(person_id=who(11), reason="refused"))],
        UPLIFT: [dict(week(**told))],
    }  # fmt: skip


def agreed() -> list[dict[str, Any]]:
    said = {"purpose": "marketing", "channel": "", "is_given": True, "decided_at": datetime(2025, 6, 1)}
    return [{"customer_id": who(number)} | said for number in AGREED]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("plan")
    text = STORE.replace("sources: {", 'sources: {results: {path: "outcomes/{date}.csv", optional: true}, ')
    store = write_store(folder / "corner", text.replace("tables: {", "tables: {outcomes: FROM results, ") + ACTIONS)
    home = open_home(load_shop(str(store)), folder / "home")
    with duckdb.connect() as connection:
        tables(connection, 40)
        parts = [Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly=True) for table in TABLES]
        for table, made in {CONTRACT["orders"].clean: [], **rows()}.items():
            insert(connection, table, made)
            is_weekly = table.partitioning == "weekly"
            parts.append(Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly))
        connection.execute(f"DELETE FROM {CONSENTS.qualified}")
        insert(connection, CONSENTS, agreed())
        parts.append(Part(CONSENTS.qualified, f"SELECT * FROM {CONSENTS.qualified}"))
        written = write(connection, home.snapshot, parts, "one", AS_OF, lambda table, column: column or table)
        point(home.snapshot, written, 3)
    with served(store, home) as api:
        yield api


@pytest.fixture
def visitor(shop: Api) -> Visitor:
    return Visitor(shop).log_in("marketing")


def approve(visitor: Visitor, action: str) -> requests.Response:
    page = visitor.see("/console/actions").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    form = re.search(rf'action="/console/actions/{action}".*?name="content" value="([^"]+)"', page)
    assert token
    return visitor.fill(f"/console/actions/{action}", token=token[1], content=form[1] if form else "")


def listed(answer: requests.Response) -> list[str]:
    """The accounts in a CSV."""
    assert answer.status_code == 200, answer.text
    return [row["Accounts"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_the_page_says_what_the_plan_brings_whom_it_reaches_and_what_earlier_ones_brought(visitor: Visitor) -> None:
    page = visitor.see("/console/actions").text
    said = plain(page)
    assert "CNY 1 more of budget would bring CNY 0.40 net" in said
    assert "it works: 10.0 points more buy (95 % interval 2.0 to 18.0)" in said and "30% of 80" in said
    assert "9 customers are worth an action; 6 of them are in the plan" in said
    figures = dict(FIGURE.findall(page))
    assert (
        figures["/console/queries/actions.all_gain"] == "38"
        and figures["/console/queries/actions.left?row=refused"] == "1"
    )
    for url, value in list(figures.items()):
        result = plain(visitor.see(url).text.partition('class="result"')[2] or visitor.see(url).text)
        assert re.sub(r"\.0+$", "", value) in result.replace(",", ""), url
    chinese = visitor.see("/console/actions", params={"lang": "zh"}).text
    visitor.see("/console/actions", params={"lang": "en"})
    assert sorted(FIGURE.findall(chinese)) == sorted(FIGURE.findall(page)) and "拒绝个性化" in chinese


def test_who_is_in_is_shown_with_why_and_who_is_not_by_their_id_alone(visitor: Visitor) -> None:
    people = visitor.see("/console/actions/people?action=message").text
    shown = re.findall(r'<th scope="row"><a href="/console/customers/(\w+)"', people)
    # One was held out by another account of theirs.
    assert shown == [who(number) for number in (7, 3, 2, 1)]
    assert "1 who were planned may no longer be reached" in plain(visitor.see("/console/actions").text)
    assert "&lt;b&gt;worth it" in people and "CNY 67" in plain(people)
    for reason, person in (("refused", who(11)), ("no_consent", SILENT), ("held_out", HELD_OUT)):
        page = visitor.see(f"/console/actions/left?reason={reason}").text
        table = page.partition("<tbody>")[2].partition("</tbody>")[0]
        assert plain(table).split() == [person]
    for wrong in ("left?reason=other", "people?action=nothing", "people?from=-1"):
        assert visitor.see(f"/console/actions/{wrong}").status_code == 404


def test_only_marketing_sees_it(shop: Api) -> None:
    assert Visitor(shop).log_in("read").see("/console/actions").status_code == 403


def test_what_is_not_approved_or_has_expired_does_not_leave(visitor: Visitor) -> None:
    refused = visitor.see("/console/actions/coupon/csv")
    assert refused.status_code == 409 and "expired: no longer to be sent" in plain(refused.text)
    assert approve(visitor, "coupon").status_code == 409
    if "waits for approval" in plain(visitor.see("/console/actions").text):
        assert visitor.see(FILES).status_code == 409
    assert visitor.see("/console/actions/nothing/csv").status_code == 404


def test_an_approved_action_leaves_with_those_only_who_may_be_reached_now(shop: Api, visitor: Visitor) -> None:
    assert approve(visitor, "message").status_code == 303
    assert "the reminder\napproved" in re.sub(r"\s*\n\s*", "\n", plain(visitor.see("/console/actions").text))
    # Who was held out by another account of theirs is not in it, whatever the plan says.
    assert listed(visitor.see(FILES)) == [who(7), who(3), who(2), who(1)]
    book = openpyxl.load_workbook(io.BytesIO(visitor.see("/console/actions/message/xlsx").content)).worksheets[0]
    first = [cell.value for cell in next(book.iter_rows(min_row=2, max_row=2))]
    assert first == ["message-7", who(7), "the reminder", "has ordered before", datetime(2026, 1, 26)]
    with duckdb.connect() as connection:
        file = shop.home.folder / "one.parquet"
        file.write_bytes(visitor.see("/console/actions/message/parquet").content)
        asked = f"SELECT action_id, accounts, expires_on FROM '{file}' LIMIT 1"
        assert connection.execute(asked).fetchall() == [("message-7", who(7), date(2026, 1, 26))]
    newest = exports.listed(shop.home)[0]
    assert (newest.what, newest.kind, newest.people) == ("the reminder", "parquet", 4) and newest.who.startswith(
        "marketing"
    )
    # A refusal after the approval wins at once, and so does who is erased.
    inbox = Inbox(shop.home, "Asia/Shanghai")
    said = {
        "consent_id": "d1",
        "customer_id": REFUSING,
        "purpose": "marketing",
        "is_given": False,
        "decided_at": datetime.now(UTC),
    }
    with inbox.writing() as connection:
        inbox.keep(connection, "consents", [said])
    inbox.close()
    assert listed(visitor.see(FILES)) == [who(3), who(2), who(1)]
    Tombstones(shop.home).add([who(2)])
    assert listed(visitor.see(FILES)) == [who(3), who(1)]
    assert HELD_OUT not in visitor.see(FILES).text
    people = visitor.see("/console/actions/people").text
    assert re.findall(r'<th scope="row"><a href="/console/customers/(\w+)"', people) == [who(5), who(3), who(1)]


def test_a_plan_that_changed_waits_for_another_approval(shop: Api, visitor: Visitor) -> None:
    page = visitor.see("/console/actions").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert (
        token and visitor.fill("/console/actions/message", token=token[1], content="of other people").status_code == 303
    )
    assert "changed since it was approved" in plain(visitor.see("/console/actions").text)
    assert visitor.see(FILES).status_code == 409


def test_the_commands_say_the_same_and_write_the_same_file(shop: Api, tmp_path: Path) -> None:
    place = (shop.home.folder.parent.parent / "corner", shop.home)
    shown = zhike(place, "plan")
    assert shown.returncode == 0, shown.stderr
    assert "预算每多 1 元，预计多赚 0.40 元" in shown.stdout and "满减券 (coupon): 已过期，不能再导出" in shown.stdout
    refused = zhike(place, "plan", "export", "coupon", "--out", str(tmp_path / "coupon.csv"))
    assert refused.returncode == 1 and "「满减券」现在不能导出" in refused.stderr and not list(tmp_path.iterdir())
    assert zhike(place, "plan", "approve", "message").returncode == 0
    out = tmp_path / "message.csv"
    assert zhike(place, "plan", "export", "message", "--out", str(out)).returncode == 0
    assert out.stat().st_mode & 0o077 == 0
    found = [row["客户账号"] for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())]
    assert found and HELD_OUT not in found and set(found) <= {who(number) for number in (1, 2, 3, 7)}


def test_what_was_delivered_is_posted_once_an_action_and_outcome_and_lands(shop: Api) -> None:
    at = {"customer_id": who(1), "occurred_at": "2026-01-13T10:00:00+08:00"}
    told = [{"action_id": "message-1", "outcome": outcome} | at for outcome in ("delivered", "clicked")]
    asked = {"method": "POST", "json": {"outcomes": [*told, told[0] | {"outcome": "converted", "value": 12.5}]}}
    assert shop.ask("/outcomes", "read", **asked).status_code == 403
    answers = [shop.ask("/outcomes", "feedback", **asked) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"accepted": 3, "known": 0}, {"accepted": 0, "known": 3}]
    wrong = shop.ask("/outcomes", "feedback", method="POST", json={"outcomes": [told[0] | {"value": "12"}]})
    assert wrong.status_code == 422 and "outcomes.0.value" in wrong.text
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    land(shop.home, "outcomes", today)
    landed = (shop.home.landing / "outcomes" / f"{today}{SUFFIX}").read_text("utf-8")
    assert sorted(json.loads(line)["outcome"] for line in landed.splitlines()) == ["clicked", "converted", "delivered"]
