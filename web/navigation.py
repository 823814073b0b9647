"""The places in the header: each person is offered those that his posts open."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from web.signed_in import Person


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the header; *key* stands under ``place.*`` of the catalogues; any of *permissions* opens it.

    Places of one *group* stand in one sheet, named ``places.<group>``.
    """

    path: str
    key: str
    icon: str
    permissions: tuple[str, ...]
    group: str = ""
    here: bool = False


PLACES: Final = (
    Place("/", "home", "inbox", ("view",)),
    Place("/findings", "findings", "list-check", ("view",)),
    Place("/lists", "lists", "file-text", ("view",)),
    Place("/suspicions", "signals", "search", ("decide_signal",)),
    Place("/dashboard", "dashboard", "chart-bar", ("view",)),
    Place("/registers", "registers", "list-check", ("enter_register",)),
    Place("/import", "imports", "upload", ("import_list",)),
    Place("/meetings", "meetings", "users", ("call_meeting",), "deciding"),
    Place("/samples", "samples", "binoculars", ("record_sampled",), "deciding"),
    Place("/corrections", "corrections", "pencil", ("view",), "deciding"),
    Place("/figures", "figures", "chart-bar", ("view",), "figures"),
    Place("/rules", "rules", "filter", ("read_rules",), "watching"),
    Place(
        "/reviewing",
        "reviewing",
        "eye",
        ("watch_reviewers", "review_rectification", "sign_rectification", "verify_rectification", "sign_off"),
        "watching",
    ),
    Place("/units", "units", "sitemap", ("edit_people",), "running"),
    Place("/deputies", "deputies", "history", ("edit_people",), "running"),
    Place("/releases", "releases", "binoculars", ("publish_release",), "running"),
    Place("/templates", "templates", "file-text", ("edit_templates",), "running"),
    Place("/calendar", "calendar", "calendar", ("edit_settings", "map_posts"), "running"),
    Place("/settings", "settings", "settings", ("edit_settings",), "running"),
    Place("/patrols", "patrols", "refresh", ("run_patrol",), "running"),
    Place("/incidents", "incidents", "bug", ("repair_case",), "running"),
    Place("/audit", "audit", "shield-check", ("read_ledger",), "running"),
    Place("/mailbox", "letters", "mail", ("view", "edit_people", "edit_settings", "read_ledger")),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Places that open together under one name."""

    key: str
    places: tuple[Place, ...]

    @property
    def here(self) -> bool:
        """Whether the page stands in it."""
        return any(place.here for place in self.places)


def places_of(person: "Person", path: str) -> tuple[Place | Sheet, ...]:
    """Return the places that *person* may go to, the present one marked; a group of one needs no sheet."""
    open_ones = [
        replace(place, here=_is_here(place.path, path))
        for place in PLACES
        if any(person.may(permission) for permission in place.permissions)
    ]
    shown: list[Place | Sheet] = []
    for place in open_ones:
        together = tuple(other for other in open_ones if place.group and other.group == place.group)
        if len(together) < 2:
            shown.append(place)
        elif place == together[0]:
            shown.append(Sheet(place.group, together))
    return tuple(shown)


def _is_here(place: str, path: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))
