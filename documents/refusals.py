"""Why a file is not read: one class, one sentence each; nothing of a refused file is kept."""

from cases.refusals import CaseError


class FileTooLarge(CaseError):
    """More bytes than an upload may have; facts: limit (MB)."""

    code = "ledger_too_large"


class TooManyRows(CaseError):
    """More rows than one import may have; facts: limit."""

    code = "too_many_rows"


class UnpacksTooLarge(CaseError):
    """A packed file that unpacks beyond all measure, or names a cell far outside of any ledger."""

    code = "unpacks_too_large"


class FileDisguised(CaseError):
    """The content is of another kind than the name says; facts: name, really."""

    code = "file_disguised"


class FileDamaged(CaseError):
    """Truncated or damaged: the reader gives up."""

    code = "file_damaged"


class FileEncrypted(CaseError):
    """Protected by a password; it is not asked for."""

    code = "file_encrypted"


class FileKindUnknown(CaseError):
    """A kind of file that is not read here; facts: name."""

    code = "file_kind_unknown"


class OldDocument(CaseError):
    """A .doc or .wps on a machine without LibreOffice; facts: name."""

    code = "old_document"


class TextUnreadable(CaseError):
    """A text file in none of the encodings that are understood."""

    code = "text_unreadable"


class SheetUnknown(CaseError):
    """The named sheet is not in the workbook; facts: sheet, sheets."""

    code = "sheet_unknown"


class SheetHidden(CaseError):
    """The named sheet is hidden; hidden sheets are not read; facts: sheet."""

    code = "sheet_hidden"


class NoLedgerFound(CaseError):
    """No row of headings was recognised on any visible sheet."""

    code = "no_ledger_found"


class NoFindingFound(CaseError):
    """A document without a heading that names a problem, and without a number about them."""

    code = "no_finding_found"


class HeadingUnknown(CaseError):
    """A mapping names a field that a ledger does not have; facts: heading, field."""

    code = "heading_unknown"


class ReadersBusy(CaseError):
    """So many files are being read that this one has to come again later."""

    code = "readers_busy"


class ReadingTookTooLong(CaseError):
    """The limited reader ran out of its time or memory."""

    code = "reading_took_too_long"
