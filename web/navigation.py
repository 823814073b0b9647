"""The places in the header: each person is offered those that his posts open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from web.signed_in import Person


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the header; *key* stands under ``place.*`` of the catalogues; any of *permissions* opens it."""

    path: str
    key: str
    icon: str
    permissions: tuple[str, ...]
    here: bool = False


PLACES = (
    Place("/", "home", "inbox", ("view",)),
    Place("/findings", "findings", "list-check", ("view",)),
    Place("/lists", "lists", "file-text", ("view",)),
    Place("/dashboard", "dashboard", "chart-bar", ("view",)),
    Place("/meetings", "meetings", "users", ("call_meeting",)),
    Place("/figures", "figures", "chart-bar", ("view",)),
    Place("/corrections", "corrections", "pencil", ("view",)),
    Place("/import", "imports", "upload", ("import_list",)),
    Place("/units", "units", "sitemap", ("edit_people",)),
    Place("/deputies", "deputies", "history", ("edit_people",)),
    Place("/releases", "releases", "binoculars", ("publish_release",)),
    Place("/incidents", "incidents", "bug", ("repair_case",)),
    Place("/patrols", "patrols", "refresh", ("run_patrol",)),
    Place("/calendar", "calendar", "calendar", ("edit_settings", "map_posts")),
    Place("/templates", "templates", "file-text", ("edit_settings",)),
    Place("/settings", "settings", "settings", ("edit_settings",)),
    Place("/audit", "audit", "shield-check", ("read_ledger",)),
    Place("/mailbox", "letters", "mail", ("view", "edit_people", "edit_settings", "read_ledger")),
)


def places_of(person: "Person", path: str) -> tuple[Place, ...]:
    """Return the places that *person* may go to, the present one marked."""
    return tuple(
        Place(place.path, place.key, place.icon, place.permissions, here=_is_here(place.path, path))
        for place in PLACES
        if any(person.may(permission) for permission in place.permissions)
    )


def _is_here(place: str, path: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))
