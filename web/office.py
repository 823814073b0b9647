"""The pages of the office itself: import, letters, and what the administrators look after."""

from web import audit, importing, incidents, mailbox, patrols, releases, roster, working_days

ROUTERS = (
    importing.router,
    mailbox.router,
    mailbox.everybodys,
    roster.router,
    incidents.router,
    patrols.router,
    releases.router,
    working_days.router,
    working_days.numbers,
    audit.router,
)
