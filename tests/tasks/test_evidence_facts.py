"""Evidence is read behind the requests, once per content, and its case hears of it; on both databases."""

import io
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, func, select, update

from cases.evidence_facts import FactKind, ReadState, document_date
from cases.refusals import FormIncomplete, NotPermitted
from documents.evidence import reading
from documents.evidence.reading import ReaderDied
from persistence import evidence_facts as store
from persistence.attachments import Attachments
from persistence.evidence_facts import facts_of, states_of, texts_of
from persistence.tables import evidence, evidence_facts, evidence_texts, findings, ledger
from tasks import evidence_facts as worker
from tasks.evidence_facts import read_waiting
from tasks.work import Attachment
from tests.support.evidence_files import MINUTES, archive, docx, pdf, photo
from tests.tasks.town import Town


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "evidence")


def kept(attachments: Attachments, filename: str, content: bytes, kind: str = "NOTICE", **more: Any) -> Attachment:
    stored = attachments.keep(io.BytesIO(content), filename, limit_bytes=50_000_000)
    return Attachment(stored.sha256, stored.size, stored.media_type, filename, kind=kind, **more)


def attach(town: Town, number: str, *files: Attachment) -> None:
    town.act("u11handler", "report_progress", number, {"text": "已印发办法，停发补贴。"}, *files)
    town.office.settle(100)


def read(town: Town, attachments: Attachments, **more: Any) -> dict[str, int]:
    counts = read_waiting(town.office, attachments, **more)
    town.office.settle(100)
    return counts


def number_of(town: Town) -> str:
    with town.office.read() as conn:
        return str(conn.scalar(select(findings.c.number).order_by(findings.c.number).limit(1)))


def piece(town: Town, filename: str) -> Row[Any]:
    with town.office.read() as conn:
        row: Row[Any] = conn.execute(select(evidence).where(evidence.c.filename == filename)).one()
        return row


def events(town: Town, name: str) -> int:
    with town.office.read() as conn:
        return int(conn.scalar(select(func.count()).where(ledger.c.event == name)) or 0)


def state(town: Town, sha256: str) -> tuple[ReadState, str]:
    with town.office.read() as conn:
        return states_of(conn, [sha256])[sha256]


def test_what_a_document_says_is_kept_with_its_place_and_fills_in_its_day(town: Town, attachments: Attachments) -> None:
    notice = kept(attachments, "停发误餐补贴的通知.docx", docx())
    attach(town, number_of(town), notice)
    assert state(town, notice.sha256) == (ReadState.WAITING, "")
    assert piece(town, notice.filename).effective_on is None

    assert read(town, attachments) == {"read": 1}

    with town.office.read() as conn:
        facts = facts_of(conn, [notice.sha256])[notice.sha256]
        text = texts_of(conn, [notice.sha256])[notice.sha256]
    stated = document_date(facts)
    assert stated is not None
    assert (stated.value, stated.written, stated.place) == ("2026-04-10", "2026年4月10日", "¶6")
    assert all(text[fact.start : fact.end] == fact.written for fact in facts if fact.end)
    assert ("AMOUNT", "126000.00") in {(fact.kind, fact.value) for fact in facts}
    found = piece(town, notice.filename)
    assert (found.effective_on, found.effective_on_found) == (date(2026, 4, 10), True)
    assert events(town, "EvidenceRead") == 1


def test_the_day_that_the_unit_gave_stays(town: Town, attachments: Attachments) -> None:
    attach(town, number_of(town), kept(attachments, "通知.docx", docx(), effective_on=date(2026, 4, 1)))
    read(town, attachments)
    assert (piece(town, "通知.docx").effective_on, piece(town, "通知.docx").effective_on_found) == (
        date(2026, 4, 1),
        False,
    )


def test_a_process_document_that_is_called_a_result_is_put_down(town: Town, attachments: Attachments) -> None:
    attach(town, number_of(town), kept(attachments, "党委会议纪要.docx", docx(*MINUTES), kind="FUND_RECEIPT"))
    read(town, attachments)
    assert piece(town, "党委会议纪要.docx").kind_proposed == "MEETING_MINUTES"
    assert events(town, "EvidenceKindDoubted") == 1


def test_the_same_content_is_read_once_and_every_case_hears_of_it(town: Town, attachments: Attachments) -> None:
    first = number_of(town)
    attach(town, first, kept(attachments, "通知.docx", docx()))
    assert read(town, attachments) == {"read": 1}
    second = first[:-1] + str(int(first[-1]) + 1)
    attach(town, second, kept(attachments, "同一份通知.docx", docx_again(attachments)))
    assert read(town, attachments) == {}
    assert piece(town, "同一份通知.docx").effective_on == date(2026, 4, 10)


def docx_again(attachments: Attachments) -> bytes:
    """Return the document that was kept, byte for byte: a Word file bears the moment of its making."""
    (stored,) = [path for path in attachments._folder.rglob("*") if path.is_file()]
    return stored.read_bytes()


def test_reading_again_changes_nothing(town: Town, attachments: Attachments) -> None:
    notice = kept(attachments, "通知.docx", docx())
    attach(town, number_of(town), notice)
    read(town, attachments)
    with town.office.read() as conn:
        before = facts_of(conn, [notice.sha256])
    with town.office.database.writing() as conn:
        conn.execute(update(evidence_texts).values(reader_version=0))
    assert read(town, attachments) == {"read": 1}
    with town.office.read() as conn:
        assert facts_of(conn, [notice.sha256]) == before
    assert events(town, "EvidenceRead") == 1


