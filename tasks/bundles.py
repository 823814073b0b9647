"""Several papers in one file: all papers of a list, and 卷宗, everything that is kept of one finding.

What a person may not see is in neither: each part is read with that person's rights. A part that cannot be made is not
left out silently: its name stands in 目录.txt with the reason.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection

from cases.refusals import CaseError, Unknown
from cases.rights import Actor, outside
from config.messages import say
from documents.papers import words
from documents.papers.pdf import as_pdf, soffice
from documents.papers.values import ListValues
from persistence import dossiers
from persistence.attachments import Attachments
from persistence.ledger import Recorded
from persistence.log import NotSealedYet, prove
from persistence.tables import findings
from persistence.visibility import visible_findings
from tasks.paper_templates import in_force
from tasks.papers_out import checkpoint_sentence, finding_values, list_values

if TYPE_CHECKING:
    from tasks.office import Office

Step = Callable[[int | None], None]  # how many there are, once; then None for each that is done
OF_A_FINDING = ("sign_off_sheet", "verification_report", "look_back_report")
_EVENTS = 10_000


class _Package:
    """A zip under way, and its contents list."""

    def __init__(self, title: str) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED)
        self._lines = [title, ""]

    def add(self, name: str, content: bytes) -> None:
        self._zip.writestr(name, content)
        self._lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}")

    def lacks(self, name: str, why: str) -> None:
        self._lines.append(f"（缺）{name}：{why}")

    def closed(self, *notes: str) -> IO[bytes]:
        listed = "\n".join((*self._lines, "", *notes, "")).encode("utf-8-sig")
        self._zip.writestr("目录.txt", listed)
        self._zip.close()
        return self.file


def bundle(
    office: "Office",
    actor: Actor,
    number: str,
    today: date,
    sheets: Mapping[str, Callable[[ListValues], bytes]],
    letters: Iterable[str],
    step: Step,
) -> IO[bytes]:
    """Return a zip with every paper of the list *number* and of each of its findings. Raises Unknown."""
    with office.read() as conn:
        values = list_values(conn, actor, number, today)
        templates = {paper: in_force(conn, paper, today) for paper in (*letters, *OF_A_FINDING)}
    step(len(sheets) + len(templates) - len(OF_A_FINDING) + len(values.lines))
    package = _Package(f"{values.unit}　{number}")
    for paper, make in sheets.items():
        package.add(f"{say('zh', f'paper.{paper}')}.xlsx", make(values))
        step(None)
    for paper in (paper for paper in templates if paper not in OF_A_FINDING):
        package.add(f"{say('zh', f'paper.{paper}')}.docx", words.make(paper, values, templates[paper]))
        step(None)
    for line in values.lines:
        with office.read() as conn:
            about = finding_values(conn, actor, line.number, today)
        for paper in OF_A_FINDING:
            name = f"{say('zh', f'paper.{paper}')}/{say('zh', f'paper.{paper}')}{line.number}.docx"
            package.add(name, words.make(paper, about, templates[paper]))
        step(None)
    return package.closed(values.checkpoint)


def dossier(
    office: "Office", attachments: Attachments, actor: Actor, number: str, today: date, step: Step
) -> IO[bytes]:
    """Return a zip with the papers, the whole record, the evidence and the proofs of one finding. Raises Unknown."""
    with office.read() as conn:
        values = finding_values(conn, actor, number, today)
        row = dossiers.find_case(conn, findings, number, visible_findings(actor))
        if row is None:
            raise Unknown()
        warned = outside(actor, row.unit_path)
        facts = dossiers.finding_dossier(conn, row, warned=warned)
        events = dossiers.timeline(conn, row.id, warned=warned, limit=_EVENTS)
        proof = _proof(conn, row.id, events) if warned else None
        files = _files(conn, actor, facts["evidence"])
        templates = {paper: in_force(conn, paper, today) for paper in OF_A_FINDING}
        checkpoint = checkpoint_sentence(conn, today)
    step(len(templates) + len(files) + 1)
    package = _Package(f"{say('zh', 'paper.dossier')}　{number}　{values.unit}　{values.title}")
    for paper, template in templates.items():
        _add_paper(package, say("zh", f"paper.{paper}"), words.make(paper, values, template))
        step(None)
    package.add("记录/dossier.json", _json(facts))
    package.add("记录/过程.txt", _story(events).encode("utf-8-sig"))
    if proof is not None:
        package.add("记录/proof.json", _json(proof | {"public_keys": office.keyring.public_keys()}))
    step(None)
    for place, (sha256, filename) in enumerate(files, 1):
        with attachments.open(sha256) as stream:
            package.add(f"佐证材料/{place:03}_{filename}", stream.read())
        step(None)
    return package.closed(checkpoint)


def _add_paper(package: _Package, name: str, made: bytes) -> None:
    """Add a Word paper, and as PDF where that can be made."""
    package.add(f"文书/{name}.docx", made)
    if soffice() is None:
        package.lacks(f"文书/{name}.pdf", say("zh", "refusal.office_missing"))
        return
    try:
        package.add(f"文书/{name}.pdf", as_pdf(made, "docx"))
    except CaseError as why:
        package.lacks(f"文书/{name}.pdf", say("zh", f"refusal.{why.code}", **why.facts))


def _files(conn: Connection, actor: Actor, evidence: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return (sha256, filename) of all evidence, withdrawn pieces too: the record names them."""
    visible = visible_findings(actor)
    found = (dossiers.file_of_evidence(conn, one["id"], visible) for one in evidence)
    return [(row.sha256, row.filename.replace("/", "_").replace("\\", "_")) for row in found if row is not None]


def _proof(conn: Connection, case_id: int, events: Iterable[Recorded]) -> dict[str, Any] | None:
    """Return the proof of the last event that was sealed: its chain of hashes holds all events before it."""
    sealed = [event.seq for event in events if event.leaf is not None]
    try:
        return prove(conn, case_id, sealed[-1]) if sealed else None
    except NotSealedYet:
        return None


def _story(events: Iterable[Recorded]) -> str:
    """Return what happened, one line per event."""
    lines = (
        "\t".join((str(one.seq), f"{one.at:%Y-%m-%dT%H:%M:%SZ}", one.who, one.post, one.event, one.hash))
        for one in events
    )
    return "\n".join(("序号\t时间（UTC）\t何人\t岗位\t事项\t哈希", *lines, ""))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode()
