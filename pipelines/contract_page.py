"""docs/contract.md, made from the contract: `python -m pipelines.contract_page > docs/contract.md`."""

from collections.abc import Iterator

from resources.contract import CONTRACT, ContractTable, Field

HASHED = " Stored as a keyed hash."
PERSONAL = """\
## How values are read

- An id loses blanks around it and what spreadsheets add (`="123"`, `'123`); one in exponent notation has lost digits and goes to quarantine.
- An instant is the shop's wall time, or has an offset in digits or `Z`. Digits alone are a date (8), a date with its time (12 or 14), or
  a unix time in seconds, milliseconds or microseconds (10, 13, 16, beginning with 1).
- The discount of a line has the sign of its quantity (on products) and is not larger than the line.
- Quantity and price have limits (`limits` in store.yaml). Instants beside the fact's own lie between a year before the shop's start and
  a year after the delivery.

- A record of a CSV file whose fields or quotes do not fit its header, or with bytes that its encoding does not have, costs itself alone: `file`
  and `line` (of a sheet its row) are in quarantine. So does a line of JSON (`.jsonl`, `.ndjson`) that is no object, or has a name twice. A file
  of which most records do not fit, or that is cut, is refused; so is a list (`[{…}, …]`) that is broken anywhere, for what follows cannot be told.
- A number of JSON is read as it is written: the id 10.10 stays 10.10, and 1e5 stays 1e5.

A row that does not fit is in `clean.quarantine` with the reason. A day with too many such rows is refused (`limits.quarantine_share`).

## What is personal

Before a row is stored, and before anything of a row is shown (errors, quarantine, samples of checks, logs):

- E-mail addresses, telephone numbers and keys of links are replaced by a keyed hash (HMAC-SHA256). The key is `hash.key`
  in the shop's home, or `ZHIKE_HASH_KEY`; a home refuses any other than its first one. Keep a copy of it in a safe place.
- An id that is an e-mail address, a telephone number or an identity number is replaced by its hash in every table
  that names it, so rows still belong together. Look such a customer up by what the shop calls them: it is hashed as it is typed.
  Ids of products stay, unless they hold an e-mail address.
- In every other text these are replaced by `***`, also in full width, with spaces, dots or dashes between their digits, with zero-width
  characters, or in Chinese numerals:
  - e-mail addresses, also with a Chinese name before the @, `#qq.com`, `(at)`;
  - mobile and landline numbers of mainland China, numbers with a country's code, numbers written as in North America and Brazil;
  - identity-card numbers of mainland China: 18 characters with their check character, 15 digits with a date;
  - bank-card numbers: a known prefix and Luhn's check digit; any 13 to 19 digits after a word such as 卡号;
  - names on WeChat and QQ after a word such as 微信, wx, vx, v信, WeChat, QQ; passport numbers after 护照.
- Numbers of orders, parcels, products, prices, dates and counts stay. A number directly after a word such as 订单号, 单号, 货号, order or
  tracking is taken for the number of a thing.

What cannot be told by rule stays as it is written: **names of people, postal addresses**, birthdays, number plates, numbers with a
digit missing, and whatever a person spells in another way. A shop that must not store them takes them out before it hands
rows over. `gender`, `birth_year`, `region` and `occupation` are stored as delivered; samples and quarantine show them as •••.
"""


def page() -> str:
    """The page: every table with its columns."""
    lines = [
        "# What a shop hands over",
        "",
        "Only `orders` is a must. Columns marked * are required. Ids are text. Instants without an offset are the shop's wall",
        "time. Money is exact to four decimals, in the shop's one currency. What is done with personal values stands at the end. Made by",
        "`python -m pipelines.contract_page > docs/contract.md`.",
    ]
    for table in CONTRACT.values():
        lines += ["", *_table(table)]
    lines += ["", PERSONAL.rstrip()]
    return "\n".join(lines) + "\n"


def _table(table: ContractTable) -> Iterator[str]:
    change = "" if table.is_fact else " `known_on`, if mapped, says from which day a row of the history holds."
    yield f"## {table.name}"
    yield ""
    kept = " Typed, kept and published; no analysis rests on it yet." if table.is_kept_only else ""
    yield f"A row: {table.grain}. Key: {', '.join(table.key)}.{change}{kept}"
    yield ""
    yield "| column | type | |"
    yield "| --- | --- | --- |"
    for field in table.fields:
        yield f"| {field.name}{'*' if field.required else ''} | {field.type} | {_notes(field)} |"


def _notes(field: Field) -> str:
    values = f" One of {', '.join(field.values)}." if field.values else ""
    return (
        field.description
        + values
        + (" Personal." if field.personal else "")
        + (HASHED if field.arrival == "hash" else "")
    )


if __name__ == "__main__":
    print(page(), end="")
