"""`zhike key` makes, lists and revokes keys; `zhike serve` keeps to this machine unless told otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

from resources.home import Home
from serving.keys import Keys


def zhike(place: tuple[Path, Home], *command: str) -> "subprocess.CompletedProcess[str]":
    where = ("--store", str(place[0]), "--home", str(place[1].folder.parent))
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *command, *where],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LANG": "en_US.UTF-8", "COLUMNS": "200"},
    )


def test_a_key_is_made_listed_without_itself_and_revoked(place: tuple[Path, Home]) -> None:
    made = zhike(place, "key", "make", "crm", "--scope", "service", "--scope", "feedback")
    text = made.stdout.strip()
    assert (made.returncode, text[:3], len(text)) == (0, "zk_", 46)
    found = Keys(place[1]).of(text)
    assert found and (found.name, found.scopes) == ("crm", ["service", "feedback"])
    again = zhike(place, "key", "make", "crm", "--scope", "read")
    assert (again.returncode, again.stdout) == (1, "")
    assert "已有名为 crm 的密钥" in again.stderr
    listed = zhike(place, "key", "list", "--json").stdout
    assert json.loads(listed)[0]["scopes"] == ["service", "feedback"]
    assert text not in listed and found.sha256 not in listed
    assert zhike(place, "key", "revoke", "crm").returncode == 0
    assert Keys(place[1]).of(text) is None
    assert "没有名为 crm 的密钥" in zhike(place, "key", "revoke", "crm").stderr
    assert zhike(place, "key", "make", "x", "--scope", "everything").returncode == 2


def test_an_address_that_others_reach_is_served_only_when_told(place: tuple[Path, Home]) -> None:
    refused = zhike(place, "serve", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "--exposed" in refused.stderr
