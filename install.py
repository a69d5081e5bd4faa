"""Installs requirements.lock into the environment that runs this, with uv: `.venv/bin/python install.py`.

uv resolves nothing here, it fetches what the lock names and compares hashes. It reads no configuration of pip's, where a machine
may name its indexes, certificates and proxy, so that is handed over in uv's own words. Where uv is not to be had or cannot
do it, pip does.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
# What pip calls a setting, what uv calls it, and what uv puts between several values.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", ""),
    "client-cert": ("SSL_CLIENT_CERT", ""),
    "proxy": ("ALL_PROXY", ""),
    "timeout": ("UV_HTTP_TIMEOUT", ""),
    "default-timeout": ("UV_HTTP_TIMEOUT", ""),
}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
# What is built here is built with the lock's own setuptools.
FROM_LOCK = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--require-hashes", "-r"]


def main() -> int:
    uv = [str(Path(sys.executable).with_name("uv")), "pip"]
    arguments, variables = for_uv(pip_settings())
    environment = os.environ | variables | {"VIRTUAL_ENV": sys.prefix}
    done = _installed("pip", "setuptools") and (
        (_installed("uv") and _runs([*uv, *FROM_LOCK, str(LOCK), *arguments], environment)) or _by_pip()
    )
    return (
        0 if done and _runs([*PIP, "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]) else 1
    )


def _installed(*names: str) -> bool:
    """Installs some packages of the lock by pip."""
    lock = LOCK.read_text(encoding="utf-8")
    blocks = [re.search(rf"^{name}==.*\n(?:[ \t].*\n)*", lock, re.MULTILINE) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder, "pins.txt")
        pins.write_text("".join(block.group() for block in blocks if block), encoding="utf-8")
        return _runs([*PIP, *FROM_LOCK, str(pins)])


def _by_pip() -> bool:
    print("uv could not install requirements.lock; pip does, more slowly", file=sys.stderr)
    return _runs([*PIP, *FROM_LOCK, str(LOCK)])


def pip_settings() -> dict[str, str]:
    """What pip would go by for an installation: its files', its `install` section's above them, PIP_* variables above both."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    found: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(f"{section}."):
                found[key.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return found


def for_uv(settings: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The same as uv's arguments and variables, except for variables that are set already. Like pip, and unlike uv by itself, every
    index is asked for every package: the hashes say which file is right."""
    named = {
        variable: between.join(settings[name].split()) if between else settings[name]
        for name, (variable, between) in SETTINGS.items()
        if settings.get(name)
    }
    wanted = {"UV_INDEX_STRATEGY": "unsafe-best-match", **named}
    variables = {name: value for name, value in wanted.items() if name not in os.environ}
    return ["--no-index"] if settings.get("no-index") in ("1", "true", "yes", "on") else [], variables


def _runs(command: list[str], environment: dict[str, str] | None = None) -> bool:
    try:
        return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
