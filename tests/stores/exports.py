"""Made-up exports of known systems: the same 300 orders in the exact columns of each, with what is awkward about it."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

FIRST = datetime(2025, 6, 2, 9, 0, 0)
ORDERS, BUYERS, GOODS, DAYS = 300, 80, 12, 182
PROVINCES = ("浙江省 杭州市", "上海 上海市", "广东省 深圳市", "四川省 成都市")


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


def _write(
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
    return [_write(folder / f"orders_export_{n}.csv", SHOPIFY, rows) for n, rows in enumerate(files, 1)]


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
            "refund_items": f"amount:{order.refund}|reason:|date:{at}" if order.refund else "",
        }  # fmt: skip
        for place, (line, off) in enumerate(zip(order.lines, shares(order), strict=True), 1):
            row[f"line_item_{place}"] = (
                f"name:Tea no. {line.product}|product_id:{700 + line.product}|sku:TEA-{line.product}|quantity:{line.quantity}|"
                f"total:{line.amount - off:.2f}|sub_total:{line.amount:.2f}"
            )
        rows.append(row)
    return [_write(folder / "order_export_2025-12-02.csv", WOOCOMMERCE, rows)]


def shares(order: Order) -> list[Decimal]:
    """The order's discount, shared among its lines as most systems do: by amount, the rest on the last."""
    found = [(order.discount * line.amount / order.gross).quantize(Decimal("0.01")) for line in order.lines[:-1]]
    return [*found, order.discount - sum(found, Decimal(0))]


TAOBAO_LIST = (
    "订单编号,买家会员名,买家支付宝账号,支付单号,支付详情,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,"
    "运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,"
    "分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,新零售交易类型,新零售导购门店名称,"
    "新零售导购门店id,新零售发货门店名称,新零售发货门店id,退款金额,预约门店,确认收货时间,打款商家金额,含应开票给个人的个人红包"
)
TAOBAO_DETAIL = (
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间,商品ID,"
    "分阶段订单信息,主订单备注,主订单买家留言,发货时间,物流单号,物流公司,是否赔付,赔付金额,赔付出账时间"
)
TAOBAO_OLD_DETAIL = "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码"


