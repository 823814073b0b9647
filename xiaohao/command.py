"""The command line: what prints for people also takes ``--json``; a refusal is one sentence and ends 1."""

import json
import logging
import os
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import Connection, select, true
from sqlalchemy.exc import DBAPIError

from bpmn.release import Release, shipped
from cases.finding import is_overdue
from cases.moments import shanghai_date
from cases.refusals import CaseError, RehearsalOnly, Unknown
from cases.rights import Actor, outside
from cases.sampling import Exported, NotADrawing, Stratum, exported
from config.messages import say
from persistence import dossiers, log, outbox, overviews
from persistence.clocks import clocks_of
from persistence.database import DiskFull
from persistence.durable import is_full, keep_to_myself
from persistence.outbox import State
from persistence.overviews import FindingFilters, FindingLine
from persistence.people import load_actor, person_of_login
from persistence.samples import exported_sample
from persistence.tables import cases, findings, issue_lists, releases, units
from persistence.timekeeping import Keeping
from persistence.tokens import account_of_token
from persistence.visibility import visible_findings, visible_lists
from tasks.begin import begin
from tasks.deliver import deliver as deliver_letters
from tasks.deliver import thaw
from tasks.import_list import find_unit, import_list
from tasks.office import Answer, Office
from tasks.passwords import Passwords
from tasks.patrols import PATROLS
from tasks.patrols.timekeeping import as_document, in_words, keeping_of
from tasks.patrols.walk import walk
from tasks.releases import draft_release, problems_of
from tasks.work import CLOCK
from web.urgency import Clockwork, Shown
from xiaohao.backtesting import back_test
from xiaohao.benchmark.command import bench
from xiaohao.settings import Settings, SettingsWrong
from xiaohao.speech import (
    AsJson,
    ShownByDefault,
    fail,
    language,
    no_room,
    on_screen,
    passphrase,
    refuse,
    said,
    sentence,
    tell,
)
from xiaohao.wiring import Wired

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="销号 xiaohao")
process_app = typer.Typer(no_args_is_help=True, help="流程 diagrams and releases")
audit_app = typer.Typer(no_args_is_help=True, help="审计 the ledger")
signals_app = typer.Typer(
    cls=ShownByDefault, no_args_is_help=True, help="疑点 signals of a finding, and their benchmark"
)
app.add_typer(process_app, name="process")
app.add_typer(audit_app, name="audit")
sample_app = typer.Typer(no_args_is_help=True, help="抽样核查 samples that anybody can draw again")
app.add_typer(sample_app, name="sample")
app.add_typer(signals_app, name="signals")
signals_app.command("bench")(bench)


class NotBegun(CaseError):
    """The database is empty: it was neither initialised nor filled with demonstration data."""

    code = "not_begun"


class WrongToken(CaseError):
    """``XIAOHAO_TOKEN`` is missing, or belongs to somebody else."""

    code = "wrong_token"


def main() -> None:
    """Run the command line; what was refused is said in one sentence."""
    as_json = "--json" in sys.argv
    keep_to_myself()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what finds no room is said here, and not as a traceback at the very end
    except CaseError as refusal:
        refuse(refusal, as_json)
    except OSError as why:
        if not is_full(why):
            raise
        try:
            print(flush=True)  # was it the output that had no room?
            refuse(DiskFull(), as_json)
        except OSError:
            no_room(DiskFull())
    except SettingsWrong as why:
        fail(str(why), as_json)


# --- what commands share --------------------------------------------------------------------------------------------


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise typer.BadParameter(sentence("moment_wrong"))
    return moment


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(sentence("day_wrong")) from None


At = Annotated[datetime | None, typer.Option("--at", parser=_moment, metavar="TIME", help="rehearsals only")]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="login")]


def _wired() -> Wired:
    return Wired(Settings.read())


def _opened(wired: Wired) -> Office:
    """Return the office of a database that was begun, its schema brought up to date. Raises NotBegun."""
    if not wired.is_begun():
        raise NotBegun()
    return wired.open()


def _office() -> Office:
    return _opened(_wired())


def _actor(office: Office, login: str) -> Actor:
    """Return the person of *login*. Raises Unknown."""
    with office.read() as conn:
        found = person_of_login(conn, login)
        if found is None:
            raise Unknown()
        return load_actor(conn, found[0], shanghai_date(office.now()), account_id=found[1])


