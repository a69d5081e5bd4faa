"""The intents as installed: sixteen that any shop is asked about, with sentences written by hand in Chinese and English.

Who takes a wish back ("不想退了", "I don't want to return it anymore") changes a request: `change_order`.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.insights.service.methods.fitting import Trained

FOLDER = Path(__file__).parents[1] / "starter"


def sentences() -> tuple[list[str], list[str]]:
    """All sentences, and the intent of each."""
    import yaml

    pairs = [
        (line.strip(), intent)
        for language in ("zh", "en")
        for intent, lines in yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8")).items()
        for line in lines.splitlines()
        if line.strip()
    ]
    return [text for text, _ in pairs], [intent for _, intent in pairs]


@cache
def trained() -> "Trained":
    """Nothing of it depends on a shop: a process that opens several trains it once."""
    from assets.insights.service.methods.fitting import fit
    from resources.learning.threads import one_thread

    with one_thread():
        return fit(*sentences())
