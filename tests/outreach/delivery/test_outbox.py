"""What waits is sent once, within what a channel takes, and nothing of it is lost with a process."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter as Counted
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assets.outreach.alerts.telling import put_alerts
from assets.outreach.delivery.deliver import deliver
from assets.outreach.delivery.outbox import Outbox
from tests.outreach.delivery.servers import Service, service
from tests.outreach.delivery.shop import NIGHT, Counter, counter, message

CLAIMS = """
import os, sys
from pathlib import Path
from assets.outreach.delivery.outbox import Outbox
from resources.home import Home
Outbox(Home(Path(sys.argv[1]))).claim("it", 20)
os._exit(9)
"""
OK = {"errcode": 0}


@pytest.fixture
def server() -> Iterator[Service]:
    with service() as made:
        made.answer(OK)
        yield made


def lost_within_a_call(shop: Counter) -> None:
    """Another process claims the next message and is gone."""
    root = Path(__file__).resolve().parents[3]
    subprocess.run(
        [sys.executable, "-c", CLAIMS, shop.home.folder],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )


def test_sixty_at_once_are_one_message_and_a_program_gets_each_within_its_rate(server: Service, tmp_path: Path) -> None:
    sixty = [message(str(n), f"第 {n} 条", expires_at=NIGHT + timedelta(days=1)) for n in range(60)]
    robot = counter(tmp_path / "robot", "dingtalk", server)
    robot.put(*sixty)
    robot.put(*sixty)
    assert robot.deliver().sent == 1 and robot.states() == ["sent"] * 60
    (asked,) = server.asked
    text = asked.json["markdown"]["text"]
    assert "60 条提醒" in text and [f"第 {n} 条" in text for n in range(60)] == [True] * 60
    server.asked.clear()
    program = counter(tmp_path / "program", "webhook", server, a_minute=20)
    program.put(*sixty)
    assert [program.deliver().sent, program.deliver(minutes=0.5).sent] == [20, 0]
    assert [program.deliver(minutes=1).sent, program.deliver(minutes=1.1).sent] == [20, 20]
    assert Counted(asked.headers["idempotency-key"] for asked in server.asked) == Counted(each.key for each in sixty)


def test_few_are_sent_one_by_one_what_is_urgent_first(server: Service, tmp_path: Path) -> None:
    shop = counter(tmp_path, "wecom_robot", server, language="en")
    shop.put(message("a", "first"), message("b", "second", urgent=True), message("b", "second", urgent=True))
    assert shop.deliver().sent == 2
    headings = [asked.json["markdown"]["content"].split("\n")[0] for asked in server.asked]
    assert headings == ["**Urgent · Tea house · en second**", "**Tea house · en first**"]


def test_pauses_double_and_outlive_the_process_until_a_person_is_asked(server: Service, tmp_path: Path) -> None:
    server.answer("", 503)
    shop = counter(tmp_path, "slack", server)
    shop.put(message())
    pauses = []
    for _ in range(12):
        done = shop.deliver()
        (row,) = shop.rows()
        pauses.append(round((row.next_at - shop.at).total_seconds() / 60))
        shop.at = row.next_at
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 0]
    assert (len(server.asked), shop.states(), len(done.dead)) == (12, ["dead"], 1)
    assert done.problems[0].en == "channel it did not get 1 messages: its server failed (HTTP 503)"
    assert shop.deliver(minutes=60 * 24 * 8).problems == [], "after a week it is history"


def test_a_process_that_is_gone_leaves_a_message_for_a_person_or_for_the_next(server: Service, tmp_path: Path) -> None:
    keyless = counter(tmp_path / "keyless", "dingtalk", server)
    keyless.put(message())
    lost_within_a_call(keyless)
    assert keyless.states() == ["sending"]
    done = keyless.deliver()
    assert (keyless.states(), len(done.perhaps), done.problems, server.asked) == (["perhaps_sent"], 1, [], [])
    marked = counter(tmp_path / "marked", "dingtalk", server, repeats=True)
    marked.put(message())
    lost_within_a_call(marked)
    assert marked.deliver().sent == 1
    assert "重发 · may be a repeat" in server.asked.pop().json["markdown"]["title"]
    keyed = counter(tmp_path / "keyed", "webhook", server)
    keyed.put(message())
    lost_within_a_call(keyed)
    assert keyed.deliver().sent == 1 and server.asked.pop().headers["idempotency-key"] == message().key


def test_after_a_time_out_a_program_gets_the_same_again_and_people_do_not(server: Service, tmp_path: Path) -> None:
    server.answers = [None, None, (200, json.dumps(OK), {})]
    program = counter(tmp_path / "program", "webhook", server)
    program.put(message())
    robot = counter(tmp_path / "robot", "feishu", server)
    robot.put(message())
    assert [program.deliver().sent, robot.deliver().sent] == [0, 0]
    assert (program.states(), robot.states()) == (["waiting"], ["perhaps_sent"])
    assert [program.deliver(minutes=2).sent, robot.deliver(minutes=2).sent] == [1, 0]
    first, _, again = server.asked
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])


def test_a_server_that_is_not_there_was_told_nothing(tmp_path: Path) -> None:
    with service() as gone:
        shop = counter(tmp_path, "dingtalk", gone)
    shop.put(message())
    shop.deliver()
    (row,) = shop.rows()
    assert (row.state, row.words.en) == ("waiting", "its server could not be reached")


def test_what_is_too_old_or_for_a_channel_that_is_no_more_is_given_up(server: Service, tmp_path: Path) -> None:
    shop = counter(tmp_path, "dingtalk", server)
    shop.put(message("old", expires_at=NIGHT), message("new", expires_at=NIGHT + timedelta(minutes=1)))
    shop.put(message("else"), channel="before")
    done = shop.deliver()
    assert (done.sent, sorted(row.words.en for row in done.dead)) == (
        1, ["the shop has this channel no more", "too old before it could be sent"],
    )  # fmt: skip


def test_two_at_once_send_each_message_once(server: Service, tmp_path: Path) -> None:
    server.seconds = 0.005
    shop = counter(tmp_path, "webhook", server, a_minute=100)
    shop.put(*(message(str(n)) for n in range(40)))
    made, home = shop.shop, shop.home
    both = [threading.Thread(target=deliver, args=(made, home, lambda: shop.at)) for _ in range(3)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert shop.states() == ["sent"] * 40
    assert (
        set(Counted(asked.headers["webhook-id"] for asked in server.asked).values()) == {1} and len(server.asked) == 40
    )


def test_a_broken_channel_is_tried_once_a_day_and_works_again_when_it_does(server: Service, tmp_path: Path) -> None:
    server.answer({"errcode": 300005})
    shop = counter(tmp_path, "dingtalk", server)
    shop.put(*(message(str(n)) for n in range(3)))
    assert [problem.zh for problem in shop.deliver().problems] == [
        "渠道 it 发不出去：地址里的令牌不对，或机器人已被删除"
    ]
    assert shop.deliver(minutes=600).problems and len(server.asked) == 1
    with Outbox(shop.home, lambda: shop.at) as outbox:
        assert not outbox.is_due(["it"], NIGHT) and outbox.is_due(["it"], shop.at + timedelta(minutes=1))
    server.answer(OK)
    done = shop.deliver(minutes=24 * 60)
    assert (done.sent, done.problems, shop.states()) == (3, [], ["sent"] * 3)


def test_a_customer_is_forgotten_in_what_was_sent_and_in_what_waits(server: Service, tmp_path: Path) -> None:
    shop = counter(tmp_path, "dingtalk", server)
    shop.put(message("a", "c-anna 投诉", ["c-anna：退货", "c-bob：慢"], accounts=("c-anna", "c-bob")))
    shop.deliver()
    shop.put(message("b", "一周", ["c-anna：流失"], accounts=("c-anna",)), message("c"))
    with shop.outbox() as outbox:
        assert [outbox.forget(["c-anna"]), outbox.forget(["c-anna"])] == [2, 0]
    files = b"".join(path.read_bytes() for path in shop.home.folder.glob("outbox.db*"))
    assert b"c-anna" not in files and b"c-bob" in files
    assert [row.message.title.zh for row in shop.rows()] == ["（已删除）", "一周", message().title.zh]


def test_other_channels_are_told_of_one_that_fails_if_they_want_to_know(server: Service, tmp_path: Path) -> None:
    shop = counter(tmp_path, "dingtalk", server)
    shop.channels |= {
        name: {"kind": "slack", "causes": [cause]} for name, cause in (("ops", "operation"), ("sales", "complained"))
    }
    server.answer({"errcode": 310000, "errmsg": "sign not match"})
    shop.put(message())
    shop.deliver()
    for _ in range(2):
        with shop.outbox() as outbox:
            put_alerts(shop.home, shop.shop, outbox, list(shop.channels), shop.at)
    (told,) = [row for row in shop.rows() if row.message.key != message().key]
    assert (told.channel, told.message.urgent) == ("ops", True)
    assert "签名不对" in told.message.lines[0].zh and "this machine's clock" in told.message.lines[0].en
