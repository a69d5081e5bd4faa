"""Made-up exports of known systems: the same 300 orders in the exact columns of each, with what is awkward about it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

FIRST = datetime(2025, 6, 2, 9, 0, 0)
ORDERS, BUYERS, GOODS, DAYS = 300, 80, 12, 182
# After an order, where the export says when.
REFUNDED = timedelta(days=3)


@dataclass(frozen=True)
class Line:
    product: int
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price


@dataclass(frozen=True)
class Order:
    """`discount` and `refund` are of the goods as a whole; `is_sale` is false for one that was cancelled, closed or refunded whole."""

    number: int
    buyer: int
    at: datetime
    lines: list[Line] = field(default_factory=list)
    discount: Decimal = Decimal(0)
    refund: Decimal = Decimal(0)
    is_sale: bool = True

    @property
    def gross(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def net(self) -> Decimal:
        """What the order's goods came to: before a refund."""
        return self.gross - self.discount


def orders() -> list[Order]:
    """300 orders of 80 buyers in 26 weeks: every tenth with a discount, some refunded in part, some that are no sale."""
    draw = np.random.default_rng(5)
    found: list[Order] = []
    for number in range(ORDERS):
        at = FIRST + timedelta(days=number * DAYS / ORDERS, minutes=int(draw.integers(600)))
        buyer = int(draw.integers(BUYERS)) if number % 3 else number % 20
        goods = draw.choice(GOODS, size=1 + int(draw.integers(3)), replace=False)
        lines = [Line(int(n), 1 + int(draw.integers(3)), Decimal(f"{9 + 7 * int(n)}.90")) for n in goods]
        gross = sum((line.amount for line in lines), Decimal(0))
        discount = (gross / 10).quantize(Decimal("0.01")) if number % 10 == 0 else Decimal(0)
        refund = Decimal("5.00") if number % 25 == 7 else Decimal(0)
        found.append(Order(number, buyer, at.replace(microsecond=0), lines, discount, refund, number % 20 != 13))
    return found


def value(sold: Sequence[Order]) -> Decimal:
    """What all sales came to, in the cent."""
    return sum((order.net - order.refund for order in sold if order.is_sale), Decimal(0))


def plain(sold: Sequence[Order]) -> list[Order]:
    """The sales alone, at their prices: of a system that knows no discounts and no refunds."""
    return [replace(order, discount=Decimal(0), refund=Decimal(0)) for order in sold if order.is_sale]


def shares(order: Order) -> list[Decimal]:
    """The order's discount, shared among its lines as most systems do: by amount, the rest on the last."""
    found = [(order.discount * line.amount / order.gross).quantize(Decimal("0.01")) for line in order.lines[:-1]]
    return [*found, order.discount - sum(found, Decimal(0))]