def _authorised(office: Office, login: str, at: datetime | None) -> Actor:
    """Return the person of *login*, who proves himself by his token; a rehearsal asks for none. Raises WrongToken."""
    with office.read() as conn:
        found = person_of_login(conn, login)
        if not office.is_rehearsal(conn):
            token = os.environ.get("XIAOHAO_TOKEN", "")
            if not token or found is None or account_of_token(conn, token) != found:
                raise WrongToken()
        if found is None:
            raise Unknown()
        return load_actor(conn, found[0], shanghai_date(at or office.now()), account_id=found[1])


def _rehearsed(office: Office, at: datetime | None) -> datetime:
    """Return the moment for which a command runs. Raises RehearsalOnly."""
    if at is None:
        return office.now()
    with office.read() as conn:
        if not office.is_rehearsal(conn):
            raise RehearsalOnly()
    return at


# --- serving --------------------------------------------------------------------------------------------------------


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="XIAOHAO_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="XIAOHAO_PORT")] = None,
    no_prefect: Annotated[bool, typer.Option("--no-prefect", help="the embedded clock keeps the timetable")] = False,
    with_demo: Annotated[bool, typer.Option("--demo", help="fill an empty database with demonstration data")] = False,
) -> None:
    """Serve the pages, the clock, and Prefect beside them."""
    from dataclasses import replace

    from xiaohao.serve import serve as run
    from xiaohao.serve import write_log

    write_log()
    settings = Settings.read()
    host, port = host or settings.host, settings.port if port is None else port
    if "XIAOHAO_BASE_URL" not in os.environ:
        settings = replace(settings, base_url=f"http://{host}:{port}")
    wired = Wired(settings)
    if with_demo and not wired.is_begun():
        print(sentence("demo_being_made"), flush=True)
        _make_demo(wired, 0)
    wired.lay_ground()
    wired.open()

    def ready() -> None:
        if with_demo:
            _tell_demo_users()
        print(sentence("serving", address=settings.base_url), flush=True)

    run(wired, host, port, prefect=settings.prefect and not no_prefect, ready=ready, tell=_tell_keeper)
    wired.close()


@app.command()
def worker() -> None:
    """Run clock and letters without the web."""
    from xiaohao.serve import work, write_log

    write_log()
    wired = _wired()
    _opened(wired)
    work(wired, lambda: print(sentence("working"), flush=True), _tell_keeper)
    wired.close()


@app.command("timetable")
def timetable(as_json: AsJson = False) -> None:
    """Say who keeps the timetable of the patrols, since when and why."""
    office = _office()
    document = as_document(office, language())
    lines = [in_words(language(), keeping_of(office))]
    lines += [
        say(
            language(), "timekeeping.slot_line",
            patrol=say(language(), f"patrol.{last['name']}"), slot=last["slot"].replace("T", " "),
            woken_by=say(language(), f"woken_by.{last['woken_by']}"),
        )
        for last in document["last"]
    ]  # fmt: skip
    tell(as_json, document, lines)


def _tell_keeper(found: Keeping) -> None:
    pages = f" {found.pages}" if found.pages else ""
    print(in_words(language(), found) + pages, flush=True)


# --- beginning ------------------------------------------------------------------------------------------------------


@app.command()
def init(
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="acts may name their moment")] = False,
    unit: Annotated[str, typer.Option(help="name of the topmost unit")] = "本级党委",
    links_again: Annotated[bool, typer.Option("--links", help="the links anew, where nobody has used them")] = False,
    as_json: AsJson = False,
) -> None:
    """Begin an empty database and print the one-time links of the first administrators."""
    from xiaohao.first_people import name_administrators, name_again

    wired = _wired()
    wired.lay_ground()
    if links_again:
        _opened(wired)
        links = name_again(wired.office)
    else:
        begin(wired.office, rehearsal=rehearsal)
        wired.open()
        links = name_administrators(wired.office, unit=unit)
    shown = [asdict(link) | {"url": wired.settings.base_url + link.path} for link in links]
    lines = [sentence("first_links"), *(f"  {link['login']:10} {link['url']}" for link in shown)]
    tell(as_json, {"administrators": shown, "rehearsal": rehearsal}, lines)


