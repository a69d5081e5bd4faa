"""Everything that a person can bring about has a sentence. The long run is `make faults`; here is what costs little of it."""

import io
import random
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from benchmarks.causes import CAUSES, Cause, Place, Said
from benchmarks.faults import command, content, shop, waiting
from pipelines.cli import main


def zhike(place: Place, *arguments: str) -> Said:
    """The command in this process; a stack trace is an error of the test."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "ZHIKE_DEMO", "ZHIKE_STORE"):
            patch.setenv(name, "")
            patch.delenv(name)
        patch.setenv("ZHIKE_HOME", str(place.home))
        patch.setattr(sys, "argv", ["zhike", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return Said(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A shop that has run. Not to be changed."""
    place = shop(tmp_path_factory.mktemp("faults"), random.Random(7))
    said = zhike(place, *command(place))
    assert said.code == 0, said.err
    assert waiting(place) == 0
    assert content(place)["raw.orders"] == content(place)["raw.orders"] != [(0, None)]
    return place


@pytest.mark.parametrize("cause", [cause for cause in CAUSES if not cause.is_dear], ids=lambda cause: cause.name)
def test_a_cause_has_its_sentence(done: Place, tmp_path: Path, cause: Cause) -> None:
    shutil.copytree(done.store.parent, tmp_path, dirs_exist_ok=True, symlinks=True)
    place = Place(tmp_path / "shop", tmp_path / "home")
    said = cause.run(place, zhike)
    assert cause.is_said(said), said
    assert cause.says in cause.sentence(said)
    if "mistypes" in cause.name:
        assert not Path(f"{place.home}x").exists(), "a reading command makes nothing"
