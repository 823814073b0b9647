"""Every kind of fault by its name."""

from collections.abc import Mapping

from tests.faults import (
    clock_set_back,
    database_goes_away,
    disk_is_full,
    killed_at_a_write,
    killed_while_people_act,
    killed_while_sending,
    mail_server_misbehaves,
    prefect_is_killed,
    several_at_once,
)
from tests.faults.rounds import Kind

MODULES = (
    killed_at_a_write,
    killed_while_people_act,
    mail_server_misbehaves,
    killed_while_sending,
    database_goes_away,
    disk_is_full,
    clock_set_back,
    several_at_once,
    prefect_is_killed,
)
KINDS: Mapping[str, Kind] = {module.KIND.name: module.KIND for module in MODULES}
