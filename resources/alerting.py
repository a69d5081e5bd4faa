"""What a shop is warned of, as store.yaml may declare it under `alerts`; a shop that says nothing is warned by these defaults."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Cause = Literal["entered_risk", "moved_down", "complained", "aspect_falling", "unusual_contacts"]
CAUSES: tuple[Cause, ...] = ("complained", "entered_risk", "moved_down", "aspect_falling", "unusual_contacts")
# What is told by what is predicted of a person, who may refuse that.
BY_SCORE: tuple[Cause, ...] = ("entered_risk", "moved_down")


class Alerting(BaseModel):
    model_config = ConfigDict(extra="forbid")
    causes: list[Cause] = Field(list(CAUSES), description="What is warned of.")
    least_risk: float = Field(
        0.5, gt=0, lt=1, description="Probability of leaving from which a customer counts as at risk."
    )
    least_worth: float | None = Field(
        None, ge=0, description="What a customer must be worth to be warned of; by default more than the average buyer."
    )
    most_a_week: int = Field(200, ge=1, description="Alerts of a week, those with the most at stake.")
    digest: int = Field(10, ge=1, le=50, description="Alerts that a message names one by one; it counts the others.")
    valid_days: int = Field(28, ge=7, description="Days after which an alert is no longer shown or sent.")
    snooze_days: int = Field(
        7, ge=1, le=90, description="Days that an alert is put off for, unless somebody says how many."
    )
