"""PDF of a Word or Excel paper, made by LibreOffice where it is installed."""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from cases.refusals import CaseError

FONTS = Path(__file__).parent / "fonts.conf"
SECONDS = 90  # for the first start on a slow machine
_ONE_AT_A_TIME = threading.Lock()  # each takes a processor and some 200 MB


class OfficeMissing(CaseError):
    """LibreOffice is not installed on this machine."""

    code = "office_missing"


class PdfNotMade(CaseError):
    """LibreOffice ran, and gave nothing back in time."""

    code = "pdf_not_made"


def soffice() -> str | None:
    """Return the path of LibreOffice, None where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def as_pdf(content: bytes, form: str) -> bytes:
    """Return *content*, a file of *form* (docx, xlsx), as PDF. Raises OfficeMissing, PdfNotMade."""
    program = soffice()
    if program is None:
        raise OfficeMissing()
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / f"paper.{form}").write_bytes(content)
        profile = (place / "profile").as_uri()  # of its own: a running LibreOffice of somebody else stays untouched
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to", "pdf"]
        try:
            subprocess.run(
                [*command, "--outdir", folder, str(place / f"paper.{form}")],
                capture_output=True, timeout=SECONDS, check=False, env={**os.environ, "FONTCONFIG_FILE": str(FONTS)},
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            raise PdfNotMade() from late
        made = place / "paper.pdf"
        if not made.exists():
            raise PdfNotMade()
        return made.read_bytes()