@app.command()
def demo(
    findings_more: Annotated[int, typer.Option("--findings", min=0, help="so many generated findings more")] = 0,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database with demonstration units, people and findings, the same every time."""
    from xiaohao.demonstration import demo_users

    wired = _wired()
    _make_demo(wired, findings_more)
    with wired.office.read() as conn:
        numbers = conn.scalars(select(issue_lists.c.number).order_by(issue_lists.c.number)).all()
        count = len(conn.scalars(select(findings.c.id)).all())
    users = [asdict(user) for user in demo_users()]
    lines = [f"  {user['login']:14} {user['password']:16} {user['unit']}　{user['post']}" for user in users]
    lines = [*lines, sentence("demo_made", findings=count, lists=len(numbers))]
    tell(as_json, {"users": users, "lists": list(numbers), "findings": count}, lines)


def _make_demo(wired: Wired, more: int) -> None:
    from xiaohao.demonstration import furnish
    from xiaohao.demonstration_story import tell_story
    from xiaohao.first_people import require_empty

    wired.lay_ground()
    begin(wired.office, rehearsal=True)
    wired.open()
    require_empty(wired.office)
    furnish(wired.office, Passwords(cheap=True))
    tell_story(wired.office, wired.attachments, findings=more)


def _tell_demo_users() -> None:
    """Print one sign-in of each role: who is who is best seen in the order of the way."""
    from xiaohao.demonstration import demo_users

    seen: set[str] = set()
    for user in demo_users():
        if user.role not in seen:
            seen.add(user.role)
            print(f"  {user.login:14} {user.password:16} {user.unit}　{user.post}")


@app.command("import")
def import_ledger(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    unit: Annotated[str | None, typer.Option(help="the inspected unit")] = None,
    feedback_on: Annotated[date | None, typer.Option(parser=_day, metavar="DATE")] = None,
    sheet: Annotated[str | None, typer.Option()] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="read only")] = False,
    user: As = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Read a ledger and open an issue list with its findings, all of them or none."""
    office = _office()
    moment = _rehearsed(office, at)
    actor = _authorised(office, user, at) if user else CLOCK
    content = file.read_bytes()
    done = import_list(
        office, actor, file.name, content,
        unit=unit, feedback_on=feedback_on, sheet=sheet, dry_run=dry_run, at=moment if at else None,
    )  # fmt: skip
    office.settle()
    read = done.intake
    lines = [sentence("imported", list=done.list_number or "—", count=len(done.created), read=len(read.findings))]
    document = done.as_json(language())
    lines += [f"  {row['sheet']} {row['row']} {row['column']}: {row['why']}" for row in document["rejected"]]
    lines += [f"  {row['row']}: {row['why']}" for row in document["flagged"]]
    tell(as_json, document, lines)


@app.command("register")
def enter_book(
    name: Annotated[str, typer.Argument(help="name of the register, as in cases/registers.py")],
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="workbook or CSV")],
    user: Annotated[str, typer.Option("--as", metavar="USER", help="login; XIAOHAO_TOKEN proves it")],
    finding: Annotated[str | None, typer.Option(metavar="NUMBER")] = None,
    issue_list: Annotated[str | None, typer.Option("--list", metavar="NUMBER")] = None,
    unit: Annotated[str | None, typer.Option(help="name or short name")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="read only")] = False,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Enter the rows of a workbook into a register, all of them or none; what stands there already stays as it is."""
    from xiaohao.entering import entered

    wired = _wired()
    office = _opened(wired)
    moment = _rehearsed(office, at) if at else None
    actor = _authorised(office, user, at)
    about = {"finding": finding, "list": issue_list, "unit": unit}
    done = entered(office, wired.attachments, actor, name, file, about, dry_run=dry_run, at=moment)
    document = done.as_json(language())
    lines = [sentence("registered", register=done.title(language()), **document["counts"])]
    lines += [f"  {row['place']} {row['field']}: {row['why']}" for row in document["rejected"]]
    tell(as_json, document, lines)
    if document["rejected"] and not dry_run:
        raise typer.Exit(1)


# --- reading --------------------------------------------------------------------------------------------------------


@app.command("findings")
def list_findings(
    unit: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option(help="registered, open, suspended, signed_off")] = None,
    stage: Annotated[str | None, typer.Option()] = None,
    kind: Annotated[str | None, typer.Option(help="IMMEDIATE, PHASED, CONTINUOUS")] = None,
    number: Annotated[str | None, typer.Option("--list", help="number of an issue list")] = None,
    overdue: Annotated[bool, typer.Option("--overdue")] = False,
    suspected: Annotated[bool, typer.Option("--suspected", help="with undecided signals")] = False,
    search: Annotated[str | None, typer.Option(help="part of number, title or detail")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 200,
    user: As = None,
    as_json: AsJson = False,
) -> None:
    """List findings, earliest due day first."""
    office = _office()
    today = shanghai_date(office.now())
    visible = visible_findings(_actor(office, user)) if user else true()
    with office.read() as conn:
        unit_id = find_unit(conn, unit) if unit else None
        if unit and unit_id is None:
            raise Unknown()
        path = conn.scalar(select(units.c.path).where(units.c.id == unit_id)) if unit_id else None
        list_id = conn.scalar(select(issue_lists.c.id).where(issue_lists.c.number == number)) if number else None
        if number and list_id is None:
            raise Unknown()
        filters = FindingFilters(
            unit_path=path, state=state, stage=stage, kind=kind, list_id=list_id, search=search,
            overdue=True if overdue else None, has_attention=True if suspected else None, today=today,
        )  # fmt: skip
        lines = overviews.list_findings(conn, visible, filters, limit=limit)
        clockwork = _clockwork(office, conn)
    tell(as_json, {"findings": [_line(line) for line in lines]}, (_in_words(line, clockwork) for line in lines))


def _line(line: FindingLine) -> dict[str, Any]:
    hidden = ("id", "list_id", "unit_id", "unit_path", "leader_post_id", "handler_post_id")
    return {name: value for name, value in asdict(line).items() if name not in hidden}


def _clockwork(office: Office, conn: Connection) -> Clockwork:
    """Return what counts the working days up to a day, as the pages do."""
    today = shanghai_date(office.now())
    near = office.number_setting(conn, "near.working_days", today)
    return Clockwork(office.calendar(conn), today, near, language())


def _in_words(line: FindingLine, clockwork: Clockwork) -> str:
    late = is_overdue(line.state, line.due_on, line.submitted_at, clockwork.today)
    mark = "▲" if late else "?" if line.attention else " "
    where = f"{line.state}/{line.stage}"
    counted = _counted(clockwork.of_finding(line.state, line.due_on, line.submitted_at))
    return f"{mark} {line.number}  {_on(line.due_on)}  {where:24}  {line.unit_name}  {line.title[:40]}{counted}"


def _counted(shown: Shown | None) -> str:
    """Return the working days that are left, or late, behind a line."""
    return f"  {shown.words}" if shown else ""


def _on(day: date | None) -> str:
    return f"{day.isoformat() if day else '—':10}"


@app.command("finding")
def show_finding(
    number: str,
    user: As = None,
    as_json: AsJson = False,
) -> None:
    """Show everything that is kept of one finding, or of one issue list."""
    office = _office()
    actor = _actor(office, user) if user else None
    with office.read() as conn:
        seen = visible_findings(actor) if actor else true()
        row = dossiers.find_case(conn, findings, number, seen)
        if row is not None:
            warned = actor is None or outside(actor, row.unit_path)
            document = dossiers.finding_dossier(conn, row, warned=warned)
        else:
            row = dossiers.find_case(conn, issue_lists, number, visible_lists(actor) if actor else true())
            if row is None:
                raise Unknown()
            warned = actor is None or outside(actor, row.unit_path)
            document = dossiers.list_dossier(conn, row, warned=warned)
        events = dossiers.timeline(conn, row.id, warned=warned, limit=sys.maxsize)
    history = [{"seq": e.seq, "event": e.event, "act": e.act, "at": e.at, "who": e.who, "post": e.post} for e in events]
    lines = [f"{number}  {row.title}", f"{row.state}/{row.stage}"]
    lines += [f"  {on_screen(event.at)}  {event.event}  {event.who}" for event in events]
    tell(as_json, document | {"events": history}, lines)


@app.command("tasks")
def list_tasks(
    user: Annotated[str | None, typer.Option("--user", metavar="USER")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 200,
    as_json: AsJson = False,
) -> None:
    """List what waits for people, or for one of them."""
    office = _office()
    with office.read() as conn:
        if user:
            actor = _actor(office, user)
            lines = overviews.my_tasks(
                conn, actor.holders, actor.person_id, limit=limit,
                visible=visible_findings(actor), visible_lists=visible_lists(actor),
            )  # fmt: skip
        else:
            lines = overviews.every_task(conn, limit=limit)
        clocks, clockwork = clocks_of(conn, [line.case_id for line in lines]), _clockwork(office, conn)
    shown = ("id", "act", "stage", "role", "label", "holder", "since", "due_on", "number", "title", "unit_name")
    document = {"tasks": [{name: getattr(line, name) for name in shown} for line in lines]}
    counted = [_counted(clockwork.of_task(task, clocks.get(task.case_id))) for task in lines]
    in_lines = (
        f"{_on(task.due_on)}  {task.number}  {task.label}  {task.holder}{left}"
        for task, left in zip(lines, counted, strict=True)
    )
    tell(as_json, document, in_lines)


@app.command("letters")
def list_letters(
    state: Annotated[State | None, typer.Option()] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="USER")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 200,
    as_json: AsJson = False,
) -> None:
    """List letters, newest first."""
    office = _office()
    person = _actor(office, user).person_id if user else None
    with office.read() as conn:
        rows = outbox.mailbox(conn, person_id=person, state=state, limit=limit)
    shown = ("id", "letter", "role", "address", "state", "attempts", "facts", "created_at", "sent_at", "last_answer")
    document = {"letters": [{name: getattr(row, name) for name in shown} for row in rows]}
    lines = (f"{row.state:10}  {row.letter:22}  {row.address}  {row.facts.get('number', '')}" for row in rows)
    tell(as_json, document, lines)


# --- acting ---------------------------------------------------------------------------------------------------------


@app.command("act")
def do_act(
    act: str,
    number: str,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="login; XIAOHAO_TOKEN proves it")],
    data: Annotated[str | None, typer.Option(metavar="FILE", help="answers of the form as JSON; - is stdin")] = None,
    attach: Annotated[list[str] | None, typer.Option(metavar="PATH", help="PATH[=KIND[:MEASURE[:DATE]]]")] = None,
    key: Annotated[str | None, typer.Option(help="the same key has one effect")] = None,
    version: Annotated[int | None, typer.Option(help="refused when the case has moved on")] = None,
    task: Annotated[str | None, typer.Option(help="id of the open task")] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Do one act as a person."""
    from xiaohao.attaching import attached

    wired = _wired()
    office = _opened(wired)
    moment = _rehearsed(office, at) if at else None
    actor = _authorised(office, user, at)
    given = _given(data)
    files = attached(office, wired.attachments, number, attach or ())
    answer = office.perform(
        actor, act, number, given, key=key, version=version, attachments=files, at=moment, task=task
    )
    tell(as_json, asdict(answer), [_answered(answer)])


