"""Recommendations against published figures, and against the usual simple methods.

`--train FILE --test FILE`: files of the LightGCN format (a line a customer: its id, then the ids of its products), gzipped or
not. `--taobao FOLDER`: events and a held-back purchase a customer. `--sequences FILE`: a customer's products in order; the last
is foretold. Everything is chosen on a part held back from what the methods may see; then fitted on all of that, and the test
part is looked at once.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.recommendations.methods.history import Past

HELD_BACK = 0.2
COUNT = 20
# Regularisation and confidence of `implicit`'s ALS from which validation chooses.
ALS = tuple((regularization, alpha) for regularization in (0.1, 10.0) for alpha in (1.0, 10.0, 40.0))


def read_lines(path: Path) -> "pd.DataFrame":
    """person_id and product_id (numbers) in the order of the file; age_days is the number of later products in the line."""
    import numpy as np
    import pandas as pd

    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        lines = [np.array(line.split(), dtype=np.int64) for line in file if line.strip()]
    products = [line[1:] for line in lines]
    counts = np.array([len(line) for line in products])
    return pd.DataFrame(
        {
            "person_id": np.repeat(np.array([line[0] for line in lines]), counts),
            "product_id": np.concatenate(products),
            "event_type": "purchase",
            "event_count": 1,
            "age_days": np.concatenate([np.arange(count)[::-1] for count in counts]),
        }
    )


def judge_split(train: Path, test: Path) -> dict[str, Any]:
    """A random split without times, as in the published tables: nothing fades."""
    import numpy as np

    rows, later = read_lines(train).assign(age_days=0), read_lines(test)
    held = np.random.default_rng(0).random(len(rows)) < HELD_BACK
    products = np.union1d(rows["product_id"], later["product_id"])
    return _judge(rows[~held], rows[held], rows, later, products, with_others=False)


def judge_sequences(path: Path) -> dict[str, Any]:
    """The last product of each line is foretold, the last but one is what everything is chosen on."""
    import numpy as np

    rows = read_lines(path)
    products = np.unique(rows["product_id"])
    before, known = rows[rows["age_days"] >= 2], rows[rows["age_days"] >= 1]
    return _judge(
        before.assign(age_days=before["age_days"] - 2),
        rows[rows["age_days"] == 1],
        known.assign(age_days=known["age_days"] - 1),
        rows[rows["age_days"] == 0],
        products,
        with_others=True,
    )


def judge_taobao(folder: Path) -> dict[str, Any]:
    """The held-back purchase is foretold; each customer's latest known purchase is what everything is chosen on."""
    import numpy as np
    import pandas as pd

    events, later = pd.read_parquet(folder / "events.parquet"), pd.read_parquet(folder / "test_next_buy.parquet")
    end = events["timestamp"].max()
    rows = pd.DataFrame(
        {
            "person_id": events["user_id"],
            "product_id": events["item_id"],
            "event_type": events["behavior"].map({"buy": "purchase", "cart": "cart", "fav": "favorite"}),
            "event_count": 1,
            "age_days": (end - events["timestamp"]) / 86_400,
        }
    )
    later = later.rename(columns={"user_id": "person_id", "item_id": "product_id"})
    products = np.union1d(rows["product_id"], later["product_id"])
    bought = rows[rows["event_type"] == "purchase"].sort_values(["person_id", "age_days", "product_id"])
    latest = bought.groupby("person_id").head(1)
    # Nothing of the latest purchase's own time or later is known when it is foretold, nor, as in the split itself, any event of that pair.
    at = rows["person_id"].map(latest.set_index("person_id")["age_days"])
    pairs = latest.set_index(["person_id", "product_id"]).index
    before = rows[~(rows["age_days"] <= at) & ~rows.set_index(["person_id", "product_id"]).index.isin(pairs)]
    return _judge(before, latest, rows, later, products, with_others=True)


