"""Started with the URL of a database; for each line on stdin it plays one case, answers the mean seconds of a task."""

import json
import sys
import time
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.db import transaction


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for *url*: commits as durable as ours, SQLite's write lock taken at once as ours."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        options = {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 20}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path[1:], "OPTIONS": options}
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
    }


def play(person: Any) -> float:
    """Play one case; return the mean seconds from reading a task to the commit of its completion."""
    from viewflow.workflow import STATUS
    from viewflow.workflow.models import Process, Task
    from viewflow_app.flows import TASKS, Case

    Case.start.run()
    waiting = Task.objects.filter(process=Process.objects.latest("pk"), status=STATUS.NEW).values_list("pk", flat=True)
    taken: list[float] = []
    while (key := waiting.all().first()) is not None:
        began = time.perf_counter()
        with transaction.atomic(), Task.objects.get(pk=key).activation() as activation:
            activation.assign(person)
            activation.start(None)
            activation.execute()
        taken.append(time.perf_counter() - began)
    assert len(taken) == TASKS, taken
    return sum(taken) / len(taken)


def main() -> None:
    """Lay the tables, then play one case for each line."""
    settings.configure(
        DATABASES={"default": database(sys.argv[1])},
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow", "viewflow_app",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SECRET_KEY="only for a benchmark",
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("officer")
    play(person)
    print(json.dumps(version("django-viewflow")), flush=True)
    for _ in sys.stdin:
        print(json.dumps(play(person)), flush=True)


main()
