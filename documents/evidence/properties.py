"""Properties that a file carries of itself -> facts: when it was made, and where a photo was taken."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from cases.evidence_facts import Fact, FactKind
from cases.moments import SHANGHAI

_PLAIN = {
    "photo_gps": FactKind.PHOTO_GPS,
    "phash": FactKind.PHASH,
    "modified_by": FactKind.MODIFIED_BY,
    "tracked": FactKind.TRACKED_CHANGES,
}
_MOMENTS = {"created": FactKind.FILE_CREATED, "modified": FactKind.FILE_MODIFIED}
_PDF = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")


def facts_of_properties(properties: Iterable[tuple[str, str, str]]) -> tuple[Fact, ...]:
    """Return the facts in (name, value, place) properties; one that cannot be is left out."""
    return tuple(
        Fact(*known, written=value, place=place)
        for name, value, place in properties
        if (known := _understood(name, value)) is not None
    )


def _understood(name: str, value: str) -> tuple[FactKind, str] | None:
    if name in _PLAIN:
        return _PLAIN[name], value
    try:
        if name in _MOMENTS:
            return _MOMENTS[name], _moment(value)
        return FactKind.PHOTO_TIME, _camera_time(value)
    except ValueError:
        return None


def _moment(value: str) -> str:
    """Return an ISO moment in UTC; a PDF that names no zone was made here (ISO 32000-1, 7.9.4)."""
    if match := _PDF.match(value):
        year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
        zone: tzinfo = SHANGHAI
        if match[7]:
            zone = UTC
        elif match[8]:
            away = timedelta(hours=int(match[9]), minutes=int(match[10] or 0))
            zone = timezone(-away if match[8] == "-" else away)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    else:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year < 1990:  # 1601, 1970, 1980: programs that did not know
        raise ValueError(value)
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _camera_time(value: str) -> str:
    return datetime.strptime(value[:19], "%Y:%m:%d %H:%M:%S").isoformat()