def judge_scale(interactions: int) -> dict[str, Any]:
    """A generated shop of a hundred interactions a customer and 100,000 products, as skewed as shops are: CPU seconds by step."""
    from time import process_time

    import numpy as np
    from scipy.sparse import coo_matrix

    from assets.insights.recommendations.methods.blended_model import Bounds, Model, families_for, sources_of
    from assets.insights.recommendations.methods.history import Past
    from assets.insights.recommendations.methods.interactions import Interactions
    from assets.insights.recommendations.methods.weighting import CAP

    customers, products = max(interactions // 100, 1), 100_000
    bounds = Bounds(neighbours=300, candidates=200, rank=64, history=500)
    random = np.random.default_rng(0)
    # Forty tastes a thousandth of whose products each are shared: what one taste buys, others rarely do.
    taste = random.integers(0, 40, customers)
    sizes = np.minimum(random.lognormal(4.2, 0.9, customers), bounds.history).astype(np.int64) + 1
    sizes = (sizes * (interactions / sizes.sum())).astype(np.int64).clip(1, bounds.history)
    who = np.repeat(np.arange(customers, dtype=np.int32), sizes)
    rank = (products * random.random(len(who), np.float32) ** 2.5).astype(np.int32)
    what = (
        (rank.astype(np.int64) * 40 + np.where(random.random(len(who), np.float32) < 0.7, taste[who], 0)) % products
    ).astype(np.int32)
    steps: dict[str, float] = {}
    started = process_time()

    def step(name: str) -> None:
        nonlocal started
        steps[name] = round(process_time() - started, 1)
        started = process_time()

    matrix = coo_matrix((np.ones(len(who), np.float32), (who, what)), shape=(customers, products)).tocsr()
    del who, what, rank
    matrix.data = matrix.data.clip(max=CAP)
    everybody = Interactions(np.arange(customers), np.arange(products), matrix)
    step("matrix")
    past = Past(_no_log(), everybody.products)
    families = families_for(everybody, past, bounds)
    has_neighbours = "neighbours" in families
    sources = sources_of(everybody, past, {"item_graph": ["even"], "popular": ["all"]}, bounds)
    step("item_graph")
    sources |= sources_of(everybody, past, {"low_rank": ["64"]}, bounds)
    step("low_rank")
    weights = {"item_graph/even": 0.6, "low_rank/64": 0.6}
    model = Model(everybody.products, sources, weights, np.zeros(products, np.float32), bounds.candidates)
    lists = model.lists(matrix, matrix, COUNT)
    step("top_20_for_all")
    return {
        "customers": customers,
        "products": products,
        "interactions": matrix.nnz,
        "would_look_for_neighbours": has_neighbours,
        "steps_cpu_seconds": steps,
        "customers_with_a_full_list": int((lists >= 0).all(axis=1).sum()),
    }


def _no_log() -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"person_id": [], "product_id": [], "event_type": [], "event_count": [], "age_days": []})


def _judge(
    before: "pd.DataFrame",
    held: "pd.DataFrame",
    rows: "pd.DataFrame",
    later: "pd.DataFrame",
    products: Any,
    with_others: bool,
) -> dict[str, Any]:
    """Chooses on `held`, which follows `before`; fits on `rows`; judges on `later`."""
    from assets.insights.recommendations.methods import blended_model, metrics
    from assets.insights.recommendations.methods.history import Past, rows_of
    from assets.insights.recommendations.methods.interactions import Interactions

    bounds = blended_model.Bounds()
    settings = blended_model.choose(Past(before, products), held, bounds)
    past = Past(rows, products)
    truth = Interactions.of(later.assign(weight=1.0), products=products)
    bought = rows_of(past.bought(), truth.customers)
    everybody = past.interactions(settings.weighting)
    own = rows_of(everybody, truth.customers)

    def figures(lists: Any) -> dict[str, float]:
        known = everybody.times_known()
        found = metrics.means(metrics.by_customer(lists, truth.weights))
        return {f"{name}_at_{COUNT}": value for name, value in found.items()} | metrics.of_lists(
            lists, known, rows["person_id"].nunique(), None
        )

    model = blended_model.fit(past, settings, bounds)
    result: dict[str, Any] = {
        "customers": rows["person_id"].nunique(),
        "judged_customers": truth.customer_count,
        "products": len(products),
        "interactions": len(rows),
        **figures(model.lists(own, bought, COUNT)),
        "validation_ndcg_at_20": settings.blend.ndcg,
        **settings.parameters(),
        "singles": dict(settings.blend.singles),
    }
    if with_others:
        chosen_on = blended_model.Judged.of(Past(before, products), held, bounds.judged)
        result["others"] = {
            name: figures(lists)
            for name, lists in _others(Past(before, products), chosen_on, past, truth.customers, bought).items()
        }
    return result


