"""Files of evidence as they come: what stands in them is found with its place, whatever program wrote them."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest

from cases.evidence import EvidenceKind
from cases.evidence_facts import Fact, FactKind, ReadState, document_date, proposed_kind
from documents.evidence.reading import Read, ReaderDied, ReadingLimits, read_evidence
from tests.support.evidence_files import MINUTES, NOTICE, archive, docx, pdf, photo, xlsx


def of(read: Read, kind: FactKind) -> list[Fact]:
    return [fact for fact in read.facts if fact.kind is kind]


def values(read: Read, kind: FactKind) -> list[str]:
    return [fact.value for fact in of(read, kind)]


def test_a_notice_tells_its_number_day_money_and_receivers() -> None:
    read = read_evidence("通知.docx", docx(created=datetime(2026, 4, 9, 8, 30)))
    assert values(read, FactKind.DOC_NO) == ["江大党发|2026|12"]
    assert values(read, FactKind.DOC_DATE) == ["2026-04-10"]
    assert values(read, FactKind.MEETING_ON) == ["2026-04-03"]
    assert values(read, FactKind.STOP_ON) == ["2026-05-01"]
    assert values(read, FactKind.AMOUNT) == ["126000.00"]
    assert values(read, FactKind.COUNT) == ["37|人", "3|个"]
    assert values(read, FactKind.ADOPTED_BY) == ["党委会议"]
    assert values(read, FactKind.DISTRIBUTION) == ["省委巡视办。", "各党支部、各部门"]
    assert values(read, FactKind.DOCUMENT_TITLE) == ["公务接待管理办法"]
    assert values(read, FactKind.FILE_CREATED) == ["2026-04-09T08:30:00Z"]
    assert proposed_kind(read.facts) is EvidenceKind.NOTICE


@pytest.mark.parametrize(
    "content",
    [
        docx(header="内部资料", table=[["月份", "金额（元）"], ["1月", "10"], ["2月", "20"], ["3月", "30"]]),
        pdf(NOTICE, ("第二页", "共3项")),
        xlsx([["月份", "金额（万元）"], ["1月", 1.5], ["2月", 2], ["3月", 2]]),
        "\n".join(NOTICE).encode("gb18030"),
        archive({"通知.docx": docx(), "现场.jpg": photo()}),
    ],
)
def test_every_fact_stands_where_it_says(content: bytes) -> None:
    read = read_evidence("x", content)
    assert read.state is ReadState.READ
    assert read.facts
    for fact in read.facts:
        assert fact.end == 0 or read.text[fact.start : fact.end] == fact.written


def test_a_cell_is_named_as_in_the_workbook_and_counts_in_the_unit_of_its_heading() -> None:
    read = read_evidence("明细.xlsx", xlsx([["月份", "金额（万元）"], ["1月", 1.5], ["2月", 2], ["3月", 2]]))
    assert [(fact.value, fact.place) for fact in of(read, FactKind.AMOUNT)] == [
        ("15000.00", "工资表!B2"),
        ("20000.00", "工资表!B3"),
        ("20000.00", "工资表!B4"),
    ]
    (series,) = of(read, FactKind.SERIES)
    assert json.loads(series.value) == {
        "header": ["月份", "金额（万元）"],
        "rows": [["1月", "1.5"], ["2月", "2"], ["3月", "2"]],
    }


def test_a_photo_tells_when_and_where_it_was_taken() -> None:
    read = read_evidence("现场.jpg", photo())
    assert values(read, FactKind.PHOTO_TIME) == ["2026-04-05T10:20:30"]
    assert values(read, FactKind.PHOTO_GPS) == ["30.500000,114.260000"]
    assert read.state is ReadState.READ


def test_a_picture_keeps_its_hash_when_it_is_made_smaller() -> None:
    (large,), (small,) = (
        values(read_evidence("a.jpg", photo(size=size)), FactKind.PHASH) for size in ((800, 600), (800, 600))
    )
    assert large == small
    from PIL import Image

    into = io.BytesIO()
    Image.open(io.BytesIO(photo(size=(800, 600)))).resize((500, 375)).save(into, "JPEG", quality=60)
    (resized,) = values(read_evidence("b.jpg", into.getvalue()), FactKind.PHASH)
    assert (int(large, 16) ^ int(resized, 16)).bit_count() <= 4


def test_a_picture_inside_of_a_document_is_looked_at_too() -> None:
    read = read_evidence("现场核查.docx", docx("现场核查记录", picture=photo()))
    assert of(read, FactKind.PHOTO_TIME)[0].place == "image1.jpg"


def test_text_boxes_headers_and_tables_are_read_and_deleted_text_is_not() -> None:
    made = docx("正文", header="江大党发〔2026〕7号")
    box = (
        '<w:p><w:r><w:pict><v:textbox xmlns:v="urn:schemas-microsoft-com:vml"><w:txbxContent><w:p><w:r><w:t>盒中文字'
        "</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></w:r>"
        '<w:del w:id="1" w:author="x"><w:r><w:delText>已删</w:delText></w:r></w:del></w:p>'
    )
    read = read_evidence("x.docx", with_part(made, "word/document.xml", "<w:body>", "<w:body>" + box))
    assert "盒中文字" in read.text
    assert "已删" not in read.text
    assert of(read, FactKind.DOC_NO)[0].place == "header1 ¶1"
    assert values(read, FactKind.TRACKED_CHANGES) == ["1"]


def with_part(content: bytes, name: str, old: str, new: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.namelist():
            part = before.read(entry)
            after.writestr(entry, part.replace(old.encode(), new.encode(), 1) if entry == name else part)
    return into.getvalue()


def test_blanks_that_were_never_filled_in_are_found() -> None:
    read = read_evidence("x.txt", "××单位于2026年x月x日完成，责任人某某。2026年  月  日".encode())
    assert values(read, FactKind.PLACEHOLDER) == ["××", "2026年x月x日", "某某", "2026年  月  日"]


def test_a_number_that_is_only_cited_is_not_the_documents_own() -> None:
    read = read_evidence("x.txt", "根据省委组通〔2019〕7号文件要求，我校认真落实。".encode())
    assert values(read, FactKind.DOC_NO) == []
    assert document_date(read.facts) is None


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("党委会议纪要.docx", docx(*MINUTES), EvidenceKind.MEETING_MINUTES),
        ("关于停发补贴的通知.docx", docx(), EvidenceKind.NOTICE),
        ("整改方案.txt", "整改方案\n一、指导思想\n二、责任分工".encode(), EvidenceKind.PLAN),
        ("缴款书.txt", "非税收入一般缴款书\n收款人：财政局".encode(), EvidenceKind.FUND_RECEIPT),
        ("回访.txt", "回访记录\n受访人：职工代表".encode(), EvidenceKind.CALLBACK),
        ("x.txt", "天气很好".encode(), None),
    ],
)
def test_the_kind_is_proposed_by_name_heading_and_text(name: str, content: bytes, kind: EvidenceKind | None) -> None:
    assert proposed_kind(read_evidence(name, content).facts) is kind


# --- files that want to harm, or cannot be read ---------------------------------------------------------------------


@cache
def bomb() -> bytes:
    into = io.BytesIO(docx())
    with zipfile.ZipFile(into, "a", zipfile.ZIP_DEFLATED) as package, package.open("word/x.xml", "w") as part:
        for _ in range(320):
            part.write(b" " * (1 << 20))
    return into.getvalue()


def huge_picture() -> bytes:
    """A PNG that says it is 50,000 pixels wide and high."""
    from PIL import Image

    into = io.BytesIO()
    Image.new("1", (50, 50)).save(into, "PNG")
    small = into.getvalue()
    header = b"IHDR" + struct.pack(">II", 50_000, 50_000) + small[24:29]
    return small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]


def pdf_of_many_pages() -> bytes:
    """A PDF whose page tree claims the same page a hundred thousand times."""
    kids = b" ".join([b"3 0 R"] * 100_000)
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 100000/Kids[" + kids + b"]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (number, part)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)


ENTITIES = with_part(
    docx(), "word/document.xml", "<w:document", '<!DOCTYPE x [<!ENTITY a "aaaa">]><w:document'
)  # billion laughs need a DOCTYPE


@pytest.mark.parametrize(
    ("content", "state", "reason"),
    [
        (bomb, ReadState.REFUSED, "unpacks_too_large"),
        (lambda: archive({"a.docx": bomb()}), ReadState.REFUSED, "unpacks_too_large"),
        (archive({"a.zip": archive({"b.txt": b"x"})}), ReadState.REFUSED, "nested_zip"),
        (huge_picture(), ReadState.REFUSED, "picture_too_large"),
        (pdf_of_many_pages(), ReadState.REFUSED, "too_many_pages"),
        (docx()[:9_000], ReadState.UNREADABLE, "file_damaged"),
        (photo()[:400], ReadState.UNREADABLE, "file_damaged"),
        (pdf(("正文",))[:200], ReadState.UNREADABLE, "file_damaged"),
        (pdf(("正文",), password="secret"), ReadState.UNREADABLE, "file_encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), ReadState.UNREADABLE,
         "file_encrypted"),
        (pdf((), ()), ReadState.UNREADABLE, "scanned"),
        (ENTITIES, ReadState.UNREADABLE, "file_damaged"),
        (b"\x1f\x8b\x08rest", ReadState.UNREADABLE, "kind_not_read"),
        (b"\xff\xfe\x00\xd8", ReadState.UNREADABLE, "text_unreadable"),
    ],
)  # fmt: skip
def test_what_is_not_read_says_why(content: bytes | Callable[[], bytes], state: ReadState, reason: str) -> None:
    read = read_evidence("x", content() if callable(content) else content)
    assert (read.state, read.reason) == (state, reason)


def test_a_name_with_the_wrong_ending_does_not_matter() -> None:
    assert values(read_evidence("照片.jpg", docx()), FactKind.DOC_DATE) == ["2026-04-10"]


def test_a_damaged_member_is_said_and_the_others_are_read() -> None:
    read = read_evidence("包.zip", archive({"坏.docx": docx()[:9_000], "好.docx": docx()}))
    assert (read.state, read.reason) == (ReadState.READ, "members_unread")
    assert of(read, FactKind.DOC_DATE)[0].place == "好.docx » ¶6"


def test_a_reader_without_time_dies_and_says_so() -> None:
    with pytest.raises(ReaderDied):
        read_evidence("x.docx", docx(), ReadingLimits(seconds=0))


def test_moments_of_a_file_are_kept_in_utc() -> None:
    (created,) = of(read_evidence("x.pdf", pdf(("正文",))), FactKind.FILE_CREATED)
    assert datetime.fromisoformat(created.value).tzinfo == UTC