def taobao(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """GB18030; numbers wrapped as ="…", a telephone number behind an apostrophe."""
    details: list[dict[str, object]] = []
    for order in sold:
        at = order.at.strftime("%Y-%m-%d %H:%M:%S")
        for place, (line, off) in enumerate(zip(order.lines, shares(order), strict=True)):
            details.append(
                {
                    "子订单编号": f'="{_taobao_id(order) + place}"', "主订单编号": f'="{_taobao_id(order)}"', "标题": f"高山茶 {line.product}号",
                    "价格": line.price, "购买数量": line.quantity, "商品属性": "颜色分类：绿", "订单状态": _taobao_state(order),
                    "商家编码": f"TEA{line.product}", "买家应付货款": line.amount - off, "退款金额": order.refund if not place else "0.00",
                    "退款状态": "没有申请退款", "订单创建时间": at, "订单付款时间": at, "商品ID": 600_000_000_000 + line.product, "发货时间": at,
                }
            )  # fmt: skip
    return [
        _write(
            folder / "ExportOrderList202512020930.csv", TAOBAO_LIST, [_taobao_row(order) for order in sold], "gb18030"
        ),
        _write(folder / "ExportOrderDetailList202512020930.csv", TAOBAO_DETAIL, details, "gb18030"),
    ]


def taobao_old(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """The item report of earlier years: ten columns, no money but the price."""
    details: list[dict[str, object]] = [
        {
            "订单编号": f'="{_taobao_id(order)}"', "标题": f"高山茶 {line.product}号", "价格": line.price, "购买数量": line.quantity,
            "外部系统编号": f"TEA{line.product}", "商品属性": "颜色分类：绿", "订单状态": _taobao_state(order), "商家编码": "",
        }
        for order in sold
        for line in order.lines
    ]  # fmt: skip
    return [
        _write(
            folder / "ExportOrderList201809011818.csv", TAOBAO_LIST, [_taobao_row(order) for order in sold], "gb18030"
        ),
        _write(folder / "ExportOrderDetailList201809011818.csv", TAOBAO_OLD_DETAIL, details, "gb18030"),
    ]


def _taobao_id(order: Order) -> int:
    return 2_024_060_100_000_000_000 + order.number * 100


def _taobao_state(order: Order) -> str:
    return "交易成功" if order.is_sale else ("交易关闭", "等待买家付款")[order.number % 40 == 13]


def _taobao_row(order: Order) -> dict[str, object]:
    at = order.at.strftime("%Y-%m-%d %H:%M:%S")
    return {
        "订单编号": f'="{_taobao_id(order)}"', "买家会员名": f"茶客{order.buyer}", "买家支付宝账号": f"buyer{order.buyer}@example.com",
        "买家应付货款": order.net, "买家应付邮费": "8.00", "总金额": order.net + 8, "买家实际支付金额": order.net + 8,
        "订单状态": _taobao_state(order), "收货人姓名": "某某某", "收货地址 ": f"{PROVINCES[order.buyer % 4]} 某某路1号(310000)",
        "联系手机": f"'1380013{order.buyer:04d}", "订单创建时间": at, "订单付款时间 ": at, "宝贝总数量": sum(line.quantity for line in order.lines),
        "是否手机订单": "手机订单" if order.buyer % 2 else "", "退款金额": order.refund, "确认收货时间": at,
    }  # fmt: skip


YOUZAN_LIST = (
    "订单号,销售渠道,归属店铺,订单类型,订单状态,推广方式,订单来源,订单创建时间,买家付款时间,交易成功时间,付款方式,支付流水号,商品金额合计,运费,店铺优惠合计,应收订单金额,订单实付金额,支付优惠合计,"
    "订单实收金额,订单抵用积分数,店铺优惠方式,支付优惠方式,全部商品名称,商品种类数,订单配送方式,同城送达时间/提货时间,收货人省份,收货人城市,收货人地区,详细收货地址/提货地址,收货人/提货人,"
    "收货人手机号/提货人手机号,买家备注,订单星级,买家昵称,买家是否会员,买家手机号,下单网点,收银员,分销员,销售导购,专属导购,订单退款状态,订单已退款金额,商家订单备注,桌号,挂账主体,挂账手机号,"
    "团长订单,订单风险标签"
)
YOUZAN_ITEMS = (
    "订单号,外部订单号,订单商品状态,交易成功时间,商品名称,商品类型,商品目录,商品规格,规格编码,商品编码,商品单价,商品优惠方式,商品优惠后价格,商品数量,商品金额小计,店铺优惠（分摊）,商品实际成交金额,"
    "商品抵用积分数,商品留言,收货人/提货人,收货人手机号/提货人手机号,收货人省份,收货人城市,收货人地区,详细收货地址/提货地址,买家备注,商品发货状态,商品发货方式,商品发货物流公司,商品发货物流单号,"
    "发货员工,商品发货时间,商品退款状态,商品已退款金额,商家订单备注,周期购信息"
)


def youzan(folder: Path, sold: Sequence[Order]) -> list[Path]:
    heads: list[dict[str, object]] = []
    items: list[dict[str, object]] = []
    for order in sold:
        at, called = order.at.strftime("%Y-%m-%d %H:%M:%S"), f"E2025{order.number:019d}"
        heads.append(
            {
                "订单号": called, "销售渠道": "网店", "订单状态": "交易完成" if order.is_sale else ("交易关闭", "待付款")[order.number % 40 == 13],
                "订单来源": "微信小程序", "订单创建时间": at, "买家付款时间": at, "交易成功时间": at, "商品金额合计": order.gross, "运费": "8.00",
                "应收订单金额": order.net + 8, "订单实付金额": order.net + 8, "全部商品名称": "高山茶等", "商品种类数": len(order.lines),
                "收货人省份": PROVINCES[order.buyer % 4].split()[0], "收货人/提货人": "某某某", "收货人手机号/提货人手机号": f"1380013{order.number:04d}",
                "买家昵称": f"茶客{order.buyer}", "买家手机号": f"1380013{order.buyer:04d}", "订单已退款金额": order.refund,
            }
        )  # fmt: skip
        for place, (line, off) in enumerate(zip(order.lines, shares(order), strict=True)):
            items.append(
                {
                    "订单号": called, "订单商品状态": "交易完成", "商品名称": f"高山茶 {line.product}号", "商品规格": "250g",
                    "商品编码": f"TEA{line.product}", "商品单价": line.price, "商品数量": line.quantity, "商品金额小计": line.amount,
                    "店铺优惠（分摊）": off, "商品实际成交金额": line.amount - off, "商品发货时间": at,
                    "商品已退款金额": order.refund if not place else "0.00",
                }
            )  # fmt: skip
    return [
        _write(folder / "订单报表.csv", YOUZAN_LIST, heads, "utf-8-sig"),
        _write(folder / "商品报表.csv", YOUZAN_ITEMS, items, "utf-8-sig"),
    ]


JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,发票类型,发票抬头,发票内容,商家备注,"
    "商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道"
)


def jd(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """GB18030; the amounts of an order stand on each of its rows. Refunds are not in this export, so they are taken off the settlement here."""
    rows: list[dict[str, object]] = []
    for order in sold:
        at = order.at.strftime("%Y-%m-%d %H:%M:%S")
        for line in order.lines:
            rows.append(
                {
                    "订单号": 240_000_000_000 + order.number, "商品ID": 100_000_000_000 + line.product, "商品名称": f"高山茶 {line.product}号",
                    "订购数量": line.quantity, "支付方式": "在线支付", "下单时间": at, "京东价": line.price, "订单金额": order.gross,
                    "结算金额": order.net - order.refund, "应付金额": order.net + 8, "订单类型": "SOP",
                    "订单状态": "完成" if order.is_sale else ("(删除)等待出库", "等待付款")[order.number % 40 == 13],
                    "下单帐号": f"jd_茶客{order.buyer}", "客户姓名": "某某某", "客户地址": ("浙江杭州市", "上海浦东新区", "广东省深圳市", "内蒙古包头市")[order.buyer % 4] + "某某路1号",
                    "联系电话": "138******00" if order.buyer % 2 else f"1380013{order.buyer:04d}", "付款确认时间": at, "货号": f"TEA{line.product}",
                    "订单完成时间": at, "订单来源": "微信", "订单渠道": "京东商城", "运费金额": "8.00",
                }
            )  # fmt: skip
    return [_write(folder / "订单导出_20251202.csv", JD, rows, "gb18030")]


EXPORTS: dict[str, Callable[[Path, Sequence[Order]], list[Path]]] = {
    "shopify": shopify, "woocommerce": woocommerce, "taobao": taobao, "taobao_old": taobao_old, "youzan": youzan, "jd": jd,
}  # fmt: skip
