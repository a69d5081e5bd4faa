"""Is what an action brought told rightly? `python -m benchmarks.uplift [--replications N] [--seeds N]` (Hillstrom and Open Bandit under ZHIKE_DATA).

Planted: campaigns with a known effect, drawn anew many times: how often the 95 % interval holds the truth, how it narrows with people, how often an
action without effect is called so, whether shrunk segments are nearer the truth than raw ones, and whether the purchase rate or the margin a
person shows an effect sooner. The gate of the ranking in planted worlds (benchmarks.uplift_gate). Hillstrom (64,000 customers, random
arms): the uplift ranking against response ranking on halves that were not learned from, and what the gate says. Open Bandit (men): what
another policy's choices would have brought, from the random log alone, against what they did bring.
Exit code 1: one of the floors of docs/evidence.md is missed.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import uplift_gate
from resources.errors import ZhikeError

if TYPE_CHECKING:
    import numpy as np

REPLICATIONS = 2_000
PEOPLE = (2_000, 8_000)
BASE, EFFECT, HOLDOUT = 0.3, 0.04, 0.5
# What a purchase leaves: of persons, known of them before, and of single purchases (log-normal).
MARGIN, MARGIN_SD, PURCHASE_SD = 40.0, 0.7, 0.5
SEGMENT_EFFECTS = (0.01, 0.02, 0.03, 0.04, 0.04, 0.05, 0.06, 0.07)
COVERAGE = (0.93, 0.97)
SPLITS, SEEDS = 5, 60
QINI_FLOOR, TRUE_CLICKS = 0.057, 0.0069
ITEMS, POSITIONS = 34, 3


def campaign(rng: "np.random.Generator", people: int, effect: float) -> "tuple[np.ndarray[Any, Any], ...]":
    """Bought or not, got it or not, and what was predicted of each before: a probability that says much of who buys."""

    predicted = rng.beta(0.9, 0.9 * (1 - BASE) / BASE, people)
    is_treated = rng.random(people) >= HOLDOUT
    # What is planted is the mean of what each gains: chances above one are cut, so nobody is near it.
    chance = predicted * (1 - effect) + effect * is_treated
    return (rng.random(people) < chance).astype(float), is_treated, predicted[:, None]


def planted(replications: int) -> dict[str, Any]:
    """Coverage, width and error of intervals over so many campaigns."""
    import numpy as np

    from assets.insights.uplift.methods.effect import adjusted, difference, sample_ratio

    figures: dict[str, Any] = {}
    for name, method in (("difference", lambda y, w, _: difference(y, w)), ("adjusted", adjusted)):
        widths = []
        for people in PEOPLE:
            rng = np.random.default_rng([people, 1])
            found = [method(*campaign(rng, people, EFFECT)) for _ in range(replications)]
            holds = np.mean([each.low <= EFFECT <= each.high for each in found])
            widths.append(float(np.mean([each.high - each.low for each in found])) / 2)
            figures[f"{name}_{people}"] = {"coverage": float(holds), "half_width": widths[-1]}
        figures[f"{name}_narrows"] = widths[0] / widths[1]
        rng = np.random.default_rng([PEOPLE[1], 2])
        nothing = [method(*campaign(rng, PEOPLE[1], 0.0)) for _ in range(replications)]
        figures[f"{name}_called_nothing"] = float(np.mean([not each.is_known for each in nothing]))
    rng = np.random.default_rng(3)
    odds = [sample_ratio(n, PEOPLE[1] - n, HOLDOUT) for n in rng.binomial(PEOPLE[1], 1 - HOLDOUT, replications)]
    figures["arms_refused"] = float(np.mean([each < 0.001 for each in odds]))
    return figures | {"margin": margins(replications)} | segments(replications)


def margins(replications: int) -> dict[str, float]:
    """Of the margin a person as outcome: coverage, half-width, and how many times wider it is than that of the purchase rate, each as a share
    of its own effect."""
    import numpy as np

    from assets.insights.uplift.methods.effect import adjusted

    rng = np.random.default_rng(5)
    found, rates = [], []
    for _ in range(replications):
        bought, is_treated, known = campaign(rng, PEOPLE[1], EFFECT)
        value = MARGIN * rng.lognormal(-(MARGIN_SD**2) / 2, MARGIN_SD, len(bought))
        earned = bought * value * rng.lognormal(-(PURCHASE_SD**2) / 2, PURCHASE_SD, len(bought))
        found.append(adjusted(earned, is_treated, np.hstack([known, known * value[:, None]])))
        rates.append(adjusted(bought, is_treated, known))
    truth = EFFECT * MARGIN
    half, of_rate = (float(np.mean([each.high - each.low for each in effects])) / 2 for effects in (found, rates))
    return {
        "coverage": float(np.mean([each.low <= truth <= each.high for each in found])),
        "half_width": half,
        "times_wider_than_the_rate": half / truth / (of_rate / EFFECT),
        "seen": float(np.mean([each.is_known for each in found])),
        "seen_by_the_rate": float(np.mean([each.is_known for each in rates])),
    }


def segments(replications: int) -> dict[str, float]:
    """Squared errors of the effects of eight segments of 1,000, raw and shrunk."""
    import numpy as np

    from assets.insights.uplift.methods.effect import difference, shrunk

    rng = np.random.default_rng(4)
    truth = np.array(SEGMENT_EFFECTS)
    errors = []
    for _ in range(replications):
        raw = [difference(*campaign(rng, 1_000, effect)[:2]) for effect in SEGMENT_EFFECTS]
        errors.append(
            [np.mean((np.array([each.value for each in found]) - truth) ** 2) ** 0.5 for found in (raw, shrunk(raw))]
        )
    raw_error, shrunk_error = np.mean(errors, axis=0)
    return {"segment_error_raw": float(raw_error), "segment_error_shrunk": float(shrunk_error)}


def hillstrom(folder: Path, mail: str) -> dict[str, Any]:
    """Five halves: learned on the one, judged on the other; the gate's verdict on each."""
    import numpy as np
    import pandas as pd

    from assets.insights.uplift.methods import learner
    from resources.learning.encoding import learn

    rows = pd.read_csv(folder / "hillstrom" / "hillstrom.csv.gz")
    rows = rows[rows["segment"].isin([mail, "No E-Mail"])].reset_index(drop=True)
    outcome, is_treated = rows["visit"].to_numpy(float), (rows["segment"] == mail).to_numpy()
    columns = ["recency", "history", "history_segment", "mens", "womens", "zip_code", "newbie", "channel"]
    verdicts = []
    for split in range(SPLITS):
        is_learned = np.random.default_rng(split).random(len(rows)) < 0.5
        encoding = learn(rows[is_learned], columns)
        x = encoding.matrix(rows)
        model = learner.fit(x[is_learned], outcome[is_learned], is_treated[is_learned])
        later = ~is_learned
        verdicts.append(
            learner.judge(model.uplift(x[later]), model.answers(x[later]), outcome[later], is_treated[later])
        )
    return {
        "uplift_qini": float(np.mean([each.uplift for each in verdicts])),
        "uplift_qini_sd": float(np.std([each.uplift for each in verdicts], ddof=1)),
        "response_qini": float(np.mean([each.response for each in verdicts])),
        "above_response_low": float(np.mean([each.above_response for each in verdicts])),
        "in_force": sum(each.is_in_force for each in verdicts),
        "effect": float(outcome[is_treated].mean() - outcome[~is_treated].mean()),
    }


