"""The contract: the tables and columns that a shop hands over, and what Zhike makes of them on arrival.

Facts happen once and carry the instant at which they did; changes are attributes that hold until the next change.
"""

from dataclasses import dataclass, replace
from typing import Literal

from resources.tables import MONEY, Column, Table

ID = "VARCHAR"
INSTANT = "TIMESTAMP"
# What begins an id that stands for one of somebody who is erased.
GUEST = "guest-"


@dataclass(frozen=True)
class Field:
    """A contract column. `arrival` says what is done before the value is stored, unless told by its name and type:

    - hash: a keyed hash in its place;
    - id: so too where it is an e-mail address, a telephone number or an identity number, else as it is;
    - code: so too where it is an e-mail address; numbers name things;
    - mask: personal values inside it are masked; figure: the same for what should be a number or a time, and is not.
    """

    name: str
    type: str
    description: str
    required: bool = False
    personal: bool = False
    money: bool = False
    values: tuple[str, ...] = ()
    arrival: Literal["hash", "id", "code", "mask", "figure", ""] = ""

    def __post_init__(self) -> None:
        if not self.arrival:
            is_id, is_thing = (
                self.name.endswith("_id") or self.name == "line_no",
                self.name in ("product_id", "list_id"),
            )
            by_name = "code" if is_thing else "id" if is_id else "mask" if self.type == ID else "figure"
            object.__setattr__(self, "arrival", by_name)

    def column(self) -> Column:
        return Column(self.name, self.type, self.description, personal=self.personal, money=self.money)


@dataclass(frozen=True)
class ContractTable:
    """A table of the contract. `happened_at` names the instant of a fact; a table of changes has none."""

    name: str
    grain: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    happened_at: str | None = None
    comes_in_bursts: bool = False
    """Whether a day may have a hundred times the rows of the day before and nothing be wrong, as after a campaign."""
    may_be_older: bool = False
    """Whether what happened before the shop's start still counts."""
    is_kept_only: bool = False
    """Whether its rows are typed, kept and published, and no analysis rests on them yet."""

    @property
    def is_fact(self) -> bool:
        return self.happened_at is not None

    @property
    def happened_on(self) -> str:
        """The column with the shop's own day of a fact: `ordered_at` has `ordered_on` beside it."""
        if self.happened_at is None:
            raise ValueError(f"{self.name} is a table of changes")
        return self.happened_at.removesuffix("_at") + "_on"

    @property
    def field_names(self) -> list[str]:
        return [field.name for field in self.fields]

    def without_money(self) -> "ContractTable":
        """The table in a shop without prices."""
        return replace(self, fields=tuple(field for field in self.fields if not field.money))

    @property
    def raw(self) -> Table:
        """Rows as they were delivered: every contract column as text, personal values already hashed or masked."""
        columns = tuple(
            Column(f.name, "VARCHAR", f.description, personal=f.personal, money=f.money) for f in self.fields
        )
        return Table(
            schema="raw",
            name=self.name,
            description=f"Rows as they were delivered, one {self.grain} a row, every value as text.",
            partitioning="daily" if self.is_fact else "none",
            key=(),
            columns=(*columns, *DELIVERY, *(() if self.is_fact else (KNOWN_ON,)), REFUSED),
        )

    @property
    def clean(self) -> Table:
        """Typed, valid, de-duplicated rows; facts are booked as in a ledger."""
        columns = tuple(field.column() for field in self.fields)
        if not self.is_fact:
            return Table(
                schema="clean",
                name=self.name,
                description=f"One {self.grain} a row: what was known of it from `known_on` until its next row.",
                partitioning="none",
                key=(*self.key, "known_on"),
                columns=(*columns, KNOWN_ON),
            )
        return Table(
            schema="clean",
            name=self.name,
            description=f"Valid, de-duplicated rows, one {self.grain} a row; corrections as reversal and new row.",
            partitioning="daily",
            key=("delivered_on", "row_no", "sign"),
            columns=(
                *columns,
                Column(self.happened_on, "DATE", "The shop's own day on which it happened."),
                *DELIVERY,
                KNOWN_ON,
                Column(
                    "sign", "TINYINT", "1 for a row, -1 for the reversal of a row that was delivered again and differs."
                ),
            ),
        )


