"""What fits and back-tests read: customers as of past Mondays with what they did afterwards, each asked once a run."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

from assets.features.labels import labelled_customers
from assets.features.reads import buyers, opinions, published_customers
from assets.insights.predictions.methods.scoring import with_reviews
from assets.insights.sentiment.tables import CUSTOMER_OPINIONS, REVIEW_SCORES
from resources.registry import first_mondays
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

WARM_UP_DAYS = 90
TRAINED_CUT_OFFS = 5
SAMPLE_ROWS = 20_000
ROWS_AT_ONCE = 200_000


def cut_offs(start: date, day: date, horizon_days: int) -> list[date]:
    """First Mondays of months whose window has closed by `day`: the newest, those within a horizon before it, and the
    TRAINED_CUT_OFFS whose windows had closed by the newest."""
    closed = first_mondays(start + timedelta(days=WARM_UP_DAYS), day - timedelta(days=horizon_days))
    train = [found for found in closed if found + timedelta(days=horizon_days) <= closed[-1]]
    return closed[max(0, len(train) - TRAINED_CUT_OFFS) :] if train else []


class Past:
    """Labelled customers by cut-off and horizon. Labels are those known when the window closed, so that a cut-off is the same
    rows whatever it is asked for. Of more than SAMPLE_ROWS customers a sample by a hash of the person stands for all.

    A cut-off is asked for once a run, for all of its horizons' fits; several at once cost less than one each.
    """

    def __init__(self, warehouse: Warehouse):
        self.warehouse = warehouse
        self._labelled: dict[tuple[date, int], pd.DataFrame] = warehouse.once("labelled customers", dict)

    def labelled(self, days: Sequence[date], horizon_days: int) -> "pd.DataFrame":
        import pandas as pd

        missing = [day for day in days if (day, horizon_days) not in self._labelled]
        if missing:
            self._ask(missing, horizon_days)
        return pd.concat([self._labelled[day, horizon_days] for day in days], ignore_index=True)

    def _ask(self, days: Sequence[date], horizon_days: int) -> None:
        import pandas as pd

        (accounts,) = self.warehouse.connection.execute(
            "SELECT count(DISTINCT customer_id) FROM features.customer_days"
        ).fetchall()[0]
        step = max(1, ROWS_AT_ONCE // max(accounts, 1))
        for at in range(0, len(days), step):
            part = days[at : at + step]
            frame = labelled_customers(self.warehouse, part, horizon_days)
            frame = with_opinions(self.warehouse, frame, part)
            as_of = pd.to_datetime(frame["as_of"])
            for day in part:
                self._labelled[day, horizon_days] = _sample(frame[as_of == pd.Timestamp(day)])


def with_opinions(warehouse: Warehouse, customers: "pd.DataFrame", weeks: Sequence[date]) -> "pd.DataFrame":
    """Customers as of some Mondays with what their reviews said by then, where the shop has reviews."""
    if "reviews" not in warehouse.shop.tables:
        return customers
    return with_reviews(customers, warehouse.select(*opinions(warehouse, weeks, REVIEW_SCORES)))


def published_buyers(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The buyers of a published week, with what their reviews said by then where the shop has reviews."""
    found = buyers(published_customers(warehouse, week))
    if "reviews" not in warehouse.shop.tables:
        return found
    said = warehouse.select("SELECT * FROM said WHERE as_of = $week", {"said": CUSTOMER_OPINIONS}, {"week": week})
    return with_reviews(found, said)


def _sample(frame: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np

    if len(frame) <= SAMPLE_ROWS:
        return frame
    hashes = np.array([crc32(person.encode()) for person in frame["person_id"]])
    return frame.iloc[np.sort(np.argsort(hashes, kind="stable")[:SAMPLE_ROWS])].reset_index(drop=True)
