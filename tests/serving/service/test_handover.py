"""A person takes over when one is asked for and when it matters; the queue says who comes first and keeps what was done."""

import sqlite3
from itertools import count
from typing import Any

import pytest

from tests.serving.api import Api
from tests.serving.service.shop import Talk, newest_order

ASKED = ("人工", "转人工客服", "我要跟真人说", "轉人工", "让你们经理来", "I want to talk to a human", "agent please", "人工客服几点上班，我现在就要找人工", "客服呢", "不要机器人", "叫你们领导来", "live chat please", "人呢,出来说话啊", "值班人员在吗", "get me a real one, not a bot")  # fmt: skip
NOT_ASKED = ("不用转人工了", "I don't need a human", "你们客服态度真好")
NUMBERS = count()


def talk(api: Api, customer: str | None = None) -> Talk:
    return Talk(api, f"h{next(NUMBERS)}", customer)


def queued(api: Api, conversation: str, language: str = "zh") -> dict[str, Any]:
    rows = api.ask("/queue?limit=200", "service", language=language).json()["queue"]
    return next(row for row in rows if row["conversation_id"] == conversation)


@pytest.mark.parametrize("text", ASKED)
def test_who_asks_for_a_person_gets_one_within_the_turn(service: Api, text: str) -> None:
    asking = talk(service)
    told = asking.say(text)
    assert (told["kind"], told["state"]) == ("handed_over", "open")
    assert queued(service, asking.conversation)["reason_codes"] == ["asked"]


@pytest.mark.parametrize("text", NOT_ASKED)
def test_who_wants_no_person_gets_none(service: Api, text: str) -> None:
    assert talk(service).say(text)["state"] == "bot"


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("你们这群骗子，垃圾店铺！", ["anger"]),
        ("This is ridiculous, worst service ever", ["anger"]),
        ("我付了两次钱，帮我查一下", ["money"]),
        ("I was charged twice and nobody helps", ["money"]),
        ("退款10天了还没到账，骗子！叫你们经理来", ["anger", "money", "asked"]),
        ("人工客服！东西坏了要赔钱", ["money", "asked"]),
    ],
)
def test_anger_and_missing_money_are_for_a_person(service: Api, text: str, reasons: list[str]) -> None:
    asking = talk(service)
    assert asking.say(text)["kind"] == "handed_over"
    assert queued(service, asking.conversation)["reason_codes"] == reasons


@pytest.mark.parametrize(
    "text",
    [
        "usb线有货吗",
        "滚筒洗衣机怎么安装",
        "烟雾报警器怎么用",
        "垃圾袋什么时候发货",
        "退款多久到账",
        "退货要赔运费吗",
        "不退款了",
        "do you sell garbage bags",
    ],
)
def test_words_that_only_sound_like_it_are_not(service: Api, text: str) -> None:
    assert talk(service).say(text)["state"] == "bot"


def test_after_two_answers_that_did_not_help_a_person_takes_over(service: Api) -> None:
    lost = talk(service)
    kinds = [lost.say(text)["kind"] for text in ("🙂🙂", "https://example.com/x", "😡")]
    assert kinds == ["question_back", "question_back", "handed_over"]
    assert queued(service, lost.conversation)["reason_codes"] == ["no_help"]
    again = talk(service)
    assert again.say("你好")["kind"] == "greeting"
    assert again.say("😀")["kind"] == "question_back"


