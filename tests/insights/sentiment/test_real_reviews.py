"""Real Chinese reviews that no model of ours has seen: what is claimed of the model as installed, on a sample."""

import os
from pathlib import Path

import pytest

from assets.insights.sentiment.methods.scoring import Engine
from resources.text import normalised

PATH = Path(os.environ.get("ZHIKE_DATA", "")) / "zh_reviews/online_shopping_10_cats_dev.csv.gz"


@pytest.mark.skipif(not PATH.is_file(), reason="ZHIKE_DATA has no zh_reviews")
def test_as_installed_it_tells_praise_from_blame_in_categories_it_was_not_trained_on(installed: Engine) -> None:
    import pandas as pd

    rows = pd.read_csv(PATH).dropna(subset=["review"])
    rows = rows[~rows["cat"].isin(["书籍", "计算机", "酒店"])].sample(2000, random_state=0)
    documents = installed.documents([normalised(text) for text in rows["review"]])
    praised = installed.probabilities(documents)[:, 2] >= 0.5
    assert (praised == (rows["label"] == 1)).mean() > 0.87
