"""Is the uplift ranking put in force where people truly differ in what an action adds, and nowhere else? Part of `python -m benchmarks.uplift`.

Planted campaigns, one a week, half held out, judged by the gate that insights.uplift uses, in four worlds: people differ in what the action adds,
some of whom it drives away (differ); it adds the same to everybody (same); it adds a share of what they would do anyway, so that response
ranking is right (answers); it adds nothing (nothing). The net margin of the next campaign is what is planted, not what is drawn.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

WORLDS = ("differ", "same", "answers", "nothing")
WEEKS, PEOPLE_A_WEEK, HOLDOUT, WINDOW_DAYS = 13, 600, 0.5, 28
NEXT_PEOPLE = 4_000
EFFECT, SPREAD = 0.03, 0.12
MARGIN, COST = 40.0, 0.3
FIRST_WEEK = date(2026, 1, 5)


def people(rng: "np.random.Generator", count: int) -> "pd.DataFrame":
    """Some columns of features.customers."""
    import pandas as pd

    frequency = 1 + rng.poisson(rng.gamma(1.0, 2.0, count))
    return pd.DataFrame(
        {
            "recency_days": rng.exponential(60, count).round() + 1,
            "frequency": frequency,
            "monetary_value": rng.lognormal(4, 0.6, count),
            "purchases_90d": rng.binomial(frequency, 0.3),
            "session_count_30d": rng.poisson(1.5, count),
            "return_share": rng.beta(1, 9, count),
        }
    )


def chances(known: "pd.DataFrame", world: str) -> "tuple[Array, Array]":
    """The probability to buy anyway, and what the action adds to it."""
    import numpy as np

    recency, frequency = np.log(known["recency_days"].to_numpy(float)), np.log(known["frequency"].to_numpy(float))
    base = 0.05 + 0.45 / (1 + np.exp(0.9 * (recency - 4) - 0.8 * (frequency - 1)))
    adds = {
        "differ": EFFECT
        + SPREAD * np.tanh(0.8 * (recency - 3.6) - 0.4 * (known["session_count_30d"].to_numpy(float) - 1.5)),
        "same": np.full(len(base), EFFECT),
        "answers": 0.2 * base,
        "nothing": np.zeros(len(base)),
    }[world]
    return base, np.clip(adds, -base, 1 - base)


def campaigns(rng: "np.random.Generator", world: str, a_week: int = PEOPLE_A_WEEK) -> "pd.DataFrame":
    """The rows that the gate judges."""
    import numpy as np
    import pandas as pd

    parts = []
    for number in range(WEEKS):
        known = people(rng, a_week)
        base, adds = chances(known, world)
        is_treated = rng.random(len(known)) >= HOLDOUT
        week = pd.Timestamp(FIRST_WEEK + timedelta(days=7 * number))
        parts.append(
            known.assign(
                as_of=week,
                closes_on=week + pd.Timedelta(days=WINDOW_DAYS),
                arm=np.where(is_treated, "treated", "held_out"),
                holdout_share=HOLDOUT,
                bought=(rng.random(len(known)) < base + adds * is_treated).astype(float),
            )
        )
    return pd.concat(parts, ignore_index=True)


def nets(rng: "np.random.Generator", world: str, found: Any, effect: float) -> dict[str, float]:
    """The net margin a person of the next campaign: everybody addressed where the effect pays, sleeping dogs left out, and as the room plans."""
    import numpy as np

    known = people(rng, NEXT_PEOPLE)
    _, adds = chances(known, world)
    each = MARGIN * adds - COST
    everybody = np.full(len(each), MARGIN * effect > COST)
    without, ranked = everybody, everybody
    if found.personal:
        scores = found.personal.scores(known)
        awake = ~found.personal.is_driven_away(scores)
        without = everybody & awake
        ranked = (MARGIN * (effect + found.personal.more(scores)) > COST) & awake
    choices = {"everybody": everybody, "sleeping_dogs_left_out": without, "as_planned": ranked}
    return {name: float(each[choice].sum() / len(each)) for name, choice in choices.items()}


def gate(seeds: int) -> dict[str, dict[str, float]]:
    """By world how often the ranking is in force, and how much more the next campaign nets a person because of it (95 % half-width over seeds)."""
    import numpy as np

    from assets.insights.uplift.methods.effect import difference
    from assets.insights.uplift.methods.ranking import study

    figures: dict[str, dict[str, float]] = {}
    for number, world in enumerate(WORLDS):
        states, gained, left, dogs = [], [], [], []
        for seed in range(seeds):
            rng = np.random.default_rng([seed, number, 16])
            rows = campaigns(rng, world)
            found = study(rows)
            effect = difference(rows["bought"].to_numpy(float), rows["arm"].eq("treated").to_numpy())
            net = nets(rng, world, found, effect.value)
            states.append(found.state == "in_force")
            gained.append(net["as_planned"] - net["everybody"])
            left.append(net["sleeping_dogs_left_out"] - net["everybody"])
            dogs.append(found.left_out_share)
        figures[world] = {"in_force": float(np.mean(states)), "left_out_share": float(np.mean(dogs))}
        for name, values in (("planned_ahead", gained), ("left_out_ahead", left)):
            figures[world][name] = float(np.mean(values))
            figures[world][f"{name}_half_width"] = float(1.96 * np.std(values, ddof=1) / np.sqrt(seeds))
    return figures


def show(figures: dict[str, dict[str, float]]) -> None:
    for world, found in figures.items():
        print(
            f"{world:10}in force {found['in_force']:.1%}; left out {found['left_out_share']:.1%}; net margin a person: sleeping dogs left out "
            f"{found['left_out_ahead']:+.3f} ± {found['left_out_ahead_half_width']:.3f}, as planned {found['planned_ahead']:+.3f} ± "
            f"{found['planned_ahead_half_width']:.3f} against everybody"
        )


def is_fine(figures: dict[str, dict[str, float]]) -> bool:
    """In force where people differ, hardly ever elsewhere, and leaving sleeping dogs out surely pays."""
    others = [found["in_force"] for world, found in figures.items() if world != "differ"]
    differ = figures["differ"]
    return (
        differ["in_force"] >= 0.6
        and max(others) <= 0.05
        and all(differ[name] > differ[f"{name}_half_width"] for name in ("planned_ahead", "left_out_ahead"))
    )
