"""The pages of the office itself: import, letters, and what the administrators look after."""

from web import (
    audit,
    importing,
    incidents,
    mailbox,
    meetings,
    paper_decisions,
    paper_templates,
    patrols,
    registers,
    releases,
    responsibility,
    roster,
    sampling,
    working_days,
)

ROUTERS = (
    importing.router,
    responsibility.router,
    mailbox.router,
    mailbox.everybodys,
    roster.router,
    incidents.router,
    patrols.router,
    registers.router,
    releases.router,
    paper_templates.router,
    working_days.router,
    working_days.numbers,
    audit.router,
    meetings.router,
    paper_decisions.router,
    paper_decisions.recording,
    paper_decisions.receiving,
    sampling.router,
)
