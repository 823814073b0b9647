"""Roles as rows: those that the rules name are there from the start, an office enters the ones that it has besides."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SHIPPED = (
    ("handler", "经办人", "Handler", "unit"),
    ("responsible_leader", "责任领导", "Responsible leader", "unit"),
    ("leadership_team", "班子成员", "Leadership team", "unit"),
    ("leading_department", "牵头单位", "Leading department", "unit"),
    ("chief", "主要负责人", "First responsible person", "unit"),
    ("superior_leader", "上级分管领导", "Superior leader", "superior"),
    ("inspection_team", "巡察组", "Inspection team", "inspecting"),
    ("inspection_office", "巡察办", "Inspection office", "inspecting"),
    ("inspection_office_head", "巡察办主任", "Head of the inspection office", "inspecting"),
    ("discipline_commission", "纪委监委", "Discipline commission", "inspecting"),
    ("resident_discipline_team", "派驻纪检监察组", "Resident discipline team", "inspecting"),
    ("organisation_department", "组织部", "Organisation department", "inspecting"),
    ("verifier", "核查组", "Verifiers", "inspecting"),
    ("verification_leader", "核查组长", "Leader of the verifiers", "inspecting"),
    ("look_back_team", "回头看小组", "Look-back team", "inspecting"),
    ("leading_group", "领导小组", "Leading group", "inspecting"),
    ("system_admin", "系统管理员", "System administrator", "administration"),
    ("security_admin", "安全管理员", "Security administrator", "administration"),
    ("audit_admin", "审计管理员", "Audit administrator", "administration"),
)


def upgrade() -> None:
    roles = op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("code", name=op.f("uq_roles_code")),
    )
    columns = ("code", "name_zh", "name_en", "side")
    rows = [{"id": place, **dict(zip(columns, row, strict=True))} for place, row in enumerate(SHIPPED, 1)]
    op.bulk_insert(roles, rows)


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
