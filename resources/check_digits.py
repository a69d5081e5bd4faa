"""Numbers that prove themselves: identity cards of mainland China and bank cards, by prefix, date and check digit."""

import re
from datetime import date

# The first two digits of an identity number, as a pattern.
PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
# UnionPay, Visa, Mastercard, American Express, JCB, Discover and what banks in China have of their own, with their lengths.
_CARD = re.compile(
    r"62\d{14,17}|4\d{15}|4[35]\d{16}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|35\d{14}|60(?:\d{14}|\d{17})|6[45]\d{14}|95\d{17}"
)


def is_identity_number(number: str) -> bool:
    """Whether 18 characters are an identity-card number: a province, a date of birth, and the check character of GB 11643."""
    if not re.fullmatch(rf"{PROVINCE}\d{{15}}[\dXx]", number) or not is_date(number[6:14]):
        return False
    weighted = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(number[:17]))
    return "10X98765432"[weighted % 11] == number[17].upper()


def is_date(text: str) -> bool:
    """Whether eight digits are a day from 1900 to 2100."""
    try:
        born = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2100


def is_card_number(number: str) -> bool:
    """Whether digits are of a bank card by prefix, length and check digit. Those of a card of 13 or 14 digits are more often
    a barcode's, and those of one beginning with 22 to 27 an order's whose number begins with its date."""
    is_dated = number[0] == "2" and is_date(f"20{number[:6]}")
    return _CARD.fullmatch(number) is not None and not is_dated and _passes_luhn(number)


def _passes_luhn(number: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + at % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
