from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import cases
import documents
import persistence
import tasks
import web
from cases.refusals import CaseError
from config.messages import knows


def every_refusal(of: type[CaseError] = CaseError) -> Iterator[type[CaseError]]:
    for refusal in of.__subclasses__():
        yield refusal
        yield from every_refusal(refusal)


def test_every_refusal_has_its_sentence() -> None:
    for room in (cases, documents, persistence, tasks, web):
        for module in walk_packages(room.__path__, f"{room.__name__}."):
            if ".migrations." not in module.name:
                import_module(module.name)

    silent = {refusal.__name__ for refusal in every_refusal() if not knows(f"refusal.{refusal.code}")}

    assert silent == set()
