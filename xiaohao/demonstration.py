"""Demonstration data: a city with its inspecting side, a dozen inspected units, and people in every role.

The same every time: ids, numbers, passwords. Persons bear the name of their post, since real people are never named.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, update

from cases.rights import Clearance, Role
from persistence.tables import accounts, api_tokens, people, posts, rounds, tenures, units
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.proving import prove_anew

SINCE = date(2024, 1, 1)
CITY = 1

INSPECTING = (  # id, name, short name, kind
    (2, "临江市委巡察工作领导小组", "领导小组", "committee"),
    (3, "临江市委巡察工作领导小组办公室", "市委巡察办", "inspecting"),
    (4, "临江市委第一巡察组", "第一巡察组", "inspecting"),
    (5, "临江市纪委监委", "市纪委监委", "discipline"),
    (6, "临江市委组织部", "市委组织部", "organisation"),
    (7, "临江市人民政府", "市政府", "committee"),
    (8, "临江市信息中心", "信息中心", "section"),
)

INSPECTED = (
    (11, "江夏国有资产经营管理集团党委", "江夏国资集团"),
    (12, "徐庄镇党委", "徐庄镇"),
    (13, "临江市教育局党委", "市教育局"),
    (14, "临江市卫生健康委员会党委", "市卫健委"),
    (15, "临江市住房和城乡建设局党委", "市住建局"),
    (16, "临江市民政局党组", "市民政局"),
    (17, "临江市行政审批服务局党组", "市审批局"),
    (18, "临江市水利局党组", "市水利局"),
    (19, "空港发展集团党委", "空港集团"),
    (20, "民和镇党委", "民和镇"),
    (21, "郊尾镇党委", "郊尾镇"),
    (22, "临江市文化旅游局党组", "市文旅局"),
)

# login, unit, title, role: the inspecting side; its roles hold on the whole city
OFFICERS = (
    ("office1", 3, "巡察办主任", Role.INSPECTION_OFFICE),
    ("office2", 3, "巡察办干部", Role.INSPECTION_OFFICE),
    ("team1", 4, "巡察组组长", Role.INSPECTION_TEAM),
    ("team2", 4, "巡察组副组长", Role.INSPECTION_TEAM),
    ("discipline1", 5, "纪委监督检查室主任", Role.DISCIPLINE_COMMISSION),
    ("verifier1", 5, "核查组组长", Role.VERIFIER),
    ("verifier2", 5, "核查组成员", Role.VERIFIER),
    ("organisation1", 6, "组织部干部监督科科长", Role.ORGANISATION_DEPARTMENT),
    ("lookback1", 3, "回头看一组组长", Role.LOOK_BACK_TEAM),
    ("lookback2", 3, "回头看一组组员", Role.LOOK_BACK_TEAM),
    ("lookback3", 3, "回头看二组组长", Role.LOOK_BACK_TEAM),
    ("signer1", 2, "领导小组组长", Role.LEADING_GROUP),
    ("signer2", 2, "领导小组副组长", Role.LEADING_GROUP),
    ("superior1", 7, "分管国资工作副市长", Role.SUPERIOR_LEADER),
    ("superior2", 7, "分管社会事业副市长", Role.SUPERIOR_LEADER),
    ("sysadmin1", 8, "系统管理员", Role.SYSTEM_ADMIN),
    ("sysadmin2", 8, "系统管理员（复核）", Role.SYSTEM_ADMIN),
    ("secadmin1", 8, "安全管理员", Role.SECURITY_ADMIN),
    ("auditor1", 8, "审计管理员", Role.AUDIT_ADMIN),
)

# login, unit, title, role: posts that somebody of them holds besides
SECOND_POSTS = (
    ("verifier1", 5, "核查组组长", Role.VERIFICATION_LEADER),
    ("office1", 3, "巡察办主任", Role.INSPECTION_OFFICE_HEAD),
)

# login suffix, title, role: in every inspected unit
STAFF = (
    ("chief", "党委书记", Role.CHIEF),
    ("leader", "分管副书记", Role.RESPONSIBLE_LEADER),
    ("member", "班子成员", Role.LEADERSHIP_TEAM),
    ("handler", "整改办主任", Role.HANDLER),
)


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody who can sign in to the demonstration."""

    login: str
    password: str
    token: str
    person: str
    post: str
    unit: str
    role: str


def demo_users() -> tuple[DemoUser, ...]:
    """Return everybody who can sign in, in the order of their ids."""
    return tuple(user for user, _ in _everybody())


