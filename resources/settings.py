"""What a shop may set in store.yaml beside its sources and mappings: how long things are kept, where data stops being believed, how
models are fitted and lists are made. Each setting says what it is."""

import re
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from resources.words import Words


class Retention(BaseModel):
    model_config = ConfigDict(extra="forbid")
    weeks: int = Field(104, ge=1, description="As-of weeks that weekly tables keep.")
    snapshot_weeks: int = Field(
        53, ge=1, description="As-of weeks of each weekly table that a published snapshot holds."
    )
    snapshots: int = Field(3, ge=1, description="Published snapshots that are kept.")
    reports: int = Field(53, ge=1, description="Weekly reports that are kept.")
    run_days: int = Field(60, ge=7, description="Days that Dagster keeps what it shows of a run: its events and logs.")
    inbox_days: int = Field(
        30,
        ge=7,
        description="Days that the inbox keeps events and messages that a run has read; the landed file of their day stays.",
    )
    conversation_days: int = Field(
        365, ge=1, description="Days that a customer's conversation is kept after its last word."
    )
    guest_days: int = Field(30, ge=1, description="The same of a conversation in which nobody showed who they are.")
    handover_days: int = Field(
        180,
        ge=1,
        description="Days that a hand-over which nobody closed is kept, and its conversation with it, after its last step.",
    )
    export_days: int = Field(
        1095, ge=1, description="Days that is known who was in an export; what was exported, when and by whom stays."
    )
    outbox_days: int = Field(180, ge=7, description="Days that the outbox keeps messages that were sent or given up.")


class Limits(BaseModel):
    """Where data stops being believed."""

    model_config = ConfigDict(extra="forbid")
    quarantine_share: float = Field(
        0.1, ge=0, le=1, description="Largest share of a day's rows that may be in quarantine."
    )
    unknown_share: float = Field(
        0.2, ge=0, le=1, description="Largest share of a day's rows that name an unknown product."
    )
    volume_low: float = Field(
        0.05, ge=0, le=1, description="Smallest day, as a share of the median of the same weekday."
    )
    volume_high: float = Field(20.0, ge=1, description="Largest day, as a multiple of the median of the same weekday.")
    quantity: int = Field(1_000_000, ge=1, description="Pieces in a line beyond which the line is impossible.")
    unit_price: float = Field(10_000_000, gt=0, description="Price of a piece beyond which the line is impossible.")
    outlier_quantity: int = Field(
        10_000, ge=1, description="Pieces in a line from which it is kept but left out of features."
    )
    guest_turns: int = Field(
        2_000,
        ge=1,
        description="Messages an hour that the chat takes from guests in all; a long one counts once for every 500 signs.",
    )
    guest_turns_an_address: int = Field(200, ge=1, description="The same from one address.")


class AspectWords(BaseModel):
    """What reviews speak of, under its names, and the words by which it is known."""

    model_config = ConfigDict(extra="forbid")
    zh: str
    en: str
    words: list[str] = Field(default_factory=list)


