"""Each channel writes, signs and cuts as its service asks, and reads its answers by what they say."""

import base64
import email
import email.policy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assets.outreach.delivery.channels.dingtalk import signed
from assets.outreach.delivery.channels.feishu import signature
from assets.outreach.delivery.channels.webhook import signatures
from tests.outreach.delivery.servers import Asked, Service, certificate, hmac_sha256, mailbox, service
from tests.outreach.delivery.shop import NIGHT, PATHS, SIGNING, WEBHOOK_KEYS, counter, message

OK: dict[str, Any] = {
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success"},
    "lark": {"StatusCode": 0, "StatusMessage": "success"},
    "wecom_robot": {"errcode": 0, "errmsg": "ok"},
    "wecom_app": {"errcode": 0, "access_token": "TOKENapp1234567890", "expires_in": 7200},
    "slack": "ok",
    "webhook": "",
}
HOSTED = [kind for kind in OK if kind != "wecom_app"]
LIMITS = {"dingtalk": 20_000, "feishu": 20_000, "lark": 20_000, "wecom_robot": 4096, "wecom_app": 2048, "slack": 3000}
# What the services answer, by the class that it is of: a body, or a status with one.
SAID: dict[str, dict[str, list[Any]]] = {
    "dingtalk": {
        "retry": [{"errcode": code} for code in (130101, 410100, -1)],
        "broken": [{"errcode": code} for code in (300005, 400101, 400102, 400013, 400106)]
        + [{"errcode": 310000, "errmsg": said} for said in ("keywords not in content", "sign not match", "ip 1.2.3.4 not in whitelist")],
        "dead": [{"errcode": code} for code in (40035, 43004, 400105, 123456)],
        "perhaps": ["<html>a portal</html>", {"ok": True}, [1], {"errcode": "0"}, {"errcode": False}, ""],
    },
    "feishu": {
        "retry": [{"code": 11232}],
        "broken": [{"code": code} for code in (19001, 19021, 19022, 19024)],
        "dead": [{"code": 9499}, {"code": 77}],
        "perhaps": [{}, "null", {"code": None}],
    },
    "wecom_robot": {
        "retry": [{"errcode": 45009}, {"errcode": -1}],
        "broken": [{"errcode": 93000}],
        "dead": [{"errcode": 40058}],
        "perhaps": ["", {"errmsg": "ok"}],
    },
    "slack": {
        "broken": [(404, "no_service"), (410, "channel_is_archived"), (403, "action_prohibited"), (403, "?")],
        "dead": [(400, "invalid_payload"), (400, "invalid_blocks"), (400, "?")],
        "perhaps": ["not ok", ""],
    },
    "webhook": {
        "broken": [(401, ""), (403, ""), (404, ""), (410, ""), (302, "")],
        "dead": [(400, ""), (422, "")],
    },
}  # fmt: skip
for _kind in HOSTED:
    SAID.setdefault(_kind, {}).setdefault("retry", []).extend([(429, ""), (500, ""), (503, "")])
CASES = [
    (kind, outcome, said)
    for kind, outcomes in SAID.items()
    for outcome, several in outcomes.items()
    for said in several
]


def text_of(kind: str, asked: Asked) -> str:
    """The text that people are shown, in the place where the service looks for it; raises where the shape is another."""
    found = asked.json
    if kind == "dingtalk":
        assert found["msgtype"] == "markdown" and found["markdown"]["title"]
        return found["markdown"]["text"]
    if kind in ("feishu", "lark"):
        assert found["msg_type"] == "text"
        return found["content"]["text"]
    if kind == "wecom_robot":
        assert found["msgtype"] == "markdown"
        return found["markdown"]["content"]
    if kind == "wecom_app":
        assert (found["touser"], found["agentid"], found["msgtype"]) == ("anna|bob", 7, "text")
        assert (found["enable_duplicate_check"], found["duplicate_check_interval"]) == (1, 14400)
        return found["text"]["content"]
    head, section = found["blocks"]
    assert found["text"] and head["text"]["type"] == section["text"]["type"] == "plain_text"
    return f"{head['text']['text']}\n{section['text']['text']}"


@pytest.fixture
def server() -> Any:
    with service() as made:
        yield made


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_a_message_has_its_place_and_its_length_and_commands_nothing(
    kind: str, server: Service, tmp_path: Path
) -> None:
    server.answer(OK[kind])
    shop = counter(tmp_path, kind, server)
    odd = "<at user_id='all'> @all [点我](http://evil.example) **粗** <!channel>\n# 标题\u202e"
    shop.put(message("short", lines=[odd]), message("long", lines=[f"第 {n} 行：" + "客户" * 20 for n in range(500)]))
    assert shop.deliver().sent == 2
    asked = [each for each in server.asked if "gettoken" not in each.path]
    short, long = (text_of(kind, each) for each in asked)
    heading = {"dingtalk": "### 茶馆 · 3 位", "wecom_robot": "**茶馆 · 3 位"}.get(kind, "茶馆 · 3 位")
    assert short.startswith(heading) and "点我" in short
    assert (
        not any(sign in short.removeprefix("### ") for sign in "<>@[]`#")
        and "http://" not in short
        and "\u202e" not in short
    )
    assert len(long.encode()) <= LIMITS[kind] and len(asked[1].body) <= 20_480
    assert len(long.encode()) > LIMITS[kind] * 0.8, "what fits is there"
    *whole, left = [line for line in long.split("\n") if line]
    assert left.startswith("……") and whole[-1].endswith("客户" * 20), "cut at a line"
    assert int("".join(filter(str.isdigit, left))) + sum("行：" in line for line in whole) == 500


