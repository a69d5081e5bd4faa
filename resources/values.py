"""What shops write as codes, in words: channels, attributes of customers, intents of messages."""

from resources.words import Words

_APP, _WEB, _MINI, _STORE = (
    Words("App", "the app"),
    Words("网站", "the website"),
    Words("小程序", "the mini program"),
    Words("门店", "the store"),
)
_MALE, _FEMALE, _OTHER = Words("男", "male"), Words("女", "female"), Words("其他", "other")
# By what a value is, folded: lower case, without spaces, hyphens and underscores.
NAMES: dict[str, Words] = {
    "app": _APP, "ios": Words("iOS App", "the iOS app"), "android": Words("安卓 App", "the Android app"), "mobile": Words("手机端", "mobile"),
    "web": _WEB, "website": _WEB, "online": _WEB, "pc": Words("电脑端", "desktop"), "desktop": Words("电脑端", "desktop"),
    "h5": Words("手机网页", "the mobile website"), "miniprogram": _MINI, "mini": _MINI, "wechatminiprogram": _MINI, "weapp": _MINI,
    "store": _STORE, "offline": _STORE, "shop": _STORE, "pos": _STORE, "wechat": Words("微信", "WeChat"), "weixin": Words("微信", "WeChat"),
    "taobao": Words("淘宝", "Taobao"), "tmall": Words("天猫", "Tmall"), "jd": Words("京东", "JD"), "pdd": Words("拼多多", "Pinduoduo"),
    "douyin": Words("抖音", "Douyin"), "kuaishou": Words("快手", "Kuaishou"), "xiaohongshu": Words("小红书", "Xiaohongshu"),
    "email": Words("邮件", "e-mail"), "phone": Words("电话", "phone"), "sms": Words("短信", "SMS"),
    "male": _MALE, "m": _MALE, "man": _MALE, "男": _MALE, "female": _FEMALE, "f": _FEMALE, "woman": _FEMALE, "女": _FEMALE,
    "other": _OTHER, "unknown": Words("未知", "not known"),
    "orderstatus": Words("订单状态", "Order status"), "logistics": Words("物流", "Delivery"), "return": Words("退货", "Return"),
    "refund": Words("退款", "Refund"), "exchange": Words("换货", "Exchange"), "changeorder": Words("修改订单", "Change of an order"),
    "cancelorder": Words("取消订单", "Cancellation"), "pricepromotion": Words("价格与优惠", "Price and promotion"),
    "payment": Words("支付", "Payment"), "productquestion": Words("商品咨询", "Product question"), "stock": Words("库存", "Stock"),
    "invoice": Words("发票", "Invoice"), "complaint": Words("投诉", "Complaint"), "praise": Words("好评", "Praise"),
    "human": Words("转人工", "A person, please"), "greeting": Words("问候", "Greeting"),
    "物流查询": Words("物流查询", "Delivery"), "发货": Words("发货", "Dispatch"), "退换货": Words("退换货", "Returns and exchanges"),
    "价格": Words("价格", "Price"), "商品咨询": Words("商品咨询", "Product question"), "支付": Words("支付", "Payment"), "发票": Words("发票", "Invoice"),
    "优惠活动": Words("优惠活动", "Promotions"), "账户": Words("账户", "Account"), "投诉": Words("投诉", "Complaint"), "其他": _OTHER,
}  # fmt: skip


def named(value: str) -> Words:
    """A value in words; one that is no known code as the shop writes it, without the marks of a code."""
    folded = "".join(mark for mark in value.casefold() if mark not in " -_")
    if found := NAMES.get(folded):
        return found
    shown = value.replace("_", " ")
    return Words(shown, shown)
