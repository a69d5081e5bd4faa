"""Who speaks is what a token of the shop's own server says, and nobody else: without one nothing personal is told."""

import json
import sqlite3

import pytest

from serving.service.tokens import Secret
from tests.serving.api import Api
from tests.serving.service.shop import Talk, newest_order, token

WRONG = {
    "forged": ({"secret": b"x" * 32}, "c", "its signature is wrong"),
    "expired": ({"valid": -1}, "c", "expired"),
    "for a week": ({"valid": 7 * 86400}, "c", "more than a day"),
    "of another shop": ({"shop": "other"}, "c", "another shop"),
    "of another conversation": ({}, "other", "another conversation"),
}


def test_the_customer_of_a_token_is_told_of_their_own_order(service: Api) -> None:
    order = newest_order(service.home, "c00000004")
    talk = Talk(service, "own", "c00000004")
    assert f"您的订单 {order}：已发货" in talk.say(order)["text"]
    # Another account may be another's who shares a device.
    other = Talk(service, "other account", "c00000020b").say(newest_order(service.home, "c00000020"))
    assert "已发货" not in other["text"] and "请问您想查询物流" in other["text"]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_token_that_is_not_valid_is_refused_with_its_reason_and_nothing_is_kept(service: Api, wrong: str) -> None:
    given, conversation, reason = WRONG[wrong]
    shown = token(service.home, "c00000004", conversation, **given)  # pyright: ignore[reportArgumentType]
    answer = Talk(service, "c").post("我的订单到哪了？", token=shown)
    assert answer.status_code == 401
    assert reason in answer.json()["error"]
    with sqlite3.connect(service.home.landing / "inbox.db") as inbox:
        assert inbox.execute("SELECT count(*) FROM turns WHERE conversation_id = 'c'").fetchone() == (0,)


def test_without_a_token_nothing_personal_is_told_not_even_what_was_told_before(service: Api) -> None:
    order = newest_order(service.home, "c00000006")
    told = Talk(service, "mine", "c00000006").say(order, turn_id="t1")
    assert order in told["text"] and "已" in told["text"]
    # The same turn again, by who cannot show who they are, and by another customer.
    again = Talk(service, "mine").post(order, turn_id="t1")
    assert again.status_code == 409
    other = Talk(service, "mine", "c00000008").post(order, turn_id="t1")
    assert (other.status_code, "another customer" in other.json()["error"]) == (403, True)
    stranger = Talk(service, "new").say(order)
    assert (stranger["kind"], "已" in stranger["text"].replace("收到", "")) == ("question_back", False)
    # Nor does another customer's token open an order.
    assert Talk(service, "new too", "c00000008").say(order)["kind"] == "question_back"


def test_a_secret_is_for_its_owner_only_and_may_be_renewed(service: Api) -> None:
    secret = Secret(service.home)
    before = secret.value()
    assert oct((service.home.folder / "service.secret").stat().st_mode & 0o777) == "0o600"
    old = token(service.home, "c00000004", "renewed")
    secret.renew()
    assert Talk(service, "renewed").post("你好", token=old).status_code == 401
    assert Talk(service, "renewed", "c00000004").say("你好")["kind"] == "greeting"
    assert before not in service.log.read_bytes()
    assert secret.value() not in service.log.read_bytes()
    assert json.dumps(old) not in service.log.read_text("utf-8")