class Event(BaseModel):
    """Days that are known beforehand to be unlike others: of every year (`month_day: 11-11`), or one by one (`dates`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Words
    month_day: str | None = Field(None, pattern=r"^\d{2}-\d{2}$")
    dates: list[date] = Field(default_factory=list)
    first: int = Field(0, ge=-30, le=30, description="Its first day, counted from the date: -3 is three days before.")
    last: int = Field(0, ge=-30, le=30, description="Its last day, counted from the date.")

    @model_validator(mode="after")
    def _has_days(self) -> "Event":
        if (self.month_day is None) == (not self.dates):
            raise ValueError(f"event {self.name.en}: give either `month_day` or `dates`")
        if self.month_day is not None:
            date.fromisoformat(f"2024-{self.month_day}")
        if self.last < self.first:
            raise ValueError(f"event {self.name.en}: `last` lies before `first`")
        return self

    def holds(self, day: date) -> bool:
        """Whether a day is one of the event's."""
        dates = (day - timedelta(days=number) for number in range(self.first, self.last + 1))
        return any(each.strftime("%m-%d") == self.month_day or each in self.dates for each in dates)


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    fits: Literal["monthly", "quarterly"] = Field(
        "monthly", description="How often models are fitted: on the first Monday of each month, or of each quarter."
    )
    session_minutes: int = Field(30, ge=1, description="A pause from which a new session begins.")
    duplicate_days: int = Field(7, ge=1, description="Days back in which repeated events are looked for.")
    accounts_a_key: int = Field(5, ge=2, description="A link key shared by more accounts than this names no person.")
    yearly_discount_rate: float = Field(
        0.10, ge=0, le=1, description="By how much money that a customer brings a year later is worth less today."
    )
    forecast_days: int = Field(28, ge=7, le=91, description="Days ahead that are forecast.")
    events: list[Event] | None = Field(
        None, description="Events known beforehand; by default a shop with a Chinese locale has 双11, 618 and 春节."
    )
    reasons_may_be_personal: bool = Field(
        False, description="Whether age, gender and occupation may be named as reasons of a score."
    )
    sentiment_engine: Literal["own", "snownlp"] = Field("own", description="What scores reviews.")
    snownlp_reviews: int = Field(
        20, ge=0, description="Reviews a delivery that snownlp scores too, for comparison; it needs 10 ms each."
    )
    return_days: int | None = Field(
        None,
        ge=0,
        le=366,
        description="Days after delivery within which an order may be sent back: {return_until} in answers.",
    )
    chat_sites: list[str] = Field(
        default_factory=list,
        description="Sites of the shop that may show the chat page within theirs: https://shop.example.",
    )
    aspects: dict[str, AspectWords] = Field(
        default_factory=dict, description="Lists of words of aspects: another, one in place of ours, or none of it."
    )

    @field_validator("chat_sites")
    @classmethod
    def _sites(cls, value: list[str]) -> list[str]:
        for site in value:
            if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", site):
                raise ValueError(f"chat_sites: {site} is no site such as https://shop.example")
        return value


class Recommendations(BaseModel):
    """How customers' lists are made. Left out, what an event is worth and how fast it fades are chosen on the shop's own past."""

    model_config = ConfigDict(extra="forbid")
    weeks: int = Field(4, ge=1, description="As-of weeks whose lists and cards are kept; older ones are not made.")
    length: int = Field(10, ge=1, le=50, description="Products of a list of new ones.")
    rebuy_length: int = Field(5, ge=1, le=50, description="Products of a list to buy again.")
    event_worths: dict[str, float] | None = Field(
        None, description="Worth of a view, cart, favorite or click; a purchase is 1."
    )
    half_life_days: float | None = Field(
        None, gt=0, description="With `event_worths`: age at which an event counts half."
    )
    a_category: int = Field(4, ge=1, description="Products of one category in a list, at most.")
    ignored: float = Field(
        0.8, gt=0, le=1, description="What a score is multiplied by for every impression passed over."
    )
    least_price: float = Field(0.0, ge=0, description="Cheaper products are not shown.")
    hidden_categories: list[str] = Field(default_factory=list, description="Categories that are not shown.")
    hidden_products: list[str] = Field(default_factory=list, description="Products that are not shown.")
    holdout_share: float = Field(
        0.05, ge=0, lt=1, description="Customers who get what sells, to measure the lift against."
    )
    random_share: float = Field(
        0.0,
        ge=0,
        le=0.2,
        description="Customers whose list is drawn at random from the best candidates, to value another blend before it goes live; 0.03 is usual.",
    )
    history: int = Field(
        500,
        ge=1,
        description="Products that a customer's taste is read from, the latest. Whatever they bought before is not new to them either.",
    )
    neighbours: int = Field(
        1000, ge=10, description="Edges of a product in the item graph: memory is products times this."
    )
    candidates: int = Field(300, ge=10, description="Products that a source proposes to a customer.")

    @field_validator("event_worths")
    @classmethod
    def _known_events(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        unknown = sorted(set(value or ()) - {"view", "cart", "favorite", "click", "purchase"})
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: only view, cart, favorite, click and purchase have a worth")
        return value