def _given(data: str | None) -> dict[str, Any]:
    if data is None:
        return {}
    try:
        text = sys.stdin.read() if data == "-" else Path(data).read_text("utf-8")
        given = json.loads(text)
    except (OSError, ValueError) as why:
        raise typer.BadParameter(f"--data: {why}") from why
    if not isinstance(given, dict):
        raise typer.BadParameter("--data: a JSON object is needed")
    return given


def _answered(answer: Answer) -> str:
    return sentence("acted", number=answer.number, stage=answer.stage, open=", ".join(answer.open_acts) or "—")


@app.command()
def patrol(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=", ".join(PATROLS))] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Wake what is due and run the periodic checks once."""
    office = _office()
    if unknown := set(names or ()) - set(PATROLS):
        raise typer.BadParameter(", ".join(sorted(unknown)))
    now = _rehearsed(office, at)
    done = walk(office, _wired().attachments, now, names or tuple(PATROLS))
    document = {"at": now} | asdict(done)
    counted = [*([("evidence", done.evidence)] if done.evidence else [])]
    counted += [(one.name, one.counts) for one in done.patrols]
    lines = [f"{name}: " + ", ".join(f"{key} {count}" for key, count in counts.items()) for name, counts in counted]
    lines += [sentence("patrol_broke", name=name, cause=cause) for name, cause in done.broken.items()]
    tell(as_json, document, [sentence("woken", count=done.woken), *lines])
    if done.broken:
        raise typer.Exit(1)


@app.command("deliver")
def deliver_now(
    at: At = None,
    after_restore: Annotated[
        str | None, typer.Option(metavar="send|forget", help="lets the letters of a restored database go")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send the letters that wait."""
    wired = _wired()
    office = _opened(wired)
    if after_restore not in (None, "send", "forget"):
        raise typer.BadParameter("--after-restore: send, forget")
    if after_restore:
        thaw(office, forget=after_restore == "forget")
    now = _rehearsed(office, at)
    total: dict[str, int] = {}
    while True:
        counts = deliver_letters(office, wired.settings.smtp, wired.house, now=now)
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
        if not any(counts.values()):
            break
    with office.read() as conn:
        total["waiting"] = outbox.waiting_count(conn)
    lines = [", ".join(f"{name} {count}" for name, count in total.items())]
    if wired.settings.smtp is None:
        lines.append(sentence("no_mail_server"))
    tell(as_json, total, lines)


