"""A home belongs to one shop, wherever the two are."""

import shutil
from pathlib import Path

import pytest

from resources.errors import ZhikeError
from resources.home import marker_of, open_home, write_marker
from resources.shop import load_shop
from tests.shop_builder import Bench


def test_two_shops_of_one_folder_name_do_not_share_a_home(delivered: Bench, tmp_path: Path) -> None:
    first, second = (delivered.copy(tmp_path / name) for name in ("first", "second"))
    home = tmp_path / "homes"
    place = open_home(first.shop, home)
    with pytest.raises(ZhikeError, match="another shop of the same name") as told:
        open_home(second.shop, home)
    assert str(first.store) in told.value.where
    assert open_home(first.shop, home) == place


def test_the_place_of_a_shop_counts_not_how_it_is_written(delivered: Bench, tmp_path: Path) -> None:
    bench = delivered.copy(tmp_path / "first")
    place = open_home(bench.shop, bench.home)
    noted = marker_of(place.folder)
    longer = f"{noted['folder']}/../{bench.store.name}"
    write_marker(place.folder, noted | {"folder": longer})
    assert open_home(bench.shop, bench.home) == place
    (tmp_path / "linked").symlink_to(bench.store.parent)
    assert open_home(load_shop(str(tmp_path / "linked" / bench.store.name)), bench.home) == place


def test_a_shop_may_move_and_a_home_may_be_copied_with_it(delivered: Bench, tmp_path: Path) -> None:
    bench = delivered.copy(tmp_path / "first")
    open_home(bench.shop, bench.home)
    copied = bench.copy(tmp_path / "second")
    open_home(copied.shop, copied.home)
    moved = tmp_path / bench.store.name
    shutil.move(bench.store, moved)
    open_home(load_shop(str(moved)), bench.home)
    open_home(load_shop(str(moved)), bench.home)
