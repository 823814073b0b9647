"""Patrols (巡检): what the house looks after by itself. Plain functions; who wakes them does not matter."""

from collections.abc import Mapping

from tasks.patrols.audit import audit
from tasks.patrols.campaigns import campaigns
from tasks.patrols.deadlines import deadlines
from tasks.patrols.letters import letters
from tasks.patrols.round import Patrol
from tasks.patrols.signals import signals

PATROLS: Mapping[str, Patrol] = {patrol.__name__: patrol for patrol in (deadlines, signals, campaigns, letters, audit)}