def furnish(office: Office, passwords: Passwords) -> None:
    """Write the city, its units, posts and people, and one inspection round, into an empty database."""
    with office.database.writing() as conn:
        _write_units(conn)
        for place, (user, unit_id) in enumerate(_everybody(), 1):
            _write_person(conn, place, user, unit_id, passwords, office)
        _give_second_posts(conn)
        _name_superiors(conn)
        conn.execute(insert(rounds), {"id": 1, "name": "十届市委第四轮巡察", "year": 2026, "office_unit_id": CITY})
    prove_anew(office, "furnished")


def _everybody() -> Iterator[tuple[DemoUser, int]]:
    short = {unit_id: short_name for unit_id, _, short_name, *_ in (*INSPECTING, *INSPECTED)}
    for login, unit_id, title, role in OFFICERS:
        yield _user(login, title, title, short[unit_id], role), unit_id
    for unit_id, _, short_name in INSPECTED:
        for suffix, title, role in STAFF:
            yield _user(f"u{unit_id}{suffix}", f"{short_name}{title}", title, short_name, role), unit_id


def _user(login: str, person: str, post: str, unit: str, role: Role) -> DemoUser:
    mark = hashlib.sha256(f"demonstration {login}".encode()).hexdigest()
    return DemoUser(login, f"Demo-{mark[:6]}-{len(login)}", f"demo-{mark[:32]}", person, post, unit, str(role))


def _write_units(conn: Connection) -> None:
    rows = [_unit(CITY, "中共临江市委员会", "市委", "committee") | {"parent_id": None, "path": f"/{CITY}/"}]
    rows += [_unit(unit_id, name, short, kind) for unit_id, name, short, kind in INSPECTING]
    rows += [_unit(unit_id, name, short, "inspected") for unit_id, name, short in INSPECTED]
    conn.execute(insert(units), [row | {"valid_from": SINCE} for row in rows])


def _unit(unit_id: int, name: str, short: str, kind: str) -> dict[str, object]:
    return {
        "id": unit_id,
        "parent_id": CITY,
        "path": f"/{CITY}/{unit_id}/",
        "name": name,
        "short_name": short,
        "kind": kind,
    }


def _write_person(
    conn: Connection, place: int, user: DemoUser, unit_id: int, passwords: Passwords, office: Office
) -> None:
    own = user.role in {role for _, _, role in STAFF} or user.role.endswith("_admin")
    post = {
        "id": place,
        "unit_id": unit_id,
        "title": user.post,
        "role": user.role,
        "scope_unit_id": unit_id if own or user.role == Role.SUPERIOR_LEADER else CITY,
        "clearance": int(Clearance.SECRET if user.role == Role.LEADING_GROUP else Clearance.INTERNAL),
        "valid_from": SINCE,
    }
    person = {
        "id": place,
        "staff_number": f"D{place:04d}",
        "name": user.person,
        "email": f"{user.login}@linjiang.example",
        "language": "zh",
    }
    account = {
        "id": place,
        "person_id": place,
        "login": user.login,
        "password_hash": passwords.hash(user.password),
        "must_change": False,
        "failures": 0,
        "created_at": office.now(),
    }
    token = {
        "token_hash": hashlib.sha256(user.token.encode()).hexdigest(),
        "account_id": place,
        "name": "demonstration",
        "created_at": office.now(),
    }
    conn.execute(insert(posts), post)
    conn.execute(insert(people), person)
    held = {"id": place, "post_id": place, "person_id": place, "deputy": False, "valid_from": SINCE}
    conn.execute(insert(tenures), held)
    conn.execute(insert(accounts), account)
    conn.execute(insert(api_tokens), token)


def _give_second_posts(conn: Connection) -> None:
    """Who leads others holds a post for it; numbered behind all the others."""
    logins = [user.login for user in demo_users()]
    for place, (login, unit_id, title, role) in enumerate(SECOND_POSTS, len(logins) + 1):
        clearance = int(Clearance.INTERNAL)
        post = {"id": place, "unit_id": unit_id, "title": title, "role": str(role), "scope_unit_id": CITY}
        conn.execute(insert(posts), post | {"clearance": clearance, "valid_from": SINCE})
        held = {"id": place, "post_id": place, "person_id": logins.index(login) + 1, "deputy": False}
        conn.execute(insert(tenures), held | {"valid_from": SINCE})


def _name_superiors(conn: Connection) -> None:
    """Half of the units answer to each of the two superior leaders."""
    logins = [login for login, *_ in OFFICERS]
    superiors = [logins.index("superior1") + 1, logins.index("superior2") + 1]
    for place, (unit_id, *_) in enumerate(INSPECTED):
        conn.execute(update(units).where(units.c.id == unit_id).values(superior_post_id=superiors[place % 2]))
