"""Numbers that a place decides: defaults of the first day; a setting with a date overrides each (``settings``)."""

from collections.abc import Mapping

NUMBERS: Mapping[str, int] = {
    "plan.working_days": 10,  # plan due after the feedback (浙江 2016: 10 working days)
    "report.months": 6,  # concentrated rectification (since 2024: 6 months)
    "extensions.most": 2,  # in one cycle
    "extensions.decide_working_days": 5,
    "suspicion.working_days": 5,  # 疑点核查, DOMAIN.md 3.4
    "look_back.least_inspectors": 2,
    "comment.least_characters": 10,
    "near.working_days": 5,  # a due date is shown as near
    "session.idle_minutes": 30,
    "session.hours": 12,
    "lockout.failures": 5,
    "lockout.minutes": 15,
    "password.least_characters": 10,
    "password.history": 5,
    "upload.megabytes": 50,
    "reading.pages": 2_000,  # what reading one file of evidence may cost
    "reading.seconds": 60,
    "reading.unpacked_megabytes": 300,
    "reading.memory_megabytes": 1_024,
    "reading.megapixels": 80,
    "reading.tries": 3,
    "letters.attempts": 8,
    "ladder.heap_least": 3,  # overdue findings of a unit before their share counts as concentrated
    "meeting.quorum_percent": 50,  # more than this share of the members is present
    "meeting.majority_percent": 50,  # more than this share of the members, without the recused, agrees
    "sampling.percent": 10,  # of the signed-off findings of a year
    "sampling.risk_percent": 5,  # beside them, the most suspect
    "sampling.confidence_percent": 95,
    "sampling.excluded_permille": 50,  # the share of false closures that a sample is to exclude
    "campaign.after_months": 6,  # 回头看 of a unit, 6 to 12 months after its sign-offs
    "campaign.again_months": 12,
    "campaign.percent": 20,
    "urge.hours": 24,  # one urging letter per task in this time
}

CRITERIA = ("measures", "money", "people", "similar", "rule")
"""Closure criteria that a finding begins with, in their order; texts: ``criterion.*``. Source: 安徽 2019, 销号办法."""
