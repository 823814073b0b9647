"""Word templates that somebody changed with bad intent, or by mistake; each is one change of the shipped one."""

import io
import zipfile
from collections.abc import Callable, Mapping

from documents.papers.words import SHIPPED

RELS = "word/_rels/document.xml.rels"
TYPES = "[Content_Types].xml"
_OLE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Parts = dict[str, bytes]


def template(*changes: Callable[[Parts], object], paper: str = "plan") -> bytes:
    """Return the shipped template of *paper* with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(SHIPPED.bytes_of(paper))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for change in changes:
        change(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return file.getvalue()


def saying(text: str) -> Callable[[Parts], None]:
    """Put a paragraph with *text* before everything else."""
    return _before_all(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")


def _before_all(xml: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        body = parts["word/document.xml"]
        assert body.count(b"<w:body>") == 1
        parts["word/document.xml"] = body.replace(b"<w:body>", b"<w:body>" + xml.encode())

    return change


def _put(name: str, content: bytes, kind: str = "") -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[name] = content
        if kind:
            told = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
            parts[TYPES] = parts[TYPES].replace(b"</Types>", told)

    return change


def _replace(name: str, before: bytes, after: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        assert before in parts[name], before
        parts[name] = parts[name].replace(before, after, 1)

    return change


def _linked(kind: str, target: str, mode: str = "External") -> Callable[[Parts], None]:
    told = f'<Relationship Id="rId999" Type="{_OLE}/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    return _replace(RELS, b"</Relationships>", told.encode())


def _field(*pieces: str) -> Callable[[Parts], None]:
    words = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return _before_all(f"<w:p>{begin}{words}{end}</w:p>")


SPEAKING: Mapping[str, str] = {  # what Jinja would do for whom it trusts
    "a class": "{{ unit.__class__ }}",
    "a class by index": "{{ unit['__class__'] }}",
    "a class by filter": "{{ unit|attr('__class__') }}",
    "a method": "{{ unit.upper() }}",
    "a call": "{{ range(10) }}",
    "a global": "{{ cycler }}",
    "self": "{{ self }}",
    "a filter": "{{ unit|safe }}",
    "a test": "{% if unit is mapping %}x{% endif %}",
    "arithmetic": "{{ 'x' * 100000000 }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "joining": "{{ unit ~ unit }}",
    "a list": "{{ [unit] }}",
    "a choice": "{{ unit if unit else unit }}",
    "set": "{% set x = unit %}",
    "a macro": "{% macro x() %}{% endmacro %}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as x %}",
    "extends": "{% extends 'x' %}",
    "a block": "{% block x %}{% endblock %}",
    "no escaping": "{% autoescape false %}{{ unit }}{% endautoescape %}",
    "with": "{% with x = unit %}{% endwith %}",
    "a filtered block": "{% filter upper %}x{% endfilter %}",
    "a loop in a loop": "{% for a in lines %}{% for b in lines %}x{% endfor %}{% endfor %}",
    "a loop that calls itself": "{% for a in lines recursive %}x{% endfor %}",
    "a loop over letters": "{% for a in unit %}x{% endfor %}",
    "a loop that takes our name": "{% for unit in lines %}x{% endfor %}",
    "a field that is not there": "{% for a in lines %}{{ a.phone }}{% endfor %}",
    "a loop's inside": "{% for a in lines %}{{ loop.__init__ }}{% endfor %}",
    "a changing loop": "{% for a in lines %}{{ loop.cycle('a') }}{% endfor %}",
    "an unknown name": "{{ password }}",
    "an open tag": "{% if unit %}",
    "half a tag": "{{ unit",
    "deep brackets": "{{ " + "(" * 400 + "unit" + ")" * 400 + " }}",
    "deep ifs": "{% if unit %}" * 40 + "{% endif %}" * 40,
    "very many tags": "{{ unit }}" * 2_000,
}

CARRYING: Mapping[str, Callable[[Parts], None]] = {  # what Word would do for whom it trusts
    "macros": _put("word/vbaProject.bin", b"\xd0\xcf\x11\xe0", "application/vnd.ms-office.vbaProject"),
    "a macro document": _replace(
        TYPES,
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    ),
    "an OLE object": _put(
        "word/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0", "application/vnd.openxmlformats-officedocument.oleObject"
    ),
    "an ActiveX control": _put("word/activeX/activeX1.xml", b"<x/>", "application/vnd.ms-office.activeX+xml"),
    "an embedded workbook": _put(
        "word/embeddings/a.xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    "another document": _put("word/afchunk.html", b"<script/>", "text/html"),
    "a program under the name of a picture": _put("word/media/a.png", b"MZ\x90\x00", "image/png"),
    "a drawing with scripts": _put("word/media/a.svg", b"<svg/>", "image/svg+xml"),
    "a remote picture": _linked("image", "http://example.org/a.png"),
    "a picture on a share": _linked("image", "\\\\example.org\\a.png"),
    "a remote template": _linked("attachedTemplate", "http://example.org/a.dotm"),
    "a link": _linked("hyperlink", "https://example.org/"),
    "a remote frame": _linked("frame", "http://example.org/"),
    "a remote address that hides": _linked("image", "http://example.org/a.png", "Internal"),
    "DDE": _field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"),
    "DDE in pieces": _field("DD", "EAUTO", " cmd"),
    "a field behind a page number": _before_all(
        '<w:p><w:fldSimple w:instr=" PAGE "/><w:fldSimple w:instr="INCLUDETEXT \\"/etc/passwd\\""/></w:p>'.replace(
            '\\"', "&quot;"
        )
    ),
    "a picture by field": _field('INCLUDEPICTURE "http://example.org/a.png"'),
    "a field that values write": _field("{{ unit }}"),
    "a place-holder in an attribute": _before_all('<w:p><w:fldSimple w:instr="{{ unit }}"/></w:p>'),
    "an address that values write": _before_all('<w:p w:rsidR="{{ unit }}"/>'),
    "a mail merge": _replace("word/settings.xml", b"</w:settings>", b"<w:mailMerge/></w:settings>"),
    "a chunk": _before_all('<w:altChunk xmlns:r="x" r:id="rId1"/>'),
    "entities": _put("word/document.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "an old drawing with an address": _before_all(
        '<w:p><w:r><w:pict><v:shape xmlns:v="urn:v"><v:imagedata src="http://example.org/a.png"/></v:shape></w:pict>'
        "</w:r></w:p>"
    ),
}
