"""The door for Word templates of strangers: the package is looked through, then filled with samples in a limited child.

A Word file can carry programs, other files, pictures that are fetched when it is opened, and fields that start
something. What a template needs is short, so that is listed and everything else is refused.
"""

import base64
import io
import json
import os
import re
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from cases.refusals import CaseError
from documents.papers.sandbox import TemplateBroken, TemplateNameUnknown, TemplateSaysTooMuch
from documents.papers.words import NOTE, PAPERS, Template, fill

_OFFICE = "application/vnd.openxmlformats-officedocument"
_WORD = f"{_OFFICE}.wordprocessingml"
MAIN = f"{_WORD}.document.main+xml"
_PARTS = frozenset(
    {
        MAIN, "application/xml", "application/vnd.openxmlformats-package.relationships+xml",
        "application/vnd.openxmlformats-package.core-properties+xml", "image/png", "image/jpeg", "image/jpg",
        f"{_OFFICE}.extended-properties+xml", f"{_OFFICE}.custom-properties+xml", f"{_OFFICE}.theme+xml",
        f"{_OFFICE}.customXmlProperties+xml",
        *(f"{_WORD}.{part}+xml" for part in ("styles", "settings", "webSettings", "fontTable", "numbering", "header",
                                             "footer", "footnotes", "endnotes", "stylesWithEffects")),
        "application/vnd.ms-word.stylesWithEffects+xml",
    }
)  # fmt: skip
_NO_PLACE = frozenset({"altChunk", "object", "OLEObject", "control", "mailMerge", "attachedTemplate", "subDoc",
                       "movie", "externalData", "dataBinding"})  # fmt: skip
