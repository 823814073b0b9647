"""Who may see and do what: one policy, used by every page, list, count, export and API call.

A right is a role on a unit of the tree, on a day, up to a confidentiality level, minus recusals. Dated posts (岗位)
carry the roles; the few rights without a post are grants. `persistence.visibility` makes one SQL predicate of `scopes`.

Roles are rows (`persistence.roles`); those that the rules name stand here. A role that an office enters itself carries
what its side gives to everybody on it (`COMMON`): to see, and to do what is drawn for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cases.refusals import NotPermitted, Unknown


class Clearance(IntEnum):
    """How confidential a finding is, and up to which level a post may read (密级)."""

    OPEN = 0
    INTERNAL = 1  # 内部
    SECRET = 2  # 工作秘密: state secrets have no place in the product


class Side(StrEnum):
    """On which side a role stands: who rectifies does not verify, who administers does not read."""

    UNIT = "unit"  # rectifies
    SUPERIOR = "superior"  # answers for the unit from above
    INSPECTING = "inspecting"
    ADMINISTRATION = "administration"


class Role(StrEnum):
    """The roles that rules name. The names are those of the diagrams; a house may have more of them."""

    HANDLER = "handler"
    RESPONSIBLE_LEADER = "responsible_leader"
    LEADERSHIP_TEAM = "leadership_team"
    LEADING_DEPARTMENT = "leading_department"  # 牵头单位
    CHIEF = "chief"
    SUPERIOR_LEADER = "superior_leader"
    INSPECTION_TEAM = "inspection_team"
    INSPECTION_OFFICE = "inspection_office"
    INSPECTION_OFFICE_HEAD = "inspection_office_head"  # 巡察办主任
    DISCIPLINE_COMMISSION = "discipline_commission"
    ORGANISATION_DEPARTMENT = "organisation_department"
    RESIDENT_DISCIPLINE_TEAM = "resident_discipline_team"  # 派驻纪检监察组
    VERIFIER = "verifier"
    VERIFICATION_LEADER = "verification_leader"  # 核查组长
    LOOK_BACK_TEAM = "look_back_team"
    LEADING_GROUP = "leading_group"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


UNIT_SIDE = frozenset(
    {Role.HANDLER, Role.RESPONSIBLE_LEADER, Role.LEADERSHIP_TEAM, Role.LEADING_DEPARTMENT, Role.CHIEF}
)
OVERSEEING = frozenset(
    {
        Role.INSPECTION_TEAM,
        Role.INSPECTION_OFFICE,
        Role.INSPECTION_OFFICE_HEAD,
        Role.DISCIPLINE_COMMISSION,
        Role.RESIDENT_DISCIPLINE_TEAM,
        Role.ORGANISATION_DEPARTMENT,
        Role.VERIFIER,
        Role.VERIFICATION_LEADER,
        Role.LOOK_BACK_TEAM,
        Role.LEADING_GROUP,
    }
)
ADMINISTRATORS = frozenset(
    {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
)  # 三员分立: they exclude each other
READERS = UNIT_SIDE | OVERSEEING | {Role.SUPERIOR_LEADER}
READING_SIDES = frozenset({Side.UNIT, Side.SUPERIOR, Side.INSPECTING})
LEADS: Mapping[str, Role] = {
    Role.VERIFICATION_LEADER: Role.VERIFIER,
    Role.INSPECTION_OFFICE_HEAD: Role.INSPECTION_OFFICE,
}
"""Who leads others may do what they may, and their tasks stand on his list too."""

SIDES: Mapping[str, Side] = {
    **dict.fromkeys(UNIT_SIDE, Side.UNIT),
    Role.SUPERIOR_LEADER: Side.SUPERIOR,
    **dict.fromkeys(OVERSEEING, Side.INSPECTING),
    **dict.fromkeys(ADMINISTRATORS, Side.ADMINISTRATION),
}

_UNIT = frozenset({Role.HANDLER, Role.RESPONSIBLE_LEADER, Role.CHIEF})
_OFFICE = frozenset({Role.INSPECTION_OFFICE})
_SUSPICION = frozenset({Role.VERIFIER, Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION})
_WATCHING = frozenset({Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION, Role.LEADING_GROUP})
_ASKS_TO_CORRECT = frozenset({Role.INSPECTION_OFFICE, Role.INSPECTION_TEAM})

_NAMED: Mapping[str, frozenset[Role]] = {
    "view": READERS,
    "import_list": frozenset({Role.INSPECTION_OFFICE, Role.INSPECTION_TEAM}),
    "register_findings": frozenset({Role.INSPECTION_TEAM, Role.INSPECTION_OFFICE}),
    "add_finding": frozenset({Role.INSPECTION_TEAM, Role.INSPECTION_OFFICE}),
    "confirm_registration": frozenset({Role.INSPECTION_TEAM, Role.INSPECTION_OFFICE}),
    "consolidate_list": _OFFICE,
    "map_posts": _OFFICE,
    "give_feedback": _OFFICE,
    # the leading group signs where a unit names no superior leader
    "sign_receipt": frozenset({Role.CHIEF, Role.LEADERSHIP_TEAM, Role.SUPERIOR_LEADER, Role.LEADING_GROUP}),
    "accept_finding": _UNIT,
    "submit_plan": frozenset({Role.CHIEF, Role.RESPONSIBLE_LEADER}),
    "review_plan": OVERSEEING,
    "check_midterm": frozenset({Role.DISCIPLINE_COMMISSION, Role.INSPECTION_OFFICE}),
    "sign_progress_report": frozenset({Role.CHIEF}),
    "evaluate_rectification": _OFFICE,
    "publish_result": _OFFICE,
    "archive_list": _OFFICE,
    "set_reporting": _OFFICE,
    "report_progress": _UNIT,
    "submit_rectification": _UNIT,
    "review_rectification": frozenset({Role.RESPONSIBLE_LEADER}),
    "sign_rectification": frozenset({Role.CHIEF}),
    "verify_rectification": frozenset({Role.VERIFIER, Role.DISCIPLINE_COMMISSION}),
    "decide_waiver": frozenset({Role.VERIFIER, Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION}),
    "adopt_evidence": frozenset({Role.VERIFIER, Role.LOOK_BACK_TEAM}),
    "prepare_look_back": _OFFICE,
    "record_look_back": frozenset({Role.LOOK_BACK_TEAM, Role.VERIFIER}),
    "confirm_look_back": frozenset({Role.LOOK_BACK_TEAM, Role.VERIFIER}),
    "sign_off": frozenset({Role.LEADING_GROUP}),
    "revoke_sign_off": frozenset({Role.LEADING_GROUP}),
    "call_meeting": frozenset({Role.INSPECTION_OFFICE, Role.LEADING_GROUP}),
    "cast_vote": frozenset({Role.LEADING_GROUP}),
    "record_vote": _OFFICE,
    "record_paper_decision": _OFFICE,
    "confirm_paper_decision": frozenset({Role.INSPECTION_OFFICE, Role.LEADING_GROUP}),
    "register_paper_receipt": _OFFICE,
    "start_durability": _OFFICE,
    "record_durability": frozenset({Role.LOOK_BACK_TEAM}),
    "draw_sample": frozenset({Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION}),
    "record_sampled": frozenset(
        {
            Role.LOOK_BACK_TEAM,
            Role.VERIFIER,
            Role.INSPECTION_TEAM,
            Role.INSPECTION_OFFICE,
            Role.DISCIPLINE_COMMISSION,
        }
    ),
    "open_campaign": _OFFICE,
    "ask_extension": _UNIT,
    "decide_extension": frozenset({Role.LEADING_GROUP}),
    "correct_finding": _ASKS_TO_CORRECT,
    "split_finding": _ASKS_TO_CORRECT,
    "merge_findings": _ASKS_TO_CORRECT,
    "transfer_finding": _ASKS_TO_CORRECT,
    "suspend_finding": _OFFICE,
    "resume_finding": _OFFICE,
    "confirm_correction": _OFFICE,
    "decide_correction": frozenset({Role.LEADING_GROUP}),
    "hand_over": READERS,
    "claim_task": READERS,
    "release_task": READERS,
    "keep_draft": READERS,
    "fill_form": READERS,
    "urge": frozenset({Role.INSPECTION_OFFICE, Role.LEADING_GROUP}),
    "decide_signal": OVERSEEING,
    "decide_suspicion": _SUSPICION,
    "give_statement": _UNIT,
    "confirm_suspicion": _SUSPICION,
    "put_facts": _SUSPICION,
    "answer_facts": frozenset({Role.CHIEF, Role.RESPONSIBLE_LEADER}),
    "find_facts": frozenset({Role.LEADING_GROUP}),
    "ask_reconsideration": frozenset({Role.CHIEF}),
    "decide_reconsideration": frozenset({Role.LEADING_GROUP}),
    "read_second": _SUSPICION,
    "decide_proposal": frozenset({Role.LEADING_GROUP}),
    "reply_to_signal": _UNIT,
    "see_hints": _UNIT,
    "enter_register": _UNIT | OVERSEEING,  # each register says besides who of them
    "publish_release": frozenset({Role.SYSTEM_ADMIN}),
    "read_rules": _WATCHING | {Role.SYSTEM_ADMIN},
    "edit_rules": _OFFICE | {Role.SYSTEM_ADMIN},
    "watch_reviewers": _WATCHING,
    "repair_case": frozenset({Role.SYSTEM_ADMIN}),
    "run_patrol": frozenset({Role.SYSTEM_ADMIN, Role.INSPECTION_OFFICE}),
    "edit_settings": frozenset({Role.SYSTEM_ADMIN}),
    "edit_templates": frozenset({Role.SYSTEM_ADMIN, Role.INSPECTION_OFFICE}),
    "edit_people": frozenset({Role.SECURITY_ADMIN}),
    "name_deputy": READERS | {Role.SECURITY_ADMIN},
    "read_ledger": frozenset({Role.AUDIT_ADMIN}),
}
PERMISSIONS: Mapping[str, frozenset[Role]] = {
    name: roles | {Role(leader) for leader, led in LEADS.items() if led in roles} for name, roles in _NAMED.items()
}
COMMON = frozenset(name for name, roles in PERMISSIONS.items() if roles >= READERS)
"""What everybody may who reads findings: all that a role entered by an office carries."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a unit and everything below it, as it stands on the day the actor was loaded."""

    role: str
    unit_id: int
    path: str
    clearance: int
    post_id: int | None = None  # None: granted without a post
    title: str = ""
    entered_side: Side | None = None  # of a role that no rule names; None: nobody knows the role any more
    deputy: bool = False  # held for somebody who is away (代理)

    @property
    def side(self) -> Side | None:
        """On which side the role stands; that of a role which the rules name cannot be entered otherwise."""
        return SIDES.get(self.role, self.entered_side)

    def allows(self, permission: str) -> bool:
        """Whether the role carries *permission*."""
        if self.role in PERMISSIONS.get(permission, ()):
            return True
        return permission in COMMON and self.side in READING_SIDES

    def covers(self, subject: "Subject") -> bool:
        """Whether *subject* lies in the unit of the grant or below it."""
        return subject.unit_path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at work: the rights of the day, and the units that are his own."""

    person_id: int
    account_id: int | None
    name: str
    language: str
    grants: tuple[Grant, ...]
    home_paths: tuple[str, ...] = ()  # units of the posts that the person holds
    recused_paths: tuple[str, ...] = ()
    recused_cases: frozenset[int] = frozenset()
    deputises_for: frozenset[int] = frozenset()  # persons whose posts he holds while they are away (代理)
    vacant_posts: tuple[int, ...] = ()  # of his unit, which he leads: he hands their tasks out
    vacant_roles: tuple[str, ...] = ()  # task lists of the same kind that stand on a role of his unit

    @property
    def persons(self) -> frozenset[int]:
        """Who he counts as where acts must be separate: himself and those whose deputy he is."""
        return self.deputises_for | {self.person_id}

    @property
    def holders(self) -> tuple[str, ...]:
        """Keys of the task lists that are this person's: posts held, and roles on a unit."""
        posts = [f"post:{grant.post_id}" for grant in self.grants if grant.post_id is not None]
        posts += [f"post:{post_id}" for post_id in self.vacant_posts]
        roles = [f"role:{grant.role}@{grant.unit_id}" for grant in self.grants]
        roles += [f"role:{LEADS[grant.role]}@{grant.unit_id}" for grant in self.grants if grant.role in LEADS]
        return tuple(dict.fromkeys([f"person:{self.person_id}", *posts, *roles, *self.vacant_roles]))

    @property
    def oversees(self) -> bool:
        """Whether the person stands on the inspecting side anywhere."""
        return any(grant.side is Side.INSPECTING for grant in self.grants)

    def plays(self, *roles: str) -> bool:
        """Whether the person holds one of *roles* anywhere, or leads those who do."""
        return any(grant.role in roles or LEADS.get(grant.role) in roles for grant in self.grants)

    def may_anywhere(self, permission: str) -> bool:
        """Whether one of his roles carries *permission*, wherever it is held."""
        return any(grant.allows(permission) for grant in self.grants)

    def holds_himself(self, role: str, subject: "Subject") -> bool:
        """Whether the person holds *role* towards *subject* by a post of his own, and not as a deputy."""
        return any(grant.role == role and not grant.deputy and grant.covers(subject) for grant in self.grants)

    def title_for(self, permission: str, subject: "Subject | None" = None) -> str:
        """Return the title of the post under which the person does *permission*, for the record."""
        fitting = [g for g in self.grants if g.allows(permission) and (subject is None or g.covers(subject))]
        return next((grant.title for grant in fitting if grant.title), "")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a right is asked about: a case, by the unit that it concerns."""

    case_id: int
    unit_path: str
    confidentiality: int
    issued: bool  # before the feedback the inspected unit sees nothing


@dataclass(frozen=True, slots=True)
class Scope:
    """One part of what a person may see; the whole is the union of them, minus the recusals."""

    path: str
    clearance: int
    issued_only: bool


def scopes(actor: Actor, permission: str = "view") -> tuple[Scope, ...]:
    """Return where *actor* has *permission*; nothing contained in another one is listed twice."""
    found = {
        Scope(grant.path, grant.clearance, issued_only=grant.side is not Side.INSPECTING)
        for grant in actor.grants
        if grant.allows(permission)
    }
    return tuple(
        scope
        for scope in sorted(found, key=lambda s: (s.path, -s.clearance, s.issued_only))
        if not any(other != scope and _contains(other, scope) for other in found)
    )


def _contains(outer: Scope, inner: Scope) -> bool:
    return (
        inner.path.startswith(outer.path)
        and outer.clearance >= inner.clearance
        and (not outer.issued_only or inner.issued_only)
    )


def may(actor: Actor, permission: str, subject: Subject) -> bool:
    """Whether *actor* has *permission* on *subject*."""
    if subject.case_id in actor.recused_cases or any(subject.unit_path.startswith(p) for p in actor.recused_paths):
        return False
    return any(
        subject.unit_path.startswith(scope.path)
        and scope.clearance >= subject.confidentiality
        and (subject.issued or not scope.issued_only)
        for scope in scopes(actor, permission)
    )


def require(actor: Actor, permission: str, subject: Subject) -> None:
    """Raise Unknown where *actor* may not even see *subject*, NotPermitted where he may only see it."""
    if not may(actor, "view", subject):
        raise Unknown()
    if not may(actor, permission, subject):
        raise NotPermitted(act=permission)


def require_office(actor: Actor, permission: str) -> None:
    """Raise NotPermitted unless *actor* holds a role that has *permission*, wherever it is held."""
    if not actor.may_anywhere(permission):
        raise NotPermitted(act=permission)


def may_in_office(actor: Actor, permission: str, office_path: str) -> bool:
    """Whether *actor* has *permission* for the inspecting side at *office_path*: its meetings and sheets."""
    return any(g.allows(permission) and office_path.startswith(g.path) for g in actor.grants)


def outside(actor: Actor, unit_path: str) -> bool:
    """Whether none of the posts of *actor* stands in the unit at *unit_path* or below it."""
    return not any(home.startswith(unit_path) for home in actor.home_paths)


def excluding_administrators(roles: Iterable[str], sides: Mapping[str, Side] = SIDES) -> bool:
    """Whether *roles* of one person respect that the administrators exclude each other and read no findings.

    *sides*: those of all roles of the house.
    """
    held = set(roles)
    administering = {role for role in held if sides.get(role) is Side.ADMINISTRATION}
    reading = any(sides.get(role) in READING_SIDES for role in held)
    return len(administering) <= 1 and not (administering and reading)
