"""The room of alerts over a real server, what is told of them, and that weeks run afterwards tell nothing."""

import html
import re
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest

from assets.features.tables import CUSTOMERS
from assets.outreach.alerts.tables import ALERTS
from assets.outreach.alerts.telling import put_alerts
from assets.outreach.delivery.assets import build as delivery
from assets.outreach.delivery.deliver import deliver
from assets.outreach.delivery.outbox import Outbox
from assets.outreach.report.make import ready
from assets.outreach.report.queries import queries
from benchmarks.serving_shop import AS_OF
from resources.alert_marks import FILE, forget, newest_marks
from resources.inbox import Inbox
from resources.shop import Shop, load_shop
from resources.snapshot import opened
from resources.wishes import wish
from tests.memory import in_memory
from tests.serving.api import STORE, Api
from tests.serving.test_console import Visitor
from tests.serving.test_rooms import FIGURE, HARM, ORDERS, PRODUCTS, TITLES, published, sold
from tests.shop_builder import write_store

ENDED = STORE.replace("start: 2024-01-01\n", "start: 2024-01-01\nend: 2026-01-11\n")
# A Monday morning on the shop's clocks.
MORNING = datetime(2026, 1, 12, 2, tzinfo=UTC)
BOUGHT = AS_OF - timedelta(days=60)
TOKEN = re.compile(r'name="token" value="([^"]+)"')
LAST = "c00000009"


def alert(name: str, week: date, place: int, **own: Any) -> dict[str, Any]:
    return {
        "as_of": week, "alert_id": name, "cause": "entered_risk", "cause_zh": "新增流失风险", "cause_en": "Newly at risk of leaving", "urgency": 2,
        "place": place, "at_stake": 50.5, "stake_zh": "概率 × 价值", "stake_en": "risk × worth", "reasons_zh": "很久没来", "reasons_en": "no visit for long",
        # Long enough that only the clock of the test ends it.
        "since_on": None, "expires_on": date(2030, 1, 1),
    } | own  # fmt: skip


