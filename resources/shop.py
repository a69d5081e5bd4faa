"""A shop as it describes itself: `stores/<shop>/store.yaml` and one SQL select a contract table.

Reading a shop touches no data: it happens whenever Dagster loads the code location.
"""

import os
import re
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from resources.actions import Actions
from resources.alerting import Alerting
from resources.audiences import Audience, Platforms, named
from resources.channels import Channel
from resources.contract import CONTRACT, ContractTable
from resources.errors import ZhikeError
from resources.reading import DECIMAL_COMMA
from resources.settings import Limits, Recommendations, Retention, Settings
from resources.words import Words

STORES = Path(__file__).resolve().parent.parent / "stores"


class Database(BaseModel):
    """A database; its address, which holds the secret, stands in the environment only."""

    model_config = ConfigDict(extra="forbid")
    dsn_env: str = Field(pattern=r"^[A-Za-z_]\w*$", description="The variable that holds its address.")


class Source(BaseModel):
    """Files of one shape, or a query of a database. With `{date}` in the path there is a file a day; with `history` the past comes at once;
    else the rows are split by their own day."""

    model_config = ConfigDict(extra="forbid")
    path: str = ""
    postgres: Database | None = Field(None, description="In place of a path: the database that `query` asks.")
    mysql: Database | None = Field(None, description="The same of MySQL or MariaDB.")
    query: str = Field("", description="One select in the words of the database.")
    history: bool = False
    optional: bool = False
    delimiter: str = Field("", max_length=1, description="What separates fields; by default a comma, in .tsv a tab.")
    quote: str = Field('"', max_length=1, description="What encloses a field; empty where nothing does.")
    escape: str = Field('"', max_length=1, description="What stands before a quote within a field.")
    header: bool = Field(True, description="Whether the first line names the columns; else they are column0, …")
    skip: int = Field(0, ge=0, description="Lines before the header.")
    encoding: str = Field("utf-8", description="How the text is encoded: utf-8, gb18030, utf-16, latin-1, …")
    sheet: str = Field("", description="Which sheet of an Excel workbook; unless told the first.")
    open_end: bool = Field(False, description="Whether the last line may lack its end; else such a file counts as cut.")
    name_files: bool = Field(False, description="Whether each row also tells its file, in a column `file_name`.")
    dates: Literal["dmy", "mdy"] | None = Field(
        None,
        description="The order of day and month in dates such as 05/01/2024; without it, a day above 12 settles it.",
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"unknown encoding {value!r}: use utf-8, gb18030, utf-16, latin-1 or another") from error
        return value

    @property
    def is_dated(self) -> bool:
        return "{date}" in self.path

    @property
    def database(self) -> tuple[str, Database] | None:
        """The kind of database that is asked, and where its address stands; None for files."""
        return ("postgres", self.postgres) if self.postgres else ("mysql", self.mysql) if self.mysql else None

    @model_validator(mode="after")
    def _either(self) -> "Source":
        if sum(map(bool, (self.path, self.postgres, self.mysql))) != 1 or bool(self.query) != bool(self.database):
            raise ValueError("a source has either a `path`, or `postgres` or `mysql` with a `query`")
        if self.history and self.is_dated:
            raise ValueError(f"source {self.path}: `history: true` and {{date}} exclude each other")
        return self


