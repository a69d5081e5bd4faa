"""What fits and back-tests ask of the warehouse: past Mondays, each asked once a step."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary
from zlib import crc32

from assets.features.frames import opinions, prepare_persons
from assets.features.labels import labelled_customers
from assets.features.tables import CUSTOMER_DAYS
from resources.registry import fit_dates
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

HERE = Path(__file__).parent
WARM_UP_DAYS = 90
TRAINED_CUT_OFFS = 5
SAMPLE_ROWS = 20_000
ROWS_AT_ONCE = 200_000

_ASKED: "WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[tuple[date, int], pd.DataFrame]]" = WeakKeyDictionary()


def cut_offs(start: date, day: date, horizon_days: int) -> list[date]:
    """First Mondays of months whose window has closed by `day`: the newest, those within a horizon before it, and the
    TRAINED_CUT_OFFS whose windows had closed by the newest."""
    closed = fit_dates(start + timedelta(days=WARM_UP_DAYS), day - timedelta(days=horizon_days))
    train = [found for found in closed if found + timedelta(days=horizon_days) <= closed[-1]]
    return closed[max(0, len(train) - TRAINED_CUT_OFFS) :] if train else []


class Past:
    """Labelled customers by cut-off and horizon. Labels are those known when the window closed, so that a cut-off is the same
    rows whatever it is asked for. Of more than SAMPLE_ROWS customers a sample by a hash of the person stands for all.

    Cut-offs are asked for together with those after them whose windows close by `until`: one query over several costs less
    than one each.
    """

    def __init__(self, warehouse: Warehouse, until: date):
        self.warehouse = warehouse
        self.until = until
        # For as long as the warehouse is open: nothing delivered changes under a weekly step, whose chunks need the same cut-offs.
        self._labelled: dict[tuple[date, int], pd.DataFrame] = _ASKED.setdefault(warehouse.connection, {})

    def labelled(self, days: Sequence[date], horizon_days: int) -> "pd.DataFrame":
        import pandas as pd

        missing = [day for day in days if (day, horizon_days) not in self._labelled]
        if missing:
            later = fit_dates(days[-1] + timedelta(days=1), self.until - timedelta(days=horizon_days))
            self._ask([*missing, *(day for day in later if (day, horizon_days) not in self._labelled)], horizon_days)
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
            if "reviews" in self.warehouse.shop.tables:
                # Of the Mondays and persons that the labels are of.
                frame = with_opinions(frame, self.warehouse.connection.execute(opinions()).df())
            as_of = pd.to_datetime(frame["as_of"])
            for day in part:
                self._labelled[day, horizon_days] = _sample(frame[as_of == pd.Timestamp(day)])

    def gaps(self, day: date) -> "pd.DataFrame":
        """gap_days, gap_count of the days between two purchase days of a person, of what was known before `day`."""
        self.warehouse.view(CUSTOMER_DAYS)
        prepare_persons(self.warehouse, [day])
        sql = (HERE / "gaps.sql").read_text(encoding="utf-8")
        return self.warehouse.connection.execute(sql, {"known_before": day}).df()


def with_opinions(customers: "pd.DataFrame", said: "pd.DataFrame") -> "pd.DataFrame":
    """Customers as of some Mondays with what their reviews said by then."""
    joined = customers.merge(said, on=["as_of", "person_id"], how="left")
    return joined.fillna(dict.fromkeys(("review_count", "negative_review_count_90d"), 0))


def _sample(frame: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np

    if len(frame) <= SAMPLE_ROWS:
        return frame
    hashes = np.array([crc32(person.encode()) for person in frame["person_id"]])
    return frame.iloc[np.sort(np.argsort(hashes, kind="stable")[:SAMPLE_ROWS])].reset_index(drop=True)
