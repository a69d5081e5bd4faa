"""What a shop may do for its customers, as store.yaml declares it under `actions`: each action with its costs, its places and who may get it,
and what may be spent on all of them in a week."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resources.words import Words

Season = Literal["quarter", "half_year", "year"]
Goal = Literal["winback", "cross_sell", "win_new"]


class Action(BaseModel):
    """One action. Who may get it is said by the same numbers by which they are chosen, so that the published rule is the one in force."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Words
    kind: Literal["message", "coupon", "gift", "call"] = Field(description="How it reaches the customer.")
    goal: Goal = Field(
        "winback",
        description="What it is to bring about: a purchase of who has bought (winback), a first purchase in `category` of who has bought elsewhere "
        "(cross_sell), or a first purchase of who has come and never bought (win_new).",
    )
    category: str | None = Field(None, description="Of a cross_sell the category, as the shop's products name it.")
    cost: float = Field(ge=0, description="What one costs, used or not, in the shop's currency.")
    subsidy: float = Field(0.0, ge=0, description="What it costs in addition when the customer buys, such as a coupon.")
    capacity: int | None = Field(None, ge=0, description="How many a week can be carried out, at most.")
    expected_uplift: float = Field(
        0.02,
        ge=0,
        le=1,
        description="By how much it is thought to raise the chance of a purchase, until that is measured.",
    )
    least_recency_days: int = Field(0, ge=0, description="Only who has not ordered for so many days.")
    most_recency_days: int | None = Field(None, ge=0, description="Only who has ordered within so many days.")
    least_purchases: int = Field(1, ge=1, description="Only who has ordered on so many days.")
    valid_days: int = Field(
        14, ge=1, description="Days after which a planned action is no longer sent, and a coupon ends."
    )
    outcome_days: int = Field(28, ge=7, description="Days in which purchases count as its result.")

    @model_validator(mode="after")
    def _has_room(self) -> "Action":
        if self.most_recency_days is not None and self.most_recency_days < self.least_recency_days:
            raise ValueError(f"action {self.name.en}: `most_recency_days` lies below `least_recency_days`")
        if (self.goal == "cross_sell") != (self.category is not None):
            raise ValueError(f"action {self.name.en}: `category` belongs to `goal: cross_sell`, which needs it")
        if self.goal == "win_new" and self.least_purchases > 1:
            raise ValueError(f"action {self.name.en}: who is won anew has no purchases; leave `least_purchases` out")
        return self

    @property
    def rule(self) -> Words:
        """Who may get it, as it may be published."""
        parts = self._new if self.goal == "win_new" else self._bought
        return Words.join([*parts, Words("同意接收营销信息", "has agreed to be addressed")], Words("、", ", "))

    @property
    def _new(self) -> list[Words]:
        parts = [Words("来过但没有下过单", "has come and never ordered")]
        least, most = self.least_recency_days, self.most_recency_days
        if least:
            parts.append(Words(f"最近一次来访在 {least} 天以前", f"has not come for {least} days or more"))
        if most is not None:
            parts.append(Words(f"{most} 天内来过", f"has come within {most} days"))
        return parts

    @property
    def _bought(self) -> list[Words]:
        parts: list[Words] = []
        least, most = self.least_recency_days, self.most_recency_days
        if least and most is not None:
            parts.append(Words(f"已 {least} 至 {most} 天没有下单", f"has not ordered for {least} to {most} days"))
        elif least:
            parts.append(Words(f"已 {least} 天以上没有下单", f"has not ordered for {least} days or more"))
        elif most is not None:
            parts.append(Words(f"{most} 天内下过单", f"has ordered within {most} days"))
        days = Words(f"至少在 {self.least_purchases} 天下过单", f"has ordered on at least {self.least_purchases} days")
        parts.append(days if self.least_purchases > 1 else Words("下过单", "has ordered before"))
        if self.category is not None:
            parts.append(Words(f"没有买过「{self.category}」", f"has never bought {self.category}"))
        return parts


class Actions(BaseModel):
    """All that may be done, and for how much a week."""

    model_config = ConfigDict(extra="forbid")
    budget: float | None = Field(
        None, ge=0, description="What may be spent a week on all actions; without it places alone count."
    )
    rest_days: int = Field(28, ge=7, description="Days in which nobody is addressed a second time.")
    season: Season = Field("quarter", description="How long who is held out of an action stays held out.")
    margin_share: float = Field(
        0.3, gt=0, le=1, description="What is left of a sale after the goods, where their costs are not known."
    )
    offers: dict[str, Action] = Field(description="The actions, each under a name of a-z, 0-9 and _.")

    @model_validator(mode="after")
    def _named(self) -> "Actions":
        odd = [name for name in self.offers if not (name.isascii() and name.isidentifier() and name == name.lower())]
        if odd or not self.offers:
            raise ValueError(f"offers: {odd[0]!r} is no name of a-z, 0-9 and _" if odd else "offers: there is none")
        return self

    def season_of(self, week: date) -> str:
        """The season that a Monday lies in, such as 2026-Q1."""
        return f"{week.year}-{self.season_letter}{(week.month - 1) // self.season_months + 1}"

    @property
    def season_months(self) -> int:
        return {"quarter": 3, "half_year": 6, "year": 12}[self.season]

    @property
    def season_letter(self) -> str:
        return {"quarter": "Q", "half_year": "H", "year": "Y"}[self.season]
