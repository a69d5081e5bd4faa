"""What columns are called, in Chinese and English, for each thing that a shop's files say. Names are compared without case, blanks and signs."""

from collections.abc import Sequence

from pipelines.onboarding.files import Column

# A role, how its values must be readable, and its names, the surest first.
ROLES: tuple[tuple[str, str, str], ...] = (
    ("event", "text", "event_type event_name event action behavior behaviour behavior_type 事件 事件名称 事件类型 行为 行为类型"),
    ("sender", "text", "sender sender_type role author_type 发送方 发送者 角色 消息方向"),
    ("rating", "amount", "rating stars star score review_score 评分 星级 打分 评价星级"),
    ("text", "text", "review_text review_body review_content comment comments content text message body 评价内容 评论内容 评价 评论 内容 消息内容 消息"),
    ("line", "text", "line_no line_number line line_id line_item_id order_item_id item_no 行号 明细号 子订单号 子订单编号 明细编号"),
    ("order", "text", "order_id order_no order_number order_name order_sn order_code order invoice_no invoice_id invoice transaction_id receipt_no receipt bill_no "
     "订单号 订单编号 订单id 主订单编号 主订单号 交易号 交易编号 单号 流水号 小票号"),
    ("customer", "text", "customer_id customer_no customer user_id userid member_id buyer_id buyer client_id client customer_email email buyer_email "
     "customer_code account 客户编号 客户id 客户 顾客id 顾客编号 顾客 会员号 会员id 会员编号 会员卡号 用户id 用户编号 用户 买家会员名 买家昵称 买家id 买家 下单帐号 下单账号 "
     "买家手机号 手机号 手机 email 邮箱 openid"),
    ("product", "text", "product_id product_no sku product_sku sku_id item_id item_code goods_id stock_code variant_sku product_code product article "
     "商品id 商品编号 商品编码 商家编码 货号 sku编码 规格编码 商品货号 产品编号 产品id 条码"),
    ("title", "text", "product_name product_title item_name item title goods_name description name 商品名称 商品标题 宝贝标题 标题 商品 产品名称 品名"),
    ("quantity", "whole", "quantity qty item_quantity units pieces count amount_sold 数量 购买数量 订购数量 商品数量 件数 销量"),
    ("price", "amount", "unit_price price item_price sale_price selling_price 单价 价格 商品单价 售价 成交价 商品价格"),
    ("amount", "amount", "line_total line_amount total_price amount total subtotal sales revenue net_amount paid_amount 实付金额 实际支付金额 成交金额 "
     "商品实际成交金额 小计 金额 总金额 总价 销售额"),
    ("discount", "amount", "discount discount_amount line_discount 折扣 折扣金额 优惠 优惠金额 优惠分摊"),
    ("cost", "amount", "cost unit_cost cost_price 成本 成本价 进价"),
    ("status", "text", "order_status status state financial_status 订单状态 状态 交易状态"),
    ("paid_at", "instant", "paid_at paid_date payment_date payment_time paid_time 付款时间 支付时间 订单付款时间 付款日期"),
    ("shipped_at", "instant", "shipped_at ship_date shipped_date shipping_date dispatched_at 发货时间 发货日期"),
    ("delivered_at", "instant", "delivered_at delivery_date delivered_date received_at 收货时间 确认收货时间 签收时间 送达时间"),
    ("cancelled_at", "instant", "cancelled_at canceled_at cancelled_date 取消时间 关闭时间"),
    ("registered_at", "instant", "registered_at registration_date register_time signup_date sign_up_date joined_at 注册时间 注册日期 入会时间 开卡时间"),
    ("time", "instant", "ordered_at order_date order_time order_created_at purchase_date purchased_at transaction_date invoice_date sale_date "
     "event_time occurred_at reviewed_at review_date sent_at created_at create_time created creation_date datetime timestamp date time "
     "下单时间 订单创建时间 创建时间 订单时间 成交时间 交易时间 购买时间 评价时间 评论时间 发送时间 下单日期 订单日期 销售日期 日期 时间"),
    ("channel", "text", "channel source platform 渠道 来源 平台 订单来源 销售渠道"),
    ("currency", "text", "currency order_currency currency_code 币种 货币"),
    ("category", "text", "category product_category category_name product_type department 类目 分类 商品类目 商品分类 品类"),
    ("brand", "text", "brand vendor manufacturer 品牌"),
    ("gender", "text", "gender sex 性别"),
    ("birth_year", "whole", "birth_year year_of_birth 出生年份 出生年"),
    ("region", "text", "region province state_province city country 省份 省 地区 城市 国家 收货人省份"),
    ("consent", "text", "marketing_consent accepts_marketing opt_in newsletter 营销同意 是否接受营销 接收营销"),
    ("session", "text", "session_id session 会话id 会话"),
    ("conversation", "text", "conversation_id chat_id ticket_id 会话编号 对话id 工单号"),
    ("query", "text", "query search_term keyword keywords 搜索词 关键词"),
    ("id", "text", "review_id event_id message_id id 评价id 评论id 消息id 编号"),
)  # fmt: skip
READABLE = 0.9


def roles_of(columns: Sequence[Column]) -> dict[str, Column]:
    """Which column is which thing: by its name, if its values can be read as that; each column is one thing only."""
    found: dict[str, Column] = {}
    for is_exact in (True, False):
        for role, kind, names in ROLES:
            free = [column for column in columns if column not in found.values() and fits(column, kind)]
            match = next((c for name in names.split() for c in free if _matches(c.name, name, is_exact=is_exact)), None)
            if match and role not in found:
                found[role] = match
    if "time" not in found:
        # Nothing is called so: what can be read as an instant and not as a number is one.
        free = (c for c in columns if c not in found.values() and fits(c, "instant") and c.amounts < READABLE)
        if guess := next(free, None):
            found["time"] = guess
        elif "paid_at" in found:
            # A list of paid orders knows no other time.
            found["time"] = found.pop("paid_at")
    return found


def fits(column: Column, kind: str) -> bool:
    """Whether a column has values, and they can be read as of a kind: text, instant, amount or whole."""
    share = {
        "text": 1.0,
        "instant": column.instants,
        "amount": max(column.amounts, column.commas),
        "whole": column.wholes,
    }[kind]
    return column.filled > 0 and share >= READABLE


def _matches(name: str, known: str, *, is_exact: bool) -> bool:
    plain, wanted = _plain(name), _plain(known)
    # A part of a name tells it only where that is long enough to be no part of another word.
    return plain == wanted if is_exact else len(wanted) > (1 if wanted[0] > "z" else 5) and wanted in plain


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
