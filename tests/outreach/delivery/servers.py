"""Servers of the channels, on free ports of this machine: they keep what they were sent and answer what a test tells them."""

import base64
import hashlib
import json
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request as it came: path with its query, headers in lower case, bytes of the body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, strict_parsing=False).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """A server. `answers`: (status, body, headers) one after the other, the last for ever; None: no answer, the connection is closed."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, str, dict[str, str]] | None] = field(default_factory=list)
    seconds: float = 0.0

    def answer(self, body: object, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers = [(status, text, {name.replace("_", "-"): value for name, value in headers.items()})]


@contextmanager
def service() -> Iterator[Service]:
    kept = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            time.sleep(kept.seconds)
            if answer is None:
                self.close_connection = True
                return
            status, text, headers = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server. `codes`: what it answers to a command in place of 250; `drops`: after this command the line is cut."""

    port: int = 0
    mails: list[tuple[str, list[str], str]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    drops: str = ""
    logins: list[str] = field(default_factory=list)


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None, *, from_start: bool = False) -> Iterator[Mailbox]:
    """With `tls` it is spoken after STARTTLS, or from the start."""
    kept = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                self._talk()
            except OSError:
                # The other side does not trust the certificate.
                return

        def _closed(self) -> None:
            assert tls
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

        def _talk(self) -> None:
            sender, receivers = "", []
            if from_start:
                self._closed()
            self._say("220 test")
            while line := self.rfile.readline().decode().strip():
                command = line[:4].upper()
                code = kept.codes.get(line) or kept.codes.get(command)
                if code:
                    self._say(code)
                    continue
                if command == "EHLO":
                    closes = "250-STARTTLS\r\n" if tls else ""
                    self._say(f"250-test\r\n{closes}250 AUTH PLAIN")
                elif command == "STAR":
                    self._say("220 go on")
                    self._closed()
                elif command == "AUTH":
                    kept.logins.append(base64.b64decode(line.split()[2]).decode())
                    self._say("235 yes")
                elif command == "MAIL":
                    sender = line
                    self._say("250 yes")
                elif command == "RCPT":
                    receivers.append(line)
                    self._say("250 yes")
                elif command == "DATA":
                    self._say("354 go on")
                    text = b""
                    while (row := self.rfile.readline()) != b".\r\n":
                        text += row
                    kept.mails.append((sender, receivers, text.decode()))
                    if kept.drops == "DATA":
                        return
                    self._say(kept.codes.get("end", "250 taken"))
                elif command == "QUIT":
                    self._say(kept.codes.get("quit", "221 bye"))
                    return
                else:
                    self._say("250 yes")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


def hmac_sha256(key: bytes, message: bytes) -> str:
    """RFC 2104 step by step, in base64: what the senders' own signature is compared with."""
    padded = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return base64.b64encode(hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()).decode()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS of a server at 127.0.0.1, and the certificate by which it is trusted."""
    folder.mkdir(parents=True, exist_ok=True)
    key, made = folder / "key.pem", folder / "made.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", made, *names]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context, made