def alerts() -> list[dict[str, Any]]:
    """Of the newest week four; of each of 51 weeks before it one; one of somebody who has bought since, and one that has expired."""
    week = [
        alert("complaint", AS_OF, 1, cause="complained", cause_zh="重要客户投诉", cause_en="A valuable customer complained", urgency=3,
              at_stake=900.25, person_id="c00000007"),
        alert("risk", AS_OF, 2, person_id="c00000008", since_on=BOUGHT),
        alert("product", AS_OF, 3, cause="aspect_falling", cause_zh="口碑下滑", cause_en="Praise is falling", product_id="茶/绿 50%", title=HARM),
        alert("last", AS_OF, 4, person_id=LAST, at_stake=1.0),
    ]  # fmt: skip
    before = [alert(f"w{back}", AS_OF - timedelta(days=7 * back), 1, person_id="c00000007") for back in range(1, 52)]
    bought = alert("bought", AS_OF - timedelta(days=7), 2, person_id="c00000008", since_on=BOUGHT - timedelta(days=9))
    return [*week, *before, bought, alert("old", AS_OF - timedelta(days=7), 3, person_id="c00000007", expires_on=AS_OF)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    customers = [
        {"as_of": AS_OF, "person_id": f"c{number:08}", "last_purchase_on": BOUGHT, "frequency": 1}
        for number in (7, 8, 9)
    ]
    titles = [
        {"product_id": key, "title": title, "category": "茶", "known_on": BOUGHT} for key, title in TITLES.items()
    ]
    made = {ORDERS: sold(), PRODUCTS: titles, CUSTOMERS: customers, ALERTS: alerts()}
    yield from published(tmp_path_factory.mktemp("alerts"), ENDED, made)


def described(api: Api) -> Shop:
    return load_shop(str(api.home.folder.parent.parent / "corner"))


def put(api: Api, now: datetime, channel: str) -> int:
    with Outbox(api.home, lambda: now) as outbox:
        return put_alerts(api.home, described(api), outbox, [channel], now)


def lines(api: Api, channel: str) -> str:
    with Outbox(api.home) as outbox:
        found = [row.message for row in outbox.listed() if row.channel == channel]
    return "\n".join(text for message in found for words in (message.title, *message.lines) for text in words)


def sections(page: str) -> list[str]:
    return re.findall(r'<article class="sheet acts" id="alert-([^"]+)"', page)


def act(visitor: Visitor, name: str, step: str, **fields: str) -> int:
    (token, *_) = TOKEN.findall(visitor.see("/console/alerts").text)
    return visitor.fill("/console/alerts", token=token, alert=name, step=step, **fields).status_code


def test_the_most_urgent_stand_first_and_each_leads_to_whom_it_is_about(shop: Api) -> None:
    page = Visitor(shop).log_in("marketing").see("/console/alerts").text
    assert sections(page)[:4] == ["complaint", "risk", "product", "last"]
    assert (
        len(sections(page)) == 30
        and "25 more stand behind these" in page
        and not {"bought", "old"} & set(sections(page))
    )
    for address in ("/console/customers/c00000007", "/console/products/%E8%8C%B6%2F%E7%BB%BF%2050%25"):
        assert f'href="{address}"' in page
    assert HARM not in page and html.escape(HARM) in page
    chinese = Visitor(shop, "zh").log_in("service").see("/console/alerts?cause=complained").text
    assert sections(chinese) == ["complaint"] and "有 55 条预警待处理" in chinese and "今天处理" in chinese
    assert Visitor(shop).log_in("read").see("/console/alerts").status_code == 403


def test_every_number_of_the_room_is_what_its_query_gives(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    with opened(shop.home) as reader:
        known = queries(ready(reader, described(shop)))
        found = {
            each for path in ("/", "/console/alerts") for each in FIGURE.findall(html.unescape(visitor.see(path).text))
        }
        of_alerts = [(urlsplit(address), shown) for address, shown in found if "/alerts." in address]
        for url, shown in of_alerts:
            sql, row = known[url.path.rsplit("/", 1)[1]], parse_qs(url.query).get("row", [""])[0]
            (result,) = reader.connection.execute(sql, {"row": row} if "$row" in sql else {}).fetchall()[0]
            assert float(result) == pytest.approx(float(shown)), url
    assert {"alerts.count", "alerts.at_stake", "alerts.one"} <= {url.path.rsplit("/", 1)[1] for url, _ in of_alerts}


def test_a_fresh_week_is_told_once_and_the_51_before_it_not_at_all(shop: Api) -> None:
    assert put(shop, MORNING, "team") == 2
    text = lines(shop, "team")
    assert "1 valuable customer complained" in text and "3 alerts this week, CNY 102 at stake in all" in text
    assert "<script>" not in text and put(shop, MORNING + timedelta(days=1), "team") == 0
    assert put(shop, MORNING + timedelta(days=8), "late") == 0
    page = Visitor(shop, "zh").log_in().see("/console/alerts").text
    assert "1 位重要客户投诉" in page and "等待发送" in page


def test_a_backfill_of_a_year_tells_nothing_and_what_a_channel_did_not_take_another_tells(shop: Api) -> None:
    put(shop, MORNING, "team")
    place = write_store(shop.home.folder.parent.parent / "told" / "corner", ENDED + "channels: {team: {kind: slack}}\n")
    told = load_shop(str(place)).model_copy(update={"folder": described(shop).folder})
    with Outbox(shop.home) as outbox:
        before = len(outbox.listed(limit=1000))
    result = dg.materialize(delivery(told, shop.home.folder.parent), instance=in_memory(), raise_on_error=False)
    assert result.success
    with Outbox(shop.home) as outbox:
        assert len(outbox.listed(limit=1000)) == before
    put(shop, MORNING, "else")
    assert "channel team did not take a message: too old before it could be sent" in lines(shop, "else")


def test_what_is_acknowledged_or_put_off_is_told_no_more_and_who_did_it_stands_there(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    assert act(visitor, "complaint", "acknowledge", note=f"called them {HARM}") == 303
    assert act(visitor, "risk", "snooze", days="3") == 303
    page = visitor.see("/console/alerts").text
    assert not {"complaint", "risk"} & set(sections(page)) and "53 alerts wait" in page
    done = visitor.see("/console/alerts?show=done").text
    assert set(sections(done)) == {"complaint", "risk"}
    assert "acknowledged by admin-" in done and HARM not in done and html.escape(f"called them {HARM}") in done
    assert put(shop, MORNING, "other")
    assert "c00000008" not in lines(shop, "other") and LAST in lines(shop, "other")
    marks = newest_marks(shop.home)
    assert (marks["complaint"].step, marks["risk"].step) == ("acknowledge", "snooze")
    assert stat.S_IMODE((shop.home.folder / FILE).stat().st_mode) == 0o600
    assert act(visitor, "complaint", "reopen") == 303
    assert "complaint" in sections(visitor.see("/console/alerts").text)


@pytest.mark.parametrize(
    ("name", "step", "days", "status"),
    [("complaint", "delete", "", 422), ("risk", "snooze", "91", 422), ("risk", "snooze", "x", 422), ("risk", "snooze", "9" * 20, 422),
     ("risk", "snooze", "0" * 9 + "9" * 12, 422), ("bought", "acknowledge", "", 404)],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(shop: Api, name: str, step: str, days: str, status: int) -> None:
    before = newest_marks(shop.home)
    assert act(Visitor(shop).log_in(), name, step, days=days) == status
    assert newest_marks(shop.home) == before
    assert Visitor(shop).log_in().fill("/console/alerts", alert="complaint", step="acknowledge").status_code == 403


def test_who_wishes_to_be_erased_is_in_no_alert_and_what_was_done_about_them_goes(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    assert act(visitor, "risk", "reopen") == 303
    assert put(shop, MORNING, "early") and LAST in lines(shop, "early") and "c00000008" in lines(shop, "early")
    assert act(visitor, "last", "acknowledge", note="MARKER-OF-A-NOTE") == 303
    inbox = Inbox(shop.home, "Asia/Shanghai")
    wish(inbox, LAST)
    inbox.add("consents", [{"consent_id": "no", "customer_id": "c00000008", "purpose": "personalisation", "is_given": False, "decided_at": "2026-01-12T01:00:00Z"}])  # fmt: skip
    # What waited when they said so tells nothing of them when it leaves.
    deliver(described(shop), shop.home)
    assert LAST not in lines(shop, "early") and "c00000008" not in lines(shop, "early")
    assert "c00000007" in lines(shop, "early")
    assert LAST not in visitor.see("/console/alerts?show=done").text
    assert put(shop, MORNING, "third") and LAST not in lines(shop, "third")
    assert forget(shop.home, [LAST]) >= 1 and forget(shop.home, [LAST]) == 0
    for path in shop.home.folder.glob(f"{FILE}*"):
        assert b"MARKER-OF-A-NOTE" not in path.read_bytes() and LAST.encode() not in path.read_bytes()
