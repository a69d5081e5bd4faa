"""Lists of some persons as of now: made as the run makes them, with what it learned from everybody's past."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32

from assets.insights.recommendations import queries
from resources.fitted import Fitted
from resources.learning.weights import read_arrays
from resources.shop import Shop
from resources.snapshot import Snapshot
from serving.recent.tables import Tables

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from assets.insights.recommendations.methods.history import Past
    from assets.insights.recommendations.methods.interactions import Ids
    from assets.insights.recommendations.methods.lists import Learned


@dataclass(frozen=True, eq=False)
class Lists:
    """What the lists of the newest week were made with."""

    shop: Shop
    settings: Fitted
    learned: "Learned"
    gaps: "pd.DataFrame"
    week: date

    @classmethod
    def of(cls, shop: Shop, snapshot: Snapshot) -> "Lists | None":
        """None where the shop has no lists yet."""
        from assets.insights.recommendations.methods import kept

        settings, made = snapshot.model("recommendations"), snapshot.model("recommendation_lists")
        if settings is None or made is None:
            return None
        arrays = read_arrays(snapshot.models, made.parameters["file"])
        return cls(shop, settings, kept.learned_of(made.parameters, arrays), kept.gaps_of(arrays), made.fitted_as_of)

    def of_persons(self, tables: Tables, today: date) -> "pd.DataFrame":
        """Both lists of the persons that the tables are of, with the columns of insights.recommendations."""
        import pandas as pd

        from assets.insights.recommendations.methods import lists, rebuy
        from assets.insights.recommendations.methods.blended_model import Settings

        parameters, wanted, rules = self.settings.parameters, self.shop.recommendations, queries.rules_of(self.shop)
        day = today + timedelta(days=1)
        catalogue = self._catalogue(tables)
        people = tables.frame(queries.SQL("people"))
        shown = tables.frame(queries.SQL("feedback"), {"week": day, "days": queries.FEEDBACK_DAYS})
        past = self._past(tables, day, catalogue)
        week = lists.Week(day, past, catalogue, self.gaps, people, queries.groups_of(people), shown)
        made: list[pd.DataFrame] = []
        if parameters["lists"]["discover"]:
            by = lists.Making(
                Settings.of(parameters),
                parameters["arms"],
                rules,
                wanted.holdout_share,
                queries.bounds_of(self.shop),
                wanted.random_share,
            )
            made.append(lists.discover(week, by, self.learned, self._drawn(people["person_id"], rules.length)).rows)
        if parameters["lists"]["rebuy"]:
            again = rebuy.Rebuy.of(parameters["rebuy"])
            made.append(lists.again(week, again, rules, wanted.rebuy_length, self.learned.buyers))
        return pd.concat(made, ignore_index=True)

    def _drawn(self, people: "pd.Series", length: int) -> "np.ndarray[Any, Any]":
        """Each person's own draw, the same all week: what changes a list is what they do."""
        import numpy as np

        week = self.week.toordinal()
        return np.concatenate([self.learned.draw(1, length, (week, crc32(person.encode()))) for person in people])

    @cached_property
    def _features(self) -> Any:
        content = [s for name, s in self.learned.model.sources.items() if name.startswith("content/")]
        return content[0].features if content else None  # pyright: ignore[reportAttributeAccessIssue]

    def _catalogue(self, tables: Tables) -> "pd.DataFrame":
        """A row a product that was learned from, as it is now."""
        found = tables.frame(queries.SQL("catalogue"), {"has_catalogue": True}).set_index("product_id")
        whole = found.reindex(self.learned.model.products).rename_axis("product_id").reset_index()
        return whole.assign(in_stock=whole["in_stock"].fillna(True).astype(bool))

    def _past(self, tables: Tables, day: date, catalogue: "pd.DataFrame") -> "Past":
        from assets.insights.recommendations.methods.history import Past

        products = self.learned.model.products
        found = tables.frame(
            f"SELECT * FROM ({queries.SQL('interacted')}) ORDER BY person_id, product_id, event_type", {"week": day}
        )
        found = found[found["product_id"].isin(products)]
        is_kept = found["place"] <= self.shop.recommendations.history
        log = found[is_kept].drop(columns="place").reset_index(drop=True)
        others = found[~is_kept & (found["event_type"] == "purchase")][["person_id", "product_id"]]

        def older(people: "Ids") -> "pd.DataFrame":
            return others[others["person_id"].isin(people)]

        labels = queries.labels_of(catalogue)
        return Past(log, products, self._features, labels, older if len(others) else None)
