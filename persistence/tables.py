"""Every table of the product.

Ids are given out by us (`columns.new_id`), moments are UTC, dates are Shanghai calendar days, money is yuan, `path` is
the place of a unit in the tree ("/1/4/"), `*_text` keeps what was written beside what was understood.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from persistence.columns import Blob, Id, Json, Moment, Money, Path

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def _to(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable, index=index)


def _from_until() -> tuple[Column[date], Column[date]]:
    return Column("valid_from", Date, nullable=False), Column("valid_until", Date)  # last day inclusive, or open


# --- units, posts, people -------------------------------------------------------------------------------------------

units = Table(
    "units",
    metadata,
    _id(),
    _to("parent_id", "units.id", nullable=True),
    Column("path", Path, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("short_name", String(60), nullable=False),
    Column("kind", String(30), nullable=False),  # committee, inspecting, discipline, organisation, inspected, section
    Column("superior_post_id", BigInteger),  # 上级分管(联系)领导; no foreign key: posts belong to units
    _to("successor_id", "units.id", nullable=True),  # merged into
    *_from_until(),
)

unit_names = Table(  # what a unit was called before
    "unit_names",
    metadata,
    _id(),
    _to("unit_id", "units.id", index=True),
    Column("name", String(200), nullable=False),
    Column("short_name", String(60), nullable=False),
    *_from_until(),
)

roles = Table(  # what posts are for: those that the rules name, and those that the office has besides
    "roles",
    metadata,
    _id(),
    Column("code", String(40), nullable=False, unique=True),  # as in diagrams, decision tables and posts
    Column("name_zh", String(40), nullable=False),
    Column("name_en", String(80), nullable=False),
    Column("side", String(16), nullable=False),  # cases.rights.Side
)

posts = Table(
    "posts",
    metadata,
    _id(),
    _to("unit_id", "units.id", index=True),
    Column("title", String(100), nullable=False),
    Column("role", String(40), nullable=False),  # code of a role: what the post may do on its unit and below
    _to(
        "scope_unit_id", "units.id"
    ),  # where the role holds: for inspecting posts the unit that inspects, not the office
    Column("clearance", Integer, nullable=False, default=1),  # cases.rights.Clearance
    *_from_until(),
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("staff_number", String(40), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("email", String(254)),
    Column("phone", String(40)),
    Column("language", String(5), nullable=False, default="zh"),
    Column("left_on", Date),
)

tenures = Table(
    "tenures",
    metadata,
    _id(),
    _to("post_id", "posts.id", index=True),
    _to("person_id", "people.id", index=True),
    Column("deputy", Boolean, nullable=False, default=False),  # 代理: holds the post while its holder is absent
    Column("for_person_id", BigInteger),  # whose deputy: both count as one where acts must be separate
    *_from_until(),
)

grants = Table(
    "grants",
    metadata,
    _id(),
    _to("person_id", "people.id", index=True),
    Column("role", String(40), nullable=False),
    _to("unit_id", "units.id"),
    Column("clearance", Integer, nullable=False, default=1),
    Column("reason", Text),
    *_from_until(),
)

recusals = Table(
    "recusals",
    metadata,
    _id(),
    _to("person_id", "people.id", index=True),
    _to("unit_id", "units.id", nullable=True),
    Column("case_id", BigInteger),
    Column("reason", Text, nullable=False),
    *_from_until(),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _to("person_id", "people.id", index=True),
    Column("login", String(60), nullable=False, unique=True),
    Column("password_hash", String(255)),  # argon2id; empty until the one-time link was used
    Column("must_change", Boolean, nullable=False, default=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("totp_secret", String(64)),
    Column("disabled_at", Moment),
    Column("created_at", Moment, nullable=False),
)

past_passwords = Table(
    "past_passwords",
    metadata,
    _id(),
    _to("account_id", "accounts.id", index=True),
    Column("password_hash", String(255), nullable=False),
    Column("set_at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # SHA-256 of the cookie's value
    _to("account_id", "accounts.id", index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _to("account_id", "accounts.id"),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _to("account_id", "accounts.id", index=True),
    Column("name", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

# --- cases ----------------------------------------------------------------------------------------------------------

cases = Table(  # the head of everything that has a ledger of its own
    "cases",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),  # finding, issue_list, office (releases, people, units, settings)
    Column("version", Integer, nullable=False, default=0),
    Column("ledger_seq", Integer, nullable=False, default=0),  # last event
    Column("ledger_head", String(64), nullable=False, default=""),  # its hash
    Column("head_mac", String(80), nullable=False, default=""),  # keyed; the key is no row
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(60), nullable=False),  # name as shown to the loser of a race
    Column("changed_act", String(60), nullable=False),
    Index("ix_cases_changed", "kind", "changed_at"),
)

rounds = Table(
    "rounds",
    metadata,
    _id(),
    Column("name", String(120), nullable=False),
    Column("year", Integer, nullable=False),
    _to("office_unit_id", "units.id"),  # the inspecting side: its posts hold the office's tasks
)

issue_lists = Table(
    "issue_lists",
    metadata,
    Column("id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("number", String(40), nullable=False, unique=True),
    _to("round_id", "rounds.id", index=True),
    _to("unit_id", "units.id", index=True),
    Column("unit_path", Path, nullable=False, index=True),
    _to("office_unit_id", "units.id"),
    Column("title", String(200), nullable=False),
    Column("source", String(20), nullable=False, default="inspection"),  # inspection, audit
    Column("state", String(30), nullable=False),  # cases.issue_list.ListState
    Column("stage", String(30), nullable=False, default=""),  # declared by the open task
    Column("confidentiality", Integer, nullable=False, default=1),
    Column("feedback_on", Date),
    Column("plan_approved_at", Moment),
    Column("midterm_on", Date),
    Column("report_due_on", Date),
    Column("evaluation_grade", String(20)),
    Column("published_on", Date),
    Column("archived_at", Moment),
    Column("source_name", String(255)),  # file that it was read from
    Column("source_sha256", String(64)),
    Column("status_family", String(20)),  # config.status_families: whose words its papers speak; empty: of its source
    Column("completion", String(40)),  # cases.figures.COMPLETION: what its papers call 完成率; empty: the first one
    Column("rounding", String(10)),  # cases.figures.Rounding; empty: as the formula says
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("unit_id", "round_id", "source_sha256"),  # two officers importing one file make one list
)

findings = Table(
    "findings",
    metadata,
    Column("id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("number", String(40), nullable=False, unique=True),
    _to("list_id", "issue_lists.id", index=True),
    Column("seq", String(40), nullable=False),  # 序号 as the list has it
    _to("unit_id", "units.id"),
    Column("unit_path", Path, nullable=False),
    _to("office_unit_id", "units.id"),
    Column("confidentiality", Integer, nullable=False, default=1),
    Column("aspect", String(200), nullable=False, default=""),
    Column("category", String(60), nullable=False, default=""),
    Column("title", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("target", Text, nullable=False, default=""),
    Column("amount_yuan", Money),
    Column("headcount", Integer),
    Column("kind", String(12), nullable=False),  # cases.finding.Kind
    Column("is_key", Boolean, nullable=False, default=False),
    Column("is_systemic", Boolean, nullable=False, default=False),
    _to("leader_post_id", "posts.id", nullable=True),  # 责任领导
    _to("handler_post_id", "posts.id", nullable=True),  # 责任人/经办人
    _to("chief_post_id", "posts.id", nullable=True),  # 主要负责人
    _to("lead_unit_id", "units.id", nullable=True),  # 牵头单位
    Column("responsible_unit_id", BigInteger),  # 责任单位
    Column("leader_text", Text, nullable=False, default=""),
    Column("handler_text", Text, nullable=False, default=""),
    Column("lead_unit_text", Text, nullable=False, default=""),
    Column("responsible_unit_text", Text, nullable=False, default=""),
    Column("starts_on", Date),
    Column("due_on", Date),
    Column("first_due_on", Date),  # before any extension
    Column("due_text", Text, nullable=False, default=""),
    Column("status_text", Text, nullable=False, default=""),  # as written in the ledger that was imported: a claim
    Column("written", Json),  # every other column of the imported row: field -> text
    Column("place", String(80), nullable=False, default=""),  # sheet and row that it was read from
    Column("claim", String(24), nullable=False, default="", server_default=""),  # what *status_text* claims
    Column("state", String(20), nullable=False),  # cases.finding.State
    Column("stage", String(30), nullable=False, default=""),  # declared by the open task
    Column("cycle", Integer, nullable=False, default=1),
    Column("basic_done", Boolean, nullable=False, default=False),
    Column("overdue_since", Date),
    Column("issued_at", Moment),
    Column("accepted_at", Moment),
    Column("submitted_at", Moment),
    Column("progress_at", Moment),  # last progress report
    Column("signed_off_at", Moment),
    Column("historic", Boolean, nullable=False, default=False),  # signed off before it came here
    Column("parent_id", BigInteger),  # split from, or a new fact found while looking back at
    Column("closed_as", String(12)),  # split, merged: ended without a sign-off, its parts or survivor are counted
    Column("closed_at", Moment),
    Column("suspended_because", Text),
    Column("attention", Integer, nullable=False, default=0),  # undecided signals
    Column("returns", Integer, nullable=False, default=0),  # in this cycle
    Index("ix_findings_unit", "unit_path", "confidentiality", "state", "overdue_since"),  # covers what counts ask for
    Index("ix_findings_due", "due_on", "id"),
    Index(
        "ix_findings_overdue",
        "due_on",
        "id",
        sqlite_where=text("overdue_since IS NOT NULL"),
        postgresql_where=text("overdue_since IS NOT NULL"),
    ),
    Index("ix_findings_list", "list_id", "seq"),
    Index("ix_findings_state_due", "state", "due_on", "id"),
    Index("ix_findings_progress", "state", "progress_at", "issued_at"),  # silent for long
    Index("ix_findings_returns", "state", "returns"),
)

counters = Table(  # numbers are never reused
    "counters",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("last", Integer, nullable=False),
)

criteria = Table(
    "criteria",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("seq", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("fixed_at", Moment),  # when the finding was issued: from then on it does not change
)

measures = Table(
    "measures",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("kind", String(20), nullable=False, default="FIX"),  # FIX, ACCOUNTABILITY, REGULATION
    Column("due_on", Date),
)

milestones = Table(  # CONTINUOUS findings: dated steps, each looked back on
    "milestones",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("held_at", Moment),
)

cycles = Table(
    "cycles",
    metadata,
    _to("finding_id", "findings.id"),
    Column("cycle", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("because", String(30), nullable=False),  # issued, found_false, revoked, recurred, split
    Column("reason", Text, nullable=False, default=""),
    Column("due_on", Date),
    Column("closed_at", Moment),
    Column("result", String(30)),  # signed_off, found_false, split, merged; never changed: a revocation opens the next
    UniqueConstraint("finding_id", "cycle"),
)

progress_reports = Table(
    "progress_reports",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("percent", Integer),
    Column("at", Moment, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("completion", Text, nullable=False),
    Column("measures_done", Json, nullable=False),  # measure id -> what was done
    Column("recovered_yuan", Money),
    Column("at", Moment, nullable=False),
)

blobs = Table(  # one file per content, in the attachments folder
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(100), nullable=False),  # sniffed, not believed
    Column("stored_at", Moment, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    _to("measure_id", "measures.id", nullable=True),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False, index=True),
    Column("filename", String(255), nullable=False),
    Column("kind", String(30), nullable=False),  # cases.evidence.EvidenceKind
    Column("purpose", String(12), nullable=False, default="RESULT"),  # BASELINE, ACTION, RESULT
    Column("effective_on", Date),  # date that the document itself states
    Column(
        "effective_on_found", Boolean, nullable=False, default=False, server_default=false()
    ),  # read in it, not said
    Column("locator", String(120), nullable=False, default=""),  # page or clause
    Column("version", Integer, nullable=False, default=1),
    Column("replaces_id", BigInteger),
    Column("withdrawn_at", Moment),
    Column("uploaded_by", BigInteger, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("adopted", Boolean),  # 采信 / 不采信
    Column("adopted_reason", Text),
    Column("kind_proposed", String(30)),  # EvidenceKind by its content; empty: not read, or nothing speaks for any
    Column("kind_answer", String(10)),  # what the unit says to the proposal: taken, kept
    Column("kind_answered_by", BigInteger),
    Column("kind_answered_at", Moment),
)

evidence_texts = Table(  # what stands in a file, read once per content and version of the reader
    "evidence_texts",
    metadata,
    Column("sha256", String(64), ForeignKey("blobs.sha256"), primary_key=True),
    Column("state", String(12), nullable=False),  # cases.evidence_facts.ReadState
    Column("reader_version", Integer, nullable=False, default=0),  # 0: never read
    Column("tries", Integer, nullable=False, default=0),
    Column("claimed_until", Moment, nullable=False),
    Column("read_at", Moment),
    Column("pages", Integer),
    Column("text", Blob),  # UTF-8, zlib
    Column("reason", String(40), nullable=False, default=""),  # why it is unreadable or refused; key reading.*
    Index("ix_evidence_texts_waiting", "reader_version", "claimed_until"),
)

evidence_facts = Table(
    "evidence_facts",
    metadata,
    Column("sha256", String(64), ForeignKey("evidence_texts.sha256"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),  # cases.evidence_facts.FactKind
    Column("value", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("place", String(200), nullable=False),
    Column("start", Integer, nullable=False),  # of *written* in the text; 0 and 0: a property of the file
    Column("end", Integer, nullable=False),
    Index("ix_evidence_facts_kind", "kind", "sha256"),
)

waivers = Table(  # a measure that needs no result evidence, decided by somebody outside the unit
    "waivers",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    _to("measure_id", "measures.id"),
    Column("reason", Text, nullable=False),
    Column("decided_by", BigInteger, nullable=False),
    Column("decided_at", Moment, nullable=False),
)

reviews = Table(  # every verdict of a person: unit review, signature, desk verification, joint review, sign-off
    "reviews",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("cycle", Integer, nullable=False),
    Column("act", String(40), nullable=False),
    Column("body", String(40), nullable=False, default=""),  # reviewing body of a joint review
    Column("person_id", BigInteger, nullable=False),
    Column("person_name", String(60), nullable=False),
    Column("post_title", String(100), nullable=False, default=""),
    Column("verdict", String(20), nullable=False),
    Column("comment", Text, nullable=False),
    Column("items", Json),  # 退单: finding number -> what is asked
    Column("sheet_number", String(60)),
    Column("at", Moment, nullable=False),  # when it was recorded
    Column("decided_on", Date),  # effective date of the sheet or meeting that decided
    Column("decision_id", BigInteger),  # of a meeting or on paper
)

look_backs = Table(
    "look_backs",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("durability", Boolean, nullable=False, default=False),  # 再检查 after the sign-off
    Column("method", String(20), nullable=False),  # on_site, call_back
    Column("inspectors", Json, nullable=False),  # person ids, at least two
    Column("place", Text, nullable=False, default=""),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("sample", Text, nullable=False, default=""),
    Column("record", Text, nullable=False, default=""),
    Column("result", String(20)),  # held, returned, false, revoked
    Column("satisfaction", Integer),  # percent
    Column("milestone_id", BigInteger),
    Column("recorded_by", BigInteger),
    Column("recorded_at", Moment),
    Column("confirmed_by", BigInteger),
    Column("confirmed_at", Moment),
)

corrections = Table(  # what a finding says or where it belongs is changed: asked by one, decided by another
    "corrections",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("correction", String(20), nullable=False),  # cases.corrections.Correction
    Column("body", Json, nullable=False),  # what is to be changed
    Column("reason", Text, nullable=False),
    Column("approval", String(20), nullable=False),  # cases.corrections.Approval
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("verdict", String(20)),  # approved, refused
    Column("decided_by", BigInteger),
    Column("decided_at", Moment),
    Column("comment", Text),
)

finding_links = Table(
    "finding_links",
    metadata,
    _id(),
    _to("from_id", "findings.id", index=True),
    _to("to_id", "findings.id", index=True),
    Column("relation", String(12), nullable=False),  # split, merged, new_fact, recurred
    Column("at", Moment, nullable=False),
    UniqueConstraint("from_id", "to_id", "relation"),
)

transfers = Table(  # 移交: the unit before sees what was, and nothing of what comes after
    "transfers",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    _to("from_unit_id", "units.id"),
    Column("from_unit_path", Path, nullable=False, index=True),
    _to("to_unit_id", "units.id"),
    Column("reason", Text, nullable=False),
    Column("seen_until", Integer, nullable=False),  # last event of the ledger that the unit before may read
    Column("snapshot", Json, nullable=False),  # the finding as it stood: field -> text
    Column("at", Moment, nullable=False),
)

extensions = Table(
    "extensions",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("from_due_on", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("verdict", String(20)),  # approved, refused
    Column("decided_by", BigInteger),
    Column("decided_at", Moment),
    Column("comment", Text),
)

receipts = Table(  # 双反馈一通报
    "receipts",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("on_paper", String(60)),  # sheet number where it was signed on paper
)

papers = Table(  # files that belong to a list or a decision rather than to a measure
    "papers",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("act", String(40), nullable=False),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("uploaded_by", BigInteger, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
)

ledger_layouts = Table(  # how the ledger that a list was read from looked, so that it can go out again in the same way
    "ledger_layouts",
    metadata,
    Column("list_id", BigInteger, ForeignKey("issue_lists.id"), primary_key=True, autoincrement=False),
    _to("unit_id", "units.id", index=True),
    Column("filename", String(255), nullable=False),
    Column("body", Json, nullable=False),  # sheets as documents.papers.layouts keeps them
    Column("kept_at", Moment, nullable=False),
)

paper_templates = Table(  # Word templates that an office made of ours; every version stays
    "paper_templates",
    metadata,
    _id(),
    Column("paper", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", Blob),  # empty: back to the shipped one
    Column("sha256", String(64), nullable=False, default=""),
    Column("note", String(200), nullable=False, default=""),
    Column("drafted_by", BigInteger, nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("released_by", BigInteger),
    Column("released_at", Moment),
    Column("valid_from", Date),  # first day on which papers are made with it
    UniqueConstraint("paper", "version"),
)

# --- decisions of a meeting and on paper ----------------------------------------------------------------------------

meetings = Table(  # of the leading group
    "meetings",
    metadata,
    _id(),
    Column("number", String(60), nullable=False),
    _to("office_unit_id", "units.id"),
    Column("held_on", Date, nullable=False),
    Column("place", String(120), nullable=False, default=""),
    Column("chair_id", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # open, decided
    Column("resolution", Text, nullable=False, default=""),
    Column("called_by", BigInteger, nullable=False),
    Column("called_at", Moment, nullable=False),
    Column("decided_at", Moment),
    UniqueConstraint("office_unit_id", "number"),
)

meeting_seats = Table(  # everybody who belongs to the group, there or not
    "meeting_seats",
    metadata,
    _id(),
    _to("meeting_id", "meetings.id"),
    Column("person_id", BigInteger, nullable=False),
    Column("name", String(60), nullable=False),
    Column("post_title", String(100), nullable=False, default=""),
    Column("present", Boolean, nullable=False),
    UniqueConstraint("meeting_id", "person_id"),
)

meeting_items = Table(  # the agenda
    "meeting_items",
    metadata,
    _id(),
    _to("meeting_id", "meetings.id"),
    _to("finding_id", "findings.id", index=True),
    Column("number", String(40), nullable=False),
    Column("basis", String(64), nullable=False),  # hash of the facts that were before the meeting
    Column("excluded_because", Text),
    Column("excluded_by", BigInteger),
    Column("result", String(12)),  # carried, lost, excluded, objected
    Column("why", Json),  # code and facts of the refusal
    Column("votes", Json),  # opinion -> how many
    UniqueConstraint("meeting_id", "finding_id"),
)

meeting_votes = Table(
    "meeting_votes",
    metadata,
    _id(),
    _to("meeting_id", "meetings.id"),
    Column("person_id", BigInteger, nullable=False),
    Column("opinion", String(12), nullable=False),  # cases.meeting.Opinion, on every finding
    Column("reason", Text, nullable=False, default=""),
    Column("exceptions", Json, nullable=False),  # number of a finding -> [opinion, reason]
    Column("recorded_by", BigInteger, nullable=False),  # himself, or who wrote down what he said
    Column("at", Moment, nullable=False),
    UniqueConstraint("meeting_id", "person_id"),  # nobody votes twice
)

decisions = Table(  # taken in a meeting or on paper: each item is carried out as an act of its own
    "decisions",
    metadata,
    _id(),
    _to("office_unit_id", "units.id"),
    Column("sheet_number", String(60), nullable=False),
    Column("act", String(40), nullable=False),
    Column("decided_on", Date, nullable=False),  # day of the sheet: from then on it is effective
    _to("meeting_id", "meetings.id", nullable=True),
    Column("given", Json, nullable=False),  # answers of the act's form
    Column("signers", Json, nullable=False),  # name, post, opinion, signed_on
    Column("sha256", String(64), ForeignKey("blobs.sha256")),  # scan; none where everybody voted himself
    Column("filename", String(255), nullable=False, default=""),
    Column("state", String(12), nullable=False),  # waiting, confirmed, rejected
    Column("recorded_by", BigInteger, nullable=False),
    Column("recorded_account", BigInteger),
    Column("recorded_at", Moment, nullable=False),
    Column("confirmed_by", BigInteger),
    Column("confirmed_at", Moment),
    Column("comment", Text, nullable=False, default=""),  # what the second person compared
    UniqueConstraint("office_unit_id", "sheet_number"),
    Index("ix_decisions_state", "state", "id"),
)

decision_items = Table(
    "decision_items",
    metadata,
    _id(),
    _to("decision_id", "decisions.id", index=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("number", String(40), nullable=False),
    Column("signed_as", BigInteger, nullable=False),  # the person in whose name the act is done
    Column("basis", String(64), nullable=False, default=""),
    Column("state", String(12), nullable=False),  # waiting, done, refused
    Column("why", Json),  # code and facts of the refusal
    Column("done_at", Moment),
    Index("ix_decision_items_state", "state", "id"),
)

decision_openings = Table(  # who has looked at the scan
    "decision_openings",
    metadata,
    _id(),
    _to("decision_id", "decisions.id"),
    Column("person_id", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("decision_id", "person_id"),
)

paper_receipts = Table(  # what somebody signed for on paper: the feedback, or a letter that was brought to him
    "paper_receipts",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("letter_id", BigInteger, unique=True),  # of the outbox
    Column("role", String(40), nullable=False),
    Column("person_id", BigInteger, nullable=False),  # who signed
    Column("signed_on", Date, nullable=False),
    Column("sheet_number", String(60), nullable=False),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("registered_by", BigInteger, nullable=False),
    Column("registered_at", Moment, nullable=False),
    UniqueConstraint("case_id", "sheet_number"),
)

# --- how files are read ---------------------------------------------------------------------------------------------

column_mappings = Table(  # what an officer took the headings of a unit's ledger for, proposed the next time
    "column_mappings",
    metadata,
    _id(),
    _to("unit_id", "units.id"),
    Column("headings", String(64), nullable=False),  # SHA-256 over the headings, plainly written
    Column("body", Json, nullable=False),  # heading as written -> field, null for none of ours
    Column("set_by", BigInteger, nullable=False),
    Column("set_at", Moment, nullable=False),
    *_from_until(),
    Index("ix_column_mappings_unit", "unit_id", "headings", "valid_from"),
)

aliases = Table(  # what a unit's ledgers call a post or a unit, as an officer decided once
    "aliases",
    metadata,
    _id(),
    _to("unit_id", "units.id"),  # whose ledgers
    Column("field", String(20), nullable=False),  # leader, handler, lead_unit, responsible_unit
    Column("text", String(200), nullable=False),  # as cases.dirty_text.same_text gives it
    _to("post_id", "posts.id", nullable=True),
    _to("named_unit_id", "units.id", nullable=True),
    Column("set_by", BigInteger, nullable=False),
    Column("set_at", Moment, nullable=False),
    *_from_until(),
    Index("ix_aliases_unit", "unit_id", "field", "text"),
)

readings = Table(  # what was written beside what was understood, of a finding that was read from a file
    "readings",
    metadata,
    Column("finding_id", BigInteger, ForeignKey("findings.id"), primary_key=True, autoincrement=False),
    Column("body", Json, nullable=False),  # tasks.intake_kept.written_beside: one entry per cell
)

intakes = Table(  # everything that a file said beside its findings, and what was answered about it
    "intakes",
    metadata,
    Column("list_id", BigInteger, ForeignKey("issue_lists.id"), primary_key=True, autoincrement=False),
    Column("body", Json, nullable=False),  # tasks.intake_kept.whole: rejected, flagged, repeated, notes, answers
)

# --- diagrams and running cases ------------------------------------------------------------------------------------

releases = Table(
    "releases",
    metadata,
    Column("id", String(64), primary_key=True),  # content hash
    Column("title", String(120), nullable=False),
    Column("state", String(12), nullable=False),  # draft, published, retired
    Column("drafted_by", BigInteger),
    Column("drafted_at", Moment, nullable=False),
    Column("published_by", BigInteger),
    Column("published_at", Moment, index=True),
)

release_files = Table(
    "release_files",
    metadata,
    Column("release_id", String(64), ForeignKey("releases.id"), primary_key=True),
    Column("path", String(120), primary_key=True),
    Column("content", Blob, nullable=False),
)

instances = Table(
    "instances",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("process", String(60), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("subject_id", BigInteger),  # extension or look-back that it decides
    Column("release_id", String(64), ForeignKey("releases.id"), nullable=False),
    Column("state", Blob, nullable=False),  # sealed by persistence.seal: key id, MAC, codec's bytes
    Column("status", String(12), nullable=False),  # running, done, cancelled, faulted
    Column("outcome", String(30)),
    Column("waits_for", String(120), nullable=False, default=""),  # message names, comma list
    Column("wake_at", Moment),
    Column("path", Json, nullable=False),  # element id -> times entered
    Column("fault", Json),  # cause, at, trace id
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index("ix_instances_wake", "status", "wake_at"),
)

open_tasks = Table(
    "open_tasks",
    metadata,
    Column("id", String(80), primary_key=True),  # the engine's task id
    Column("instance_id", BigInteger, ForeignKey("instances.id"), nullable=False, index=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("act", String(60), nullable=False),
    Column("form", String(60), nullable=False, default=""),
    Column("stage", String(30), nullable=False),
    Column("role", String(40), nullable=False),
    Column("label", String(80), nullable=False),
    Column("item", String(80)),  # of a multi-instance
    Column("holder", String(60), nullable=False),  # "post:<id>", "role:<role>@<unit id>", "person:<id>"
    Column("claimed_by", BigInteger),
    Column("since", Moment, nullable=False),
    Column("due_on", Date),
    Column("sort_on", String(10), nullable=False),  # due day, or 9999-12-31: overdue first within a holder
    Index("ix_open_tasks_holder", "holder", "sort_on", "id", "claimed_by"),  # covers a list and its count
    Index("ix_open_tasks_claimed", "claimed_by", "sort_on", "id"),
)

messages = Table(  # what one case tells another: taken once, in the order given
    "messages",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("name", String(40), nullable=False),
    Column("facts", Json, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Index("ix_messages_waiting", "taken_at", "id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("person_id", BigInteger, primary_key=True),
    Column("place", String(120), primary_key=True),  # "<case id>/<act>"
    Column("body", Json, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

# --- the ledger ----------------------------------------------------------------------------------------------------

FLAG_EVENTS = text("event IN ('FindingResumed', 'FindingSuspended', 'MarkedOverdue')")  # figures of earlier days

ledger = Table(
    "ledger",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event", String(60), nullable=False),
    Column("act", String(60), nullable=False),
    Column("at", Moment, nullable=False),  # the act's moment
    Column("recorded_at", Moment, nullable=False),  # differs from *at* in a rehearsal
    Column("person_id", BigInteger),  # empty: the clock
    Column("account_id", BigInteger),
    Column("who", String(60), nullable=False),
    Column("post", String(100), nullable=False, default=""),
    Column("body", Text, nullable=False),  # canonical JSON: input, facts; hashed as it stands
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("leaf", BigInteger, unique=True),  # place in the log over all cases, given when sealed
    Column("stated", Text),  # what the event says of the rows that it wrote: persistence.rows; hashed as it stands
    Index("ix_ledger_person", "person_id", "at"),
    Index("ix_ledger_flags", "case_id", "event", "at", sqlite_where=FLAG_EVENTS, postgresql_where=FLAG_EVENTS),
)

row_sums = Table(  # of the keyed digests of all proved rows of a scope: persistence.rows
    "row_sums",
    metadata,
    Column("scope", String(80), primary_key=True),  # case/12, account/5, release/…
    Column("stamp", Integer, nullable=False),  # how often the sum was stated
    Column("key", String(8), nullable=False),  # id of the key of the digests
    Column("total", String(64), nullable=False),  # modulo 2^256, hexadecimal
    Column("mac", String(80), nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Id, primary_key=True, autoincrement=False),  # leaves
    Column("root", String(64), nullable=False),
    Column("peaks", Text, nullable=False),  # roots of the perfect subtrees, left to right: sealing goes on from here
    Column("at", Moment, nullable=False),
    Column("previous", String(64), nullable=False),  # root before
    Column("signature", String(200), nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(80), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("answer", Json, nullable=False),
    Column("at", Moment, nullable=False),
)

# --- letters -------------------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("obligation", String(200), nullable=False, unique=True),  # subject|cycle|rung|trigger|period|post or person
    Column("case_id", BigInteger, index=True),
    Column("letter", String(40), nullable=False),
    Column("role", String(40), nullable=False),
    Column("person_id", BigInteger),
    Column("address", String(254), nullable=False, default=""),
    Column("language", String(5), nullable=False, default="zh"),
    Column("facts", Json, nullable=False),  # plain strings
    Column("state", String(12), nullable=False),  # waiting, sending, sent, dead, superseded, held
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("last_answer", Text),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("read_at", Moment),
    Index("ix_outbox_waiting", "state", "next_at"),
    Index("ix_outbox_person", "person_id", "id"),
)

notices = Table(  # rungs of the ladder that were reached: each once, whoever patrols and however often
    "notices",
    metadata,
    _id(),
    Column("kind", String(10), nullable=False),  # finding, unit
    Column("subject", BigInteger, nullable=False),  # id of the finding or unit
    Column("cycle", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("trigger", String(20), nullable=False),  # cases.ladder.Trigger
    Column("period", String(20), nullable=False),  # due day, day of the last progress, count of returns, month
    Column("outcome", String(12), nullable=False),  # told, proposed, superseded, skipped
    Column("at", Moment, nullable=False),
    UniqueConstraint("kind", "subject", "cycle", "code", "trigger", "period"),
)

# --- paper rectification -------------------------------------------------------------------------------------------

signal_hits = Table(
    "signal_hits",
    metadata,
    _id(),
    _to("finding_id", "findings.id", nullable=True, index=True),  # a signal speaks of a finding, or of a whole list
    _to("list_id", "issue_lists.id", nullable=True, index=True),
    Column("cycle", Integer, nullable=False),
    Column("signal", String(8), nullable=False),  # PR-09
    Column("rule_version", Integer, nullable=False),
    Column("parameters", String(64), nullable=False),  # hash of the decision table that was in force
    Column("severity", String(10), nullable=False),
    Column("facts", Json, nullable=False),  # values of the sentence
    Column("quotes", Json, nullable=False),  # passages with their place
    Column("fingerprint", String(64), nullable=False),  # same facts: never counted again
    Column("raised_at", Moment, nullable=False),
    Column("decision", String(12)),  # confirmed, explained, insufficient
    Column("decided_by", BigInteger),
    Column("decided_at", Moment),
    Column("reason", Text),
    UniqueConstraint("finding_id", "cycle", "signal", "fingerprint"),
    UniqueConstraint("list_id", "cycle", "signal", "fingerprint"),
    Index("ix_signal_hits_open", "decision", "finding_id"),
)

signal_replies = Table(  # 申辩: what the unit says to a signal stays beside it
    "signal_replies",
    metadata,
    _id(),
    _to("hit_id", "signal_hits.id", index=True),
    Column("person_id", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

signal_hints = Table(  # shown to the unit before it submitted, so that it could mend
    "signal_hints",
    metadata,
    _id(),
    _to("finding_id", "findings.id", index=True),
    Column("cycle", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("signals", Json, nullable=False),  # PR-09, …
    Column("at", Moment, nullable=False),
)

suspicions = Table(  # how suspect a case is now: what routes it, and what could not be known
    "suspicions",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id"), primary_key=True),
    Column("cycle", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("route", String(8), nullable=False, index=True),  # green, yellow, red
    Column("unsure", Json, nullable=False),  # signal -> what would have to be entered
    Column("parameters", String(64), nullable=False),  # release whose tables were read
    Column("as_of", Moment, nullable=False),
)

back_tests = Table(  # 回测: what other thresholds would have made of past findings, worked off page by page
    "back_tests",
    metadata,
    _id(),
    Column("changes", Json, nullable=False),  # name of a setting -> its new value
    Column("release_id", String(64), nullable=False),  # in force when it was asked for
    Column("since", Date),
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("total", Integer, nullable=False),  # findings
    Column("looked_at", Integer, nullable=False, default=0),
    Column("last_id", BigInteger, nullable=False, default=0),  # finding where it goes on
    Column("state", String(12), nullable=False),  # running, cancelled, failed, done
    Column("found", Json, nullable=False),  # counts and samples so far
    Column("ended_at", Moment),
    Column("draft_id", String(64)),  # release that was drafted with it as its reason
)

register_entries = Table(  # 登记簿, cases.registers: a row is withdrawn, never changed
    "register_entries",
    metadata,
    _id(),
    Column("register", String(30), nullable=False),
    _to("finding_id", "findings.id", nullable=True),
    _to("list_id", "issue_lists.id", nullable=True),
    _to("unit_id", "units.id", nullable=True),
    Column("at", Moment, nullable=False),  # when it happened; a day alone is noon in Shanghai
    Column("fields", Json, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("source_sha256", String(64)),  # workbook that it was read from
    Column("place", String(80), nullable=False, default=""),  # sheet and row there
    Column("withdrawn_at", Moment),
    Column("withdrawn_because", Text),
    Index("ix_register_entries_finding", "finding_id", "register"),
    Index("ix_register_entries_list", "list_id", "register"),
    Index("ix_register_entries_unit", "register", "unit_id", "at"),
)

page_views = Table(  # how long somebody who must decide had the case before him
    "page_views",
    metadata,
    _id(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seconds", Integer, nullable=False, default=0),  # visible and in use, as the page tells
    Index("ix_page_views_person", "person_id", "case_id", "opened_at"),
)

file_openings = Table(
    "file_openings",
    metadata,
    _id(),
    _to("evidence_id", "evidence.id", index=True),
    Column("person_id", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_file_openings_person", "person_id", "evidence_id"),
)

sketches = Table(  # texts and pictures as short signatures, to find what is nearly the same
    "sketches",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),  # measure, evidence, photo
    Column("owner_id", BigInteger, nullable=False),  # measures.id or evidence.id
    _to("finding_id", "findings.id", index=True),
    _to("unit_id", "units.id"),
    Column("text_sha256", String(64), nullable=False),  # of the text without boilerplate
    Column("signature", Blob, nullable=False),
    UniqueConstraint("kind", "owner_id"),
)

bands = Table(  # a sketch stands in some bands; whoever shares one may be its likeness
    "bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),  # kind, number of the band and its hash in one
    Column("sketch_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,  # nothing but its key: a million measures are 24 million rows
)

samples = Table(  # 抽样: can be drawn again from the stored frame and the published seed
    "samples",
    metadata,
    Column("id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("number", String(40), nullable=False, unique=True),
    _to("unit_id", "units.id"),
    Column("kind", String(12), nullable=False, default="spot_check", server_default="spot_check"),  # or campaign
    Column("purpose", Text, nullable=False),
    Column("filter", Json, nullable=False),
    Column("frame", Json, nullable=False),  # finding numbers, sorted: what was drawn from
    Column("candidates", Json, nullable=False, default=list, server_default="[]"),  # the same: unit, score, historic
    Column("frame_sha256", String(64), nullable=False),
    Column("seed", String(80), nullable=False),
    Column(
        "seed_from", String(40), nullable=False, default="", server_default=""
    ),  # size of the log; empty: an officer
    Column("confidence_percent", Integer, nullable=False),
    Column("excluded_permille", Integer, nullable=False),  # the share of false closures that is to be excluded
    Column("random_size", Integer, nullable=False),
    Column("risk_size", Integer, nullable=False),
    Column("method", String(30), nullable=False),  # version of the drawing
    Column("drawn_by", BigInteger, nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("closed_by", BigInteger),
    Column("closed_at", Moment),
    Column("conclusion", Text, nullable=False, default="", server_default=""),
)

sampled = Table(
    "sampled",
    metadata,
    _id(),
    _to("sample_id", "samples.id", index=True),
    _to("finding_id", "findings.id", index=True),
    Column("stratum", String(8), nullable=False),  # random, risk
    Column("rank", Integer, nullable=False),
    Column("assigned_to", Json),  # person ids
    Column("assigned_at", Moment),
    Column("visited_on", Date),
    Column("visitors", Json),  # person ids, at least two of those assigned
    Column("checks", Json),  # fact, what the dossier says, what was found, whether they agree
    Column("papers", Json),  # papers.id of what was brought home
    Column("result", String(12)),  # agrees, disagrees, unknown
    Column("asked", Integer),  # facts that were checked
    Column("mismatches", Integer),
    Column("record", Text, nullable=False, default=""),
    Column("place", Text, nullable=False, default=""),
    Column("recorded_by", BigInteger),
    Column("recorded_at", Moment),
    UniqueConstraint("sample_id", "finding_id"),
)

# --- clocks and settings -------------------------------------------------------------------------------------------

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", String(10), nullable=False),  # holiday, working
    Column("note", String(60), nullable=False, default=""),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", Date, nullable=False),
    Column("body", Json, nullable=False),
    Column("set_by", BigInteger),
    Column("set_at", Moment, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", Moment, nullable=False),
)

timekeeping = Table(  # who keeps the timetable of the patrols, as last found out: one row
    "timekeeping",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("house", String(16), nullable=False),  # by which Prefect knows this house: deployments, tags, work queue
    Column("keeper", String(10), nullable=False),  # prefect, clock
    Column("since", Moment),
    Column("why", String(30), nullable=False),  # catalogue `timekeeping.*`
    Column("facts", Json, nullable=False),  # of that sentence
    Column("scheduled", Integer, nullable=False),  # coming runs that Prefect scheduled by itself
    Column("in_place_since", Moment),  # since when Prefect has had, scheduled and been asked for every patrol
    Column("checked_at", Moment),
    Column("asker", String(80), nullable=False),  # host and process that found out
    Column("pages", Text),  # address of Prefect's own pages, while they are ours
)

patrol_runs = Table(
    "patrol_runs",
    metadata,
    _id(),
    Column("name", String(40), nullable=False),
    Column("period", String(30), nullable=False),  # the slot of the timetable: one run each
    Column("woken_by", String(20), nullable=False),  # prefect, clock, command
    Column("flow_run", String(60)),  # Prefect's id of the run
    Column("fence", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("counts", Json),
    Column("error", Text),
    Index("ix_patrol_runs_period", "name", "period", unique=True),
    Index("ix_patrol_runs_name", "name", "started_at"),
)

failures = Table(  # what could not be done and is tried again (`persistence.failures`)
    "failures",
    metadata,
    _id(),
    Column("work", String(40), nullable=False),  # deadlines, signals, wake, ...
    Column("subject", String(60), nullable=False),  # a case, a unit, ``round``
    Column("case_id", Id),  # where the subject is a case
    Column("cause", Text, nullable=False),
    Column("times", Integer, nullable=False),  # in a row
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),  # not tried before
    Column("mended_at", Moment),  # done after all
    Column("told_on", Date),  # of the last letter to the administrators
    Index("ix_failures_subject", "work", "subject", unique=True),
    Index("ix_failures_told_on", "told_on"),
)
