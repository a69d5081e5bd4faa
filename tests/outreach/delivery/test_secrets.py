"""What is secret of a channel is read from the environment or a closed file, and shows nowhere: not where it is used, and not where that fails."""

import base64
import logging
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

import pipelines.cli_channels  # noqa: F401  its commands join the others
from assets.outreach.delivery.outbox import Outbox
from assets.outreach.delivery.secrets import FILE, secret_of
from pipelines.definitions import build_definitions
from pipelines.runs import instance_of
from resources.errors import ZhikeError
from resources.home import open_home
from tests.outreach.delivery.servers import mailbox, service
from tests.outreach.delivery.shop import DECLARED, counter, message
from tests.pipelines.corner import zhike
from tests.shop_builder import Bench, write_store

PLANTED = [f"PLANTEDsecret{name}+/x" for name in ("url", "signing", "key", "password", "app", "old")]
URL, SIGNING, KEY, PASSWORD, APP, OLD = PLANTED
STORE = """
name: {zh: 茶馆, en: Tea house}
locale: zh
time_zone: Asia/Shanghai
start: 2026-11-01
sources: {order_lines: {path: "orders/{date}.csv"}}
tables: {orders: SELECT * FROM order_lines}
"""


def test_the_environment_goes_before_the_file_which_others_may_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = counter(tmp_path, "dingtalk")
    shop.close(url="https://file.example/a", secret=OLD)
    monkeypatch.setenv("ZHIKE_CHANNEL_IT_SECRET", SIGNING)
    found = secret_of(shop.home, "it")
    assert (found.url(), found.get("secret")) == ("https://file.example/a", SIGNING)
    assert not any(planted in repr(found) + str(vars(type(found))) for planted in PLANTED)
    path = shop.home.folder / FILE
    path.chmod(0o640)
    with pytest.raises(ZhikeError, match="others can read") as raised:
        secret_of(shop.home, "it")
    assert OLD not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        f"it: {{url: '{URL}'",
        f"it: {URL}",
        f"- {URL}",
        f"it: {{token: '{URL}'}}",
        f"it: {{url: ['{URL}']}}",
        f"\xff {URL}",
    ],
)
def test_a_file_that_is_none_is_not_shown(text: str, tmp_path: Path) -> None:
    shop = counter(tmp_path, "slack")
    path = shop.home.folder / FILE
    path.touch(0o600)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ZhikeError, match="cannot be read") as raised:
        secret_of(shop.home, "it")
    assert URL not in str(raised.value) and raised.value.__cause__ is None and raised.value.__suppress_context__
    shop.put(message())
    assert shop.deliver().problems[0].zh.endswith("渠道密钥的文件读不出来")


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://x/{URL}",
        f"/{URL}",
        f"https:///{URL}",
        f"https://x:99999999/{URL}",
        f"https://[x/{URL}",
        f"https://a b/{URL}",
    ],
)
def test_an_address_that_is_none_of_the_web_is_not_shown(url: str, tmp_path: Path) -> None:
    shop = counter(tmp_path, "slack")
    shop.close(url=url)
    shop.put(message())
    (problem,) = shop.deliver().problems
    assert URL not in "".join(problem) and "the url of channel it is no address of the web" in problem.en


def test_no_secret_is_left_anywhere_by_a_delivery_that_fails_in_every_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    bench = Bench(tmp_path)
    with service() as said, service() as silent, service() as moved, mailbox() as box:
        with service() as gone:
            pass
        hook = f"{URL}?token={quote(URL, safe='')}"
        quoted = f"no such hook {hook} {quote(URL, safe='')} {APP} {SIGNING} at https://hooks.example/{URL}"
        said.answer({"errcode": 40058, "errmsg": quoted, "code": 7, "msg": quoted}, 200)
        silent.answers = [None]
        moved.answer("", 302, location=f"https://hooks.example/{hook}")
        box.codes = {"AUTH": f"535 {PASSWORD} is wrong"}
        signing = {"secret": SIGNING}
        told: dict[str, tuple[str, dict[str, str]]] = {
            "refuses": ("dingtalk", {"url": f"{said.url}/{hook}", **signing}),
            "bot": ("feishu", {"url": f"{said.url}/{hook}", **signing}),
            "silent": ("wecom_robot", {"url": f"{silent.url}/{hook}"}),
            "moved": ("slack", {"url": f"{moved.url}/{hook}"}),
            "gone": ("dingtalk", {"url": f"{gone.url}/{hook}", **signing}),
            "nowhere": ("slack", {"url": f"https://nobody.invalid/{hook}"}),
            "odd": ("slack", {"url": f"https://{URL}:x/"}),
            "plain": ("slack", {"url": f"{said.url.replace('http', 'https')}/{hook}"}),
            "keyed": ("webhook", {"url": f"{silent.url}/{hook}", "secret": _key(KEY)}),
            "unkeyed": ("webhook", {"url": f"{said.url}/{hook}", "secret": f"whsec_{KEY}!"}),
            "app": ("wecom_app", {}),
            "mail": ("email", {"password": PASSWORD}),
        }
        channels: dict[str, dict[str, Any]] = {
            name: {"kind": kind, **DECLARED[kind]} for name, (kind, _) in told.items()
        }
        channels["mail"] |= {"security": "none", "port": box.port, "user": "zhike"}
        write_store(bench.store, STORE + yaml.safe_dump({"channels": channels}))
        place = open_home(bench.shop, bench.home)
        path = place.folder / FILE
        path.touch(0o600)
        path.write_text(yaml.safe_dump({name: fields for name, (_, fields) in told.items()}), encoding="utf-8")
        monkeypatch.setenv("ZHIKE_CHANNEL_APP_BASE", said.url)
        monkeypatch.setenv("ZHIKE_CHANNEL_APP_SECRET", APP)
        with Outbox(place) as outbox:
            for name in told:
                outbox.put(name, message())
        with instance_of(place, None) as instance:
            job = build_definitions(bench.shop, bench.home).resolve_job_def("delivery")
            result = job.execute_in_process(instance=instance)
        (check,) = result.get_asset_check_evaluations()
        command = ("channel", "test", "refuses", "--store", str(bench.store))
        printed = [zhike(bench, "channel", "list", *command[3:]), zhike(bench, *command)]
        assert (result.success, check.passed, printed[1].code) == (True, False, 1)
        with Outbox(place) as outbox:
            states = {row.channel: row.state for row in outbox.listed()}
        assert states == {
            "refuses": "dead", "bot": "dead", "silent": "perhaps_sent", "app": "dead",
            **dict.fromkeys(("moved", "gone", "nowhere", "odd", "plain", "keyed", "unkeyed", "mail"), "waiting"),
        }  # fmt: skip
    texts = [repr(each) for each in (*result.all_events, check, *printed)] + [
        record.getMessage() for record in caplog.records
    ]
    texts += [str(record.exc_info) + str(record.args) for record in caplog.records] + [*capfd.readouterr()]
    files = {file: file.read_bytes() for file in place.folder.rglob("*") if file.is_file() and file != path}
    assert place.folder / "outbox.db" in files and any(file.parent.name == "runs" for file in files)
    for marker in (part for planted in PLANTED for part in _disguises(planted)):
        assert not [text for text in texts if marker in text], marker
        assert not [file for file, content in files.items() if marker.encode() in content], marker
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {0}


def _key(text: str) -> str:
    return f"whsec_{base64.b64encode(text.encode()).decode()}"


def _disguises(planted: str) -> list[str]:
    """A secret as it is, as a part of an address, within JSON, and in base64."""
    return [planted, planted[:-3], quote(planted, safe=""), _key(planted)[6:-4]]
