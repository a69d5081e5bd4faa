"""Item graph, blend, re-ranking, feedback: what a list may never get wrong, on matrices small enough to reckon by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix, random

from assets.insights.recommendations.methods import blended_model, feedback, metrics, rebuy, reranking
from assets.insights.recommendations.methods.blended_model import Bounds, Judged, Settings
from assets.insights.recommendations.methods.candidates import NOBODY, ranked, scaled
from assets.insights.recommendations.methods.history import Past, rows_of
from assets.insights.recommendations.methods.interactions import Interactions
from assets.insights.recommendations.methods.sources.item_graph import Graph, item_graph
from assets.insights.recommendations.methods.sources.neighbours import Neighbours
from assets.insights.recommendations.methods.sources.taste import TasteSource, price_labels
from assets.insights.recommendations.methods.sparse_top import MOST_SPARE, top_of_product
from assets.insights.recommendations.methods.weighting import CAP, Weighting
from assets.insights.recommendations.methods.wording import contributions


def log_of(pairs: list[tuple[str, str]], **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["person_id", "product_id"])
    return frame.assign(**{"event_type": "purchase", "event_count": 1, "age_days": 10, "span_days": 0} | columns)


def circles(people: int = 40, products: int = 40) -> list[tuple[str, str]]:
    """As many customers as products, so that a swapped matrix fits everywhere: customer n bought products 2n, 2n + 1 and 2n + 2 of a ring
    of even length; ids of both sides sort unlike their numbers."""
    return [
        (f"c{(7 * n) % people:02d}", f"p{(11 * ((2 * n + step) % products)) % products:02d}")
        for n in range(people)
        for step in range(3)
    ]


@pytest.fixture(scope="module")
def past() -> Past:
    pairs = circles()
    return Past(log_of(pairs), np.array(sorted({product for _, product in pairs}), dtype=object))


@pytest.mark.parametrize("family", ["item_graph", "neighbours", "low_rank"])
def test_a_swapped_matrix_would_be_seen(past: Past, family: str) -> None:
    """Customers and products are equally many here. Each source, fed through the ids alone, must score what the customer's own rows
    say: of products never bought, only those of customers who share a product."""
    interactions = past.interactions(Weighting())
    assert interactions.customer_count == interactions.product_count == 40
    variant = {"item_graph": "even", "neighbours": "even", "low_rank": "16"}[family]
    source = blended_model.sources_of(interactions, past, {family: [variant]}, Bounds())[f"{family}/{variant}"]
    who = "c05"
    baskets = {person: set(rows["product_id"]) for person, rows in past.log.groupby("person_id")}
    row = rows_of(interactions, [who])
    assert {past.products[p] for p in row.indices} == baskets[who]
    every = np.arange(40)[None, :]
    scores = dict(zip(past.products, source.scores(row, every)[0], strict=True))
    near = set.union(*(basket for person, basket in baskets.items() if basket & baskets[who])) - baskets[who]
    far = set(scores) - near - baskets[who]
    assert near and far
    if family == "low_rank":
        # Common tastes reach a little beyond the neighbours on a ring.
        assert np.mean([scores[p] for p in near]) > 3 * np.mean([scores[p] for p in far])
    else:
        assert min(scores[p] for p in near) > max(scores[p] for p in far)


def test_the_item_graph_is_the_normalised_product_reckoned_densely() -> None:
    weights = random(30, 17, 0.3, format="csr", random_state=0)
    names = [f"c{n:02d}" for n in range(30)], [f"p{n:02d}" for n in range(17)]
    rows = weights.tocoo()
    frame = pd.DataFrame(
        {
            "person_id": [names[0][r] for r in rows.row],
            "product_id": [names[1][c] for c in rows.col],
            "weight": rows.data,
        }
    )
    found = item_graph(Interactions.of(frame, products=names[1], customers=names[0]), Graph(0.4, 0.7, 0.8, 17))
    dense = weights.toarray()
    customer, product = dense.sum(1), dense.sum(0)
    normal = (
        np.divide(dense, customer[:, None] ** 0.4, where=customer[:, None] > 0, out=np.zeros_like(dense)) / product**0.7
    )
    assert np.allclose(found.toarray(), (normal.T @ normal) ** 0.8)


@pytest.mark.parametrize("shape", [(50, 60), (60, 50), (3, 500), (500, 3), (1, 1)])
def test_the_largest_of_a_product_are_the_largest(shape: tuple[int, int]) -> None:
    """Of wide matrices, too: the kernel reads past its memory there unless it is given a square one."""
    matrix, queries = (
        random(*shape, 0.3, format="csr", random_state=1),
        random(20, shape[0], 0.4, format="csr", random_state=2),
    )
    found, dense = top_of_product(queries, matrix, 5), (queries @ matrix).toarray()
    for row in range(20):
        best = np.sort(dense[row])[::-1][:5]
        assert np.allclose(np.sort(found[row].data)[::-1], best[best > 0])
        assert np.allclose(found[row].data, dense[row][found[row].indices])


def test_who_bought_thousands_gets_the_best_of_the_rest_and_does_not_set_the_width() -> None:
    """Candidates of all customers of a block are as wide as those of one."""
    size, many = 4 * MOST_SPARE, 2 * MOST_SPARE
    scores = np.random.default_rng(0).permutation(size) + 1.0
    order = np.argsort(-scores)
    bought = csr_matrix((np.ones(2 * many), np.append(order[:many], order[-many:]), [0, many, 2 * many]), (2, size))
    found = top_of_product(csr_matrix(np.ones((2, 1))), csr_matrix(scores), 7, spare=bought)
    assert set(found[0].indices) == set(order[many : many + 7])
    assert set(found[1].indices) == set(order[: 7 + MOST_SPARE])


def test_what_the_log_leaves_out_is_not_new_either(past: Past) -> None:
    """Neither in a list, nor as something that a list should have foretold."""
    settings = Settings.default()
    rows = rows_of(past.interactions(settings.weighting), past.people)
    by_log = rows_of(past.bought(), past.people)
    wanted = blended_model.fit(past, settings, Bounds()).lists(rows, by_log, 3)
    old = pd.DataFrame({"person_id": past.people, "product_id": past.products[wanted[:, 0]]})
    longer = replace(past, older=lambda people: old[old["person_id"].isin(people)])
    bought = longer.ever_bought(past.people, by_log)
    assert bought.nnz == by_log.nnz + len(past.people)
    lists = blended_model.fit(longer, settings, Bounds()).lists(rows, bought, 3)
    assert not (lists == wanted[:, :1]).any()
    assert (lists[:, 0] == wanted[:, 1]).all()
    assert Judged.of(past, old, 100).truth.nnz == len(past.people)
    assert Judged.of(longer, old, 100).truth.nnz == 0


def test_matrices_that_do_not_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot meet"):
        top_of_product(csr_matrix((2, 3)), csr_matrix((4, 5)), 1)


def test_lists_hold_nothing_that_was_bought_and_nothing_twice(past: Past) -> None:
    settings = Settings.default()
    interactions, bought = past.interactions(settings.weighting), past.bought()
    lists = blended_model.fit(past, settings, Bounds()).lists(interactions.weights, bought.weights, 10)
    for row, mine in enumerate(lists):
        shown = mine[mine != NOBODY]
        assert len(set(shown)) == len(shown) > 0
        assert not set(shown) & set(bought.weights[row].indices)


def test_a_product_nobody_dealt_with_and_a_customer_without_history_do_no_harm(past: Past) -> None:
    more = Past(past.log, np.array([*past.products, "p99"], dtype=object))
    settings = Settings.default()
    model = blended_model.fit(more, settings, Bounds())
    rows = rows_of(more.interactions(settings.weighting), ["c05", "nobody"])
    lists = model.lists(rows, rows, 5)
    assert (lists[0] != NOBODY).all()
    # What sells, for who is not known.
    assert (lists[1] != NOBODY).all()


def test_a_catalogue_of_three_products_gives_what_is_left() -> None:
    past = Past(
        log_of([("a", "x"), ("b", "x"), ("b", "y"), ("c", "z"), ("c", "x"), ("c", "y")]),
        np.array(["x", "y", "z"], dtype=object),
    )
    settings = Settings.default()
    rows = past.interactions(settings.weighting).weights
    lists = blended_model.fit(past, settings, Bounds()).lists(rows, rows, 10)
    assert [set(row[row != NOBODY]) for row in lists] == [{1, 2}, {2}, set()]


def test_a_million_events_of_one_customer_count_no_more_than_ten(past: Past) -> None:
    """A pair's weight is capped: whoever clicks without end moves nobody else's list further than a good customer does."""
    lists = []
    for count in (10, 1_000_000):
        flood = log_of([("robot", product) for product in past.products[:3]], event_count=count)
        flooded = Past(pd.concat([past.log, flood], ignore_index=True), past.products)
        rows = flooded.interactions(Weighting()).weights
        assert rows.max() == CAP
        lists.append(blended_model.fit(flooded, Settings.default(), Bounds()).lists(rows, rows, 3))
    assert (lists[0] == lists[1]).all()


def test_older_events_count_less_and_kinds_count_as_told() -> None:
    log = log_of([("a", "x"), ("a", "y"), ("a", "z")], event_type=["purchase", "view", "purchase"], age_days=[0, 0, 30])
    found = Past(log, np.array(["x", "y", "z"], dtype=object)).interactions(
        Weighting({"purchase": 1.0, "view": 0.2}, 30.0)
    )
    assert found.weights.toarray().tolist() == [[1.0, 0.2, 0.5]]


def test_choosing_beats_or_ties_popularity_and_is_the_same_twice(past: Past) -> None:
    later = pd.DataFrame(
        [(f"c{(7 * n) % 40:02d}", f"p{(11 * ((2 * n + 3) % 40)) % 40:02d}") for n in range(40)],
        columns=["person_id", "product_id"],
    )
    first, second = (blended_model.choose(past, later, Bounds()) for _ in range(2))
    assert first == second
    assert first.blend.ndcg >= first.blend.singles["popular/all"]
    assert first.blend.ndcg > 2 * first.blend.singles["popular/all"]
    assert Settings.of(first.parameters()).parameters() == first.parameters()


def test_contributions_add_up_to_the_score_and_name_the_largest(past: Past) -> None:
    interactions = past.interactions(Weighting())
    edges = item_graph(interactions, Graph(neighbours=40))
    rows = interactions.weights[:5]
    scores = (rows @ edges).toarray()
    scores[rows.toarray() > 0] = 0
    picked = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    who, much = contributions(rows, edges, picked)
    for row in range(5):
        for place in range(2):
            product = picked[row, place]
            # Three products in a basket: all of the score is told.
            assert much[row, place].sum() == pytest.approx(scores[row, product])
            assert list(much[row, place]) == sorted(much[row, place], reverse=True)
            named = who[row, place][who[row, place] != NOBODY]
            assert set(named) <= set(rows[row].indices)


def test_alike_customers_lend_what_they_bought(past: Past) -> None:
    interactions = past.interactions(Weighting())
    found = Neighbours.of(interactions.weights, Graph(neighbours=3)).alike(interactions.weights[:4])
    assert found.shape == (4, 40)
    # Nobody is more like a customer than itself.
    assert [int(found[row].toarray().argmax()) for row in range(4)] == [0, 1, 2, 3]


def test_taste_follows_category_and_price() -> None:
    labels = {
        "category": np.array([0, 0, 1, 1, -1]),
        "price": price_labels(np.array([10.0, 100.0, 10.0, 100.0, np.nan])),
    }
    source = TasteSource(np.array([5.0, 5.0, 5.0, 5.0, 0.0]), labels)
    history = csr_matrix(np.array([[3.0, 0, 0, 0, 0]]))
    first, second, third, fourth, unknown = source.scores(history, np.arange(5)[None, :])[0]
    assert first > second > fourth
    assert first > third > fourth
    assert unknown > 0


def test_metrics_by_hand() -> None:
    lists = np.array([[3, 1, 2], [0, 1, NOBODY], [0, 1, 2]])
    truth = csr_matrix(np.array([[0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]))
    found = metrics.by_customer(lists, truth)
    assert found["recall"][:2].tolist() == [0.5, 0.0]
    assert found["ndcg"][0] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))
    assert found["map"][0] == pytest.approx(0.25)
    # Who took nothing is not judged.
    assert np.isnan(found["recall"][2])
    spread = metrics.of_lists(lists, np.array([9.0, 9, 1, 0, 0]), 9, np.array([0, 0, 1, 1, 1]))
    assert spread["coverage"] == 0.8
    assert metrics.overlap(np.tile([1, 2, 3], (5, 1))) == 1.0


def test_a_row_in_which_nothing_scores_stays_zero() -> None:
    assert scaled(np.zeros((2, 30), np.float32), np.ones((2, 30), bool)).sum() == 0


def filled(drawn: list[int], *, a_category: int = 2) -> tuple[list[int], list[int]]:
    """Six products in two categories, two sources that rank them in opposite order; product 5 is not to be shown."""
    products = np.arange(6)[None, :]
    closed = np.where(products == 5, -np.inf, 0)
    scores = {"up": (products + closed).astype(np.float32), "down": (6 - products + closed).astype(np.float32)}
    picked, source, _ = reranking.fill(products, scores, np.array([drawn]), np.array([0, 0, 0, 1, 1, 1]), a_category)
    return picked[0].tolist(), source[0].tolist()


def test_positions_take_the_best_left_of_the_source_they_drew() -> None:
    assert filled([0, 1, 0, 1]) == ([4, 0, 3, 1], [0, 1, 0, 1])


def test_a_category_has_no_more_than_its_share_and_the_list_ends_where_nothing_is_left() -> None:
    picked, _ = filled([0, 0, 0, 0, 0, 0], a_category=1)
    assert picked == [4, 2, NOBODY, NOBODY, NOBODY, NOBODY]
    picked, _ = filled([0] * 6, a_category=9)
    assert picked == [4, 3, 2, 1, 0, NOBODY]


def test_rules_keep_out_what_the_shop_does_not_want_shown() -> None:
    catalogue = pd.DataFrame(
        {
            "product_id": list("abcde"),
            "category": ["x", "x", "y", None, "x"],
            "price": [5.0, 50.0, 50.0, None, 50.0],
            "in_stock": [True, True, True, True, False],
        }
    )
    rules = reranking.Rules(least_price=10, hidden_categories=["y"], hidden_products=["q"])
    assert reranking.may_be_shown(catalogue, rules).tolist() == [False, True, False, False, False]
    # Without a least price a product whose price is missing may be shown.
    assert reranking.may_be_shown(catalogue, reranking.Rules()).tolist() == [True, True, True, True, False]


def impressions(source: str, count: int, clicks: int, position: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "list": "discover",
            "source": source,
            "position": position,
            "is_clicked": [n < clicks for n in range(count)],
            "is_bought": False,
        }
    )


def test_a_source_that_is_clicked_is_drawn_more_and_none_is_given_up() -> None:
    shown = pd.concat([impressions("good", 400, 80), impressions("bad", 400, 55)], ignore_index=True)
    posterior = feedback.posteriors(feedback.priors({"good": 0.1, "bad": 0.1, "untried": 0.1}), feedback.summary(shown))
    drawn = feedback.draw(posterior, 3000, 10, (1, 2))
    shares = dict(zip(posterior, np.bincount(drawn.ravel(), minlength=3) / drawn.size, strict=True))
    assert shares["good"] > 0.6 > shares["untried"] > shares["bad"] > 0
    assert (feedback.draw(posterior, 3000, 10, (1, 2)) == drawn).all()


def test_a_source_shown_further_down_is_not_blamed_for_it() -> None:
    """Both are clicked as their position lets them: the rates at the first position come out alike."""
    shown = pd.concat(
        [impressions(name, count, clicks, at) for name, at, count, clicks in
         (("top", 1, 4000, 800), ("top", 5, 1000, 40), ("low", 1, 1000, 200), ("low", 5, 4000, 160))],
        ignore_index=True,
    )  # fmt: skip
    found = feedback.summary(shown).set_index("source")
    rate = found["click_count"] / found["first_position_worth"]
    assert rate["low"] == pytest.approx(rate["top"], rel=0.03)
    assert found.loc["low", "click_count"] < found.loc["top", "click_count"] / 2


def test_the_hold_out_says_how_much_is_gained() -> None:
    shown = pd.concat([impressions("good", 5000, 1000), impressions(feedback.HOLDOUT, 1000, 100)], ignore_index=True)
    gained = feedback.lift(feedback.summary(shown))
    assert gained is not None
    assert gained["low"] < gained["lift"] == pytest.approx(1.0, rel=0.05)
    assert gained["low"] > 0.5
    assert feedback.lift(feedback.summary(impressions("good", 10, 1))) is None


def test_what_is_due_comes_first_among_what_was_bought_before() -> None:
    """Planted: what was bought again had the usual gap behind it."""
    random_ = np.random.default_rng(0)
    ages = random_.integers(1, 120, 3000)
    pairs = log_of([(f"c{n:04d}", f"p{n % 7}") for n in range(3000)], age_days=ages)
    gaps = pd.DataFrame({"product_id": [f"p{n}" for n in range(7)], "gap_count": 50, "log_gap_sum": 50 * np.log(30)})
    rows = rebuy.pairs(Past(pairs, np.array(sorted(set(pairs["product_id"])), dtype=object)), gaps)
    again = random_.random(3000) < np.where(np.abs(np.log(ages / 30)) < 0.4, 0.6, 0.05)
    model = rebuy.fit(rows, again)
    assert model is not None
    p = model.probability(rows)
    assert p[(ages > 25) & (ages < 36)].mean() > 3 * p[ages > 100].mean()
    assert p.mean() == pytest.approx(again.mean(), abs=0.01)
    # From half a gap after the usual one on it is bought again less than anything else; the curve is smooth.
    assert 1.3 < model.due_gaps < 2.2
    assert (model.is_due(rows) == (rows["age_days"] <= rows["gap_days"] * model.due_gaps)).mean() > 0.999
    assert rebuy.Rebuy.of(model.parameters()) == model
    assert rebuy.fit(rows, np.zeros(3000, bool)) is None


def test_equal_scores_come_in_the_order_of_products_also_at_the_cut() -> None:
    products = np.arange(12).reshape(1, -1).repeat(2, axis=0)
    scores = np.array([[1, 2, 2, 2, 0, 2, 1, 2, 3, 2, 2, 1], [1.0] * 12], np.float32)
    found, _ = ranked(products, scores, 3)
    assert found.tolist() == [[8, 1, 2], [0, 1, 2]]