@signals_app.command("show")
def show_signals(
    number: str,
    now: Annotated[bool, typer.Option("--now", help="look at this moment, keep nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the signals of a finding or a list (NUMBER alone does it too); a signal is a lead, never a verdict."""
    from xiaohao.signals_shown import in_lines, signals_of

    office = _office()
    with office.read() as conn:
        document = signals_of(office, conn, number, office.now(), now=now)
    tell(as_json, document, in_lines(document, now=now))


# --- samples --------------------------------------------------------------------------------------------------------


@sample_app.command("draw")
def draw_sample(
    unit: Annotated[str, typer.Option(help="name or number of the unit; with all below it")],
    purpose: Annotated[str, typer.Option()],
    login: Annotated[str, typer.Option("--as", metavar="USER")],
    signed_from: Annotated[str, typer.Option(metavar="DAY")] = "",
    signed_until: Annotated[str, typer.Option(metavar="DAY")] = "",
    percent: Annotated[int | None, typer.Option(help="share of the frame")] = None,
    confidence: Annotated[int | None, typer.Option(help="percent: size that excludes --excluded instead")] = None,
    excluded: Annotated[int | None, typer.Option(help="permille of false closures to exclude")] = None,
    risk: Annotated[int | None, typer.Option(help="drawn by risk besides")] = None,
    seed: Annotated[str, typer.Option(help="default: newest checkpoint of the ledger")] = "",
    as_json: AsJson = False,
) -> None:
    """Draw a sample of signed-off findings."""
    office = _office()
    actor = _authorised(office, login, None)
    with office.read() as conn:
        unit_id = find_unit(conn, unit)
    given = {
        "unit": unit_id, "purpose": purpose, "signed_from": signed_from, "signed_until": signed_until, "seed": seed,
        "share_percent": percent, "confidence_percent": confidence, "excluded_permille": excluded, "risk_size": risk,
        "size_by": "confidence" if confidence is not None and percent is None else "share",
    }  # fmt: skip
    answer = office.perform(actor, "draw_sample", "office", given)
    _tell_sample(_kept_sample(office, str(answer.more["sample"])), as_json)


@sample_app.command("show")
def show_sample(number: str, as_json: AsJson = False) -> None:
    """Show a sample; with --json it is what `again --file` reads."""
    _tell_sample(_kept_sample(_office(), number), as_json)


@sample_app.command("again")
def draw_again(
    number: Annotated[str, typer.Argument(metavar="[NUMBER]")] = "",
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="exported JSON: no database")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a sample again from its frame and seed; ends 1 where it is another one."""
    if file is not None:
        sample = _exported_sample(file)
    elif number:
        sample = _kept_sample(_office(), number)
    else:
        raise typer.BadParameter(sentence("no_sample_named"))
    same = sample.same_again()
    key = "sample_same" if same else "sample_differs"
    lines = [sentence(key, number=sample.number, frame=len(sample.drawing.frame))]
    again = {str(stratum): list(drawn) for stratum, drawn in sample.drawing.draw().items()}
    tell(as_json, {"number": sample.number, "same": same, "again": again}, lines)
    raise typer.Exit(0 if same else 1)


def _kept_sample(office: Office, number: str) -> Exported:
    with office.read() as conn:
        sample = exported_sample(conn, number)
    if sample is None:
        raise Unknown()
    return sample


def _exported_sample(file: Path) -> Exported:
    try:
        return exported(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as why:
        raise NotADrawing() from why


def _tell_sample(sample: Exported, as_json: bool) -> None:
    drawing, drawn = sample.drawing, sample.drawn
    facts = {"number": sample.number, "frame": len(drawing.frame), "seed": drawing.seed}
    counts = {str(stratum): len(drawn[stratum]) for stratum in Stratum}
    lines = [sentence("sample_drawn", **facts, **counts)]
    lines += [f"  {stratum}  {number}" for stratum in Stratum for number in drawn[stratum]]
    tell(as_json, sample.as_json(), lines)


@signals_app.command("backtest")
def back_test_settings(
    written: Annotated[list[str], typer.Option("--set", metavar="PR-17.project_days=20", help="a threshold to try")],
    since: Annotated[date | None, typer.Option(parser=_day, metavar="DATE", help="findings submitted since")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what other thresholds would have raised in the past, and what people decided then; nothing changes."""
    back_test(_office(), written, since, as_json)


# --- diagrams -------------------------------------------------------------------------------------------------------

Folders = {".bpmn": "processes", ".dmn": "decisions", ".json": "forms"}


@process_app.command("check")
def check_files(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)], as_json: AsJson = False
) -> None:
    """Check diagrams, tables and forms as they would stand in a release."""
    problems = [
        {"file": problem.file, "element": problem.element, "code": problem.code, "text": problem.sentence(language())}
        for problem in problems_of(_with(shipped(), files))
    ]
    lines = [f"{problem['file']}: {problem['text']}" for problem in problems] or [sentence("no_problems")]
    tell(as_json, {"problems": problems}, lines)
    raise typer.Exit(1 if problems else 0)


def _with(release: Release, files: list[Path]) -> Release:
    return release.with_files(_release_files(files))


def _release_files(files: list[Path]) -> dict[str, bytes]:
    unknown = [path.name for path in files if path.suffix not in Folders]
    if unknown:
        raise typer.BadParameter(", ".join(unknown))
    return {f"{Folders[path.suffix]}/{path.name}": path.read_bytes() for path in files}


@process_app.command("list")
def list_releases(as_json: AsJson = False) -> None:
    """List releases, newest first."""
    office = _office()
    with office.read() as conn:
        rows = conn.execute(select(releases).order_by(releases.c.drafted_at.desc())).mappings().all()
        in_force = office.release_in_force(conn)
    document = [dict(row) | {"in_force": row["id"] == in_force} for row in rows]
    lines = [f"{'*' if r['in_force'] else ' '} {r['id']}  {r['state']:10} {r['title']}" for r in document]
    tell(as_json, {"releases": document}, lines)


@process_app.command("publish")
def publish(
    files: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False)] = None,
    drafted_by: Annotated[str | None, typer.Option("--as", metavar="USER", help="who drafts")] = None,
    confirmed_by: Annotated[str | None, typer.Option("--confirmed-by", metavar="USER", help="who publishes")] = None,
    release: Annotated[str | None, typer.Option(help="a draft that stands already")] = None,
    title: Annotated[str, typer.Option()] = "",
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Keep changed files as a draft, publish a draft as a second person, or both in a rehearsal."""
    office = _office()
    moment = _rehearsed(office, at) if at else None
    draft = release
    if files:
        if drafted_by is None:
            raise typer.BadParameter("--as")
        person = _authorised(office, drafted_by, at)
        draft = draft_release(
            office, _release_files(files), title or ", ".join(p.name for p in files), person.person_id
        )
    if draft is None:
        raise typer.BadParameter("FILE, --release")
    if confirmed_by is None:
        tell(as_json, {"release": draft, "state": "draft"}, [sentence("drafted", release=draft)])
        return
    actor = _authorised(office, confirmed_by, at)
    office.perform(actor, "publish_release", "office", {"release": draft}, at=moment)
    tell(as_json, {"release": draft, "state": "published"}, [sentence("published", release=draft)])


# --- trust and repair -----------------------------------------------------------------------------------------------


@audit_app.command("verify")
def verify(
    witness: Annotated[
        list[Path] | None, typer.Option(exists=True, help="checkpoints kept elsewhere: a file or a folder")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every event, head, checkpoint and row. Ends 0 clean, 1 tampered with, 2 cannot decide, 3 broke down."""
    from xiaohao import trust

    wired = _wired()
    try:
        office = _opened(wired)
        points, where = trust.witnessed(wired.witness, witness or [])
        document, lines, code = trust.verified(trust.verify_all(office, points), where)
    except (CaseError, DBAPIError, OSError, ValueError, KeyError) as why:
        reason = said(why) if isinstance(why, CaseError) else str(getattr(why, "orig", why))
        tell(as_json, {"clean": None, "why": reason}, [sentence("cannot_verify", why=reason)])
        raise typer.Exit(trust.UNDECIDED) from why
    except Exception as why:
        _broke_down(why, as_json, {"clean": None})
    tell(as_json, document, lines)
    raise typer.Exit(code)


