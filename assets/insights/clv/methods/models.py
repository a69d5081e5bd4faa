"""The purchase models by name: each with `posterior(fit, groups)` and `expected_since_first(fit, age)`."""

from types import ModuleType

import pandas as pd

from assets.insights.clv.methods import bgnbd, mbgcnbd, mbgnbd, nbd
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.posterior import Floats, Posterior

MODELS: dict[str, ModuleType] = {"bgnbd": bgnbd, "mbgnbd": mbgnbd, "mbgcnbd": mbgcnbd, "nbd": nbd}
NAMES = {"bgnbd": "BG/NBD", "mbgnbd": "MBG/NBD", "mbgcnbd": "MBG/CNBD-{k}", "nbd": "NBD"}


def name_of(fit: Fit) -> str:
    return NAMES[fit.model].format(k=fit.k)


def posterior(fit: Fit, groups: pd.DataFrame) -> Posterior:
    return MODELS[fit.model].posterior(fit, groups)


def p_alive(fit: Fit, groups: pd.DataFrame) -> Floats:
    """By an MBG/NBD or MBG/CNBD-k fit: the others take one-time buyers for alive for ever."""
    return MODELS[fit.model].p_alive(fit, groups)


def fit_all(groups: pd.DataFrame, log_gap_sum: float, days_per_unit: float = 1.0) -> list[Fit]:
    """BG/NBD, MBG/NBD, MBG/CNBD-k where purchases keep a pace, and NBD, which serves where these do no better than naive rows.
    Raises NotEnough."""
    fits = [model.fit(groups, days_per_unit=days_per_unit) for model in (bgnbd, mbgnbd, nbd)]
    regular = mbgcnbd.fit(groups, log_gap_sum, fits[1])
    return [*fits[:2], *([regular] if regular else []), fits[2]]
