"""From drafts to the directory: files with names that say nothing, ``world.json`` and ``labels.json``."""

from collections.abc import Iterable
from pathlib import Path

from tests.bench.paper_world.drafts import Draft, Link, ListDraft, Paper, WorldDraft
from tests.bench.paper_world.files import file_bytes
from xiaohao import bench_format as form

GENERATOR = "paper_world 1"


class _Shelf:
    """Writes each paper once and remembers its name."""

    def __init__(self, directory: Path, papers: Iterable[Paper], world: WorldDraft) -> None:
        distinct = list({id(paper): paper for paper in papers}.values())
        names = list(range(10_000, 10_000 + len(distinct)))
        world.rng.shuffle(names)  # the order of the files is not the order of the findings
        self._names = {id(paper): f"f{name}.{paper.form}" for paper, name in zip(distinct, names, strict=True)}
        directory.mkdir(parents=True)
        for paper in distinct:
            (directory / self[paper]).write_bytes(file_bytes(paper))

    def __getitem__(self, paper: Paper) -> str:
        return self._names[id(paper)]


def write(world: WorldDraft, directory: Path, *, seed: int | None, styles: tuple[str, ...], held_back: bool) -> None:
    """Write everything under *directory*, which must not hold a world yet."""
    drafts = [draft for listed in world.lists for draft in listed.findings]
    papers = [paper for draft in drafts for paper in (*draft.papers(), *draft.visit_photos)]
    shelf = _Shelf(directory / "files", papers, world)
    evidence = _evidence(world, drafts, shelf)
    city = world.city
    form.write_json(
        directory / "world.json",
        form.World(
            format=form.FORMAT,
            generator=GENERATOR,
            rounds=tuple(city.rounds),
            units=tuple(city.units),
            posts=tuple(city.posts),
            lists=tuple(map(_list, world.lists)),
            findings=tuple(
                _finding(draft, listed.number, evidence, shelf) for listed in world.lists for draft in listed.findings
            ),
            organisations=tuple(city.organisations),
            accounts=tuple(city.accounts),
            affiliates=tuple(city.affiliates),
            payments=tuple(sorted(world.payments, key=lambda payment: payment.at)),
            appointments=tuple(sorted(world.appointments, key=lambda each: each.at)),
            complaints=tuple(sorted(world.complaints, key=lambda each: each.at)),
            registrations=tuple(
                sorted(world.registrations, key=lambda line: (line.unit, line.registered_on, line.number))
            ),
            templates=tuple(world.templates),
        ),
    )
    labels = form.Labels(form.FORMAT, seed, styles, held_back, tuple(world.planted), tuple(world.look_alikes))
    form.write_json(directory / "labels.json", labels)


def _evidence(world: WorldDraft, drafts: list[Draft], shelf: _Shelf) -> dict[int, form.Evidence]:
    links = [link for draft in drafts for link in draft.links]
    numbers = list(range(len(links)))
    world.rng.shuffle(numbers)
    ids = {id(link): f"E{number:06}" for link, number in zip(links, numbers, strict=True)}
    return {id(link): _attached(link, ids, shelf) for link in links}


def _attached(link: Link, ids: dict[int, str], shelf: _Shelf) -> form.Evidence:
    return form.Evidence(
        id=ids[id(link)],
        file=shelf[link.paper],
        filename=link.paper.filename,
        kind=link.paper.kind,
        purpose=link.purpose,
        uploaded_at=link.uploaded_at,
        uploader=link.uploader,
        measure=link.measure,
        locator=link.locator,
        effective_on=link.paper.stated_on,
        withdrawn_at=link.withdrawn_at,
        replaces=ids[id(link.replaces)] if link.replaces else None,
    )


def _list(listed: ListDraft) -> form.IssueList:
    home = listed.home
    return form.IssueList(
        number=listed.number,
        round=listed.round.code,
        unit=home.unit.code,
        source="inspection",
        feedback_on=listed.feedback_on,
        inspection_from=listed.inspection_from,
        inspection_to=listed.inspection_to,
        plan_approved_at=listed.plan_approved_at,
        report_due_on=listed.report_due_on,
        chief=home.chief.code,
        team=tuple(post.code for post in home.team),
        entries=listed.entries,
        reported_rates=tuple(listed.rates),
        meetings=tuple(listed.meetings),
        signatures=tuple(listed.signatures),
        surveys=tuple(listed.surveys),
    )


def _finding(draft: Draft, listed: str, evidence: dict[int, form.Evidence], shelf: _Shelf) -> form.Finding:
    attached = tuple(sorted((evidence[id(link)] for link in draft.links), key=lambda each: (each.uploaded_at, each.id)))
    pictures = [shelf[paper] for paper in draft.visit_photos]
    return form.Finding(
        number=draft.number,
        list=listed,
        seq=draft.seq,
        as_of=draft.as_of,
        title=draft.title,
        detail=draft.detail,
        aspect=draft.scenario.aspect,
        category=draft.scenario.category,
        kind=draft.kind,
        source_kind=draft.source_kind,
        state=draft.state,
        due_on=draft.due_on,
        first_due_on=draft.first_due_on,
        issued_at=draft.issued_at,
        accepted_at=draft.accepted_at,
        leader=draft.leader,
        handler=draft.handler,
        amount_yuan=draft.amount,
        headcount=draft.heads,
        fund_source=form.FundSource(draft.scenario.fund) if draft.scenario.fund else None,
        is_systemic=draft.systemic,
        needs_onsite=draft.onsite,
        place=draft.place,
        objects=draft.objects,
        co_units=draft.co_units,
        signed_off_at=draft.signed_off_at,
        reopened_at=draft.reopened_at,
        measures=tuple(draft.measures),
        milestones=tuple(draft.milestones),
        progress=tuple(draft.progress),
        extensions=tuple(draft.extensions),
        submissions=(draft.submission,) if draft.submission else (),
        reviews=tuple(_review(review, draft, attached) for review in draft.reviews),
        visits=tuple(_visit(visit, pictures) for visit in draft.visits),
        evidence=attached,
        receipts=tuple(sorted(draft.receipts, key=lambda receipt: receipt.at)),
        waivers=tuple(draft.waivers),
        callbacks=tuple(sorted(draft.callbacks, key=lambda each: each.at)),
        person_actions=tuple(draft.person_actions),
        self_checks=tuple(draft.self_checks),
        spot_checks=tuple(draft.spot_checks),
        regulations=tuple(
            form.Regulation(
                shelf[rule.paper],
                rule.name,
                rule.number,
                rule.adopted_by,
                rule.issued_on,
                rule.distribution,
                tuple(rule.executions),
            )
            for rule in draft.rules
        ),
    )


def _review(review: form.Review, draft: Draft, attached: tuple[form.Evidence, ...]) -> form.Review:
    """Fill in which files were opened: the first so many of those that were there already."""
    there = dict.fromkeys(each.file for each in attached if each.uploaded_at <= review.decided_at)
    opened = list(there)[: draft.opened.get(review.act, 0)]
    return form.Review(
        review.act, review.by, review.verdict, review.comment, review.opened_at, review.decided_at, tuple(opened)
    )


def _visit(visit: form.Visit, pictures: list[str]) -> form.Visit:
    return form.Visit(
        visit.method,
        visit.started_at,
        visit.ended_at,
        visit.place,
        visit.inspectors,
        visit.record,
        visit.result,
        tuple(pictures),
    )
