"""The benchmark of recommendations on a split small enough to see through."""

import gzip
from pathlib import Path

import numpy as np

from benchmarks.recommend import judge_sequences, judge_split, read_lines


def groups(customers: int = 120, size: int = 12) -> list[list[int]]:
    """Customers of ten groups; a group buys from its own dozen of products."""
    random = np.random.default_rng(0)
    return [
        [group * size + int(p) for p in random.permutation(size)[:8]]
        for group in range(10)
        for _ in range(customers // 10)
    ]


def test_a_split_is_judged_with_all_chosen_on_its_train_part(tmp_path: Path) -> None:
    lines = groups()
    for name, part in (("train.txt", slice(0, 6)), ("test.txt", slice(6, 8))):
        text = "\n".join(" ".join(map(str, [n, *line[part]])) for n, line in enumerate(lines))
        (tmp_path / name).write_text(text)
        with gzip.open(tmp_path / f"{name}.gz", "wt") as file:
            file.write(text)
    found = judge_split(tmp_path / "train.txt", tmp_path / "test.txt")
    assert found == judge_split(tmp_path / "train.txt.gz", tmp_path / "test.txt.gz")
    assert found["customers"] == 120 and found["interactions"] == 720
    # Six of a dozen are left, and both held-back ones are among them.
    assert found["recall_at_20"] > 0.95
    assert found["ndcg_at_20"] > 0.4


def test_the_next_product_of_a_sequence_is_foretold_from_those_before(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text("\n".join(" ".join(map(str, [n, *line])) for n, line in enumerate(groups())))
    assert read_lines(path)["age_days"].tolist()[:8] == [7, 6, 5, 4, 3, 2, 1, 0]
    found = judge_sequences(path)
    assert found["judged_customers"] == 120
    assert found["recall_at_20"] > 0.95 > found["others"]["popularity"]["recall_at_20"]