def test_a_signature_is_the_services_own(server: Service, tmp_path: Path) -> None:
    # By another implementation (openssl dgst -hmac), and the vector of the specification of Standard Webhooks.
    assert signed("https://x/send?access_token=t", "SECtest", 1700000000001).endswith(
        "access_token=t&timestamp=1700000000001&sign=r4CWp%2FDz%2BNg0sbTjH1vB0Fr%2BuQ2fn831mssaN6%2FC05I%3D"
    )
    assert signature("demo", 1700000000) == "8oT2n3SMKFfEnDoiwer8BUM/SjKLwe9SqoEIHlhDTKo="
    vector = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signatures(WEBHOOK_KEYS[0], *vector) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    milliseconds, seconds = int(NIGHT.timestamp() * 1000), int(NIGHT.timestamp())
    for kind in HOSTED:
        server.answer(OK[kind])
        shop = counter(tmp_path / kind, kind, server)
        shop.put(message())
        assert shop.deliver().sent == 1
        asked = server.asked[-1]
        assert asked.path.startswith(PATHS[kind]) and "json" in asked.headers["content-type"]
        if kind == "dingtalk":
            own = hmac_sha256(b"SECtest", f"{milliseconds}\nSECtest".encode())
            assert asked.query == {"access_token": "TOKENdingtalk123", "timestamp": str(milliseconds), "sign": own}
        elif kind in ("feishu", "lark"):
            own = hmac_sha256(f"{seconds}\n{SIGNING[kind]}".encode(), b"")
            assert (asked.json["timestamp"], asked.json["sign"]) == (str(seconds), own)
        elif kind == "webhook":
            signed_text = f"{message().key}.{seconds}.".encode() + asked.body
            keys = [base64.b64decode(each[6:]) for each in WEBHOOK_KEYS]
            assert asked.headers["webhook-signature"] == " ".join(f"v1,{hmac_sha256(key, signed_text)}" for key in keys)
            names = ("webhook-id", "idempotency-key", "webhook-timestamp")
            assert [asked.headers[name] for name in names] == [message().key, message().key, str(seconds)]
            assert asked.json["data"]["title"] == {"zh": message().title.zh, "en": message().title.en}
        else:
            assert asked.path == PATHS[kind]


@pytest.mark.parametrize(("kind", "outcome", "said"), CASES, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(CASES)])
def test_an_answer_is_of_its_class_whatever_its_status(
    kind: str, outcome: str, said: Any, server: Service, tmp_path: Path
) -> None:
    status, body = said if isinstance(said, tuple) else (200, said)
    server.answer(body, status, location=f"{server.url}/elsewhere")
    shop = counter(tmp_path, kind, server)
    shop.put(message("first"), message("second"))
    done = shop.deliver()
    (first, second), calls = shop.rows(), len(server.asked)
    assert done.sent == 0 and "elsewhere" not in "".join(asked.path for asked in server.asked)
    expected = {"retry": "waiting", "broken": "waiting", "dead": "dead", "perhaps": "perhaps_sent"}[outcome]
    assert first.state == expected and first.words.zh and first.words.en
    # Only a refusal is the message's own: after anything else the channel has a pause.
    assert (calls, second.state) == ((2, "dead") if outcome == "dead" else (1, "waiting"))
    assert list(done.broken) == (["it"] if outcome == "broken" else [])
    assert [len(done.dead), len(done.perhaps)] == [2 * (outcome == "dead"), 1 * (outcome == "perhaps")]
    if outcome == "broken":
        shop.deliver(minutes=10)
        assert len(server.asked) == 1, "a person is asked after one try"


def test_how_long_to_wait_is_the_services_word(server: Service, tmp_path: Path) -> None:
    for kind, body, status, seconds in (
        ("dingtalk", OK["dingtalk"] | {"errcode": 130101}, 200, 600),
        ("wecom_robot", {"errcode": 45009}, 200, 60),
        ("slack", "rate_limited", 429, 1200),
    ):
        server.answer(body, status, retry_after="1200")
        shop = counter(tmp_path / kind, kind, server)
        shop.put(message())
        shop.deliver()
        (row,) = shop.rows()
        assert (row.next_at - shop.at).total_seconds() == seconds
        server.answer(OK[kind])
        assert shop.deliver(minutes=seconds / 60 - 0.1).sent == 0
        assert shop.deliver(minutes=0.1).sent == 1


