"""What contacts with service add to what is known of customers: `python -m benchmarks.contacts --store demo [--store …]`, for shops that were run.

Of the published snapshot: a random forest over `features.customers`, with and without `contacts_90d`, `complaints_90d` and the days since the latest
contact of `insights.contacts`. Two questions of each Monday's buyers: who does not order in the days after it, and, of those who review something in them,
whose mean rating is 3 or less. Forests learn from the Mondays whose days closed before the newest Monday that can be judged, and are judged there.
What is added is the difference in AUC, with its standard error (paired bootstrap of persons).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from resources.evidence import markdown
from resources.home import Home, default_home, export_demo
from resources.learning.metrics import auc
from resources.shop import load_shop
from resources.snapshot import opened

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

CONTACTS = ["contacts_90d", "complaints_90d", "contact_recency_days"]
ASIDE = ["as_of", "person_id", "leaves", "is_dissatisfied", "first_purchase_on", "last_purchase_on"]
LOW = 3
RESAMPLES, FORESTS = 200, 5
ROWS_SQL = """
WITH accounts AS (SELECT DISTINCT person_id, unnest(coalesce(customer_ids, [person_id])) AS customer_id FROM insights.customer_360),

ordered AS (SELECT a.person_id, o.ordered_on AS day FROM clean.orders AS o JOIN accounts AS a USING (customer_id) WHERE o.quantity > 0 AND o.sign = 1),

reviewed AS (SELECT a.person_id, r.reviewed_on AS day, r.rating FROM clean.reviews AS r JOIN accounts AS a USING (customer_id) WHERE r.sign = 1),

later AS (
    SELECT c.as_of, c.person_id, avg(r.rating) AS rating
    FROM features.customers AS c JOIN reviewed AS r ON r.person_id = c.person_id AND r.day >= c.as_of AND r.day < c.as_of + $days
    GROUP BY ALL
)

SELECT
    c.*,
    NOT EXISTS (FROM ordered AS o WHERE o.person_id = c.person_id AND o.day >= c.as_of AND o.day < c.as_of + $days) AS leaves,
    l.rating <= $low AS is_dissatisfied,
    coalesce(s.contacts_90d, 0) AS contacts_90d, coalesce(s.complaints_90d, 0) AS complaints_90d,
    c.as_of - s.last_contact_on AS contact_recency_days
FROM features.customers AS c
LEFT JOIN later AS l USING (as_of, person_id)
LEFT JOIN insights.contacts AS s USING (as_of, person_id)
WHERE c.frequency > 0
ORDER BY c.as_of, c.person_id
"""


def rows_of(connection: "duckdb.DuckDBPyConnection", days: int) -> "pd.DataFrame":
    """Every buyer of every Monday, with what they did in the days after it."""
    import pandas as pd

    found = connection.execute(ROWS_SQL, {"days": days, "low": LOW}).df()
    return found.assign(as_of=pd.to_datetime(found["as_of"]))


def added(rows: "pd.DataFrame", label: str, days: int) -> dict[str, Any]:
    """AUC of both forests on the newest Monday whose days are over, and of the difference its standard error."""
    from sklearn.ensemble import RandomForestClassifier

    newest = rows["as_of"].max() - timedelta(days=days)
    known = rows.dropna(subset=[label])
    test = known[known["as_of"] == known.loc[known["as_of"] <= newest, "as_of"].max()]
    train = known[known["as_of"] <= test["as_of"].iloc[0] - timedelta(days=days)]
    numbers = train.drop(columns=[*ASIDE, *CONTACTS]).select_dtypes("number").columns.tolist()
    truth = test[label].to_numpy(float)
    scores = [
        np.mean(
            [
                RandomForestClassifier(200, min_samples_leaf=15, random_state=seed)
                .fit(train[columns].fillna(-1), train[label].astype(bool))
                .predict_proba(test[columns].fillna(-1))[:, 1]
                for seed in range(FORESTS)
            ],
            axis=0,
        )
        for columns in (numbers, numbers + CONTACTS)
    ]
    without, with_contacts = (auc(truth, each) for each in scores)
    draws = np.random.default_rng(0).integers(0, len(truth), (RESAMPLES, len(truth)))
    gains = [auc(truth[each], scores[1][each]) - auc(truth[each], scores[0][each]) for each in draws]
    return {
        "judged_on": test["as_of"].iloc[0].date().isoformat(),
        "learned_from": len(train),
        "judged": len(test),
        "rate": round(float(truth.mean()), 4),
        "auc_without": round(without, 4),
        "auc_with": round(with_contacts, 4),
        "added": round(with_contacts - without, 4),
        "standard_error": round(float(np.std(gains, ddof=1)), 4),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contacts", description="What contacts add")
    parser.add_argument("--store", action="append", required=True)
    parser.add_argument("--days", type=int, default=56, help="in which customers leave, or review")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args(arguments)
    export_demo(default_home())
    found: list[dict[str, Any]] = []
    for store in options.store:
        shop = load_shop(store)
        with opened(Home(default_home() / shop.id)) as reader:
            rows = rows_of(reader.connection, options.days)
        for label in ("leaves", "is_dissatisfied"):
            found.append({"shop": shop.id, "question": label} | added(rows, label, options.days))
    print(markdown(found))
    if options.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
