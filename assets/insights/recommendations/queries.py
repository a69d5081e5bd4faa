"""The SQL of the recommendations room, by name, and what its methods take of a shop's settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from assets.insights.recommendations.methods.blended_model import Bounds
from assets.insights.recommendations.methods.interactions import Labels
from assets.insights.recommendations.methods.reranking import Rules
from assets.insights.recommendations.methods.sources.taste import price_labels
from resources.code import sql_files
from resources.shop import Shop

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)
FEEDBACK_DAYS = 56


def bounds_of(shop: Shop) -> Bounds:
    return Bounds(**shop.recommendations.model_dump(include={"neighbours", "candidates", "history"}))


def rules_of(shop: Shop) -> Rules:
    return Rules(**shop.recommendations.model_dump(include=set(Rules.__dataclass_fields__)))


def groups_of(customers: "pd.DataFrame") -> "pd.DataFrame":
    """person_id and its groups, the one to be preferred first."""
    return customers[["person_id", "segment_group", "age_group", "gender_group"]].astype(object)


def labels_of(catalogue: "pd.DataFrame") -> Mapping[str, Labels]:
    """By attribute a number a product of the catalogue, -1 for none."""
    import pandas as pd

    return {
        "category": pd.factorize(catalogue["category"], sort=True)[0].astype(np.int64),
        "price": price_labels(catalogue["price"].to_numpy(float)),
    }