def test_an_app_asks_for_a_token_once_for_another_once_more_and_names_who_got_nothing(
    server: Service, tmp_path: Path
) -> None:
    shop = counter(tmp_path, "wecom_app", server)

    def answers(*bodies: dict[str, Any]) -> None:
        server.asked.clear()
        server.answers = [(200, json.dumps(body), {}) for body in bodies]

    def asked() -> list[str]:
        return ["token" if "gettoken" in each.path else each.query["access_token"] for each in server.asked]

    token, other = ({"errcode": 0, "access_token": name, "expires_in": 7200} for name in ("T1", "T2"))
    answers(token, {"errcode": 0}, {"errcode": 0, "invaliduser": "bob"})
    shop.put(message("a"), message("b"))
    assert shop.deliver().sent == 2 and asked() == ["token", "T1", "T1"]
    assert server.asked[0].query == {"corpid": "corp1", "corpsecret": "APPSECRETapp12345"}
    assert shop.rows()[1].words.en == "sent, but 1 of the members do not get it"
    answers({"errcode": 42001}, other, {"errcode": 0})
    shop.put(message("c"))
    assert shop.deliver().sent == 1 and asked() == ["T1", "token", "T2"]
    for number, (bodies, calls) in enumerate([
        ([{"errcode": 40014}, other, {"errcode": 40014}], 3),
        ([{"errcode": 81013}], 1),
        ([{"errcode": 0, "invaliduser": "anna|bob"}], 1),
    ]):  # fmt: skip
        answers(*bodies)
        shop.put(message(f"d{number}"))
        assert list(shop.deliver(minutes=24 * 60 + 1).broken) == ["it"] and len(server.asked) == calls


def test_mail_to_staff_is_handed_over_and_its_codes_are_understood(tmp_path: Path) -> None:
    with mailbox() as box:
        shop = counter(tmp_path, "email", security="none", port=box.port, language="both", user="zhike")
        shop.close(password="PASSWORDmail123")
        shop.put(message())
        assert shop.deliver().sent == 1
        ((sender, receivers, text),) = box.mails
        mail = email.message_from_string(text, policy=email.policy.default)
        assert ("zhike@shop.example" in sender, len(receivers), box.logins) == (True, 2, ["\0zhike\0PASSWORDmail123"])
        assert mail["Message-ID"] == f"<{message().key}@shop.example>" and mail["Auto-Submitted"] == "auto-generated"
        assert "茶馆 · 3 位" in mail["Subject"] and "Tea house · en 3" in mail["Subject"]
        body = mail.get_body()
        assert body and "二行" in body.get_content() and "en 二行" in body.get_content()
        for number, (codes, drops, state, kind) in enumerate([
            ({"quit": "421 no"}, "", "sent", ""),
            ({"RCPT": "550 nobody"}, "", "waiting", "broken"),
            ({"RCPT TO:<bob@shop.example>": "550 nobody"}, "", "sent", ""),
            ({"RCPT": "451 later"}, "", "waiting", ""),
            ({"MAIL": "550 no"}, "", "waiting", "broken"),
            ({"AUTH": "535 no"}, "", "waiting", "broken"),
            ({"AUTH": "454 later"}, "", "waiting", ""),
            ({"DATA": "451 later"}, "", "waiting", ""),
            ({"end": "554 spam"}, "", "dead", ""),
            # It may be sent again: the receiver knows it by its Message-ID.
            ({}, "DATA", "waiting", ""),
        ]):  # fmt: skip
            own = counter(tmp_path / str(number), "email", security="none", port=box.port, user="zhike")
            own.close(password="PASSWORDmail123")
            own.put(message())
            box.codes, box.drops = codes, drops
            done = own.deliver()
            assert (own.states(), list(done.broken)) == ([state], ["it"] if kind else []), codes
        box.codes, box.drops = {}, ""
        assert own.deliver(minutes=2).sent == 1
        assert [text.count(f"<{message().key}@") for *_, text in box.mails[-2:]] == [1, 1], "twice, under one id"


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes the server's certificate, is not there"
)
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_out_closed_to_a_server_that_is_trusted_and_to_no_other(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path / "certificate")
    with mailbox(context, from_start=security == "tls") as box, mailbox() as open_box:
        shop = counter(tmp_path / "known", "email", security=security, port=box.port, user="zhike")
        shop.close(password="PASSWORDmail123")
        shop.put(message())
        assert [problem.en for problem in shop.deliver().problems] == [
            "channel it delivers nothing: the certificate of its server is not to be trusted"
        ]
        assert (box.mails, box.logins) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert shop.deliver(minutes=24 * 60).sent == 1 and len(box.mails) == len(box.logins) == 1
        plain = counter(tmp_path / "plain", "email", security=security, port=open_box.port, user="zhike")
        plain.close(password="PASSWORDmail123")
        plain.put(message())
        plain.deliver()
        assert (plain.states(), open_box.mails, open_box.logins) == (["waiting"], [], []), "no password in plain text"
