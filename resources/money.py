"""Amounts as people read them, with their unit, in each language."""

from resources.words import Words

# By ISO code: the Chinese name of the unit.
UNITS = {
    "CNY": "元", "HKD": "港元", "TWD": "新台币", "MOP": "澳门元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元", "KRW": "韩元",
    "SGD": "新加坡元", "MYR": "林吉特", "THB": "泰铢", "VND": "越南盾", "IDR": "印尼盾", "AUD": "澳元", "CAD": "加元", "BRL": "巴西雷亚尔",
    "INR": "印度卢比", "RUB": "卢布", "CHF": "瑞士法郎",
}  # fmt: skip


def amount(value: float, currency: str | None) -> Words:
    """1,477 元, CNY 1,477: whole units from ten on, cents below. A currency without a Chinese name is called by its code."""
    shown = f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:,.2f}"
    if currency is None:
        return Words(shown, shown)
    return Words(f"{shown} {UNITS.get(currency, currency)}", f"{currency} {shown}")
