"""How a number was obtained, in words, in Chinese and English, each written by hand."""

from assets.insights.clv.methods.gamma_gamma import SpendFit
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.study import NAMES
from resources.words import NOTHING, Words

PATHS = {
    "lifetimes": NOTHING,
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


def purchase_method(fit: Fit) -> Words:
    name = Words(f"{NAMES[fit.model]} 模型", NAMES[fit.model])
    return name + PATHS[fit.path] + (NOTHING if fit.sees_drop_out else NO_DROP_OUT)


def alive_method(fit: Fit) -> Words:
    return Words("MBG/NBD 模型", "MBG/NBD") if fit.sees_drop_out else SILENCE


def order_value_method(fit: SpendFit | None) -> Words:
    return ORDER_VALUES[fit.method] if fit else NO_MONEY
