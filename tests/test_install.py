"""Installation goes by the machine's own pip settings, whoever does the fetching."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import install

UV = Path(sys.executable).with_name("uv")
FILES = {
    "teapot.py": "FULL = True\n",
    "teapot-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: teapot\nVersion: 1.0\n",
    "teapot-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of one package that only the folder `wheels` and the index `simple` beside it have."""
    wheel = tmp_path / "wheels" / "teapot-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    record = "".join(f"{name},sha256={_digest(text.encode())},{len(text)}\n" for name, text in FILES.items())
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**FILES, "teapot-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    page = tmp_path / "simple" / "teapot" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="{wheel.as_uri()}">{wheel.name}</a>')
    found = tmp_path / "requirements.lock"
    found.write_text(f"teapot==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return found


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture
def pip_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only settings of pip and uv that count."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_", "ALL_PROXY"))]:
        monkeypatch.delenv(name)
    path = tmp_path / "pip.conf"
    path.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    return path


@pytest.mark.parametrize(
    "settings",
    [
        "[global]\nno-index = true\nfind-links = {folder}/nowhere {folder}/wheels\n",
        "[install]\nno-index = true\nfind-links =\n    {folder}/wheels\n",
        "[global]\nindex-url = file://{folder}/simple\n",
        "[global]\nindex-url = file://{folder}/empty\nextra-index-url =\n    file://{folder}/void\n    file://{folder}/simple\n",
    ],
)
def test_uv_finds_a_package_where_only_pips_settings_say_it_is(
    lock: Path, pip_file: Path, tmp_path: Path, settings: str
) -> None:
    for name in ("nowhere", "empty", "void"):
        (tmp_path / name).mkdir()
    pip_file.write_text(settings.format(folder=tmp_path))
    arguments, variables = install.for_uv(install.pip_settings())
    done = subprocess.run(
        [UV, "pip", "install", "--require-hashes", "--target", tmp_path / "there", *arguments, "-r", lock],
        env=os.environ | variables | {"UV_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there" / "teapot.py").read_text() == FILES["teapot.py"]


def test_of_two_settings_the_nearer_one_counts(pip_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables before files, the section `install` before `global`, and uv's own variables before all of pip's."""
    pip_file.write_text("[global]\ncert = /a.pem\nproxy = http://a:1\ntimeout = 30\n[install]\nproxy = http://b:1\n")
    monkeypatch.setenv("PIP_CERT", "/c.pem")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "99")
    arguments, variables = install.for_uv(install.pip_settings())
    assert (arguments, variables["SSL_CERT_FILE"], variables["ALL_PROXY"]) == ([], "/c.pem", "http://b:1")
    assert "UV_HTTP_TIMEOUT" not in variables
