"""Files that want to harm: each is refused with its own sentence, quickly, and nothing of it is kept."""

import io
import struct
import zipfile
from collections.abc import Callable
from time import monotonic

import pytest

from config.messages import say
from documents import refusals
from documents.door import read_file
from documents.limited import Limits
from tests.documents.files import ledger, saved, with_part

GOOD = ledger((1, "采购程序不规范", "完善制度", "财务处", "2025年6月底前"))
SHEET = "xl/worksheets/sheet1.xml"


def bomb() -> bytes:
    """320 MB of blanks in a file that is a third of a megabyte on disk."""
    into = io.BytesIO(GOOD)
    with zipfile.ZipFile(into, "a", zipfile.ZIP_DEFLATED) as package, package.open("xl/media/x.xml", "w") as part:
        for _ in range(320):
            part.write(b" " * (1 << 20))
    return into.getvalue()


def lying_bomb() -> bytes:
    """A part that says it is small and unpacks to 32 MB."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, b" " * (32 << 20) if entry == SHEET else old.read(entry))
    content = into.getvalue()
    return content.replace(struct.pack("<L", 32 << 20), struct.pack("<L", 5000))


def phantom(place: str = "XFD1048576") -> bytes:
    column, row = place.rstrip("0123456789"), place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    cell = f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row></sheetData>'.encode()
    return with_part(GOOD, SHEET, lambda xml: xml.replace(b"</sheetData>", cell))


def many_cells() -> bytes:
    """Two million cells and more in a few rows that claim to be one."""
    cells = b'<row r="3">' + b'<c r="A3"><v>1</v></c>' * 2_100_000 + b"</row></sheetData>"
    return with_part(GOOD, SHEET, lambda xml: xml.replace(b"</sheetData>", cells))


def entities() -> bytes:
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return with_part(GOOD, SHEET, lambda xml: laughs + xml)


def twice_the_same_part() -> bytes:
    into = io.BytesIO(GOOD)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(into, "a") as package:
        package.writestr(SHEET, b"<worksheet/>")
    return into.getvalue()


def encrypted() -> bytes:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    return compound + "EncryptionInfo".encode("utf-16-le") + b"\0" * 36 + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "make", "refusal"),
    [
        ("炸弹.xlsx", bomb, refusals.UnpacksTooLarge),
        ("谎报.xlsx", lying_bomb, refusals.FileDamaged),
        ("幽灵.xlsx", phantom, refusals.UnpacksTooLarge),
        ("远列.xlsx", lambda: phantom("XFD2"), None),
        ("百万.xlsx", many_cells, refusals.UnpacksTooLarge),
        ("实体.xlsx", entities, refusals.FileDamaged),
        ("重名.xlsx", twice_the_same_part, refusals.FileDamaged),
        ("截断.xlsx", lambda: GOOD[: len(GOOD) * 2 // 3], refusals.FileDamaged),
        ("空.xlsx", lambda: b"", refusals.FileDamaged),
        ("加密.xlsx", encrypted, refusals.FileEncrypted),
        ("网页.xlsx", lambda: "<html><table><tr><td>问题".encode(), refusals.FileDisguised),
        ("网页.xls", lambda: b"\xef\xbb\xbf\r\n<table border=1>", refusals.FileDisguised),
        ("文档.xlsx", lambda: b"%PDF-1.7\n", refusals.FileDisguised),
        ("图片.csv", lambda: b"\x89PNG\r\n\x1a\n", refusals.FileDisguised),
        ("表格.xls", lambda: GOOD, refusals.FileDisguised),
        ("表格.csv", lambda: GOOD, refusals.FileDisguised),
        ("表格.docx", lambda: GOOD, refusals.FileDisguised),
        ("文字.xlsx", lambda: "序号,问题".encode(), refusals.FileDisguised),
        ("坏.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4000, refusals.FileDamaged),
        ("宏.xlsm", lambda: GOOD, refusals.FileKindUnknown),
        ("程序.exe", lambda: b"MZ", refusals.FileKindUnknown),
        ("乱码.csv", lambda: b"\x81\xff\xfe\xff" * 40, refusals.TextUnreadable),
        ("引号.csv", lambda: '序号,问题,措施\n1,"没有结束'.encode() + b"a" * 40_000, refusals.FileDamaged),
        ("巨大.csv", lambda: b"a" * (21 << 20), refusals.FileTooLarge),
        ("太长.csv", lambda: "序号,问题\n".encode() + "1,问题\n".encode() * 20_300, refusals.TooManyRows),
    ],
)
def test_a_hostile_file_is_refused_with_one_sentence(
    name: str, make: Callable[[], bytes], refusal: type[Exception] | None
) -> None:
    content = make()
    started = monotonic()

    if refusal is None:
        assert read_file(name, content).findings
    else:
        with pytest.raises(refusal) as refused:
            read_file(name, content)
        code, facts = refused.value.code, refused.value.facts  # type: ignore[attr-defined]
        assert all("{" not in say(language, f"refusal.{code}", **facts) for language in ("zh", "en"))
    assert monotonic() - started < 30


def test_more_rows_than_an_import_may_have_are_refused_before_they_are_loaded() -> None:
    content = ledger(*((n, f"问题{n}", "措施", "单位", "2025.3.31") for n in range(300)))

    with pytest.raises(refusals.TooManyRows):
        read_file("长.xlsx", content, limits=Limits(rows=50))


def test_a_reader_that_runs_out_of_memory_is_a_refusal_and_not_a_crash() -> None:
    content = ledger(*((n, "问题" * 500 + str(n), "措施", "单位", "2025.3.31") for n in range(3000)))

    with pytest.raises((refusals.ReadingTookTooLong, refusals.FileDamaged)):
        read_file("重.xlsx", content, limits=Limits(memory_bytes=40 << 20))


def test_a_reader_that_takes_too_long_is_ended() -> None:
    with pytest.raises(refusals.ReadingTookTooLong):
        read_file("慢.xlsx", GOOD, limits=Limits(seconds=0))


def test_the_reader_knows_nothing_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and passwords in the environment stay with the parent."""
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", "postgresql://secret")

    import subprocess

    seen: dict[str, object] = {}
    run = subprocess.run

    def watched(*args: object, **options: object) -> object:
        seen.update(options)
        return run(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    read_file("好.xlsx", GOOD)

    assert seen["env"] == {}


def test_a_hidden_row_of_styles_far_below_harms_nobody() -> None:
    """People format whole columns; cells without a value count for nothing."""
    styled = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    content = with_part(GOOD, SHEET, lambda xml: xml.replace(b"</sheetData>", styled))

    assert [finding.title for finding in read_file("好.xlsx", content).findings] == ["采购程序不规范"]


def test_an_empty_workbook_says_that_it_holds_no_ledger() -> None:
    from openpyxl import Workbook

    with pytest.raises(refusals.NoLedgerFound):
        read_file("空.xlsx", saved(Workbook()))


def test_a_part_of_an_add_in_in_utf_16_harms_nobody() -> None:
    into = io.BytesIO(GOOD)
    with zipfile.ZipFile(into, "a") as package:
        package.writestr("customXml/item1.xml", '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"))

    assert len(read_file("台账.xlsx", into.getvalue()).findings) == 1


def test_an_old_workbook_with_a_password_is_refused_as_such() -> None:
    beginning = b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + beginning + b"\x2f\x00\x36\x00" + bytes(600)

    with pytest.raises(refusals.FileEncrypted):
        read_file("台账.xls", locked)
