"""What the intents as installed score on real questions: `python -m benchmarks.installed_intents` (data in ZHIKE_DATA).

The names of the CIC set (questions of a Chinese shop) and of Bitext (generated English requests) are read as the sixteen
intents by the lists below; names that fit none of them are left out and counted. SMP-2019 (requests to an assistant: songs,
trains, weather) is of no shop intent: what of it is called in scope, and sure, is counted.
"""

import argparse
import gzip
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assets.insights.service.methods import figures
from assets.insights.service.methods.intents import IntentModel
from assets.insights.service.methods.starter import trained
from benchmarks.intents import checked, print_figures, read

CIC = {
    "order_status": "催促发货 咨询发货时间 表示已下单付款 咨询能否分开/一起发货 咨询赠品何时发货 咨询换货发货时间",
    "logistics": "表示物流太慢了 咨询到货时间 咨询发什么快递 咨询快递单号 咨询偏远地区是否发货 咨询商家发货地 咨询是否可以发顺丰 咨询是否可以指定快递 咨询物流信息 咨询运费金额 表示已经收到货了 咨询能否到付",
    "return": "表示具体时间寄回去 表示商品已经寄回去了 表示需要退货退款 咨询商家是否收到寄回的商品 咨询是否可以拒收 咨询退换货地址 咨询退换货规则 咨询退换货运费由谁承担 咨询退换货支持快递 咨询退货退款原因选什么 咨询运费险赔付规则",
    "refund": "表示无法申请退款 要求退运费 咨询退款金额 咨询退款去向 咨询退款时间",
    "change_order": "表示地址正确 表示收件信息不需要修改了 确认地址是否修改成功 要求改商品信息 要求核对订单信息 要求取消退换货退款 要求修改收件信息 要求延迟发货 要求延长收货时间",
    "cancel_order": "表示不想要了 表示拍错了 表示要重拍",
    "price_promotion": "抱怨商品涨价了 表示优惠券无法使用 讨价还价 要求改运费 咨询返现方式 咨询返现金额 咨询返现时间 咨询活动规则 咨询买多件能否优惠 咨询能否提前享受优惠 咨询如何加入会员 咨询如何领取优惠券 咨询商品价格 咨询商品是否有赠品 咨询是否可以打折 咨询是否可以改价 咨询是否有好评返现 咨询是否有活动 咨询优惠券使用规则 咨询赠品是否可以自选",
    "payment": "咨询如何下单 咨询是否可以微信支付 发送支付宝账号",
    "product_question": "需要商品推荐 咨询哪款更好 咨询能否定制 咨询商品包装 咨询商品产地 咨询商品的材质/面料 咨询商品的色差问题 咨询商品规格数量 咨询商品具体尺码尺寸 咨询商品区别 咨询商品是否可以单买/单卖 咨询商品是否有质保，质保多久 咨询商品是什么颜色 咨询商品质量是否有保障 咨询商品重量 咨询什么颜色好看 咨询是否有买家秀 咨询是否有实体店 咨询是否有味道 对特定款式/颜色表达喜好",
    "stock": "咨询补货/上货时间 咨询商品上新时间 咨询商品是不是预售款 表示无法下单",
    "invoice": "发送开票信息 咨询能否开发票及发票类型和寄送时间",
    "complaint": "表达不满/生气 表示伤心难过 表示商家发错地址 表示商家发错货了 催促回复 反馈收到的商品有问题 要求补偿",
    "praise": "表达赞美/满意",
    "greeting": "表示好的 表示麻烦卖家，表达感谢 表示稍等 表示再看看 打招呼 发送结束语 向商家表达不好意思",
}
BITEXT = {
    "order_status": "track_order",
    "logistics": "delivery_options delivery_period",
    "refund": "check_refund_policy get_refund track_refund",
    "change_order": "change_order change_shipping_address set_up_shipping_address",
    "cancel_order": "cancel_order check_cancellation_fee",
    "payment": "check_payment_methods payment_issue",
    "invoice": "check_invoice check_invoices get_invoice",
    "complaint": "complaint",
    "human": "contact_human_agent contact_customer_service",
}


def mapped(names: Sequence[str], lists: dict[str, str]) -> list[str]:
    """Each name as one of the sixteen, or empty."""
    found = {name: intent for intent, listed in lists.items() for name in listed.split()}
    return [found.get(name.removeprefix("买家"), "") for name in names]


def scored(model: IntentModel, texts: Sequence[str], truth: Sequence[str]) -> dict[str, Any]:
    import numpy as np

    rows = [(text, intent) for text, intent in zip(texts, truth, strict=True) if intent]
    kept, intents = [text for text, _ in rows], np.array([intent for _, intent in rows])
    scores = model.scores(model.columns.of_texts(kept, [""] * len(kept)))
    found = figures.judged(model.intents, model.probabilities(scores), intents, model.sure_from)
    readings = model.read(kept)
    return found | {
        "left_out": len(texts) - len(rows),
        "in_scope": round(sum(reading.is_in_scope for reading in readings) / len(rows), 4),
    }


def assistant(model: IntentModel, path: Path) -> dict[str, float]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        readings = model.read([row["text"] for row in json.load(file)])
    return {
        "rows": len(readings),
        "in_scope": round(sum(reading.is_in_scope for reading in readings) / len(readings), 4),
        "sure": round(sum(reading.is_sure for reading in readings) / len(readings), 4),
    }


def main() -> int:
    import pandas as pd

    parser = argparse.ArgumentParser(prog="python -m benchmarks.installed_intents", description="Intents as installed")
    parser.add_argument("--checked", type=Path, default=Path("tests/insights/service/cic_checked.csv"))
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    data = Path(os.environ["ZHIKE_DATA"])
    model = trained().model
    dev = read(data / "cic_intents/dev.json.gz")
    hand = checked(dev, options.checked)
    bitext = pd.read_csv(data / "bitext_support/bitext_customer_support_6480.csv.gz")
    found = {
        "cic_dev": scored(model, list(dev["text"]), mapped(list(dev["intent"]), CIC)),
        "cic_checked": scored(model, list(hand["text"]), mapped(list(hand["intent"]), CIC)),
        "bitext": scored(model, list(bitext["instruction"]), mapped(list(bitext["intent"]), BITEXT)),
        "smp_2019": assistant(model, data / "smp2019_nlu/train.json.gz"),
    }
    print_figures(found)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
