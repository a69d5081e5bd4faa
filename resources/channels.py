"""Where a shop's own people are told what happened, as store.yaml declares it under `channels`. What is secret of a channel (its address, its
keys, its password) stands in the environment or in a file of the home (assets/outreach/delivery/secrets.py), never here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from resources.alerting import Cause

Kind = Literal["dingtalk", "feishu", "lark", "wecom_robot", "wecom_app", "slack", "webhook", "email"]

# What a kind of channel takes within a minute; one's own server and mailbox take more than people read.
A_MINUTE: dict[Kind, int] = {
    "dingtalk": 20, "feishu": 100, "lark": 100, "wecom_robot": 20, "wecom_app": 30, "slack": 60, "webhook": 60, "email": 30,
}  # fmt: skip
SECRET = {"url", "webhook", "secret", "token", "key", "password", "access_token"}


class Channel(BaseModel):
    """One channel: of which kind, what it is told and in which language."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    language: Literal["zh", "en", "both"] | None = Field(None, description="Unless told, that of the shop's locale.")
    urgent_only: bool = Field(False, description="Whether it is told only what cannot wait for the week's digest.")
    causes: list[Cause | Literal["operation"]] | None = Field(
        None,
        description="The causes that it is told of, `operation` for what goes wrong in running the shop; unless told, all.",
    )
    a_minute: int | None = Field(
        None, ge=1, le=1000, description="Messages within a minute, at most; by default what its kind takes."
    )
    together: int | None = Field(
        None,
        ge=1,
        description="More messages at once than this become one; by default 5 where people read, never where a program does.",
    )
    repeats: bool = Field(
        False,
        description="Whether a message that perhaps arrived is sent once more, marked as a repeat, where the channel cannot tell.",
    )
    corp_id: str | None = Field(None, description="Of a WeCom app: the company's id.")
    agent_id: int | None = Field(None, description="Of a WeCom app: its number.")
    to: list[str] = Field(
        default_factory=list, description="Of a WeCom app: user ids, or @all; of e-mail: addresses of staff."
    )
    host: str | None = Field(None, description="Of e-mail: the server that sends it.")
    port: int | None = Field(None, ge=1, le=65535, description="Of e-mail: 465 for TLS from the start, 587 else.")
    security: Literal["tls", "starttls", "none"] = Field(
        "starttls", description="Of e-mail: how the way is closed; none only to this very machine."
    )
    sender: str | None = Field(None, description="Of e-mail: the address that it comes from.")
    user: str | None = Field(None, description="Of e-mail: the name to log in with, where the server asks for one.")

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, value: Any) -> Any:
        told = sorted(SECRET & set(value)) if isinstance(value, dict) else []
        if told:
            raise ValueError(
                f"`{told[0]}` is secret and does not belong in store.yaml: put it into the environment or the home, as docs/channels.md says"
            )
        return value

    @field_validator("to", "sender", "host", "user")
    @classmethod
    def _in_one_line(cls, value: Any) -> Any:
        if any("\n" in text or "\r" in text for text in ([value] if isinstance(value, str) else value or [])):
            raise ValueError("it has a line break")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "Channel":
        needs = {"wecom_app": ("corp_id", "agent_id", "to"), "email": ("host", "sender", "to")}.get(self.kind, ())
        lacking = [name for name in needs if not getattr(self, name)]
        if lacking:
            raise ValueError(f"a channel of kind {self.kind} needs `{lacking[0]}`")
        if self.kind == "email" and self.security == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("`security: none` sends in plain text: only to 127.0.0.1; use tls or starttls")
        return self

    @property
    def rate(self) -> int:
        """Messages within a minute, at most."""
        return self.a_minute or A_MINUTE[self.kind]

    @property
    def most_at_once(self) -> int | None:
        """More messages at once than this become one; None: never."""
        return self.together or (None if self.kind == "webhook" else 5)

    def wants(self, cause: str, urgent: bool) -> bool:
        """Whether the channel is told of a cause."""
        return (self.causes is None or cause in self.causes) and (urgent or not self.urgent_only)