def test_two_readers_do_not_read_the_same_file(town: Town, attachments: Attachments) -> None:
    for n in range(4):
        attach(town, number_of(town), kept(attachments, f"通知{n}.docx", docx(f"第{n}号", "2026年4月10日")))
    counts: list[dict[str, int]] = []
    readers = [threading.Thread(target=lambda: counts.append(read_waiting(town.office, attachments))) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sum(count.get("read", 0) for count in counts) == 4
    assert not any(count.get("overtaken") for count in counts)


def test_a_file_whose_reader_dies_is_tried_again_and_then_unreadable(
    town: Town, attachments: Attachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = kept(attachments, "通知.docx", docx())
    attach(town, number_of(town), broken)
    monkeypatch.setattr(worker, "read_evidence", _dies)
    assert read(town, attachments) == {"died": 1}  # not taken up again at once
    assert state(town, broken.sha256)[0] is ReadState.WAITING
    for _ in range(2):
        town.now += timedelta(minutes=10)
        read(town, attachments)
    assert state(town, broken.sha256) == (ReadState.UNREADABLE, "reading_took_too_long")
    assert piece(town, "通知.docx").withdrawn_at is None


def _dies(*_args: object) -> reading.Read:
    raise ReaderDied("exit -9")


def test_a_claim_of_a_reader_that_was_killed_lapses(town: Town, attachments: Attachments) -> None:
    notice = kept(attachments, "通知.docx", docx())
    attach(town, number_of(town), notice)
    with town.office.database.writing() as conn:
        claim = store.claim(conn, version=1, now=town.now, until=town.now + timedelta(minutes=3))
    assert claim is not None
    assert read(town, attachments) == {}
    town.now += timedelta(minutes=4)
    assert read(town, attachments) == {"read": 1}
    with town.office.database.writing() as conn:  # the first one comes back to life: too late
        assert not store.keep(conn, claim, store.Reading(ReadState.READ, "x"), version=1, now=town.now)


@pytest.mark.parametrize(
    ("filename", "content", "wanted"),
    [
        ("损坏.docx", docx()[:9_000], None),
        ("扫描件.pdf", pdf((), ()), (ReadState.UNREADABLE, "scanned")),
        ("加密.pdf", pdf(("正文",), password="secret"), (ReadState.UNREADABLE, "file_encrypted")),
        ("照片.jpg", photo(), (ReadState.READ, "")),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(
    town: Town,
    attachments: Attachments,
    filename: str,
    content: bytes,
    wanted: tuple[ReadState, str] | None,
) -> None:
    if wanted is None:  # the door refuses it already
        with pytest.raises(Exception, match=filename):
            kept(attachments, filename, content)
        return
    file = kept(attachments, filename, content)
    attach(town, number_of(town), file)
    read(town, attachments)
    assert state(town, file.sha256) == wanted
    assert piece(town, filename).withdrawn_at is None


def test_an_archive_says_which_member_says_what(town: Town, attachments: Attachments) -> None:
    both = kept(attachments, "佐证.zip", archive({"通知.docx": docx(), "现场.jpg": photo()}))
    attach(town, number_of(town), both)
    assert read(town, attachments) == {"read": 1}
    with town.office.read() as conn:
        facts = facts_of(conn, [both.sha256])[both.sha256]
        assert conn.scalar(select(func.count()).select_from(evidence_facts)) == len(facts)
    places = {fact.kind: fact.place for fact in facts}
    assert places[FactKind.PHOTO_TIME] == "现场.jpg » EXIF"
    assert places[FactKind.DOC_DATE] == "通知.docx » ¶6"


@pytest.mark.parametrize(("verdict", "kind"), [("taken", "MEETING_MINUTES"), ("kept", "FUND_RECEIPT")])
def test_the_unit_takes_the_proposal_or_keeps_its_word(
    town: Town, attachments: Attachments, verdict: str, kind: str
) -> None:
    number = number_of(town)
    attach(town, number, kept(attachments, "党委会议纪要.docx", docx(*MINUTES), kind="FUND_RECEIPT"))
    with pytest.raises(FormIncomplete):  # nothing is proposed yet
        settle(town, number, verdict)
    read(town, attachments)
    settle(town, number, verdict)
    found = piece(town, "党委会议纪要.docx")
    assert (found.kind, found.kind_answer) == (kind, verdict)
    assert events(town, "EvidenceKindAnswered") == 1


def test_whoever_verifies_does_not_answer_for_the_unit(town: Town, attachments: Attachments) -> None:
    number = number_of(town)
    attach(town, number, kept(attachments, "党委会议纪要.docx", docx(*MINUTES), kind="FUND_RECEIPT"))
    read(town, attachments)
    with pytest.raises(NotPermitted):
        settle(town, number, "taken", "verifier1")


def settle(town: Town, number: str, verdict: str, login: str = "u11handler") -> None:
    asked = str(piece(town, "党委会议纪要.docx").id)
    town.act(login, "settle_evidence_kind", number, {"evidence": asked, "verdict": verdict})
