"""`zhike answer` says what service would say, and `zhike key chat` gives the secret of the tokens to the shop's own server."""

import json
import os
import subprocess
import sys
from pathlib import Path

from resources.home import Home
from serving.service.tokens import Secret
from tests.serving.service.shop import newest_order, publish_service


def zhike(place: tuple[Path, Home], *command: str) -> "subprocess.CompletedProcess[str]":
    where = ("--store", str(place[0]), "--home", str(place[1].folder.parent))
    full = [sys.executable, "-m", "pipelines", *command, *where]
    return subprocess.run(full, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})


def test_one_question_is_answered_by_hand_and_nothing_is_kept(place: tuple[Path, Home]) -> None:
    before = zhike(place, "answer", "怎么开发票")
    assert (before.returncode, "zhike run" in before.stderr) == (1, True)
    publish_service(place[1], customers=20)
    order = newest_order(place[1], "c00000004")
    own = json.loads(zhike(place, "answer", "我的订单到哪了？", "--customer", "c00000004", "--json").stdout)
    assert (own["kind"], own["answer_id"], order in own["text"]) == ("answer", "k01", True)
    guest = zhike(place, "answer", "我的订单到哪了？")
    assert guest.stdout.startswith("一般3到5天送达。\n已回答 · 订单")
    assert order not in guest.stdout
    assert "要求人工服务" in zhike(place, "answer", "转人工").stdout
    assert not (place[1].landing / "inbox.db").exists()


def test_the_secret_of_the_chat_is_printed_alone_and_renewed(place: tuple[Path, Home]) -> None:
    first = zhike(place, "key", "chat").stdout.strip()
    assert (len(first), first) == (64, Secret(place[1]).value().decode())
    assert zhike(place, "key", "chat").stdout.strip() == first
    assert zhike(place, "key", "chat", "--renew").stdout.strip() not in ("", first)
    (place[1].folder / "service.secret").write_text("short")
    short = zhike(place, "key", "chat")
    assert (short.returncode, "聊天令牌的密钥不足 32 字节" in short.stderr) == (1, True)
