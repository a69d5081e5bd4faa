"""What is expected of recommendations."""

from data_checks.gate.expectation import Expectation, fit_figure, no_row, unique
from resources.sales import sales
from resources.shop import Shop

MODEL = "recommendations"
LEAST_COVERAGE, MOST_OVERLAP = 0.05, 0.8


def _bought(shop: Shop) -> str:
    """A select of as_of, person_id, product_id: what each person had bought before the weeks asked for and not cancelled since."""
    person, merged = "o.customer_id", ""
    if "links" in shop.tables:
        person = "coalesce(i.person_id, o.customer_id)"
        merged = "LEFT JOIN features.identities AS i ON i.as_of = a.as_of AND i.customer_id = o.customer_id"
    return f"""
        SELECT a.as_of, {person} AS person_id, o.product_id
        FROM ({sales(shop)}) AS o JOIN asked AS a ON o.known_on < a.as_of {merged}
        WHERE o.quantity > 0
        GROUP BY a.as_of, {person}, o.product_id, o.ordered_on HAVING sum(o.sign) > 0
    """


def recommendations(shop: Shop) -> list[Expectation]:
    suite = [
        unique(
            "a_product_is_on_one_list_once",
            ("person_id", "product_id"),
            "The two lists are never mixed, and nothing is shown twice.",
        ),
        no_row(
            "every_product_has_its_reason_in_both_languages",
            "coalesce(because_zh, '') = '' OR coalesce(because_en, '') = '' OR source IS NULL OR (list = 'rebuy' AND score IS NULL)",
            "A product without a reason cannot be explained to who asks.",
        ),
        Expectation(
            "every_customer_has_a_list_or_nobody_has",
            "An empty page is worse than what sells. Who has bought half of all products may have nothing new left to see, and where the "
            "list of new products lost to popularity only those with something to buy again have one.",
            f"""
            SELECT CAST(c.as_of AS VARCHAR), count(*) FROM features.customers AS c
            JOIN (SELECT DISTINCT as_of, fitted_as_of FROM stage) AS f ON f.as_of = c.as_of
            JOIN models.registry AS r ON r.name = '{MODEL}' AND r.fitted_as_of = f.fitted_as_of
                AND CAST(r.parameters -> 'lists' ->> 'discover' AS BOOLEAN)
            JOIN (
                SELECT a.as_of, count(DISTINCT o.product_id) AS product_count
                FROM asked AS a JOIN clean.orders AS o ON o.known_on < a.as_of GROUP BY a.as_of
            ) AS p ON p.as_of = c.as_of
            LEFT JOIN (
                SELECT as_of, person_id, count(DISTINCT product_id) AS product_count FROM ({_bought(shop)}) GROUP BY as_of, person_id
            ) AS b ON b.as_of = c.as_of AND b.person_id = c.person_id
            WHERE 2 * coalesce(b.product_count, 0) < p.product_count
                AND NOT EXISTS (SELECT 1 FROM stage AS s WHERE s.as_of = c.as_of AND s.person_id = c.person_id)
            GROUP BY c.as_of
            """,
            at_most=0,
        ),
        Expectation(
            "the_lists_cover_enough_of_the_catalogue",
            "Lists that show everybody the same few products are no recommendations.",
            "coverage",
            at_least=LEAST_COVERAGE,
            given=True,
            unit="share",
        ),
        Expectation(
            "two_customers_do_not_get_the_same_list",
            "Mean share of products that the lists of two customers have in common, where the catalogue leaves a choice.",
            "overlap",
            at_most=MOST_OVERLAP,
            given=True,
            unit="share",
        ),
        no_row(
            "new_and_known_products_are_on_lists_of_their_own",
            "list NOT IN ('discover', 'rebuy') OR (list = 'rebuy') <> (source = 'rebuy')",
            "They are two questions, judged and shown apart.",
        ),
        fit_figure(
            "new_products_are_predicted_better_than_popular",
            "By the fit in force, on the window before it: NDCG of the list less that of popularity. A list that lost is not published.",
            MODEL,
            "discover_ahead_of_popularity",
            at_least=0,
        ),
        fit_figure(
            "rebuying_is_predicted_better_than_popularity",
            "The same for products bought before.",
            MODEL,
            "rebuy_ahead_of_popularity",
            at_least=0,
            shows=(),
        ),
        Expectation(
            "new_products_are_new_to_the_customer",
            "What they bought before under any of their accounts, and what was not cancelled or corrected away, is not new to them.",
            f"""
            SELECT CAST(s.as_of AS VARCHAR), count(*) FROM (SELECT DISTINCT as_of, person_id, product_id FROM stage WHERE list = 'discover') AS s
            JOIN ({_bought(shop)}) AS b ON b.as_of = s.as_of AND b.person_id = s.person_id AND b.product_id = s.product_id
            GROUP BY s.as_of
            """,
            at_most=0,
        ),
    ]
    if "products" in shop.tables:
        suite.append(
            Expectation(
                "what_cannot_be_bought_is_not_shown",
                "A product that is out of stock or was withdrawn before the week disappoints who clicks on it.",
                """
                SELECT CAST(s.as_of AS VARCHAR), count(*) FROM stage AS s JOIN (
                    SELECT a.as_of, p.product_id, arg_max(p.in_stock, p.known_on) AS in_stock
                    FROM asked AS a JOIN clean.products AS p ON p.known_on < a.as_of GROUP BY a.as_of, p.product_id
                ) AS g ON g.as_of = s.as_of AND g.product_id = s.product_id
                WHERE NOT g.in_stock GROUP BY s.as_of
                """,
                at_most=0,
            )
        )
    return suite


def profiles() -> list[Expectation]:
    return [
        Expectation(
            "every_customer_has_a_profile_or_nobody_has",
            "A customer without a profile falls out of every selection by taste.",
            """
            SELECT CAST(a.as_of AS VARCHAR), CASE WHEN s.people > 0 THEN c.people - s.people END FROM asked AS a
            LEFT JOIN (SELECT as_of, count(*) AS people FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS people FROM features.customers GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
    ]


def similar_products() -> list[Expectation]:
    return [
        no_row("no_product_is_its_own_neighbour", "product_id = other_product_id OR score <= 0", "It says nothing."),
    ]


def bought_together() -> list[Expectation]:
    return [
        no_row(
            "pairs_are_bought_together_more_often_than_chance",
            "lift <= 1 OR confidence_share > 1 OR support_share > confidence_share",
            "A pair that is no more frequent than chance is no reason to show one with the other.",
        ),
    ]


def feedback() -> list[Expectation]:
    return [
        no_row(
            "clicks_are_no_more_than_impressions",
            "click_count > impression_count OR purchase_count > impression_count OR first_position_worth > impression_count + 1e-6",
            "More clicks than impressions are impressions that were lost on the way.",
        ),
    ]