def _others(before: "Past", chosen_on: Any, past: "Past", customers: Any, bought: Any) -> dict[str, Any]:
    """Lists of popularity, item cosine and `implicit`'s ALS, each of purchases alone and of all events, the better on validation."""
    import numpy as np

    from assets.insights.recommendations.methods import metrics
    from assets.insights.recommendations.methods.history import rows_of
    from assets.insights.recommendations.methods.weighting import Weighting

    types = sorted(set(past.event_types))
    weightings = [Weighting(), *([Weighting(dict.fromkeys(types, 1.0))] if len(types) > 1 else [])]
    methods: dict[str, list[Callable[..., Any]]] = {
        "popularity": [_popular],
        "item cosine": [_cosine],
        "implicit ALS": [_als(regularization, alpha) for regularization, alpha in ALS],
    }
    lists = {}
    for name, variants in methods.items():
        options = [(weighting, method) for weighting in weightings for method in variants]

        def validation(option: tuple[Weighting, Callable[..., Any]]) -> float:
            weighting, method = option
            interactions = before.interactions(weighting)
            found = method(interactions, rows_of(interactions, chosen_on.customers), chosen_on.bought)
            return float(np.nanmean(metrics.by_customer(found, chosen_on.truth)["ndcg"]))

        weighting, method = options[0] if len(options) == 1 else max(options, key=validation)
        interactions = past.interactions(weighting)
        lists[name] = method(interactions, rows_of(interactions, customers), bought)
    return lists


def _popular(interactions: Any, histories: Any, bought: Any) -> Any:
    from assets.insights.recommendations.methods.sources.proposals import PopularSource

    return _lists_of(PopularSource(_sums(interactions)), histories, bought)


def _sums(interactions: Any) -> Any:
    import numpy as np

    return np.asarray(interactions.weights.sum(axis=0)).ravel()


def _cosine(interactions: Any, histories: Any, bought: Any) -> Any:
    from assets.insights.recommendations.methods.sources.item_graph import Graph, item_graph
    from assets.insights.recommendations.methods.sources.proposals import ItemGraphSource

    return _lists_of(ItemGraphSource(item_graph(interactions, Graph(0.0, 0.5, 1.0, 200))), histories, bought)


def _lists_of(source: Any, histories: Any, bought: Any) -> Any:
    import numpy as np

    from assets.insights.recommendations.methods.blended_model import Model

    none = np.zeros(histories.shape[1], np.float32)
    return Model(np.arange(histories.shape[1]), {"one": source}, {"one": 1.0}, none, 100).lists(
        histories, bought, COUNT
    )


def _als(regularization: float, alpha: float) -> Callable[..., Any]:
    def lists(interactions: Any, histories: Any, bought: Any) -> Any:
        import numpy as np
        from implicit.als import AlternatingLeastSquares
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            model = AlternatingLeastSquares(
                factors=64, regularization=regularization, alpha=alpha, iterations=15, random_state=0, num_threads=1
            )
            model.fit(csr_matrix(interactions.weights, dtype=np.float32), show_progress=False)
            # Its own filter would drop what was only looked at, too.
            seen = csr_matrix(bought, dtype=np.float32)
            users = model.recalculate_user(np.arange(histories.shape[0]), csr_matrix(histories, dtype=np.float32))
            found = np.full((len(users), COUNT), -1, np.int64)
            for start in range(0, len(users), 1024):
                scores = users[start : start + 1024] @ model.item_factors.T
                rows = seen[start : start + 1024]
                scores[np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices] = -np.inf
                found[start : start + 1024] = np.argsort(-scores, axis=1, kind="stable")[:, :COUNT]
            return found

    return lists


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recommend", description="How good recommendations are")
    parser.add_argument("--train", type=Path, help="with --test: a split of the LightGCN format")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--taobao", type=Path, metavar="FOLDER", help="events.parquet and test_next_buy.parquet")
    parser.add_argument("--sequences", type=Path, metavar="FILE", help="a customer's products in order, a line each")
    parser.add_argument(
        "--scale", type=int, metavar="N", help="a generated shop of N interactions: what each step costs"
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    from benchmarks.measure import measured

    if options.train and options.test:
        run = measured(judge_split, options.train, options.test)
    elif options.taobao:
        run = measured(judge_taobao, options.taobao)
    elif options.sequences:
        run = measured(judge_sequences, options.sequences)
    elif options.scale:
        run = measured(judge_scale, options.scale)
    else:
        parser.error("give --train and --test, or --taobao, or --sequences, or --scale")
    figures = run.result | {"cpu_seconds": round(run.cpu_seconds, 1), "peak_mib": round(run.peak_mib)}
    for name, value in figures.items():
        if isinstance(value, dict):
            print(f"{name.replace('_', ' ')}:")
            for key, entry in value.items():
                print(f"  {key}: {entry}")
        else:
            print(f"{name.replace('_', ' ')}: {value}")
    if options.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
