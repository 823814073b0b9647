"""The frozen snapshots that the signals read, filled in from the tables as of a moment."""

from persistence.snapshots.finding import snapshot_of
from persistence.snapshots.issue_list import list_snapshot_of
from persistence.snapshots.reference import Reference, reference_of

__all__ = ["Reference", "list_snapshot_of", "reference_of", "snapshot_of"]