def _broke_down(why: Exception, as_json: bool, document: dict[str, object]) -> NoReturn:
    """Say that a check itself failed; where, stands in the log. Ends 3."""
    from xiaohao import trust

    logging.getLogger(__name__).error("a check broke down", exc_info=why)
    reason = f"{type(why).__name__}: {why}"[:500]
    tell(as_json, document | {"why": reason}, [sentence("broke_down", why=reason)])
    raise typer.Exit(trust.BROKE_DOWN) from None


@audit_app.command("rotate-keys")
def rotate_keys(as_json: AsJson = False) -> None:
    """Add a key and let it seal from now on; the old ones stay for what they sealed. Refused unless all is clean."""
    from xiaohao import trust

    wired = _wired()
    office, name = trust.rotate(_opened(wired), wired.settings.data / "keys.json", wired.witness)
    names = office.keyring.names
    tell(as_json, {"key": name, "keys": list(names)}, [sentence("rotated", name=name, count=len(names))])


@audit_app.command("hand-out")
def hand_out_checkpoints(
    to: Annotated[Path | None, typer.Argument(help="folder; by default what XIAOHAO_WITNESS names")] = None,
    as_json: AsJson = False,
) -> None:
    """Seal what is recorded and give the witness every checkpoint that it has not seen."""
    from tasks.patrols.audit import seal
    from tasks.witness import Folder, hand_out

    wired = _wired()
    office, witness = _opened(wired), Folder(to) if to else wired.witness
    if witness is None:
        raise typer.BadParameter(sentence("no_witness"))
    seal(office)
    given = hand_out(office, witness)
    tell(
        as_json, {"witness": witness.where, "given": given}, [sentence("handed_out", where=witness.where, count=given)]
    )


