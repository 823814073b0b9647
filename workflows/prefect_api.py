"""Questions to a Prefect server over HTTP: what it has of this house.

Prefect itself is not imported, which would take seconds. Only what bears the tag of the house is read or changed: two
houses may share one server.
"""

import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ANSWERS_WITHIN = 4.0  # seconds
MOST_RUNS = 200  # Prefect's own limit


class PrefectSilent(Exception):
    """Nobody answered, or something that is no Prefect did; the message says what."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One patrol as Prefect knows it; *polled*: when somebody last asked for its runs."""

    patrol: str
    pool: str | None
    paused: bool
    polled: datetime | None


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One run of a patrol; *due* is the slot that Prefect scheduled it for."""

    id: str
    patrol: str
    due: datetime
    state: str  # SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CANCELLED, CRASHED, …
    since: datetime  # the state
    began: datetime | None
    by_itself: bool  # scheduled by Prefect, asked for by nobody


def tag_of(house: str) -> str:
    """Return the tag that a house leaves on everything of its own in Prefect."""
    return f"xiaohao:{house}"


def deployment_name(patrol: str, house: str) -> str:
    """Return the name of a patrol's deployment; names of two houses never meet."""
    return f"{patrol}-{house}"


def queue_of(house: str) -> str:
    """Return the work queue of a house, in whichever pool."""
    return f"house-{house}"


class PrefectApi:
    """The part of a Prefect server that belongs to *house*. Each question raises PrefectSilent."""

    def __init__(self, url: str, house: str, environment: Mapping[str, str] = os.environ) -> None:
        self._url, self._house = url.rstrip("/"), house
        self._headers = {"Content-Type": "application/json", **_signed(environment)}

    def deployments(self) -> tuple[Deployed, ...]:
        """Return the patrols that the house registered."""
        found = self._ask("/deployments/filter", {"deployments": self._ours(), "limit": MOST_RUNS})
        end = f"-{self._house}"
        return tuple(
            Deployed(
                str(one["name"]).removesuffix(end),
                one.get("work_pool_name"),
                bool(one.get("paused")) or not any(s.get("active") for s in one.get("schedules") or ()),
                _moment(one.get("last_polled")),
            )
            for one in found
        )

    def coming(self, now: datetime) -> tuple[FlowRun, ...]:
        """Return the runs that are scheduled for later, the next one first."""
        wanted = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"after_": now.isoformat()}}
        return self._runs(wanted, "EXPECTED_START_TIME_ASC")

    def past(self, now: datetime) -> tuple[FlowRun, ...]:
        """Return the runs whose time has come, the last one first."""
        return self._runs({"expected_start_time": {"before_": now.isoformat()}}, "EXPECTED_START_TIME_DESC")

    def unfinished(self, now: datetime) -> tuple[FlowRun, ...]:
        """Return the runs whose time has come and that have not ended, the oldest first."""
        wanted = {
            "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"]}},
            "expected_start_time": {"before_": now.isoformat()},
        }
        return self._runs(wanted, "EXPECTED_START_TIME_ASC")

    def close(self, run: FlowRun, state: str, message: str) -> None:
        """End a run that will not end by itself; Prefect refuses where it has ended meanwhile."""
        told = {"state": {"type": state, "message": message}, "force": False}
        self._ask(f"/flow_runs/{run.id}/set_state", told)

    def _runs(self, wanted: Mapping[str, Any], order: str) -> tuple[FlowRun, ...]:
        asked = {"flow_runs": wanted, "deployments": self._ours(), "sort": order, "limit": MOST_RUNS}
        return tuple(filter(None, map(_run, self._ask("/flow_runs/filter", asked))))

    def _ours(self) -> Mapping[str, Any]:
        return {"tags": {"all_": [tag_of(self._house)]}}

    def _ask(self, path: str, asked: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(self._url + path, json.dumps(asked).encode(), self._headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN) as answer:  # noqa: S310  # the house's setting
                return json.load(answer)
        except urllib.error.HTTPError as why:
            raise PrefectSilent(f"HTTP {why.code}") from why
        except (OSError, ValueError) as why:
            raise PrefectSilent(str(getattr(why, "reason", why))) from why


def _run(found: Mapping[str, Any]) -> FlowRun | None:
    due = _moment(found.get("expected_start_time"))
    state = found.get("state") or {}
    if due is None:
        return None
    return FlowRun(
        id=str(found["id"]),
        patrol=str((found.get("parameters") or {}).get("name", "")),
        due=due,
        state=str(found.get("state_type") or ""),
        since=_moment(state.get("timestamp")) or due,
        began=_moment(found.get("start_time")),
        by_itself=bool(found.get("auto_scheduled")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _signed(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header of a server that asks who we are, by Prefect's own variables."""
    if key := environment.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if both := environment.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": "Basic " + base64.b64encode(both.encode()).decode()}
    return {}
