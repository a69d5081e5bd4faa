"""What is answered to one message: rules first (a person asked for, anger, money), then intents and the knowledge base, then a question back.

Nothing here reads or writes: what is known comes in, a reply goes out. Words of customers and of answers are data; neither is ever an instruction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from resources.text import has_words, is_chinese, normalised
from resources.words import Words, language_of
from serving.service import phrases, wording
from serving.service.fields import Facts, fields_of, filled, without_missing

if TYPE_CHECKING:
    from assets.insights.service.methods.base import Found, KnowledgeBase
    from assets.insights.service.methods.intents import IntentModel

Kind = Literal["answer", "question_back", "handed_over", "out_of_scope", "greeting"]
State = Literal["bot", "open", "taken", "answered", "closed"]
# A person takes over when this many answers in a row did not help.
MOST_FAILURES = 2
MOST_QUESTIONS, MOST_CHOICES, SEARCHED = 2, 3, 5
# Where the intent is sure, an entry of it that fits at least so well is given without asking back.
FITS = 0.5
# Of the intents as installed, those that an order's state answers.
ABOUT_ORDERS = ("order_status", "logistics")
# That which asks for a person, as installed and as shops mostly call it.
FOR_A_PERSON = ("human", "转人工")
# To give somebody a person who did not ask for one costs little, not to hear them much.
P_PERSON = 0.9


@dataclass(frozen=True)
class Known:
    """An entry of the knowledge base. `read_as` is the intent of the model's that its question has: the shop may name its intents otherwise. `plain` is
    its wording without fields, where the shop wrote one."""

    intent: str
    read_as: str
    question: str
    answer: str
    language: str
    plain: str | None = None
    variants: tuple[str, ...] = ()
    """Other wordings of the question."""


@dataclass(frozen=True)
class Choice:
    """One of what may have been meant: asked as it is, it is answered."""

    question: str
    intent: str
    answer_id: str


@dataclass(frozen=True)
class Reply:
    kind: Kind
    text: str
    intent: str | None = None
    p: float | None = None
    """How probable it is that the answer is right; of what is no answer, that the intent is."""
    answer_id: str | None = None
    choices: tuple[Choice, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why a person takes over."""
    is_failure: bool = False
    """Whether it leaves the question open."""
    failures: int = 0
    """Answers in a row, this one among them, that did not help."""


@dataclass(frozen=True)
class Before:
    """An earlier turn of the conversation: what was said, normalised, whether the reply left it open, and how many in a row had not helped."""

    said: str
    is_failure: bool
    failures: int


@dataclass(frozen=True)
class Heard:
    """A message, with all that bears on its answer."""

    text: str
    locale: str | None = None
    before: Sequence[Before] = ()
    facts: Facts | None = None
    state: State = "bot"


