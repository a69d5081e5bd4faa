"""Requests that no program of good will sends: `python -m benchmarks.malformed [--requests 10000]`.

Against the API and the console of a shop that was run (`zhike demo`; its snapshot is copied, its home is left alone), with keys and cookies as they should be, nearly so, and not at all. Each must be
answered with a status from 400 to 499 and a reason, and nothing may be changed by it: not the snapshot, not the keys, not the inbox.
"""

import argparse
import hashlib
import http.client
import json
import random
import shutil
import socket
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.serving import free_port, served
from resources.hash_key import hash_key
from resources.home import Home, default_home, open_home
from resources.shop import load_shop
from serving import keys
from serving.guard import MOST_BYTES

SEED = 14
SIGNS = "aZ0 _-./\\%&=?#;:'\"<>(){}[]*+,|~`^$@!\t知客é\u202e\U0001f600"
EVIL = (
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "=cmd|'/c calc'!A0",
    "%00",
    "\u202eabc",
    "9" * 400,
)
PARAMETERS = ("segmnt", "order_by", "limit[]", "sort ", "LIMIT", "__proto__")
Asked = tuple[str, str, dict[str, str], bytes]


class Asks:
    """Malformed requests, drawn at random, each of one kind."""

    def __init__(self, key: str, cookie: str):
        self.draw = random.Random(SEED)
        self.key, self.cookie = {"authorization": f"Bearer {key}"}, {"cookie": f"zhike_session={cookie}"}
        self.kinds = [getattr(self, name) for name in dir(type(self)) if name.startswith("of_")]

    def one(self) -> tuple[str, Asked]:
        kind = self.draw.choice(self.kinds)
        return kind.__name__.removeprefix("of_"), kind()

    def word(self, most: int = 40) -> str:
        if self.draw.random() < 0.3:
            return self.draw.choice(EVIL)
        # A stroke at the end of an address leads to the one without it.
        return "".join(self.draw.choice(SIGNS) for _ in range(self.draw.randint(1, most))).rstrip("/") or "x"

    def of_wrong_key(self) -> Asked:
        headers = self.draw.choice(
            ({}, {"authorization": quote(self.word())}, {"authorization": "Bearer " + self.key["authorization"][8:-1]})
        )
        return "GET", self.draw.choice(("/customers", "/segments", "/metrics", "/customers/c00000001")), headers, b""

    def of_no_such_address(self) -> Asked:
        return self.draw.choice(("GET", "POST", "PUT")), f"/no-{quote(self.word(), safe='/')}", self.key, b""

    def of_wrong_method(self) -> Asked:
        method = self.draw.choice(("DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"))
        return method, self.draw.choice(("/customers", "/segments", "/events", "/customers/c00000001")), self.key, b""

    def of_unknown_parameter(self) -> Asked:
        asked = urlencode({self.draw.choice(PARAMETERS): self.word()})
        return "GET", f"/{self.draw.choice(('customers', 'segments', 'healthz'))}?{asked}", self.key, b""

    def of_wrong_value(self) -> Asked:
        name = self.draw.choice(("limit", "sort", "after", "segment", "class"))
        return "GET", f"/customers?{urlencode({name: 'x' + self.word()})}", self.key, b""

    def of_unknown_customer(self) -> Asked:
        return "GET", f"/customers/no-{quote(self.word(), safe='')}", self.key, b""

    def of_unknown_table(self) -> Asked:
        return "GET", f"/insights/no-{quote(self.word(), safe='')}", self.key, b""

    def of_unknown_column(self) -> Asked:
        return "GET", f"/insights/segments?{urlencode({'no' + self.word(): self.word()})}", self.key, b""

    def of_body(self) -> Asked:
        event: dict[str, Any] = {
            "event_id": "e1",
            "customer_id": "c00000001",
            "event_type": "view",
            "occurred_at": "2026-01-13T09:00:00Z",
        }
        good = json.dumps({"events": [event]})
        name = self.draw.choice(list(event))
        bodies = (
            self.draw.randbytes(self.draw.randint(0, 300)),
            good[: self.draw.randint(0, len(good) - 1)].encode(),
            json.dumps(
                {"events": [event | {name: self.draw.choice((None, [], {}, 1.5, True, "", "x" * 501, "a\x00b"))}]}
            ).encode(),
            json.dumps({"events": [{each: value for each, value in event.items() if each != name}]}).encode(),
            json.dumps({"events": [event | {"no" + self.word(): 1}]}).encode(),
            json.dumps(self.draw.choice(([], {}, 1, "events", {"events": []}, {"events": [event] * 1001}))).encode(),
            b"[" * self.draw.randint(1, 20_000),
        )
        return "POST", "/events", self.key, self.draw.choice(bodies)

    def of_too_large(self) -> Asked:
        # Its length alone is told: a server that waits for the rest would hang.
        return "POST", "/events", self.key | {"content-length": str(MOST_BYTES + self.draw.randint(1, 10**9))}, b""

    def of_console_address(self) -> Asked:
        start = self.draw.choice(("/console/no-", "/console/queries/no-", "/static/", "/console/customers/no-"))
        return (
            "GET",
            start + quote(self.word(), safe="") + "?" + urlencode({self.word(): self.word()}),
            self.cookie,
            b"",
        )

    def of_console_login(self) -> Asked:
        fields = {"key": self.word(), "next": self.draw.choice(("//elsewhere.example", "/\\elsewhere", self.word()))}
        return "POST", "/login", {"content-type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()

    def of_console_form(self) -> Asked:
        return "POST", "/logout", self.cookie, urlencode({"token": self.word()}).encode()

    def of_console_method(self) -> Asked:
        return (
            self.draw.choice(("PUT", "DELETE", "PATCH")),
            self.draw.choice(("/login", "/logout", "/console/customers", "/")),
            self.cookie,
            b"",
        )

    def of_another_host(self) -> Asked:
        return "GET", "/customers", self.key | {"host": "elsewhere.example"}, b""


# What is no HTTP at all, or hardly.
RAW = (
    b"GET\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /customers HTTP/9.9\r\nhost: 127.0.0.1\r\n\r\n",
    b"GET /customers HTTP/1.1\r\nhost 127.0.0.1\r\n\r\n",
    b"POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -5\r\n\r\n",
    b"POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    b"POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"GET /customers HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
    "GET /客户 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode(),
)


def ask(port: int, asks: Asks, count: int) -> dict[str, Any]:
    """Sends that many requests; which kinds and statuses there were, and those not refused as they should be."""
    statuses: Counter[int] = Counter()
    odd: list[str] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(count):
        if number % 20 == 0:
            kind, (status, reason) = "raw", _raw(port, asks.draw.choice(RAW))
        else:
            kind, asked = asks.one()
            try:
                status, reason = _one(connection, asked)
            except (ConnectionError, http.client.HTTPException):
                # The server had closed the connection after the answer before: asked once more on a new one.
                connection.close()
                status, reason = _one(connection, asked)
        statuses[status] += 1
        if not 400 <= status < 500 or not reason:
            odd.append(f"{kind}: {status}")
    return {
        "requests": count,
        "statuses": dict(sorted(statuses.items())),
        "not_refused": len(odd),
        "such_as": sorted(set(odd))[:10],
    }


def _one(connection: http.client.HTTPConnection, asked: Asked) -> tuple[int, bool]:
    method, path, headers, body = asked
    connection.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
    for name, value in ({"content-length": str(len(body))} | headers).items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    answer = connection.getresponse()
    text = answer.read()
    if answer.headers.get("connection") == "close" or "content-length" in headers:
        connection.close()
    if answer.headers.get("content-type", "").startswith("application/json"):
        return answer.status, bool(json.loads(text).get("error"))
    return answer.status, b"<h1>" in text or bool(text.strip())


def _raw(port: int, sent: bytes) -> tuple[int, bool]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while more := raw.recv(65536):
            answer += more
    head, _, text = answer.partition(b"\r\n\r\n")
    # Who sends half a request and hangs up is not answered.
    return (int(head.split()[1]), bool(text.strip())) if head else (499, True)


def held(home: Home) -> dict[str, str]:
    """By name a hash of every file that a request could change: all of the home but the log."""
    return {
        str(file.relative_to(home.folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(home.folder.rglob("*"))
        # The index of the inbox's journal is touched by reading.
        if file.is_file() and file.suffix not in (".log", ".db-shm")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--store", default="demo")
    asked = parser.parse_args()
    shop = load_shop(asked.store)
    published = Home(default_home() / shop.id).snapshot
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(shop, Path(folder))
        shutil.copytree(published, home.snapshot, symlinks=True)
        key, port = keys.make(home, "asks", ["admin"]), free_port()
        with served(shop.folder, home, port):
            asks = Asks(key, _session(port, key))
            # Made on first use, it would look like a change.
            hash_key(home.key)
            before = held(home)
            found = ask(port, asks, asked.requests)
            after = held(home)
            found["changed"] = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    print(json.dumps(found))


def _session(port: int, key: str) -> str:
    """The cookie of who logged in."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/login", urlencode({"key": key}), {"content-type": "application/x-www-form-urlencoded"})
    cookie = connection.getresponse().headers["set-cookie"]
    return cookie.partition("=")[2].partition(";")[0]


if __name__ == "__main__":
    main()
