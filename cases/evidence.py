"""What a document can prove: that something was done about a problem, or that it is gone."""

from enum import StrEnum


class EvidenceKind(StrEnum):
    """The taxonomy of DOMAIN.md 3.3: the first ten show a process, the others a result."""

    MEETING_MINUTES = "MEETING_MINUTES"
    NOTICE = "NOTICE"
    PLAN = "PLAN"
    STUDY_RECORD = "STUDY_RECORD"
    SPEECH = "SPEECH"
    PLEDGE = "PLEDGE"
    TALK_RECORD = "TALK_RECORD"
    REGULATION = "REGULATION"
    REPORT = "REPORT"
    OTHER = "OTHER"
    FUND_RECEIPT = "FUND_RECEIPT"
    PAYROLL_ADJUST = "PAYROLL_ADJUST"
    SANCTION = "SANCTION"
    ONSITE_RECORD = "ONSITE_RECORD"
    PHOTO_PAIR = "PHOTO_PAIR"
    ACCEPTANCE = "ACCEPTANCE"
    CONTRACT_CHANGE = "CONTRACT_CHANGE"
    ASSET_CHANGE = "ASSET_CHANGE"
    SYSTEM_DATA = "SYSTEM_DATA"
    EXECUTION_CHECK = "EXECUTION_CHECK"
    CALLBACK = "CALLBACK"
    SURVEY = "SURVEY"


PROCESS = frozenset(list(EvidenceKind)[:10])
RESULT = frozenset(EvidenceKind) - PROCESS


class Purpose(StrEnum):
    """What the document is attached for: the state before, an action taken, or the result."""

    BASELINE = "BASELINE"
    ACTION = "ACTION"
    RESULT = "RESULT"
