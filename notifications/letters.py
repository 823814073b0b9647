"""Letters: a folder of texts per letter, filled in with a few plain facts, and ready for the mail server.

A letter tells *that* something happened and leads to the page that says what: number, title, deadline and link, posts,
on the ladder the rung with its reply-by day, since when and how often something waits, and who can do it. Nothing else
can enter, so no contents of a finding leave by mail.

    templates/<letter>/sample.json                     facts of the preview and of the golden test
    templates/<letter>/<language>/subject.txt, body.txt, body.html
    templates/frame.<language>.txt, .html              what all bodies extend
"""

import hashlib
import json
import re
from base64 import b64encode, encodebytes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from jinja2 import DictLoader, StrictUndefined, TemplateError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from cases.moments import SHANGHAI, day_on_paper
from config.messages import LANGUAGES, knows, say

ASKS: Final = frozenset(
    {
        "accepts",
        "confirms",
        "decides",
        "plans",
        "reads",
        "records",
        "replies",
        "reports",
        "signs",
        "submits",
        "urges",
        "works",
    }
)
"""Facts that say by being there what the reader can do now, so that a text asks for it (`tasks.asked`)."""

FACTS: Final = ASKS | frozenset(
    {"number", "title", "deadline", "link", "post", "rung", "reply_by", "since", "days", "times", "estimated", "doer"}
)
"""All that may enter: ``deadline``, ``reply_by`` and ``since`` are ISO days or empty, ``link`` is a path, ``rung`` a
code, ``days`` and ``times`` numbers, ``estimated`` the names of facts that were counted in a year without a notice of
holidays (预估) and say so, ``doer`` the post or role that does what the reader is only told of."""

Facts = Mapping[str, str]

_DAYS = ("deadline", "reply_by", "since")
_PARTS = ("subject.txt", "body.txt", "body.html")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,188}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}")
_PATH = re.compile(r"/(?![/\\])[^\s\\]*")  # of this house; never //elsewhere
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 -]{1,60}")
_SMALL_SYNTAX = frozenset(
    {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Name,
        nodes.Getattr,
        nodes.Const,
        nodes.If,
        nodes.For,
        nodes.Block,
        nodes.Extends,
    }
)
_NAMES = FACTS | {"items", "item", "count"}
_OF_SOME = frozenset({*_DAYS, "rung", "doer"}) | ASKS  # facts that many letters have not
_OF_ITEM = FACTS | {"words"}  # what the letter itself would have said
WORDS = "words"  # the block of a body that says it
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff]+")


class LetterError(ValueError):
    """A letter cannot be written as asked; the reason is the message."""


class UnknownLetter(LetterError):
    """There is no letter of this name in this language."""


class FactRefused(LetterError):
    """A fact is missing, or is none of those that may leave by mail."""


class HeaderRefused(LetterError):
    """A header would hold a line break, more than one address, or no address."""


class TemplateRefused(LetterError):
    """A template uses more than the small syntax of letters, or does not fill in."""


@dataclass(frozen=True)
class Letter:
    """One notification to one person. Raises HeaderRefused, so that whatever exists can be sent.

    *written_at* is when it came to be owed, not when it is sent: a repetition is the same letter.
    """

    message_id: str  # without angle brackets
    sender: str
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    written_at: datetime  # aware

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            if not _ADDRESS.fullmatch(address):
                raise HeaderRefused(f"not one plain address: {address!r}")
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise HeaderRefused(f"no message id: {self.message_id!r}")
        if not self.subject or _UNSEEN.sub(" ", self.subject).strip() != self.subject:
            raise HeaderRefused(f"no plain subject: {self.subject!r}")

    @cached_property
    def content(self) -> bytes:
        """The whole message as it travels, lines ended by CR LF, never beginning with a dot.

        Put together by hand: with ``EmailMessage`` this is the bottleneck of sending.
        """
        boundary = "=_" + hashlib.sha256(self.message_id.encode()).hexdigest()[:32]
        lines = (
            f"From: {_encoded(say(self.language, 'letter.sender'))}\r\n <{self.sender}>",
            f"To: {self.recipient}",
            f"Subject: {_encoded(self.subject)}",
            f"Date: {format_datetime(self.written_at.astimezone(SHANGHAI))}",
            f"Message-ID: <{self.message_id}>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            f"Content-Language: {say(self.language, 'letter.tag')}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
            "",
            *_part(boundary, "text/plain", self.text),
            *_part(boundary, "text/html", self.html),
            f"--{boundary}--",
            "",
        )
        return "\r\n".join(lines).encode("ascii")