DELIVERY = (
    Column("delivered_on", "DATE", "The day on which the shop handed the row over."),
    Column("row_no", "BIGINT", "The row's place in its delivery, from 1."),
)
KNOWN_ON = Column("known_on", "DATE", "The day from which the row may be used.")
REFUSED = Column(
    "refused", "JSON", "Of a record of a file that is no row: file, line and why; its other columns are empty."
)

ORDERS = ContractTable(
    "orders",
    "order line",
    ("order_id", "line_no"),
    (
        Field("order_id", ID, "The order.", required=True),
        Field("line_no", ID, "The line within the order.", required=True),
        Field("customer_id", ID, "The customer's account; empty for a guest."),
        Field("product_id", ID, "The product.", required=True),
        Field("quantity", "BIGINT", "Pieces; negative for a return, on the return's own day.", required=True),
        Field("unit_price", MONEY, "Price of one piece.", money=True),
        Field("discount", MONEY, "Discount on the line as a whole, with the sign of its quantity.", money=True),
        Field("ordered_at", INSTANT, "When it was ordered (or returned).", required=True),
        Field("paid_at", INSTANT, "When it was paid."),
        Field("shipped_at", INSTANT, "When it left the shop."),
        Field("delivered_at", INSTANT, "When it reached the customer."),
        Field("cancelled_at", INSTANT, "When it was cancelled; a cancelled line is no sale."),
        Field("channel", ID, "Where it was ordered: app, web, store, …"),
        Field(
            "line_type",
            ID,
            "What the line is; only products count as sales. Empty means product.",
            values=("product", "shipping", "fee", "adjustment", "sample"),
        ),
        Field("currency", ID, "The currency of the line, where the source has one: it must be the shop's."),
    ),
    happened_at="ordered_at",
)
EVENTS = ContractTable(
    "events",
    "action of a customer",
    ("event_id",),
    (
        Field("event_id", ID, "The event.", required=True),
        Field("customer_id", ID, "The customer's account.", required=True),
        Field(
            "event_type",
            ID,
            "What was done.",
            required=True,
            values=("view", "cart", "favorite", "search", "impression", "click", "rate"),
        ),
        Field("product_id", ID, "The product it was done to."),
        Field("session_id", ID, "The shop's own session, where it has one."),
        Field("occurred_at", INSTANT, "When it was done.", required=True),
        Field("channel", ID, "Where it was done."),
        Field("list_id", ID, "The list of ours that showed the product."),
        Field("position", "INTEGER", "The product's place in that list, from 1."),
        Field("query", "VARCHAR", "The words searched for.", personal=True),
    ),
    happened_at="occurred_at",
)
REVIEWS = ContractTable(
    "reviews",
    "review",
    ("review_id",),
    (
        Field("review_id", ID, "The review.", required=True),
        Field("customer_id", ID, "Who wrote it."),
        Field("product_id", ID, "What it is about."),
        Field("rating", "INTEGER", "Stars, 1 to 5."),
        Field("text", "VARCHAR", "The review's words.", personal=True),
        Field("reviewed_at", INSTANT, "When it was written.", required=True),
    ),
    happened_at="reviewed_at",
)
MESSAGES = ContractTable(
    "messages",
    "message to or from service",
    ("message_id",),
    (
        Field("message_id", ID, "The message.", required=True),
        Field("conversation_id", ID, "The conversation it belongs to."),
        Field("customer_id", ID, "The customer in the conversation."),
        Field("sender", ID, "Who wrote it.", required=True, values=("customer", "agent", "bot")),
        Field("text", "VARCHAR", "The message's words.", required=True, personal=True),
        Field("sent_at", INSTANT, "When it was sent.", required=True),
        Field("channel", ID, "Where it was sent."),
        Field("intent", ID, "What it was about, where the shop knows."),
    ),
    happened_at="sent_at",
)
OUTCOMES = ContractTable(
    "outcomes",
    "result of an action of ours",
    ("action_id", "outcome"),
    (
        Field("action_id", ID, "The action of ours.", required=True),
        Field("customer_id", ID, "Whom it was for."),
        Field("outcome", ID, "What came of it: delivered, clicked, converted, …", required=True),
        Field("occurred_at", INSTANT, "When it came.", required=True),
        Field("value", MONEY, "What it was worth.", money=True),
    ),
    happened_at="occurred_at",
    comes_in_bursts=True,
)
CONSENTS = ContractTable(
    "consents",
    "decision of a customer",
    ("consent_id",),
    (
        Field("consent_id", ID, "The decision.", required=True),
        Field("customer_id", ID, "The customer's account.", required=True),
        Field("purpose", ID, "What it is about.", required=True, values=("marketing", "personalisation")),
        Field("is_given", "BOOLEAN", "Whether they agree; of personalisation, false is a refusal.", required=True),
        Field("channel", ID, "By which channel: sms, email, phone, app, …; empty for all."),
        Field("decided_at", INSTANT, "When they decided.", required=True),
        Field("how", ID, "How they said so: form, call, app, unsubscribe link, …"),
        Field("proof", ID, "Where the proof of it is kept.", personal=True),
    ),
    happened_at="decided_at",
    comes_in_bursts=True,
    may_be_older=True,
)
CUSTOMERS = ContractTable(
    "customers",
    "customer and change",
    ("customer_id",),
    (
        Field("customer_id", ID, "The customer's account.", required=True),
        Field("registered_at", INSTANT, "When the account was opened."),
        Field("gender", ID, "As the shop words it.", personal=True),
        Field("birth_year", "INTEGER", "Year of birth.", personal=True),
        Field("region", ID, "Province, city or country.", personal=True),
        Field("occupation", ID, "As the shop words it.", personal=True),
        Field("channel", ID, "Where the account was opened."),
        Field("email", ID, "Keyed hash of the address.", personal=True, arrival="hash"),
        Field("phone", ID, "Keyed hash of the number.", personal=True, arrival="hash"),
        Field("marketing_consent", "BOOLEAN", "Whether the customer agreed to be addressed."),
        Field("personalisation_refused", "BOOLEAN", "Whether the customer refused to be treated by personal traits."),
    ),
)
PRODUCTS = ContractTable(
    "products",
    "product and change",
    ("product_id",),
    (
        Field("product_id", ID, "The product.", required=True),
        Field("title", "VARCHAR", "Its name."),
        Field("category", ID, "Its category."),
        Field("brand", ID, "Its brand."),
        Field("price", MONEY, "Its list price.", money=True),
        Field("cost", MONEY, "What one piece costs the shop.", money=True),
        Field("in_stock", "BOOLEAN", "Whether it can be bought."),
        Field("description", "VARCHAR", "Its description."),
    ),
)
LINKS = ContractTable(
    "links",
    "identity link",
    ("customer_id", "key_type", "key_value"),
    (
        Field("customer_id", ID, "The customer's account.", required=True),
        Field("key_type", ID, "What kind of key: phone, email, device, open_id, …", required=True),
        Field("key_value", ID, "Keyed hash of the key.", required=True, personal=True, arrival="hash"),
        Field("channel", ID, "Where the link was seen."),
    ),
)
ANSWERS = ContractTable(
    "answers",
    "knowledge-base entry and change",
    ("answer_id",),
    (
        Field("answer_id", ID, "The entry.", required=True),
        Field("intent", ID, "What it answers.", required=True),
        Field(
            "question",
            "VARCHAR",
            "The standard question. A variant of it is a row of its own with the same intent and answer.",
            required=True,
        ),
        Field(
            "answer",
            "VARCHAR",
            "The answer, with {fields}. The wording for who lacks one is a row of its own with the same intent and question.",
            required=True,
        ),
        Field("locale", ID, "Its language."),
    ),
)

CONTRACT: dict[str, ContractTable] = {
    table.name: table
    for table in (ORDERS, EVENTS, REVIEWS, MESSAGES, OUTCOMES, CONSENTS, CUSTOMERS, PRODUCTS, LINKS, ANSWERS)
}
