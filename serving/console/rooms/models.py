"""Data health, its part of models: which are in force beside what they are compared with, whether they still fit, what came of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assets.outreach.report.methods import trust
from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Figure,
    Grid,
    Pairs,
    Section,
    Sentence,
    count,
    noun,
    say,
    share,
)
from assets.outreach.report.reads import Reads
from resources.descriptions import both
from resources.words import Words
from serving.console.parts import Row, rows

# Above the first, customers differ somewhat from those fitted on; above the second, they are others.
CHANGED, OTHERS = 0.1, 0.25
RULES = (
    Words(
        "每个模型都用它没有见过的日子来考，并与简单的做法相比；新训练的没有更好，就继续用原来的。",
        "Every model is examined on days that it has not seen, beside simple ways of doing the same; a new fit that is no better leaves the old one in force.",
    ),
)
DRIFT_RULES = (
    Words(
        "群体稳定性指数（PSI）：低于 0.1 为稳定，0.1 – 0.25 为有变化，高于 0.25 为已经是另一群客户，预测应谨慎使用。",
        "Population stability index (PSI): below 0.1 customers are as they were, up to 0.25 they have changed, above it they are others, and predictions are to be used with care.",
    ),
)

Values = Mapping[str, Any]


def sections(reads: Reads) -> list[Section]:
    """The models in force, what came of their predictions, and whether customers are still like those they learnt from."""
    found = rows(reads, "health_models")
    for row in found:
        row["metrics"] = json.loads(row["metrics"] or "{}")
    made = [
        _in_force(found),
        _happened(found, rows(reads, "health_backtests"), reads.rows("predicted")),
        _drift(rows(reads, "health_drift"), reads),
    ]
    return [section for section in made if section]


def _in_force(found: Sequence[Row]) -> Section | None:
    if not found:
        return None
    kept = [trust.MODELS.get(row["name"], Words(row["name"], row["name"])) for row in found if row["is_kept"]]
    sentences = [
        say(
            "现在有 {models} 个模型在用。",
            "{models} {noun} in force.",
            models=str(len(found)),
            noun=noun(len(found), "model is", "models are"),
        )
    ]
    if kept:
        sentences.append(
            say(
                "{names}：最近一次重新训练没有更好，继续用原来的。",
                "{names}: the newest fit was no better, so the one before stays.",
                names=Words.join(kept, Words("、", ", ")),
            )
        )
    cells: list[list[Cell]] = [
        [
            trust.MODELS.get(row["name"], Words(row["name"], row["name"])),
            _compared(row),
            row["fitted_as_of"].isoformat(),
            row["method"],
        ]
        for row in found
    ]
    columns = (
        Words("用来算什么", "What it says"),
        Words("与简单做法相比", "Beside a simple way"),
        Words("训练于", "Fitted on"),
        Words("方法", "Method"),
    )
    return Section(
        "models",
        Words("在用的模型", "Models in force"),
        sentences,
        grids=[Grid(Words("模型和它的对手", "Models and what they are compared with"), columns, cells)],
        rules=RULES,
    )


def _compared(row: Row) -> Cell:
    says = COMPARED.get(row["name"])
    holdout = (row["metrics"].get("holdout") or {}).get("holdout") or []
    return says(row["name"], row["method"], holdout, row["metrics"].get("figures") or {}) if says else None


def _best(holdout: Sequence[Values], column: str, **wanted: str) -> float | None:
    """The highest value of a column among the rows of an examination with these values."""
    values = [
        row[column]
        for row in holdout
        if row.get(column) is not None and all(row.get(name) == value for name, value in wanted.items())
    ]
    return max(values) if values else None


def _ranked(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    own, base = _best(holdout, "auc", model=method), _best(holdout, "auc", role="baseline")
    if own is None or base is None:
        return None
    return say(
        "把会下单的排在不会下单的前面：{own} 的情况是对的，最好的简单规则为 {base}（猜测为 50%）",
        "Ranks a buyer above a non-buyer {own} of the time, the best simple rule {base} (guessing 50%)",
        own=share(own, "health.auc", name),
        base=share(base, "health.auc_baseline", name),
    )


def _worth(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    purchases, money = figures.get("purchase_error_ratio"), figures.get("money_error_ratio")
    if purchases is None:
        return None
    nearer = share(1 - purchases, "health.purchase_nearer", name)
    if money is None:
        return say(
            "每位客户购买次数的误差比最好的简单算法小 {nearer}",
            "Misses each customer's purchases by {nearer} less than the best simple rule",
            nearer=nearer,
        )
    return say(
        "每位客户的误差比最好的简单算法小：购买次数小 {nearer}，金额小 {money}",
        "Misses each customer by less than the best simple rule: purchases by {nearer}, money by {money}",
        nearer=nearer,
        money=share(1 - money, "health.money_nearer", name),
    )


def _nearer(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    own = _best(holdout, "mase", series="orders", model=method)
    naive = _best(holdout, "mase", series="orders", model="seasonal naive")
    if own is None or not naive:
        return None
    return say(
        "每天订单数的误差比照搬上周小 {nearer}",
        "Misses the orders of a day by {nearer} less than repeating last week",
        nearer=share(1 - own / naive, "health.forecast_nearer", name),
    )


def _recalled(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    wanted = {"list": "discover", "customers": "warm"}
    own = _best(holdout, "recall", method="model", **wanted)
    popular = _best(holdout, "recall", method="popularity", **wanted)
    if own is None or popular is None:
        return None
    return say(
        "客户后来新买的商品，推荐列表里猜中了 {own}，热卖榜为 {popular}",
        "Of the new products that customers went on to buy, its lists held {own}, the list of what sells {popular}",
        own=share(own, "health.recall", name),
        popular=share(popular, "health.recall_popular", name),
    )


def _right(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    own, base = _best(holdout, "accuracy", model="this fit"), _best(holdout, "accuracy", model="all as most were")
    if own is None or base is None:
        return None
    return say(
        "与星级相符的有 {own}，一律当作最常见的态度为 {base}",
        "Agrees with the stars {own} of the time, calling all what most are {base}",
        own=share(own, "health.right", name),
        base=share(base, "health.right_baseline", name),
    )


def _typical(name: str, method: str, holdout: Sequence[Values], figures: Values) -> Cell:
    if figures.get("k") is None or figures.get("typical_share") is None:
        return None
    return say(
        "分成 {segments} 个客群；{typical} 的客户明显属于自己的客群",
        "{segments} segments; {typical} of customers clearly belong to theirs",
        segments=count(figures["k"], "health.segments", name),
        typical=share(figures["typical_share"], "health.typical", name),
    )


COMPARED: dict[str, Callable[[str, str, Sequence[Values], Values], Cell]] = {
    "purchase": _ranked,
    "session_propensity": _ranked,
    "clv": _worth,
    "forecast": _nearer,
    "recommendations": _recalled,
    "sentiment": _right,
    "segments": _typical,
}


def _happened(found: Sequence[Row], backtests: Sequence[Row], newest: Sequence[Row]) -> Section | None:
    """Predicted beside what happened: in groups of the examination, and in the weeks that have closed since."""
    purchase = next((row for row in found if row["name"] == "purchase"), None)
    groups = (purchase["metrics"].get("calibration") or []) if purchase else []
    charts = [_groups(groups)] if groups else []
    charts += [_weeks(backtests)] if backtests else []
    if not charts:
        return None
    sentences: list[Sentence] = [trust.purchases(row) for row in newest] or [
        say("还没有到期的预测可以对照。", "No prediction has come due yet.")
    ]
    return Section(
        "happened", Words("预测的和发生的", "What was predicted, and what happened"), sentences, charts=charts
    )


PREDICTED, HAPPENED = Words("预测", "Predicted"), Words("实际", "Happened")


def _groups(groups: Sequence[Values]) -> Chart:
    caption = Words(
        "按预测的下单概率把客户分成人数相同的组：每组预测有多少人下单，实际有多少人",
        "Customers in groups of one size by their predicted probability: the share that was to order, and that did",
    )
    names = [Words(f"第 {place} 组", f"Group {place}") for place in range(1, len(groups) + 1)]
    values = [(float(group["predicted"]), float(group["realised"])) for group in groups]
    cells: list[list[Cell]] = [
        [
            name,
            count(group["count"], "health.group_count", place),
            share(group["predicted"], "health.group_predicted", place),
            share(group["realised"], "health.group_realised", place),
        ]
        for place, (name, group) in enumerate(zip(names, groups, strict=True))
    ]
    columns = (Words("组", "Group"), Words("客户", "Customers"), PREDICTED, HAPPENED)
    return Chart(caption, Pairs(names, (PREDICTED, HAPPENED), values), Grid(caption, columns, cells))


def _weeks(backtests: Sequence[Row]) -> Chart:
    caption = Words(
        "已到期的预测，按作出的日子：预测有多少客户下单，实际有多少",
        "Predictions that came due, by the day they were made: the share of customers that was to order, and that did",
    )
    ordered = list(reversed(backtests))
    days = [row["scored_as_of"].isoformat() for row in ordered]
    values = [(row["mean_score"], row["realised_rate"]) for row in ordered]
    cells: list[list[Cell]] = [
        [
            day,
            count(row["customer_count"], "health.scored", day),
            share(row["mean_score"], "health.predicted", day),
            share(row["realised_rate"], "health.realised", day),
            share(row["auc"], "health.ranked", day) if row["auc"] is not None else None,
        ]
        for day, row in zip(days, ordered, strict=True)
    ]
    columns = (
        Words("预测于", "Predicted on"),
        Words("客户", "Customers"),
        PREDICTED,
        HAPPENED,
        Words("排序正确（猜测为 50%）", "Ranked right (guessing 50%)"),
    )
    picture = Pairs([Words(day, day) for day in days], (PREDICTED, HAPPENED), values)
    return Chart(caption, picture, Grid(caption, columns, cells))


def _drift(found: Sequence[Row], reads: Reads) -> Section | None:
    """Whether customers are still like those the purchase model was fitted on."""
    if not found:
        return None
    comments = _comments(reads)
    first = found[0]
    sentence = say(
        "与 {day} 训练时的客户相比：{verdict}；变化最大的是“{measure}”（{psi}）。",
        "Beside the customers of the fit of {day}: {verdict}; changed most is “{measure}” ({psi}).",
        day=first["fitted_as_of"].isoformat(),
        verdict=_verdict(first["psi"]),
        measure=_measure(first["feature"], comments),
        psi=_psi(first),
    )
    cells: list[list[Cell]] = [[_measure(row["feature"], comments), _psi(row), _verdict(row["psi"])] for row in found]
    columns = (Words("指标", "Measure"), Words("PSI", "PSI"), Words("判断", "Verdict"))
    return Section(
        "drift",
        Words("客户变了没有", "Whether customers have changed"),
        [sentence],
        grids=[Grid(Words("变化最大的指标", "What changed most"), columns, cells)],
        rules=DRIFT_RULES,
    )


def _psi(row: Row) -> Figure:
    shown = f"{row['psi']:.3f}"
    return Figure(float(row["psi"]), Words(shown, shown), "health.psi", row["feature"])


def _verdict(psi: float) -> Words:
    if psi < CHANGED:
        return Words("没有明显变化", "no clear change")
    return Words("有变化", "some change") if psi < OTHERS else Words("已经是另一群客户", "other customers by now")


def _comments(reads: Reads) -> dict[str, str]:
    """What is said of each column of features.customers."""
    asked = "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'features' AND table_name = 'customers' AND comment IS NOT NULL"
    return dict(reads.reader.connection.execute(asked).fetchall())


def _measure(feature: str, comments: Mapping[str, str]) -> Words:
    if feature == "score":
        return Words("预测的概率", "the predicted probability")
    said = both(comments.get(feature, feature.replace("_", " ")), "features.customers", feature)
    return Words(said.zh.rstrip("。"), said.en.rstrip("."))