def test_the_record_tells_an_agent_whom_they_have_and_why_in_their_language(service: Api) -> None:
    asking = talk(service, "c00000004")
    asking.say("转人工，我的电话是13800138000")
    order = newest_order(service.home, "c00000004")
    zh, en = queued(service, asking.conversation, "zh"), queued(service, asking.conversation, "en")
    assert zh["person_id"] == "c00000004"
    assert len(zh["summary"]) == len(en["summary"]) == 2
    assert order in zh["summary"][0] and "流失概率" in zh["summary"][0] and "要求人工服务" in zh["summary"][1]
    assert (
        order in en["summary"][0] and "likely to leave" in en["summary"][0] and "asked for a person" in en["summary"][1]
    )
    card = service.ask("/customers/c00000004", "service").json()["customer"]
    assert (zh["segment"], zh["p_churn"], zh["spend"]) == (card["segment_zh"], card["p_churn"], card["spend"])
    assert [each["order_id"] for each in zh["orders"]][0] == order and len(zh["orders"]) == 3
    # What is personal in the words is masked before it is kept.
    whole = service.ask(f"/queue/{zh['handover_id']}", "service", language="zh").json()
    assert [message["sender"] for message in whole["messages"]] == ["customer", "bot"]
    assert whole["messages"][0]["text"] == "转人工，我的电话是***"


def test_the_most_urgent_come_first_and_of_equal_ones_who_came_first(service: Api) -> None:
    first, second, third = talk(service), talk(service), talk(service)
    first.say("人工")
    second.say("人工")
    third.say("骗子！把钱退给我！")
    order = [row["conversation_id"] for row in service.ask("/queue?limit=200", "service").json()["queue"]]
    mine = [name for name in order if name in {first.conversation, second.conversation, third.conversation}]
    assert mine == [third.conversation, first.conversation, second.conversation]


def test_what_agents_do_is_kept_with_who_and_when_and_the_customer_is_answered(service: Api) -> None:
    asking = talk(service)
    asking.say("人工")
    number = queued(service, asking.conversation)["handover_id"]

    def do(**step: str) -> dict[str, Any]:
        answer = service.ask(f"/queue/{number}", "service", method="POST", json=step)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert do(step="take")["state"] == "taken"
    # Whoever takes it at the same moment is told who has it.
    second = service.ask(f"/queue/{number}", "service", "read", method="POST", json={"step": "take"})
    assert (second.status_code, "in progress" in second.json()["what_to_do"]) == (409, True)
    assert asking.say("还在吗")["kind"] == "handed_over"
    assert do(step="note", text="先查物流")["state"] == "taken"
    assert do(step="answer", text="您好，已为您催件。")["state"] == "answered"
    # Who is answered and writes again is again somebody's to answer.
    assert asking.say("好的，请问多久到？")["state"] == "taken"
    done = do(step="close")
    assert done["state"] == "closed"
    assert [step["step"] for step in done["steps"]] == ["opened", "take", "note", "answer", "close"]
    assert all(step["at"] and step["who"] for step in done["steps"])
    assert "agent" in [message["sender"] for message in done["messages"]]
    assert "先查物流" not in [message["text"] for message in done["messages"]]
    refused = service.ask(f"/queue/{number}", "service", method="POST", json={"step": "take"})
    assert (refused.status_code, "closed" in refused.json()["what_to_do"]) == (409, True)
    # The bot is back.
    assert asking.say("你好")["kind"] == "greeting"
    assert service.ask("/queue/999999", "service").status_code == 404
    assert service.ask(f"/queue/{number}", "read").status_code == 403


def test_all_that_is_said_is_there_for_the_next_run_once(service: Api) -> None:
    asking = talk(service)
    told = asking.say("人工", turn_id="same")
    assert asking.say("人工", turn_id="same") == told
    assert asking.post("别的话", turn_id="same").status_code == 409
    number = queued(service, asking.conversation)["handover_id"]
    service.ask(f"/queue/{number}", "service", method="POST", json={"step": "answer", "text": "您好"})
    with sqlite3.connect(service.home.landing / "inbox.db") as inbox:
        query = "SELECT json_extract(row, '$.sender'), json_extract(row, '$.text') FROM messages WHERE json_extract(row, '$.conversation_id') = ? ORDER BY received_at"
        rows = inbox.execute(query, (asking.conversation,)).fetchall()
    assert rows == [("customer", "人工"), ("bot", told["text"]), ("agent", "您好")]
