"""A mapping proposed from what columns are called and how their values can be read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.onboarding.draft import Draft
from pipelines.onboarding.files import Column, Found
from pipelines.onboarding.synonyms import READABLE, roles_of
from resources.errors import ZhikeError
from resources.quoting import identifier
from resources.words import Words

NO_SALE = "cancel|refund|void|fail|unpaid|pending|关闭|取消|退款|作废|待付款|等待付款|未付款|待支付"
# For each table the roles of its columns, told as what.
OPTIONAL = {
    "orders": {"discount": "discount", "paid_at": "paid_at", "shipped_at": "shipped_at", "delivered_at": "delivered_at", "channel": "channel",
               "currency": "currency"},
    "events": {"product": "product_id", "session": "session_id", "channel": "channel", "query": "query"},
    "reviews": {"customer": "customer_id", "product": "product_id", "rating": "rating", "text": "text"},
    "messages": {"customer": "customer_id", "conversation": "conversation_id", "channel": "channel"},
    "customers": {"registered_at": "registered_at", "gender": "gender", "birth_year": "birth_year", "region": "region", "channel": "channel",
                  "consent": "marketing_consent"},
    "products": {"title": "title", "category": "category", "brand": "brand", "price": "price", "cost": "cost"},
}  # fmt: skip
# What a purchase among events is called, and what the events of the contract are called elsewhere.
PURCHASES = "purchase buy bought order transaction checkout_complete payment pay paid 购买 下单 支付 付款 成交"
EVENTS = {
    "view": "pv page_view view_item product_view detail 浏览 查看",
    "cart": "add_to_cart addtocart add cart_add 加购 加入购物车",
    "favorite": "fav favourite like wishlist add_to_wishlist collect 收藏",
    "search": "search_query 搜索",
    "impression": "expose exposure show 曝光",
    "click": "clk select_item 点击",
}
FACTS = {"events": "occurred_at", "reviews": "reviewed_at", "messages": "sent_at"}
# What a line of an order says: two that say the same are two copies.
SAID = ("product", "title", "quantity", "price", "amount", "discount", "time")
NUMBERED = Words(
    "文件里没有明细行号：同一订单的明细按内容编号；同一文件里两行相同算两行，同一订单出现在两个文件里只算一次。",
    "The file has no line numbers: lines of one order are numbered by what they say. Two equal ones of a file are two; an order in two files is one.",
)
KNOWN = Words(
    "商品从第一次以这个名称被订购的那天起算作已知。",
    "A product is known from the first day on which it was ordered under this name.",
)
FILE = Words("{0} → {1}：{2}", "{0} → {1}: {2}")
NAME = Words("我的店", "My shop")
PARTS = {
    "order": Words("订单 = {0}", "the order is {0}"),
    "customer": Words("客户 = {0}", "the customer is {0}"),
    "product": Words("商品 = {0}", "the product is {0}"),
    "time": Words("时间 = {0}", "the time is {0}"),
    "quantity": Words("数量 = {0}", "the quantity is {0}"),
    "price": Words("单价 = {0}", "the price of a piece is {0}"),
    "amount": Words("单价 = {0} ÷ 数量", "the price of a piece is {0} by quantity"),
    "status": Words(
        "{0} 里带取消、关闭、退款、未付款字样的不算销售",
        "where {0} says cancelled, refunded, void, failed or unpaid it is no sale",
    ),
}
LACKING = {
    "order": Words("订单号：没有找到这一列，同一客户同一时刻的明细算一单。", "A number of the order: no column of it was found, so what one customer bought at one moment is an order."),
    "customer": Words("客户：没有找到这一列，每一单都算散客，没有分群。", "The customer: no column of it was found, so every order is a guest's and there are no segments."),
    "quantity": Words("数量：没有找到这一列，每行算 1 件。", "The quantity: no column of it was found, so a line is one piece."),
    "price": Words("价格：没有找到这一列，所以没有金额。", "Prices: no column of them was found, so there is no money."),
    "zone": Words("时区和货币：文件里没有，先写 {0} 和 {1}，请核对。", "The zone and the currency: the files do not say; {0} and {1} stand there until you write the shop's own."),
    "comma": Words("金额写成 1.234,56，所以 locale 先写 de，请按店铺的语言改。", "Amounts are written 1.234,56, so locale says de until you write the shop's own language."),
    "events": Words("浏览和加购（events）：没有给。", "Views and carts (events): no file of them was given."),
    "products": Words("商品类目和品牌（products）：没有给。", "Categories and brands (products): no file of them was given."),
}  # fmt: skip


def propose(found: Sequence[Found], columns: Mapping[Path, Sequence[Column]], language: str) -> Draft:
    """The draft of a shop whose files no known system wrote. Raises ZhikeError where nothing can be taken for orders.

    Of several files with the same columns one table is made; of files of one kind that differ, the first counts.
    """
    kinds: dict[str, list[Found]] = {}
    roles: dict[str, dict[str, Column]] = {}
    left: list[Found] = []
    is_comma = False
    for file in found:
        given = roles_of(columns[file.path])
        kind = kind_of(set(given))
        if not kind or (kind in kinds and kinds[kind][0].names != file.names):
            left.append(file)
            continue
        kinds.setdefault(kind, []).append(file)
        roles.setdefault(kind, given)
        is_comma |= any(given[role].amounts < READABLE for role in ("price", "amount", "discount") if role in given)
    if "events" in kinds and not kinds.keys() & {"orders", "lines"}:
        # Purchases stand among what was done: one file is both.
        kinds["orders"], roles["orders"] = kinds.pop("events"), roles.pop("events")
    if "orders" in kinds:
        left += [file for kind in ("heads", "lines") for file in kinds.pop(kind, [])]
    elif not {"heads", "lines"} <= set(kinds):
        raise ZhikeError(
            "none of the files can be taken for orders: these need a time and a product, and a number, a customer or a quantity beside",
            "; ".join(f"{file.path.name}: {', '.join(file.names)}" for file in found),
            "name the file of the order lines, with its header; or write store.yaml by hand as the README shows",
        )
    tables = {kind: _select(kind, roles[kind]) for kind in FACTS | {"products": "", "customers": ""} if kind in kinds}
    if "event" in roles.get("orders", {}):
        tables["events"] = _select("events", roles["orders"], f"orders_file\nWHERE NOT {_is_purchase(roles['orders'])}")
    tables = {"orders": _orders(roles, language), **tables}
    ours = roles["orders"] if "orders" in roles else roles["heads"] | roles["lines"]
    if "products" not in tables and ours.keys() & {"title", "category", "brand"}:
        tables["products"] = _products(roles, language)
    took = [FILE.format(" ".join(file.path.name for file in kinds[kind]), kind, _told(roles[kind])) for kind in kinds]
    zone, currency = ("Asia/Shanghai", "CNY") if language == "zh" else ("UTC", "USD")
    absent = [LACKING["zone"].format(zone, currency)]
    absent += [LACKING[role] for role in ("order", "customer", "quantity") if role not in ours]
    absent += [] if ours.keys() & {"price", "amount"} else [LACKING["price"]]
    absent += [LACKING["comma"]] if is_comma else []
    absent += [LACKING[table] for table in ("events", "products") if table not in tables]
    locale = "de" if is_comma else language
    shop = {"locale": locale, "time_zone": zone, "currency": currency}
    return Draft(NAME, {f"{kind}_file": files for kind, files in kinds.items()}, tables, took, absent, shop, {}, left)


def kind_of(roles: set[str]) -> str:
    """What a file with columns of these roles holds: orders, or their heads or their lines alone, or another table; empty for none."""
    is_thing = bool(roles & {"product", "title"})
    if {"event", "customer", "time"} <= roles:
        return "events"
    if {"sender", "text", "time"} <= roles:
        return "messages"
    if roles & {"rating", "text"} and "time" in roles and not roles & {"quantity", "price", "amount"}:
        return "reviews"
    if "time" in roles and is_thing and roles & {"order", "quantity", "customer"}:
        return "orders"
    if "order" in roles:
        return "lines" if is_thing else "heads" if "time" in roles else ""
    return "products" if is_thing else "customers" if "customer" in roles else ""


def _told(roles: Mapping[str, Column]) -> Words:
    parts = [
        words.format(roles[role].name)
        for role, words in PARTS.items()
        if role in roles and not (role == "amount" and "price" in roles)
    ]
    if "product" not in roles and "title" in roles:
        parts.append(PARTS["product"].format(roles["title"].name))
    return Words.join(parts, Words("，", ", "))


def _value(column: Column, of: str = "") -> str:
    """The column in SQL; where its times end in UTC, which names a zone, with the Z that says the same."""
    named = of + identifier(column.name)
    return f"regexp_replace({named}, ' *UTC$', 'Z')" if column.utc >= READABLE else named


def _lines(roles: Mapping[str, Mapping[str, Column]], *, numbered: bool = False) -> tuple[dict[str, str], str]:
    """The columns of a line of an order by role, quoted, and what they are selected from: `numbered`, with the number of each line among
    those of its file that say the same, as `copy_no`."""
    kind = "orders" if "orders" in roles else "lines"
    lines_file = f"{kind}_file"
    if numbered:
        said = ", ".join(_value(roles[kind][role]) for role in ("order", "customer", *SAID) if role in roles[kind])
        lines_file = (
            f"(\n    SELECT *, row_number() OVER (PARTITION BY {said}, file_name) AS copy_no FROM {lines_file}\n)"
        )
    if "orders" in roles:
        return {role: _value(column) for role, column in roles["orders"].items()}, lines_file
    heads, lines = roles["heads"], roles["lines"]
    columns = {role: _value(column, "h.") for role, column in heads.items()}
    columns |= {role: _value(column, "l.") for role, column in lines.items()}
    # A line whose order is not there is seen in quarantine.
    joined = f"{lines_file} AS l\nLEFT JOIN heads_file AS h ON {_value(heads['order'], 'h.')} = {_value(lines['order'], 'l.')}"
    return columns, joined


def _orders(roles: Mapping[str, Mapping[str, Column]], language: str) -> str:
    own, source = _lines(roles, numbered=not any("line" in columns for columns in roles.values()))
    thing = own.get("product") or own["title"]
    order = (
        own.get("order") or f"concat_ws('-', {', '.join(own[role] for role in ('customer', 'time') if role in own)})"
    )
    quantity = own.get("quantity", "1")
    said = ", ".join([thing, *(own[role] for role in SAID if role in own and own[role] != thing)])
    chosen = [
        f"{order} AS order_id",
        f"{own['line']} AS line_no"
        if "line" in own
        else f"dense_rank() OVER (PARTITION BY {order} ORDER BY {said}, copy_no) AS line_no",
        *([f"{own['customer']} AS customer_id"] if "customer" in own else []),
        f"{thing} AS product_id",
        f"{quantity} AS quantity",
    ]
    if "price" in own:
        chosen.append(f"{own['price']} AS unit_price")
    elif "amount" in own:
        pieces = f"nullif(as_whole({quantity}), 0)" if "quantity" in own else "1"
        chosen.append(f"round(CAST(as_amount({own['amount']}) AS DOUBLE) / {pieces}, 4) AS unit_price")
    chosen += [f"{own['time']} AS ordered_at"]
    chosen += [
        f"{own[role]} AS {name}" for role, name in OPTIONAL["orders"].items()
        if role in own and (role != "discount" or "price" in own)
    ]  # fmt: skip
    if "cancelled_at" in own:
        chosen.append(f"{own['cancelled_at']} AS cancelled_at")
    elif "status" in own:
        chosen.append(
            f"CASE WHEN regexp_matches(lower({own['status']}), '{NO_SALE}') THEN {own['time']} END AS cancelled_at"
        )
    if "event" in own:
        source += f"\nWHERE {_is_purchase(roles['orders'])}"
    return _sql("" if "line" in own else f"-- {getattr(NUMBERED, language)}\n", chosen, source)


def _products(roles: Mapping[str, Mapping[str, Column]], language: str) -> str:
    own, source = _lines(roles)
    chosen = [f"{own.get('product') or own['title']} AS product_id"]
    chosen += [f"{own[role]} AS {role}" for role in ("title", "category", "brand") if role in own]
    chosen.append(f"min(CAST(timezone('UTC', as_instant({own['time']})) AS DATE)) AS known_on")
    return _sql(f"-- {getattr(KNOWN, language)}\n", chosen, f"{source}\nGROUP BY ALL\nORDER BY known_on, product_id")


def _is_purchase(roles: Mapping[str, Column]) -> str:
    words = ", ".join(f"'{word}'" for word in PURCHASES.split())
    return f"lower({_value(roles['event'])}) IN ({words})"


def _event_type(event: str) -> str:
    words = " ".join(f"WHEN '{word}' THEN '{kind}'" for kind, listed in EVENTS.items() for word in listed.split())
    return f"CASE lower({event}) {words} ELSE lower({event}) END AS event_type"


def _select(table: str, roles: Mapping[str, Column], source: str = "") -> str:
    own = {role: _value(column) for role, column in roles.items()}
    key = (
        own.get("id")
        or f"concat_ws('-', {', '.join(own[role] for role in ('customer', 'product', 'event', 'sender', 'order', 'time') if role in own)})"
    )
    first = {
        "events": [
            f"{key} AS event_id",
            f"{own.get('customer')} AS customer_id",
            _event_type(own.get("event", "")),
        ],
        "reviews": [f"{key} AS review_id"],
        "messages": [f"{key} AS message_id", f"lower({own.get('sender')}) AS sender", f"{own.get('text')} AS text"],
        "customers": [f"{own.get('customer')} AS customer_id"],
        "products": [f"{own.get('product') or own.get('title')} AS product_id"],
    }[table]
    chosen = first + [f"{own[role]} AS {name}" for role, name in OPTIONAL[table].items() if role in own]
    if table in FACTS:
        chosen.append(f"{own['time']} AS {FACTS[table]}")
    return _sql("", chosen, source or f"{table}_file")


def _sql(comment: str, columns: Sequence[str], source: str) -> str:
    return f"{comment}SELECT\n    " + ",\n    ".join(columns) + f"\nFROM {source}\n"