def write(
    path: Path, header: str, rows: Sequence[dict[str, object]], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    names = header.split(delimiter)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,"
    "Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,"
    "Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,"
    "Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,"
    "Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,"
    "Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,"
    "Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)


def shopify(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """New York: the offset changes with summer time. Two files, of which one order stands in both."""
    zone = ZoneInfo("America/New_York")
    files: list[list[dict[str, object]]] = [[], []]
    for order in sold:
        at = order.at.replace(tzinfo=zone).strftime("%Y-%m-%d %H:%M:%S %z")
        state = "paid" if order.is_sale else ("voided", "refunded")[order.number % 40 == 13]
        head: dict[str, object] = {
            "Financial Status": "partially_refunded" if order.is_sale and order.refund else state, "Paid at": at,
            "Fulfillment Status": "fulfilled", "Fulfilled at": at, "Accepts Marketing": "yes" if order.buyer % 2 else "no",
            "Currency": "USD", "Subtotal": order.net, "Shipping": "5.00", "Taxes": "0.00", "Total": order.net + 5,
            "Discount Code": "SUMMER" if order.discount else "", "Discount Amount": order.discount, "Shipping Method": "Standard",
            "Billing Name": "Somebody Else", "Billing Country": "US", "Billing Province": "NY", "Shipping Country": "US",
            "Shipping Province": ("NY", "CA")[order.buyer % 2], "Shipping Zip": "'02138", "Notes": "Ring twice,\nplease",
            "Refunded Amount": order.refund if state == "paid" else order.net + 5, "Id": 5_000_000_000_000 + order.number, "Source": "web",
            "Payment Method": "Shopify Payments",
        }  # fmt: skip
        for place, line in enumerate(order.lines):
            row = {
                "Name": f"#{1001 + order.number}", "Email": f"buyer{order.buyer}@example.com" if order.buyer % 9 else "",
                "Phone": "" if order.buyer % 9 or place else f"'+1212555{order.buyer:04d}",
                "Created at": at, "Lineitem quantity": line.quantity, "Lineitem name": f"Tea no. {line.product}",
                "Lineitem price": line.price, "Lineitem sku": f"TEA-{line.product}" if line.product else "", "Vendor": "Leaf",
                "Lineitem requires shipping": "true", "Lineitem taxable": "true", "Lineitem discount": "0.00",
            }  # fmt: skip
            wanted = (0, 1) if order.number == 150 else (int(order.number > 150),)
            for file in wanted:
                files[file].append((head if not place else {}) | row)
    return [write(folder / f"orders_export_{n}.csv", SHOPIFY, rows) for n, rows in enumerate(files, 1)]


WOOCOMMERCE = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,tax_total,cart_discount,"
    "order_discount,discount_total,order_total,order_subtotal,order_currency,payment_method,payment_method_title,transaction_id,"
    "customer_ip_address,customer_user_agent,shipping_method,customer_id,customer_user,customer_email,billing_first_name,billing_last_name,"
    "billing_company,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,billing_state,"
    "billing_country,shipping_first_name,shipping_last_name,shipping_company,shipping_phone,shipping_address_1,shipping_address_2,"
    "shipping_postcode,shipping_city,shipping_state,shipping_country,customer_note,wt_import_key,shipping_items,fee_items,tax_items,"
    "coupon_items,refund_items,order_notes,download_permissions,line_item_1,line_item_2,line_item_3"
)


def woocommerce(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """One row an order, its products in columns; buyers without an account have customer_id 0."""
    rows: list[dict[str, object]] = []
    for order in sold:
        at = order.at.strftime("%Y-%m-%d %H:%M:%S")
        row: dict[str, object] = {
            "order_id": 4000 + order.number, "order_number": 4000 + order.number, "order_date": at, "paid_date": at if order.is_sale else "",
            "status": "completed" if order.is_sale else ("cancelled", "refunded")[order.number % 40 == 13], "order_total": order.net + 5,
            "shipping_total": "5.00", "discount_total": order.discount, "order_subtotal": order.gross, "order_currency": "GBP",
            "customer_id": 0 if order.number % 4 else 70 + order.buyer, "customer_email": f"buyer{order.buyer}@example.com",
            "billing_first_name": "Somebody", "billing_last_name": "Else", "billing_email": f"Buyer{order.buyer}@example.com",
            "billing_phone": f"+44 1212555{order.buyer:04d}", "billing_country": "GB", "billing_state": ("Kent", "Essex")[order.buyer % 2],
            "refund_items": f"amount:{order.refund}|reason:|date:{order.at + REFUNDED:%Y-%m-%d %H:%M:%S}" if order.refund else "",
        }  # fmt: skip
        for place, (line, off) in enumerate(zip(order.lines, shares(order), strict=True), 1):
            row[f"line_item_{place}"] = (
                f"name:Tea no. {line.product}|product_id:{700 + line.product}|sku:TEA-{line.product}|quantity:{line.quantity}|"
                f"total:{line.amount - off:.2f}|sub_total:{line.amount:.2f}"
            )
        rows.append(row)
    return [write(folder / "order_export_2025-12-02.csv", WOOCOMMERCE, rows)]
