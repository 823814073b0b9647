"""A release as it is kept: whoever loads one gets what its id says, or a refusal."""

import logging
from datetime import datetime

from sqlalchemy import Connection, select

from bpmn.release import Release
from cases.refusals import CaseError
from persistence.tables import release_files, releases

log = logging.getLogger(__name__)
PARAMETERS = "decisions/signal_parameters.dmn"


class ReleaseChanged(CaseError):
    """What is stored under a release's id has another content; facts: release.

    Nothing is played on it until an administrator has put the content back.
    """

    code = "release_changed"


def release_kept(conn: Connection, release_id: str) -> Release:
    """Return a stored release. Raises ReleaseChanged where its content is not the one that its id is the hash of."""
    files = select(release_files.c.path, release_files.c.content).where(release_files.c.release_id == release_id)
    try:
        release = Release(dict(conn.execute(files).tuples().all()))
    except ValueError as why:  # a name that no release has
        raise ReleaseChanged(release=release_id[:12]) from why
    if release.id != release_id:
        raise ReleaseChanged(release=release_id[:12])
    return release


def new_parameters(conn: Connection, since: datetime) -> bool:
    """Whether other parameters of the signals came into force since.

    Also where a release is not what its id says: of what somebody wrote there nothing is believed, not even sameness.
    """
    published = select(releases.c.id).where(releases.c.published_at.is_not(None))
    newest_first = published.order_by(releases.c.published_at.desc(), releases.c.id).limit(1)
    newest = conn.scalar(newest_first.where(releases.c.published_at >= since))
    if newest is None:
        return False
    before = conn.scalar(newest_first.where(releases.c.published_at < since))
    if before is None:
        return True
    try:
        return release_kept(conn, newest).files.get(PARAMETERS) != release_kept(conn, before).files.get(PARAMETERS)
    except ReleaseChanged as why:
        log.error("release %s is not what its id says: every finding is looked at", why.facts["release"])
        return True
