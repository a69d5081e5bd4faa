"""What is expected of RFM classes, of their profiles, and of the moves between them."""

from data_checks.gate.expectation import PART, Expectation, every_buyer_has_one, moves_add_up, no_row
from resources.shop import Shop

MODEL = "rfm"


def rfm(shop: Shop) -> list[Expectation]:
    scores = ["r_score", "f_score", *(["m_score"] if shop.has_prices else [])]
    outside = " OR ".join(f"{score} IS NULL OR {score} NOT BETWEEN 1 AND 5" for score in scores)
    unnamed = " OR ".join(
        f"coalesce({kind}_{language}, '') = ''" for kind in ("class", "group") for language in ("zh", "en")
    )
    return [
        every_buyer_has_one(
            "a_class", "Customers that fall out between features and classes would vanish from every action."
        ),
        no_row("scores_run_from_1_to_5", outside, "A score outside its range belongs to no class."),
        no_row(
            "every_row_is_named_in_both_languages",
            unnamed,
            "A class without a name cannot be read by those who work with it.",
        ),
        Expectation(
            "a_class_is_true_of_each_of_its_customers",
            "What is said of a customer holds for this customer, not for most of the class: a marketer writes to a person.",
            f"""
            SELECT s.part, count(*) FILTER (
                s.r_score <> 5 - len(list_filter(CAST(r.parameters -> 'recency_days' AS DOUBLE[]), lambda border: border < c.recency_days))
                OR s.f_score <> 1 + len(list_filter(CAST(r.parameters -> 'frequency' AS DOUBLE[]), lambda border: border < c.frequency))
                OR (s.r_score >= 4) <> (s.class_zh LIKE '%价值客户' OR s.class_zh LIKE '%发展客户')
                OR (s.f_score >= 4) <> (s.class_zh LIKE '%价值客户' OR s.class_zh LIKE '%保持客户')
            )
            FROM (SELECT {PART} AS part, * FROM stage) AS s
            JOIN features.customers AS c ON CAST(c.as_of AS VARCHAR) = s.part AND c.person_id = s.person_id
            JOIN models.registry AS r ON r.name = '{MODEL}' AND r.fitted_as_of = s.fitted_as_of
            GROUP BY s.part
            """,
            at_most=0,
            model=MODEL,
        ),
    ]


def rfm_profiles() -> list[Expectation]:
    return [
        Expectation(
            "shares_add_up_to_one",
            "Classes and groups must each cover all buyers of the week.",
            "SELECT part, max(abs(total - 1)) FROM (SELECT CAST(as_of AS VARCHAR) AS part, sum(customer_share) AS total FROM stage GROUP BY as_of, kind) GROUP BY part",
            at_most=0.001,
        ),
        no_row(
            "every_class_says_what_it_takes",
            "coalesce(meaning_zh, '') = '' OR coalesce(meaning_en, '') = ''",
            "A class that does not say what it takes cannot be checked by who reads it.",
        ),
    ]


def rfm_moves() -> list[Expectation]:
    why = "The moves into the classes and into the groups must each add up to the buyers."
    return moves_add_up("insights.rfm", "from_en", "to_en", why, times=2)
