"""An empty workbook for a register: its headings say which columns are read."""

from collections.abc import Sequence

from documents.papers.text_sheets import TextBook


def empty_book(title: str, note: str, headings: Sequence[str]) -> bytes:
    """Return a workbook with a title, a note and *headings*, and nothing below them."""
    book = TextBook()
    sheet = book.sheet(title[:31], [max(12, 2 * len(heading) + 4) for heading in headings], frozen=3, fixed_columns=1)
    sheet.title(title)
    sheet.note(note)
    sheet.headings(headings)
    return book.bytes()
