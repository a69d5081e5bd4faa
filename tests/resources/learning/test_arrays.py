"""Weights come back as they were put away, and a file that is gone or cut off is told with what to do."""

from pathlib import Path

import numpy as np
import pytest

from resources.errors import ZhikeError
from resources.learning.weights import read_arrays, write_arrays

ARRAYS = {"weights": np.arange(5_000, dtype=np.float32), "names": np.array(["a", "b"])}


def test_arrays_come_back_and_equal_ones_share_a_file(tmp_path: Path) -> None:
    name = write_arrays(tmp_path, ARRAYS)
    found = read_arrays(tmp_path, name)
    assert set(found) == set(ARRAYS)
    assert all((found[key] == ARRAYS[key]).all() for key in ARRAYS)
    assert write_arrays(tmp_path, dict(reversed(ARRAYS.items()))) == name
    assert write_arrays(tmp_path, ARRAYS | {"weights": ARRAYS["weights"] + 1}) != name


@pytest.mark.parametrize("kept", [None, 0, 40, -30], ids=["gone", "empty", "its beginning", "all but the end"])
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, kept: int | None) -> None:
    path = tmp_path / write_arrays(tmp_path, ARRAYS)
    if kept is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ZhikeError, match="run the weeks again") as caught:
        read_arrays(tmp_path, path.name)
    assert str(path) in str(caught.value)
