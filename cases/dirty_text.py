"""Text as it comes out of other people's programs: what is dirt, where it stands, and the text without it.

Invisible characters and blanks at the edges are taken away and asked of nobody; what may hide something (a pay-wall
marker, a placeholder, 。。) is flagged, and the original is kept by the caller, so that offsets stay true.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\ufffe\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_DIRT = (
    ("invisible", re.compile(f"[{_INVISIBLE}]+")),
    (
        "repeated_punctuation",
        re.compile(r"([，。、；：！？,;:!?])(?:\s*\1)+|(?<!\.)\.\.(?!\.)|[，、；][。；]|。[，、；]"),
    ),
    (
        "pay_wall",
        re.compile(
            r"(?:本文|全文|文档|资料)?来(?:自|源于?)[:：]?\s*(?:www|http)\S*|https?://\S+|www\.\S+|"
            r"(?:[（(\[【]\s*)?(?:此处隐藏|剩余|未完待续|点击(?:查看|阅读|下载)|付费|开通会员|VIP|登录后(?:可见|查看)|"
            r"原文此处截断|后文截断|下载(?:全文|文档))[^，。；\n）)\]】]{0,20}[）)\]】]?"
        ),
    ),
    (
        "placeholder",
        re.compile(
            r"[×＊*XxＸｘ○〇]{2,}(?![A-Za-z0-9\-])|(?<![A-Za-z0-9])[Xx×](?=[单部项局镇村乡县市省街办公司校院党同某])|"
            r"某某|_{3,}|…{3,}|【\s*】|（\s*）|\bTODO\b|待补充?|待填写?"
        ),
    ),
)


@dataclass(frozen=True)
class Dirt:
    """One piece of dirt: *start* and *end* are offsets into the text as written."""

    kind: str  # invisible, repeated_punctuation, pay_wall, placeholder
    start: int
    end: int
    text: str


def dirt_in(text: str) -> tuple[Dirt, ...]:
    """Return every piece of dirt in *text*, first to last."""
    if not _SUSPICIOUS.search(text):
        return ()
    found = (Dirt(kind, m.start(), m.end(), m[0]) for kind, dirt in _DIRT for m in dirt.finditer(text))
    return tuple(sorted(found, key=lambda dirt: (dirt.start, dirt.end)))


@lru_cache(maxsize=8192)  # units, people and states repeat from row to row
def clean(text: str) -> str:
    """Return *text* as one would write it by hand: no invisible characters, no blanks at the ends of lines."""
    if _UNTIDY.search(text):
        text = _CLEAN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
        text = "\n".join(line.strip() for line in text.split("\n"))
    return text.strip()


@lru_cache(maxsize=8192)
def same_text(text: str) -> str:
    """Return what two spellings of the same text have in common: half-width, no blanks, nothing invisible."""
    return "".join(_CLEAN.sub("", unicodedata.normalize("NFKC", text)).split()).casefold()


_CLEAN = re.compile(f"[{_INVISIBLE}]+")
_UNTIDY = re.compile(f"[{_INVISIBLE}\r\n\u00a0]")
_SUSPICIOUS = re.compile(  # one look at each character, before the long look; most texts are clean
    rf"[{_INVISIBLE}×＊*XxＸｘ○〇_…某截隐剩付击载录员续hwHTV待【（]|[，。、；：！？,;:!?]\s*[，。、；：！？,;:!?]|\.\."
)
