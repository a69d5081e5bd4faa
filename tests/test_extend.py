"""docs/extend.md is followed, step by step, in a copy of the checkout: what it says works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from resources.code import ROOT
from tests.pipelines.corner import environment, open_corner

COPIED = (
    "assets",
    "data_checks",
    "pipelines",
    "resources",
    "serving",
    "stores",
    "tests",
    "pyproject.toml",
    "dagster.yaml",
    "workspace.yaml",
)
STEP = re.compile(
    r"^(?:Write `(?P<path>[^`]+)`|Add to `(?P<file>[^`]+)` after `(?P<line>[^`]+)`)\n\n```python\n(?P<code>.*?)^```$",
    re.M | re.S,
)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout after every step of the page."""
    copy = tmp_path_factory.mktemp("extended")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copyfile(source, copy / name)
    steps = list(STEP.finditer((ROOT / "docs" / "extend.md").read_text(encoding="utf-8")))
    assert len(steps) == 11
    for step in steps:
        if step["path"]:
            path = copy / step["path"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(step["code"], encoding="utf-8")
        else:
            path = copy / step["file"]
            text = path.read_text(encoding="utf-8")
            assert text.count(step["line"] + "\n") == 1, step["line"]
            path.write_text(text.replace(step["line"] + "\n", step["line"] + "\n" + step["code"]), encoding="utf-8")
    return copy


def python(checkout: Path, *arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        cwd=checkout,
        env=environment(ZHIKE_HOME=str(home), PYTHONPATH=str(checkout)),
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_new_expectation_is_seen_to_fail(extended: Path, tmp_path: Path) -> None:
    names = "overdue or nobody_bought_before_the_shop_began or recency_lies or every_table"
    suites = "tests/data_checks/test_suites.py"
    done = python(extended, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", suites, "-k", names, home=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_new_column_check_and_room_run(extended: Path, tmp_path: Path) -> None:
    corner = open_corner(tmp_path)
    # The room with what it rests on, and the cards with what gives its part.
    spine = ("raw/orders", "clean/orders", "features/customer_days", "features/customers")
    rooms = ("overdue", "segments", "rfm", "predictions", "clv", "profiles", "customer_360")
    tables = (*spine, *(f"insights/{room}" for room in rooms))
    asked = ["--store", str(corner.store), "--home", str(corner.home)]
    for table in tables:
        asked += ["--select", table]
    done = python(extended, "pipelines.cli", "run", *asked, home=corner.home)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(corner.place / "warehouse.duckdb"), read_only=True) as connection:
        columns = {row[0] for row in connection.execute("DESCRIBE clean.orders").fetchall()}
        (checked,) = connection.execute(
            "SELECT count(*) FROM ops.windows WHERE table_name = 'features.customers' "
            "AND json_exists(figures, 'nobody_bought_before_the_shop_began')"
        ).fetchall()[0]
        weeks = connection.execute(
            "SELECT partition_key FROM ops.windows WHERE table_name = 'insights.overdue'"
        ).fetchall()
        cards = [
            connection.execute(f"SELECT as_of, person_id, overdue_days FROM {table} {buyers} ORDER BY ALL").fetchall()
            for table, buyers in (("insights.overdue", ""), ("insights.customer_360", "WHERE frequency > 0"))
        ]
    assert "coupon" in columns
    assert cards[0] == cards[1] != []
    assert checked == len(weeks) > 0


def test_a_new_language_is_one_field(extended: Path) -> None:
    code = "from resources.words import Words; print(*Words('茶', 'tea', 'chá').format())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=extended,
        env={"PYTHONPATH": str(extended)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "茶 tea chá"