_LINKS = frozenset({"src", "href", "link", "dataSource"})
_FIELDS = re.compile(r"\s*(?:(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION)\b[\s\w\\*#\"-]*)?")
_SIGNATURES: Mapping[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",)
}  # fmt: skip
_TAG = re.compile(r"\{[{%#]|[%}#]\}")
_HEAD = b"<!"  # DOCTYPE, ENTITY; comments and CDATA are written by no office program
XML_ENDINGS = (".xml", ".rels")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one template may cost."""

    file_bytes: int = 2_000_000
    entries: int = 200
    unpacked_bytes: int = 20_000_000
    xml_bytes: int = 3_000_000  # of one part
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 20
    seconds: int = 90  # on the wall; the machine may be busy


BOUNDS = Bounds()


class TemplateTooLarge(CaseError):
    """More bytes, parts or tags than a form on paper needs; facts: limit_mb."""

    code = "template_too_large"
    field = "file"


class TemplateNoWordFile(CaseError):
    """Not a Word document of the kind .docx, or a damaged or encrypted one."""

    code = "template_no_word_file"
    field = "file"


class TemplateCarriesMore(CaseError):
    """A program, another file, a link or a field that no template may have; facts: what, part."""

    code = "template_carries_more"
    field = "file"


class TemplateTookTooLong(CaseError):
    """Filling it in needed more memory or time than a paper needs."""

    code = "template_took_too_long"
    field = "file"


class TemplateLacksNote(CaseError):
    """The note that says up to where the log was sealed, and which template this is, is not printed."""

    code = "template_lacks_note"
    field = "file"


def inspect_package(content: bytes, bounds: Bounds = BOUNDS) -> None:
    """Refuse what is no plain Word document. Raises a refusal of this module; reads nothing beyond *bounds*."""
    if len(content) > bounds.file_bytes:
        raise TemplateTooLarge(limit_mb=bounds.file_bytes // 1_000_000)
    parts = _unpacked(content, bounds)
    kinds = _kinds(parts)
    for name, part in parts.items():
        kind = kinds(name)
        if kind not in _PARTS and name != "[Content_Types].xml":
            raise TemplateCarriesMore(what=kind.rpartition("/")[2][:80] or "?", part=name)
        if name.lower().endswith(XML_ENDINGS):
            _inspect_part(name, _tree(name, part))
        elif not part.startswith(_SIGNATURES.get(name.rpartition(".")[2].lower(), ())):
            raise TemplateCarriesMore(what=name.rpartition("/")[2][:80], part=name)
    if "word/document.xml" not in parts or kinds("word/document.xml") != MAIN:
        raise TemplateNoWordFile()


def _unpacked(content: bytes, bounds: Bounds) -> dict[str, bytes]:
    """Return the parts; sizes are counted as they come out, whatever the directory of the package says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir()]
            names = [entry.filename.casefold() for entry in entries]
            if len(entries) > bounds.entries:
                raise TemplateTooLarge(limit_mb=bounds.file_bytes // 1_000_000)
            if len(set(names)) != len(names):
                raise TemplateNoWordFile()  # two readers would read two different files
            left, parts = bounds.unpacked_bytes, {}
            for entry in entries:
                with package.open(entry) as stream:
                    xml = entry.filename.lower().endswith(XML_ENDINGS)
                    most = min(left, bounds.xml_bytes if xml else left)
                    part = stream.read(most + 1)
                if len(part) > most:
                    raise TemplateTooLarge(limit_mb=bounds.file_bytes // 1_000_000)
                left -= len(part)
                parts[entry.filename] = part
            return parts
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        raise TemplateNoWordFile() from None


def _tree(name: str, part: bytes) -> etree._Element:
    if _HEAD in part or part[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in part:
        raise TemplateCarriesMore(what="DOCTYPE", part=name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(part, parser)
    except etree.XMLSyntaxError:
        raise TemplateNoWordFile() from None


class _Kinds:
    """The content type of each part, as the package says."""

    def __init__(self, tree: etree._Element) -> None:
        self.by_ending: dict[str, str] = {}
        self.by_name: dict[str, str] = {}
        for each in tree:
            kind = each.get("ContentType", "")
            if (ending := each.get("Extension")) is not None:
                self.by_ending[ending.lower()] = kind
            self.by_name[(each.get("PartName") or "").lstrip("/").casefold()] = kind

    def __call__(self, name: str) -> str:
        ending = name.rpartition(".")[2].lower()
        return self.by_name.get(name.casefold()) or self.by_ending.get(ending, "")


def _kinds(parts: Mapping[str, bytes]) -> _Kinds:
    if "[Content_Types].xml" not in parts:
        raise TemplateNoWordFile()
    return _Kinds(_tree("[Content_Types].xml", parts["[Content_Types].xml"]))


def _inspect_part(name: str, tree: etree._Element) -> None:
    for element in tree.iter():
        if not isinstance(element.tag, str):  # a comment, an instruction to a program
            raise TemplateCarriesMore(what="<?", part=name)
        tag = etree.QName(element).localname
        if tag in _NO_PLACE:
            raise TemplateCarriesMore(what=tag, part=name)
        if tag == "Relationship" and (element.get("TargetMode") == "External" or "://" in element.get("Target", "")):
            raise TemplateCarriesMore(what=element.get("Target", "")[:80], part=name)
        for attribute, value in element.attrib.items():
            _inspect_attribute(name, tag, etree.QName(attribute).localname, str(value))
    for field in _fields(tree):
        if not _FIELDS.fullmatch(field):
            raise TemplateCarriesMore(what=field.strip()[:80], part=name)


def _inspect_attribute(part: str, tag: str, attribute: str, value: str) -> None:
    if attribute in _LINKS and (":" in value or "\\" in value or "//" in value):
        raise TemplateCarriesMore(what=value[:80], part=part)
    if _TAG.search(value) or value.endswith("{"):  # what is filled in stands between elements, never inside one
        raise TemplateCarriesMore(what=value[:80], part=part)
    if tag == "fldSimple" and attribute == "instr" and not _FIELDS.fullmatch(value):
        raise TemplateCarriesMore(what=value.strip()[:80], part=part)


def _fields(tree: etree._Element) -> Iterator[str]:
    """Yield what each field does; its instruction may lie in pieces, up to the next mark of a field."""
    words: list[str] = []
    for element in tree.iter("{*}fldChar", "{*}instrText", "{*}delInstrText"):
        if etree.QName(element).localname == "fldChar":
            yield "".join(words)
            words = []
        else:
            words.append(element.text or "")
    yield "".join(words)


# --- filling it in, beside us ---------------------------------------------------------------------------------------

_CHILD = "import sys; from documents.papers.template_door import in_child; in_child(*map(int, sys.argv[1:]))"


def try_template(paper: str, content: bytes, bounds: Bounds = BOUNDS) -> None:
    """Refuse a template of *paper* that cannot be let in; it is filled with samples in a child, and looked at again.

    Raises the refusals of this module and of ``documents.papers.sandbox``.
    """
    inspect_package(content, bounds)
    order = {"paper": paper, "content": base64.b64encode(content).decode()}
    try:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, str(bounds.memory_bytes), str(bounds.cpu_seconds)],
            input=json.dumps(order).encode(), capture_output=True, timeout=bounds.seconds, check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # no address of a database, no password
        )  # fmt: skip
        answer = json.loads(child.stdout) if child.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise TemplateTookTooLong()
    if refused := answer.get("refused"):
        code, facts = refused
        raise {each.code: each for each in _REFUSALS}[code](**facts)


def in_child(memory_bytes: int, cpu_seconds: int) -> None:
    """Fill in the template that stdin brings, under these limits, and print what speaks against it."""
    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_seconds)):
        resource.setrlimit(limit, (most, most))
    order = json.load(sys.stdin)
    try:
        _fill_in(order["paper"], base64.b64decode(order["content"]))
        answer: dict[str, object] = {}
    except CaseError as refusal:
        answer = {"refused": (refusal.code, dict(refusal.facts))}
    print(json.dumps(answer))


def _fill_in(paper: str, content: bytes) -> None:
    try:
        filled, always = fill(paper, PAPERS[paper].example, Template(content))
    except (CaseError, MemoryError):
        raise  # the second ends the child
    except Exception as wrong:  # whatever a template makes Word's reader say, the officer hears that it is broken
        raise TemplateBroken(why=f"{type(wrong).__name__}: {wrong}"[:200]) from None
    if NOTE not in always:
        raise TemplateLacksNote()
    inspect_package(filled, replace(BOUNDS, file_bytes=BOUNDS.unpacked_bytes, xml_bytes=BOUNDS.unpacked_bytes))


_REFUSALS: tuple[type[CaseError], ...] = (
    TemplateTooLarge, TemplateNoWordFile, TemplateCarriesMore, TemplateLacksNote, TemplateSaysTooMuch,
    TemplateNameUnknown, TemplateBroken,
)  # fmt: skip