class Shop(BaseModel):
    """What store.yaml holds. `currency` is absent in a shop without prices."""

    model_config = ConfigDict(extra="forbid")
    name: Words
    locale: str = "en"
    time_zone: str
    currency: str | None = None
    start: date
    history_on: date | None = None
    end: date | None = None
    lost_days: list[date] = Field(default_factory=list, description="Deliveries that never come: weeks do without.")
    owners: list[str] = Field(default_factory=list, description="Who answers: e-mail addresses, or team:name.")
    sources: dict[str, list[Source]]
    tables: dict[str, str]
    drops: dict[str, str] = Field(
        default_factory=dict,
        description="For a contract table a select over its mapping's sources: one count, the rows that the mapping leaves out.",
    )
    retention: Retention = Field(default_factory=Retention)  # pyright: ignore[reportArgumentType]
    limits: Limits = Field(default_factory=Limits)  # pyright: ignore[reportArgumentType]
    settings: Settings = Field(default_factory=Settings)  # pyright: ignore[reportArgumentType]
    recommendations: Recommendations = Field(default_factory=Recommendations)  # pyright: ignore[reportArgumentType]
    alerts: Alerting = Field(default_factory=Alerting)  # pyright: ignore[reportArgumentType]
    actions: Actions | None = Field(None, description="What may be done for customers; without it nothing is planned.")
    channels: dict[str, Channel] = Field(
        default_factory=dict, description="Where the shop's own people are told what happened, each under a name."
    )
    audiences: dict[str, Audience] = Field(
        default_factory=dict, description="Lists of customers, each under a name of a-z, 0-9 and _."
    )
    platforms: Platforms | None = Field(
        None, description="Advertising platforms whose keys are made on arrival; without it none."
    )
    folder: Path

    @field_validator("sources", mode="before")
    @classmethod
    def _as_lists(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: [spec] if isinstance(spec, dict) else spec for name, spec in value.items()}
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            known = False
        else:
            # Names of the system's own, which no engine knows.
            known = value not in ("localtime", "posixrules") and not value.startswith(("posix/", "right/"))
        if not known:
            raise ValueError(f"unknown time zone {value!r}: use a name such as Asia/Shanghai or Europe/London")
        return value

    @field_validator("owners")
    @classmethod
    def _owners(cls, value: list[str]) -> list[str]:
        odd = [owner for owner in value if not re.fullmatch(r"team:\w+|[^@\s]+@[^@\s]+\.\w+", owner)]
        if odd:
            raise ValueError(f"owner {odd[0]!r} is neither an e-mail address nor team:name, such as team:analytics")
        return value

    @field_validator("channels")
    @classmethod
    def _channel_names(cls, value: dict[str, Channel]) -> dict[str, Channel]:
        odd = [name for name in value if not (name.isascii() and name.isidentifier() and name == name.lower())]
        if odd:
            raise ValueError(f"{odd[0]!r} is no name of a-z, 0-9 and _")
        return value

    @field_validator("start", "history_on", "end")
    @classmethod
    def _possible_day(cls, value: date | None) -> date | None:
        if value is not None and not date(1970, 1, 1) <= value < date(2100, 1, 1):
            raise ValueError(f"{value} is no day of a shop: use one from 1970 to 2099")
        return value

    @field_validator("currency", mode="before")
    @classmethod
    def _one_currency(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError(f"{len(value)} currencies {value}: a shop has one; convert the others in the mapping")
        if value is not None and not re.fullmatch(r"[A-Z]{3}", str(value)):
            raise ValueError(f"currency {value!r} is no ISO code such as CNY")
        return value

    @model_validator(mode="after")
    def _coherent(self) -> "Shop":
        if "orders" not in self.tables:
            raise ValueError("tables: `orders` is missing; it is the one table that every shop must hand over")
        unknown = sorted(set(self.tables) - set(CONTRACT))
        if unknown:
            raise ValueError(f"tables: {', '.join(unknown)} not in the contract, which has {', '.join(CONTRACT)}")
        if self.actions and not self.has_prices:
            raise ValueError("actions: a plan weighs money, and a shop without prices has none; leave `actions` out")
        for name, action in (self.actions.offers if self.actions else {}).items():
            needs = {"cross_sell": "products", "win_new": "events"}.get(action.goal)
            if needs and needs not in self.tables:
                raise ValueError(
                    f"actions.offers.{name}: `goal: {action.goal}` needs the table `{needs}`, which the shop does not hand over"
                )
        named(self.audiences)
        stray = sorted(set(self.drops) - set(self.tables))
        if stray:
            raise ValueError(f"drops: {', '.join(stray)} not among `tables`")
        if self.end and self.end < self.start:
            raise ValueError(f"end {self.end} lies before start {self.start}")
        has_history = any(source.history for sources in self.sources.values() for source in sources)
        if has_history and self.history_on is None:
            raise ValueError("history_on is missing: the day as of which the history was handed over")
        if self.history_on and not (self.start <= self.history_on <= (self.end or date.max)):
            raise ValueError(f"history_on {self.history_on} lies outside start {self.start} to end {self.end}")
        return self

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def has_decimal_comma(self) -> bool:
        """Whether the locale writes 1.234,56 for 1,234.56."""
        return self.locale.replace("_", "-").split("-")[0].lower() in DECIMAL_COMMA

    @property
    def first_delivery(self) -> date:
        """The first daily partition: the history's delivery day, or the shop's first day."""
        return self.history_on or self.start

    @property
    def has_prices(self) -> bool:
        return self.currency is not None

    @property
    def declared(self) -> frozenset[str]:
        """The contract tables that the shop hands over."""
        return frozenset(self.tables)

    @property
    def facts(self) -> list[ContractTable]:
        return [table for table in self._tables if table.is_fact]

    @property
    def changes(self) -> list[ContractTable]:
        return [table for table in self._tables if not table.is_fact]

    @property
    def _tables(self) -> list[ContractTable]:
        declared = [table for table in CONTRACT.values() if table.name in self.tables]
        return declared if self.has_prices else [table.without_money() for table in declared]

    def mapping(self, table: str) -> str:
        """The shop's select for a contract table."""
        text = self.tables[table]
        if text.endswith(".sql"):
            path = self.folder / text
            try:
                text = _read(path, f"the mapping of {table}")
            except OSError as error:
                said = f"the mapping of {table} cannot be read: {error.strerror}"
                remedy = "write the select there, or correct `tables` in store.yaml"
                raise ZhikeError(said, str(path), remedy) from error
        # It is put between brackets, which a comment in its last line would hide.
        return text.strip().rstrip(";") + "\n"

    def sources_of(self, table: str) -> dict[str, list[Source]]:
        """The sources that the mapping of `table` names."""
        text = re.sub(r"--[^\n]*", "", self.mapping(table))
        return {name: specs for name, specs in self.sources.items() if re.search(rf"\b{re.escape(name)}\b", text)}


def load_shop(store: str) -> Shop:
    """Reads a shop by the name of its folder under `stores/`, or by the path of any folder with a store.yaml.

    Raises ZhikeError where there is none, or where it does not hold together.
    """
    here = Path(store)
    folder = here if os.sep in store or (here / "store.yaml").is_file() else STORES / store
    path = folder / "store.yaml"
    if not path.is_file():
        known = sorted(entry.parent.name for entry in STORES.glob("*/store.yaml"))
        raise ZhikeError(
            f"there is no shop {store!r}", str(path), f"use one of {', '.join(known)}, or write a store.yaml there"
        )
    try:
        content = yaml.safe_load(_read(path, "store.yaml"))
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2024-02-30 is a ValueError
        advice = "indent with spaces, not tabs" if "'\\t'" in str(error) else "correct what is named"
        raise ZhikeError(f"store.yaml is not valid YAML: {error}", str(path), advice) from error
    if not isinstance(content, dict):
        raise ZhikeError("store.yaml is empty", str(path), "see stores/online_retail/store.yaml for an example")
    try:
        return Shop(folder=folder.resolve(), **content)
    except (ValidationError, TypeError) as error:
        problems = (
            "; ".join(_problem(entry) for entry in error.errors()) if isinstance(error, ValidationError) else str(error)
        )
        raise ZhikeError(
            f"store.yaml does not hold together: {problems}", str(path), "correct what is named"
        ) from error


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        said = f"{what} is not UTF-8: byte {error.start + 1} is none of its characters"
        raise ZhikeError(said, str(path), "save it as UTF-8; editors in China often save as GBK") from error


def _problem(entry: Any) -> str:
    place = ".".join(str(part) for part in entry["loc"])
    message = entry["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