class LetterBook:
    """The letters of one release; *texts* are its files, by paths such as ``letters/task_waits/zh/body.txt``.

    Texts are an administrator's: they know names, ``if``, one loop over ``items`` and a frame, and nothing that calls,
    computes or grows. Raises TemplateRefused with the file and line.
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        letters = {path.removeprefix("letters/"): text for path, text in texts.items() if path.startswith("letters/")}
        self._samples = {
            path.removesuffix("/sample.json"): text for path, text in letters.items() if path.endswith("/sample.json")
        }
        self._templates = {path: _read_text(path, text) for path, text in letters.items() if path[-5:] != ".json"}
        self._environment = ImmutableSandboxedEnvironment(
            loader=DictLoader(self._templates),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._environment.globals.clear()
        for path, template in self._templates.items():
            self._refuse_more_than_small(path, template)

    def every_letter(self) -> tuple[str, ...]:
        """Return the names of all letters, sorted."""
        return tuple(sorted(self._samples))

    def sample_of(self, letter: str) -> dict[str, Any]:
        """Return the facts of a preview; a digest's matters stand under ``items``.

        Raises UnknownLetter, or TemplateRefused where the sample is no JSON object.
        """
        if letter not in self._samples:
            raise UnknownLetter(letter)
        path = f"{letter}/sample.json"
        try:
            sample = json.loads(_read_text(path, self._samples[letter]))
        except ValueError as wrong:
            raise TemplateRefused(f"{path}: {wrong}") from wrong
        if not isinstance(sample, dict):
            raise TemplateRefused(f"{path}: no object of facts")
        return sample

    def render(
        self,
        letter: str,
        language: str,
        recipient: str,
        facts: Facts,
        *,
        items: Sequence[Facts] = (),
        message_id: str,
        sender: str,
        base: str,
        written_at: datetime,
    ) -> Letter:
        """Write *letter* in *language* (zh for one that we do not have) to the one address *recipient*.

        *base* is the address of the house, such as ``https://xiaohao.example``; links are paths below it. *items* are
        the matters of a digest. Raises UnknownLetter, FactRefused, HeaderRefused or TemplateRefused.
        """
        language = language if language in LANGUAGES else "zh"
        words: dict[str, Any] = dict(_words(facts, language, base))
        if items:
            words["count"] = str(len(items))
        subject, text, html = (
            self._fill(f"{letter}/{language}/{part}", words | self._items(items, language, base, part))
            for part in _PARTS
        )
        return Letter(message_id, sender, recipient, language, _plain(subject), text, html, written_at)

    def preview(self, letter: str, language: str) -> Letter:
        """Write *letter* with its sample; what a save tries first. Raises as :meth:`render`."""
        sample = self.sample_of(letter)
        return self.render(
            letter,
            language,
            "officer@example.org",
            sample,
            items=sample.pop("items", ()),
            message_id=f"{letter}.{language}@example.org",
            sender="xiaohao@example.org",
            base="https://xiaohao.example.org",
            written_at=datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI),
        )

    def _items(self, items: Sequence[Facts], language: str, base: str, part: str) -> dict[str, Any]:
        """Return the matters of a digest, each with the words of the letter that it stands for."""
        shown = []
        for item in items:
            facts = {name: value for name, value in item.items() if name != "letter"}
            words: dict[str, Any] = dict.fromkeys(_OF_SOME, "") | _words(facts, language, base)
            single = item.get("letter", "")  # an item that was folded before letters were named has none
            body = "body.html" if part == "body.html" else "body.txt"
            words[WORDS] = self._block(f"{single}/{language}/{body}", words) if single else ""
            shown.append(words)
        return {"items": shown} if shown else {}

    def _block(self, path: str, words: Mapping[str, Any]) -> str:
        """Return what one body says in its block of words; markup stays markup."""
        if path not in self._templates:
            raise UnknownLetter(path)
        template = self._environment.get_template(path)
        try:
            said = "".join(template.blocks[WORDS](template.new_context(dict(words))))
        except UndefinedError as missing:
            raise FactRefused(f"{path}: {missing}") from missing
        except (KeyError, TemplateError) as wrong:
            raise TemplateRefused(f"{path}: {wrong}") from wrong
        return Markup(said) if path.endswith(".html") else said  # noqa: S704 - rendered with autoescape just now

    def _fill(self, path: str, words: Mapping[str, Any]) -> str:
        if path not in self._templates:
            raise UnknownLetter(path)
        try:
            return self._environment.get_template(path).render(words)
        except UndefinedError as missing:
            raise FactRefused(f"{path}: {missing}") from missing
        except TemplateError as wrong:
            raise TemplateRefused(f"{path}: {wrong}") from wrong

    def _refuse_more_than_small(self, path: str, template: str) -> None:
        try:
            tree = self._environment.parse(template)
        except TemplateError as wrong:
            raise TemplateRefused(f"{path}: {wrong}") from wrong
        for node in (tree, *tree.find_all(nodes.Node)):
            if complaint := _complaint(node, is_frame=path.startswith("frame.")):
                raise TemplateRefused(f"{path}, line {node.lineno}: {complaint}")


def shipped() -> Mapping[str, bytes]:
    """Return the texts of this checkout by their paths in a release."""
    return dict(_read("letters", files("notifications").joinpath("templates")))


@cache
def shipped_letters() -> LetterBook:
    """Return the letters of this checkout."""
    return LetterBook(shipped())


def every_letter() -> tuple[str, ...]:
    """Return the names of all letters of this checkout, sorted."""
    return shipped_letters().every_letter()


def message_id(row: int, domain: str) -> str:
    """Return the id of the letter of an outbox *row*: the same however often it is sent."""
    return f"letter-{row}@{domain}"


def _complaint(node: nodes.Node, *, is_frame: bool) -> str | None:
    match node:
        case _ if type(node) not in _SMALL_SYNTAX:
            return f"{type(node).__name__} is not for letters"
        case nodes.Name() if node.name not in _NAMES:
            return f"no fact is called {node.name}"
        case nodes.Getattr() if node.attr not in _OF_ITEM or node.node != nodes.Name("item", "load"):
            return f"no fact is called {node.attr}"
        case nodes.For() if node.iter != nodes.Name("items", "load") or node.target != nodes.Name("item", "store"):
            return "only items can be gone through, each called item"
        case nodes.For() if node.recursive or node.test or node.find(nodes.For) or node.find(nodes.Block):
            return "a loop in a loop"
        case nodes.Extends() if is_frame:
            return "a frame extends nothing"  # or two could extend each other for ever
        case nodes.Extends() if not str(getattr(node.template, "value", "")).startswith("frame."):
            return "only a frame can be extended"
        case _:
            return None


def _words(facts: Facts, language: str, base: str) -> dict[str, str]:
    """Return *facts* as people read them in *language*. Raises FactRefused."""
    for name, value in facts.items():
        if name not in FACTS or not isinstance(value, str):
            raise FactRefused(f"not for a letter: {name}")
    words = {name: _plain(value) for name, value in facts.items()}

    for name in _DAYS:
        if words.get(name):
            words[name] = day_on_paper(_day(words[name]), language)
    for name in words.keys() & set(words.get("estimated", "").split()):
        words[name] = say(language, "deadline.estimated", what=words[name])
    if "rung" in words and knows(f"rung.{words['rung']}"):
        words["rung"] = say(language, f"rung.{words['rung']}")
    if "link" in words:
        if not _PATH.fullmatch(words["link"]):
            raise FactRefused(f"no path of this house: {words['link']!r}")
        words["link"] = base.rstrip("/") + words["link"]
    return words


def _read_text(path: str, text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as wrong:
        raise TemplateRefused(f"{path}: {wrong}") from wrong


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as wrong:
        raise FactRefused(f"no ISO day: {written!r}") from wrong


def _plain(text: str) -> str:
    """Return *text* in one visible line: a title may come from a cell with line breaks, and must not break a header."""
    return _UNSEEN.sub(" ", text).strip()


def _encoded(text: str) -> str:
    """Return *text* for a header: as it is, or as encoded words folded to lines of at most 76 (RFC 2047)."""
    if _PLAIN_PHRASE.fullmatch(text):
        return text
    chunks = [""]
    for character in text:
        if len((chunks[-1] + character).encode()) > 39:
            chunks.append("")
        chunks[-1] += character
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk.encode()).decode()}?=" for chunk in chunks)


def _part(boundary: str, kind: str, text: str) -> Iterator[str]:
    yield f"--{boundary}"
    yield f"Content-Type: {kind}; charset=utf-8"
    yield "Content-Transfer-Encoding: base64"
    yield ""
    yield encodebytes(text.replace("\n", "\r\n").encode()).decode().rstrip().replace("\n", "\r\n")


def _read(path: str, entry: Traversable) -> Iterator[tuple[str, bytes]]:
    for child in entry.iterdir():
        if child.is_dir():
            yield from _read(f"{path}/{child.name}", child)
        else:
            yield f"{path}/{child.name}", child.read_bytes()
