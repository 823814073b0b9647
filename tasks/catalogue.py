"""Every act of the product: the modules of this room that register one, found by looking into the folder."""

from importlib import import_module
from pkgutil import iter_modules

import tasks
from tasks.acts import ACTS, Act


def every_act() -> dict[str, Act]:
    """Return the acts by name, all modules of this room imported."""
    for module in iter_modules(tasks.__path__):
        import_module(f"tasks.{module.name}")
    return ACTS
