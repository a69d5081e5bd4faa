"""The scores of buyers by one fit, with what speaks for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resources.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.predictions.methods.spend import Spend
    from resources.learning.model import Model

SCORE_DECIMALS, MONEY_DECIMALS = 6, 4


@dataclass(frozen=True, eq=False)
class Loaded:
    """A fit ready to score."""

    fitted: Fitted
    model: "Model"
    spend: "Spend | None"

    @classmethod
    def of(cls, fitted: Fitted, folder: Path) -> "Loaded":
        """The models of a fit whose weights lie in `folder`."""
        from assets.insights.predictions.methods.spend import load_spend
        from resources.learning.model import load

        parameters = fitted.parameters
        spend = load_spend(parameters["spend"], folder) if parameters["spend"] else None
        return cls(fitted, load(parameters["purchase"], folder), spend)

    @property
    def horizon_days(self) -> int:
        return self.fitted.parameters["horizon_days"]


def scores(loaded: Loaded, buyers: "pd.DataFrame") -> "pd.DataFrame":
    """person_id, p_purchase, p_churn, expected_spend of buyers as of one day by one fit."""
    p_purchase = loaded.model.predict(buyers).round(SCORE_DECIMALS)
    spend = loaded.spend.expected(p_purchase, buyers).round(MONEY_DECIMALS) if loaded.spend else None
    return buyers[["person_id"]].assign(
        p_purchase=p_purchase, p_churn=(1 - p_purchase).round(SCORE_DECIMALS), expected_spend=spend
    )


def with_reasons(
    loaded: Loaded, buyers: "pd.DataFrame", currency: str | None, *, may_be_personal: bool
) -> "pd.DataFrame":
    """The same with reasons_zh, reasons_en, horizon_days and method."""
    from assets.insights.predictions.methods.reasons import reasons

    texts = reasons(loaded.model, buyers, currency=currency, may_be_personal=may_be_personal)
    return scores(loaded, buyers).assign(
        reasons_zh=[text.zh for text in texts],
        reasons_en=[text.en for text in texts],
        horizon_days=loaded.horizon_days,
        method=loaded.fitted.method,
    )


def with_reviews(customers: "pd.DataFrame", said: "pd.DataFrame") -> "pd.DataFrame":
    """Customers with what their reviews say, by as_of and person_id."""
    joined = customers.merge(said, on=["as_of", "person_id"], how="left")
    return joined.fillna(dict.fromkeys(("review_count", "negative_review_count_90d"), 0))
