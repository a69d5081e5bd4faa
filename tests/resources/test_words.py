"""A text of two languages stays a text of two languages."""

from resources.words import NOTHING, Words


def test_each_language_is_filled_in_with_its_own() -> None:
    tea = Words("茶", "tea")
    assert Words("{}次购买{what}", "{} purchases of {what}").format(3, what=tea) == Words(
        "3次购买茶", "3 purchases of tea"
    )


def test_texts_are_joined_in_the_way_of_each_language() -> None:
    parts = [Words("最近", "recent"), Words("常买", "frequent")]
    assert Words.join(parts) == Words("最近；常买", "recent; frequent")
    assert Words.join(parts, Words("、", ", ")) == Words("最近、常买", "recent, frequent")
    assert Words.join([]) == NOTHING
    assert not NOTHING
    assert Words("茶", "tea") + Words("杯", " cup") == Words("茶杯", "tea cup")


def test_it_unpacks_as_chinese_and_english() -> None:
    zh, en = Words("茶", "tea")
    assert (zh, en) == ("茶", "tea")
