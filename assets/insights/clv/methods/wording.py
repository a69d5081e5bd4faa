"""How a number was obtained, in words, in Chinese and English, each written by hand."""

from assets.insights.clv.methods.family import Given
from assets.insights.clv.methods.gamma_gamma import SpendFit
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.models import name_of
from resources.words import NOTHING, Words

PATHS = {
    "lifetimes": NOTHING,
    "own": NOTHING,
    "lifetimes, other start": Words("（换初始值后收敛）", ", found from another start"),
    "own bounded": Words(
        "（常规求解不收敛，改为限定范围内求解）", ", fitted within bounds because the usual search failed"
    ),
}
ORDER_VALUES = {
    "gamma-gamma": Words(
        "Gamma-Gamma 模型：按订单数在本人均值与全店均值之间加权",
        "Gamma-Gamma: own mean and the shop's, weighed by orders",
    ),
    "shrunken mean": Words(
        "收缩均值：Gamma-Gamma 结果不可信，改为把本人均值向全店均值收缩",
        "shrunken mean: Gamma-Gamma was refused, so the own mean is drawn towards the shop's",
    ),
    "population mean": Words(
        "全店均值：有金额的复购客户太少，无法区分个人",
        "the shop's mean: too few repeat buyers with money to tell customers apart",
    ),
}
NO_MONEY = Words("没有金额大于零的客户，无法估计", "not estimated: no customer has money above 0")


SILENCE = Words(
    "历史中看不出流失，改用“按本人节奏会沉默这么久的概率”",
    "no drop-out can be told from this history: the chance that a customer of this pace would have been silent for so long",
)
NO_DROP_OUT = Words("（历史中看不出流失）", ", nobody seen to drop out")


PLAIN = Words(
    "本人以往的购买频率，向全店水平收缩（NBD）：在后来的数据上，其他模型都不比简单平均更准",
    "the own past rate, drawn towards the shop's (NBD): on later data no other model did better than plain averages",
)
AS_GOOD = Words(
    "（在后来的数据上，简单平均与它一样准，但只能说一个期限）",
    ", used although on later data a plain average did as well, since that tells one horizon only",
)
WITH_PREDICTIONS = Words(
    "；再用 {} 天内的复购概率（insights.predictions）校准到个人",
    "; then each customer's own, by the probability of a purchase within {} days of insights.predictions",
)
BY_SPEND = Words(
    "{} 天内的预计消费额（insights.predictions）除以同期预计购买次数；没有预计消费额的：",
    "spend expected within {} days (insights.predictions) divided by the purchases expected in them; where there is none: ",
)


def purchase_method(fit: Fit, given: Given | None, beats_naive: bool) -> Words:
    if fit.model == "nbd":
        return PLAIN + _with_predictions(given)
    method = _model(fit) + PATHS[fit.path] + (NOTHING if fit.sees_drop_out else NO_DROP_OUT)
    return method + (NOTHING if beats_naive else AS_GOOD) + _with_predictions(given)


def alive_method(fit: Fit, given: Given | None) -> Words:
    return (_model(fit) if fit.sees_drop_out else SILENCE) + _with_predictions(given)


def order_value_method(fit: SpendFit | None, given: Given | None) -> Words:
    if fit is None:
        return NO_MONEY
    by_spend = given is not None and bool((given.expected_spend > 0).any())
    return (BY_SPEND.format(given.horizon_days) if given and by_spend else NOTHING) + ORDER_VALUES[fit.method]


def _model(fit: Fit) -> Words:
    return Words(f"{name_of(fit)} 模型", name_of(fit))


def _with_predictions(given: Given | None) -> Words:
    return WITH_PREDICTIONS.format(given.horizon_days) if given else NOTHING
