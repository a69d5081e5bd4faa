"""What is expected of customer features."""

from data_checks.gate.expectation import Expectation, no_row
from resources.sales import sales
from resources.shop import Shop


def customer_days(shop: Shop) -> list[Expectation]:
    return [
        no_row(
            "every_row_has_an_account_and_one_of_the_shops_days",
            f"customer_id IS NULL OR active_on IS NULL OR active_on < DATE '{shop.start}' OR active_on > delivered_on",
            "Guests have no history, and a day outside the shop's time would bend every recency.",
        ),
        Expectation(
            "sales_are_the_sales_of_the_orders",
            "Features must sell what the orders sold: lines counted both ways.",
            f"""
            SELECT CAST(coalesce(d.delivered_on, o.delivered_on) AS VARCHAR), coalesce(d.lines, 0) - coalesce(o.lines, 0) FROM
                (SELECT delivered_on, sum(line_count - returned_line_count) AS lines FROM stage GROUP BY delivered_on) AS d
                FULL JOIN (
                    SELECT delivered_on, sum(sign * sign(quantity)) AS lines FROM ({sales(shop)}) JOIN asked USING (delivered_on)
                    WHERE customer_id IS NOT NULL
                    GROUP BY delivered_on
                ) AS o USING (delivered_on)
            """,
            at_least=0,
            at_most=0,
        ),
    ]


def customers(shop: Shop) -> list[Expectation]:
    suite = [
        no_row(
            "recency_lies_between_a_day_and_T",
            "recency_days < 1 OR recency_days > t_days",
            "A purchase on or after the as-of date was not known before it.",
        ),
        no_row(
            "a_longer_time_holds_the_purchases_of_a_shorter",
            "NOT (purchases_7d <= purchases_30d AND purchases_30d <= purchases_90d AND purchases_90d <= purchases_365d "
            "AND purchases_365d <= frequency)",
            "Windows that are not nested count some days twice or not at all.",
        ),
        Expectation(
            "the_week_has_customers",
            "An empty week is a week whose days held nothing usable.",
            "SELECT CAST(a.as_of AS VARCHAR), count(s.as_of) FROM asked AS a LEFT JOIN stage AS s ON s.as_of = a.as_of GROUP BY 1",
            at_least=1,
            severity="warning",
        ),
    ]
    if shop.has_prices:
        suite.append(
            Expectation(
                "spend_is_the_spend_of_the_days",
                "Money reconciles to the cent between the days known before the week and its customers.",
                """
                SELECT CAST(a.as_of AS VARCHAR), coalesce(c.spend, 0) - coalesce(d.spend, 0) FROM asked AS a
                LEFT JOIN (SELECT as_of, sum(spend) AS spend FROM stage GROUP BY as_of) AS c ON c.as_of = a.as_of
                LEFT JOIN (
                    SELECT w.as_of, sum(d.spend) AS spend FROM asked AS w JOIN (
                        SELECT known_on, sum(gross - returned) AS spend FROM features.customer_days GROUP BY known_on
                    ) AS d ON d.known_on < w.as_of GROUP BY w.as_of
                ) AS d ON d.as_of = a.as_of
                """,
                at_least=-0.005,
                at_most=0.005,
                unit="money",
            )
        )
    return suite


def identities(shop: Shop) -> list[Expectation]:
    return [
        no_row(
            "no_person_has_implausibly_many_accounts",
            f"account_count > {shop.settings.accounts_a_key * 4}",
            "A chain of shared keys that joins strangers would add up their purchases.",
        ),
        no_row(
            "every_account_and_person_is_named",
            "customer_id IS NULL OR person_id IS NULL",
            "A row without one links nothing.",
        ),
    ]
