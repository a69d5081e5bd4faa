"""Made-up exports of the systems of Chinese shops: the same orders in the exact columns of each."""

from collections.abc import Sequence
from pathlib import Path

from tests.stores.exports import Order, shares, write

PROVINCES = ("浙江省 杭州市", "上海 上海市", "广东省 深圳市", "四川省 成都市")

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
        write(
            folder / "ExportOrderList202512020930.csv", TAOBAO_LIST, [_taobao_row(order) for order in sold], "gb18030"
        ),
        write(folder / "ExportOrderDetailList202512020930.csv", TAOBAO_DETAIL, details, "gb18030"),
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
        write(
            folder / "ExportOrderList201809011818.csv", TAOBAO_LIST, [_taobao_row(order) for order in sold], "gb18030"
        ),
        write(folder / "ExportOrderDetailList201809011818.csv", TAOBAO_OLD_DETAIL, details, "gb18030"),
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
        write(folder / "订单报表.csv", YOUZAN_LIST, heads, "utf-8-sig"),
        write(folder / "商品报表.csv", YOUZAN_ITEMS, items, "utf-8-sig"),
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
    return [write(folder / "订单导出_20251202.csv", JD, rows, "gb18030")]
