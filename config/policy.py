"""Numbers that a place decides: defaults of the first day; a setting with a date overrides each (``settings``)."""

from collections.abc import Mapping

NUMBERS: Mapping[str, int] = {
    "plan.working_days": 10,  # plan due after the feedback (浙江 2016: 10 working days)
    "report.months": 6,  # concentrated rectification (since 2024: 6 months)
    "extensions.most": 2,  # in one cycle
    "extensions.decide_working_days": 5,
    "suspicion.working_days": 5,  # 疑点核查, DOMAIN.md 3.4
    "hearing.statement_working_days": 5,  # 情况说明; nobody examines before
    "hearing.answer_working_days": 5,  # 申辩 after the facts were put
    "hearing.reconsideration_working_days": 10,  # within which the unit may ask for a review (复核)
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
    "letters.titles": 0,  # 1: titles of findings stand in mail, which anybody on its way can read
    "letters.lease_seconds": 300,  # a worker that has not settled a letter by then has lost it to another
    "letters.lines": 8,  # connections to the mail server at once; a killed worker repeats at most as many letters
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
    "calendar.remind_from_month": 11,  # the State Council publishes next year's notice about then
    "messages.attempts": 8,  # of a message between cases, over growing pauses, before it waits for a hand
    "failures.first_pause_seconds": 60,  # before what failed is tried again
    "failures.pause_grows": 4,  # times as long after each further failure
    "failures.longest_pause_hours": 12,
    "timetable.grace_seconds": 60,  # a slot waits so long for a Prefect that is believed to keep the timetable
    "timetable.silent_seconds": 45,  # nobody has asked Prefect for its runs: nobody would run them
    "timetable.left_seconds": 300,  # a flow run that has not begun by then never will, and is closed
    "connections.most": 400,  # at once; whoever has no request makes room for a newcomer
    "connections.most_of_one": 200,  # of one network address; a proxy is one address
    "connections.head_seconds": 15,  # until the head of a request is whole
    "connections.body_seconds": 30,  # for any body, and the time that it takes at the rate below
    "connections.body_kilobytes_per_second": 8,
    "connections.answer_seconds": 30,  # in which a reader takes something of his answer
    "urge.hours": 24,  # one urging letter per task in this time
}

CRITERIA = ("measures", "money", "people", "similar", "rule")
"""Closure criteria that a finding begins with, in their order; texts: ``criterion.*``. Source: 安徽 2019, 销号办法."""