@audit_app.command("prove")
def prove(
    number: str,
    seq: Annotated[int | None, typer.Argument(help="event; by default the last one")] = None,
    _json: AsJson = True,
) -> None:
    """Write the proof that an event stands in the log; `persistence/proof_check.py` checks it alone."""
    from tasks.patrols.audit import seal

    office = _office()
    seal(office)
    with office.read() as conn:
        case_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
        case_id = case_id or conn.scalar(select(issue_lists.c.id).where(issue_lists.c.number == number))
        if case_id is None:
            raise Unknown()
        last = conn.scalar(select(cases.c.ledger_seq).where(cases.c.id == case_id))
        proof = log.prove(conn, case_id, seq or int(last or 0))
    proof |= {"public_keys": office.keyring.public_keys()}
    tell(True, proof, [])


@audit_app.command("export")
def export(_json: AsJson = True) -> None:
    """Print the checkpoints, to be kept where the database's owner cannot write, and the public keys."""
    office = _office()
    with office.read() as conn:
        points = [asdict(point) for point in log.every(conn)]
    tell(True, {"checkpoints": points, "public_keys": office.keyring.public_keys()}, [])


@app.command("doctor")
def doctor(as_json: AsJson = False) -> None:
    """Check what has to hold after any fault. Ends 1 when something does not, 3 when the check itself broke down."""
    from xiaohao import trust

    wired = _wired()
    notes = [trust.witness_in_words(wired.witness)]
    try:
        complaints = trust.complaints_of_store(wired.office)
        try:
            complaints += trust.examined(_opened(wired), wired.attachments, wired.witness)
        except (CaseError, DBAPIError):
            if not complaints:
                raise
    except CaseError:
        raise
    except Exception as why:
        _broke_down(why, as_json, {"healthy": None})
    found = list(dict.fromkeys(complaints))
    lines = [f"{complaint.check}: {complaint.what}" for complaint in found] or [sentence("healthy")]
    document: dict[str, Any] = {"healthy": not found, "complaints": [asdict(one) for one in found], "notes": notes}
    if not any(complaint.check == "store" for complaint in found):
        lines.append(in_words(language(), keeping_of(wired.office)))
        document["timetable"] = as_document(wired.office, language())
    tell(as_json, document, lines + notes)
    raise typer.Exit(1 if found else 0)


@app.command("backup")
def back_up(
    file: Path,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="under a passphrase: XIAOHAO_BACKUP_PASSPHRASE")] = False,
    as_json: AsJson = False,
) -> None:
    """Write database, evidence and keys as one consistent archive, also while the house is running."""
    from xiaohao.archive import backup

    wired = _wired()
    _opened(wired)
    secret = passphrase(ask=encrypt, twice=True)
    made = backup(wired.office.database, wired.settings.data, file, secret)
    tell(as_json, asdict(made), [sentence("backed_up", file=file, rows=made.rows, files=made.files)])


@app.command("restore")
def restore_from(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Fill an empty place from an archive; no letter leaves before `deliver --after-restore`."""
    from xiaohao.archive import restore
    from xiaohao.passphrase import is_sealed

    settings = Settings.read()
    with file.open("rb") as archive:
        secret = passphrase(ask=is_sealed(archive), twice=False)
    made = restore(settings.database_url, settings.data, file, secret)
    tell(as_json, asdict(made), [sentence("restored", rows=made.rows, files=made.files)])