def open_bandit(folder: Path) -> dict[str, Any]:
    """The clicks that Thompson sampling's choices bring, valued on the uniformly random log; and those that they brought."""
    import numpy as np
    import pandas as pd

    from assets.insights.recommendations.methods.policy import doubly_robust, snips

    logs = {name: pd.read_csv(folder / "open_bandit" / f"obd_{name}_men.csv.gz") for name in ("random", "bts")}
    shown = np.zeros((POSITIONS, ITEMS))
    np.add.at(shown, (logs["bts"]["position"] - 1, logs["bts"]["item_id"]), 1)
    chosen = shown / shown.sum(axis=1, keepdims=True)
    log = logs["random"]
    place, item = log["position"].to_numpy() - 1, log["item_id"].to_numpy()
    reward, logged = log["click"].to_numpy(float), log["propensity_score"].to_numpy(float)
    # What an item is expected to bring: its clicks, drawn towards the mean as if it had been shown 500 times more.
    expected = (np.bincount(item, reward, ITEMS) + 500 * reward.mean()) / (np.bincount(item, minlength=ITEMS) + 500)
    values = {
        "snips": snips(reward, logged, chosen[place, item]),
        "dr": doubly_robust(reward, logged, chosen[place, item], expected[item], (chosen @ expected)[place]),
    }
    truth = float(logs["bts"]["click"].mean())
    return {
        "truth": truth,
        **{name: {**vars(value), "holds_truth": value.low <= truth <= value.high} for name, value in values.items()},
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=REPLICATIONS, help="campaigns that are drawn of each kind")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="planted worlds of each kind that the gate judges")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("ZHIKE_DATA", ""))
    if not (folder / "hillstrom").is_dir():
        raise ZhikeError("Hillstrom is not there", str(folder), "set ZHIKE_DATA to the folder of the data sets")
    known = planted(options.replications)
    print(f"{options.replications} campaigns of a planted effect of {EFFECT:.0%} on {BASE:.0%}, half held out")
    for name, value in known.items():
        shown = (
            ", ".join(f"{key} {each:.4f}" for key, each in value.items()) if isinstance(value, dict) else f"{value:.4f}"
        )
        print(f"{name:28}{shown}")
    gate = uplift_gate.gate(options.seeds)
    uplift_gate.show(gate)
    mails = {}
    for mail in ("Womens E-Mail", "Mens E-Mail"):
        found = mails[mail.split()[0].lower()] = hillstrom(folder, mail)
        print(
            f"Hillstrom, {mail} → visit (effect {found['effect']:.4f}): Qini {found['uplift_qini']:.4f} ± {found['uplift_qini_sd']:.4f}, "
            f"response ranking {found['response_qini']:.4f}; ahead of it by at least {found['above_response_low']:.4f}; "
            f"in force in {found['in_force']} of {SPLITS} halves"
        )
    bandit = open_bandit(folder)
    for name in ("snips", "dr"):
        value = bandit[name]
        print(
            f"Open Bandit men, {name}: {value['value']:.5f} [{value['low']:.5f}, {value['high']:.5f}], truth {bandit['truth']:.4f}, "
            f"as good as {value['effective_count']:,.0f} choices"
        )
    if options.json:
        print(json.dumps({"planted": known, "gate": gate, "hillstrom": mails, "open_bandit": bandit}))
    covered = [value["coverage"] for value in known.values() if isinstance(value, dict)]
    is_fine = (
        all(COVERAGE[0] <= each <= COVERAGE[1] for each in covered)
        and uplift_gate.is_fine(gate)
        and known["segment_error_shrunk"] < known["segment_error_raw"]
        and round(mails["womens"]["uplift_qini"], 3) >= QINI_FLOOR
        and mails["womens"]["uplift_qini"] > mails["womens"]["response_qini"]
        and mails["mens"]["in_force"] == 0
        and bandit["snips"]["holds_truth"]
    )
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