@dataclass(frozen=True)
class Engine:
    """What answers for a shop: its model of intents, its knowledge base, and how it is called."""

    model: "IntentModel"
    base: "KnowledgeBase"
    entries: Mapping[str, Known]
    shop: Words
    locale: str
    time_zone: str
    currency: str | None
    return_days: int | None = None
    _intents: frozenset[str] = field(init=False, repr=False)
    _questions: dict[tuple[str, str], str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_intents", frozenset(entry.read_as for entry in self.entries.values()))
        questions = {
            (entry.language, _bare(question)): name
            for name, entry in self.entries.items()
            for question in (*entry.variants, entry.question)
        }
        object.__setattr__(self, "_questions", questions)

    def reply(self, heard: Heard) -> Reply:
        text = normalised(heard.text)
        language = self._language(text, heard)
        last = heard.before[-1] if heard.before else Before("", True, 0)
        # Who asks again, or says so, was not helped by what looked like an answer.
        is_unhelped = bool(heard.before) and (phrases.says_no_help(text) or last.said == text)
        failures = last.failures + (is_unhelped and not last.is_failure)
        reasons = _reasons(text)
        if is_unhelped and failures >= MOST_FAILURES:
            reasons += ("no_help",)
        if reasons:
            return self._handed_over(reasons, language, heard)
        if heard.state in ("taken", "answered"):
            return Reply("handed_over", getattr(wording.WAITING, language))
        found = self._small_talk(text, language, heard) or self._answered(text, language, heard)
        if found.reasons:
            return found
        if found.is_failure and heard.state == "open":
            return Reply("handed_over", getattr(wording.WAITING, language))
        if found.is_failure and failures >= MOST_FAILURES:
            return self._handed_over(("no_help",), language, heard)
        if heard.state == "bot" and heard.facts and heard.facts.is_valuable_at_risk and found.kind != "greeting":
            told = f"{found.text}\n{getattr(wording.HANDED_OVER, language)}"
            return replace(found, kind="handed_over", text=told, reasons=("at_risk",))
        return replace(found, failures=failures + 1 if found.is_failure else failures if is_unhelped else 0)

    def _language(self, text: str, heard: Heard) -> str:
        """The language in which the customer writes; where the message has no words, the one asked for, else the shop's."""
        if is_chinese(text):
            return "zh"
        words = phrases.without_links(text)
        if has_words(words) and phrases.code_in(words) is None:
            return "en"
        return language_of(heard.locale or self.locale)

    def _handed_over(self, reasons: tuple[str, ...], language: str, heard: Heard) -> Reply:
        sorry = {"anger": wording.SORRY, "money": wording.SORRY_MONEY, "no_help": wording.SORRY_NO_HELP}
        said = [sorry[reason] for reason in reasons if reason in sorry][:1]
        told = wording.HANDED_OVER if heard.state == "bot" else wording.WAITING
        between = Words("", " ")
        return Reply("handed_over", getattr(Words.join([*said, told], between), language), reasons=reasons)

    def _small_talk(self, text: str, language: str, heard: Heard) -> Reply | None:
        """What needs no model: greetings, thanks, messages without words, links, numbers, wishes that are taken back."""
        if phrases.is_greeting(text):
            return Reply("greeting", getattr(wording.GREETING.format(shop=self.shop), language))
        if phrases.is_thanks(text):
            return Reply("greeting", getattr(wording.THANKS, language))
        words = phrases.without_links(text)
        if words != text and not has_words(words):
            return Reply("question_back", getattr(wording.LINK, language), is_failure=True)
        code = phrases.code_in(text)
        if code:
            return self._of_order(code, language, heard)
        if not has_words(text):
            choices = self._examples(language)
            said = wording.NO_WORDS if choices else wording.NO_WORDS_ALONE
            return Reply("question_back", getattr(said, language), choices=choices, is_failure=True)
        if heard.before and phrases.says_no_help(text):
            return Reply("question_back", getattr(wording.ASK_AGAIN, language), is_failure=True)
        is_taken_back = phrases.is_wish_taken_back(text)
        return Reply("question_back", getattr(wording.TAKEN_BACK, language)) if is_taken_back else None

    def _of_order(self, code: str, language: str, heard: Heard) -> Reply:
        """Of an order of the customer who speaks, its state; of any other number, what is wanted with it."""
        known = self._fields(heard, code)
        if "order_id" in known:
            return Reply("answer", getattr(wording.ORDER.format(**known), language))
        return Reply("question_back", getattr(wording.CODE.format(code=code), language))

    def _examples(self, language: str) -> tuple[Choice, ...]:
        """A question of each of some intents."""
        first: dict[str, Choice] = {}
        for answer_id, entry in self.entries.items():
            if entry.language == language:
                first.setdefault(entry.intent, Choice(entry.question, entry.intent, answer_id))
        return tuple(first.values())[:MOST_CHOICES]

    def _answered(self, text: str, language: str, heard: Heard) -> Reply:
        """The reply to a message: to both of two questions in it, where both are plain; else to the whole, or to the plainest of its sentences."""
        words = phrases.without_links(text)
        asked = phrases.parts(words)
        each = [self._one(part, language, heard) for part in asked] if len(asked) > 1 else []
        plain = {reply.answer_id: reply for reply in each if reply.kind == "answer"}
        if len(plain) > 1:
            several = list(plain.values())[:MOST_QUESTIONS]
            return replace(several[0], text="\n".join(reply.text for reply in several))
        whole = self._one(words, language, heard)
        if whole.kind != "answer" and plain:
            whole = next(iter(plain.values()))
        if whole.kind == "answer" and heard.before and heard.before[-1].said == text:
            return replace(whole, text=getattr(wording.REPEATED, language) + whole.text)
        return whole

    def _one(self, text: str, language: str, heard: Heard) -> Reply:
        """The reply to one question: the entry that answers it, what may have been meant, or that it is out of scope."""
        asked = self._questions.get((language, _bare(text)))
        if asked:
            entry = self.entries[asked]
            return Reply("answer", self._worded(entry, language, heard), entry.intent, 1.0, asked)
        previous = heard.before[-1].said if heard.before else ""
        (read,) = self.model.read([text], [previous])
        intent, p = read.ranked[0]
        if intent in FOR_A_PERSON and read.is_in_scope and p >= P_PERSON and not phrases.wants_no_person(text):
            return self._handed_over(("asked",), language, heard)
        likely = {name: share for name, share in read.ranked if name in self._intents}
        found = self._found(text, likely, language)
        best = found[0] if found else None
        if best:
            entry = self.entries[best.answer_id]
            fits = read.is_sure and entry.read_as == intent and best.p_right >= FITS
            if fits or best.p_right >= self.base.threshold:
                return Reply("answer", self._worded(entry, language, heard), entry.intent, best.p_right, best.answer_id)
        known = self._fields(heard) if read.is_sure and intent in ABOUT_ORDERS else {}
        if "order_id" in known and not found:
            # Asked in a language in which the base has nothing.
            return Reply("answer", getattr(wording.ORDER.format(**known), language), intent, p)
        choices = self._choices([each.answer_id for each in found] or self._of_intents(likely))
        if not read.is_in_scope or not choices:
            return Reply("out_of_scope", getattr(wording.OUT_OF_SCOPE, language), intent, p, is_failure=True)
        return Reply("question_back", getattr(wording.ASK_BACK, language), intent, p, choices=choices, is_failure=True)

    def _found(self, text: str, likely: Mapping[str, float], language: str) -> "Sequence[Found]":
        """What the base has, the likeliest first; entries in the customer's language before others where they fit at all."""
        found = self.base.search(text, likely or None, SEARCHED)
        spoken = [each for each in found if self._is_in(each.answer_id, language) and each.p_right >= FITS / 2]
        return spoken or found

    def _of_intents(self, likely: Iterable[str]) -> list[str]:
        """The entries of intents, where none shares a word with the question, as one in another language does not."""
        return [name for intent in likely for name, entry in self.entries.items() if entry.read_as == intent]

    def _choices(self, answer_ids: Sequence[str]) -> tuple[Choice, ...]:
        chosen: dict[str, Choice] = {}
        for answer_id in answer_ids:
            entry = self.entries[answer_id]
            chosen.setdefault(entry.question, Choice(entry.question, entry.intent, answer_id))
        return tuple(chosen.values())[:MOST_CHOICES]

    def _is_in(self, answer_id: str, language: str) -> bool:
        return self.entries[answer_id].language == language

    def _worded(self, entry: Known, language: str, heard: Heard) -> str:
        """An answer with its fields, else in its plain wording; one that is there in another language only says so."""
        spoken = entry.language
        before = "" if spoken == language else f"{getattr(wording.IN_OUR_LANGUAGE, language)}\n"
        known = self._fields(heard)
        text = filled(entry.answer, known, spoken) or entry.plain or without_missing(entry.answer, known, spoken)
        neutral = wording.ORDER.format(**known) if "order_id" in known else wording.NEUTRAL
        return before + (text or getattr(neutral, spoken))

    def _fields(self, heard: Heard, code: str | None = None) -> dict[str, Words]:
        return fields_of(heard.facts, self.time_zone, self.currency, code, self.return_days)


def _bare(question: str) -> str:
    """A question without its marks and spaces: what is tapped or typed as it stands in the base is that entry."""
    return "".join(sign for sign in normalised(question) if sign.isalnum())


def _reasons(text: str) -> tuple[str, ...]:
    """Why a person takes over, whatever a model says."""
    heard = {"anger": phrases.is_angry, "money": phrases.misses_money, "asked": phrases.asks_for_a_person}
    return tuple(reason for reason, is_heard in heard.items() if is_heard(text))
