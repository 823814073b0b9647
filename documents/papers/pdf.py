"""PDF of a Word or Excel paper, made by LibreOffice where it is installed."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from cases.refusals import CaseError

FONTS = Path(__file__).parent / "fonts.conf"
SECONDS = 90  # for the first start on a slow machine
TRIES = 2
_log = logging.getLogger(__name__)
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
    """Return *content*, a file of *form* (docx, xlsx), as PDF. Raises OfficeMissing, PdfNotMade.

    LibreOffice now and then ends at its first start without a word and without a file; it is asked once more.
    """
    program = soffice()
    if program is None:
        raise OfficeMissing()
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paper, made = place / f"paper.{form}", place / "paper.pdf"
        paper.write_bytes(content)
        for attempt in range(1, TRIES + 1):
            profile = place / f"profile-{attempt}"  # of its own: a running LibreOffice stays untouched
            command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
            ended = _run([*command, "--convert-to", "pdf", "--outdir", folder, str(paper)])
            if made.exists():
                return made.read_bytes()
            _log.warning("LibreOffice made no PDF (try %s of %s): %s", attempt, TRIES, ended)
        raise PdfNotMade()


def _run(command: list[str]) -> str:
    """Run LibreOffice to its end, or end it with all it started; return how it ended. Raises PdfNotMade when late."""
    environment = {**os.environ, "FONTCONFIG_FILE": str(FONTS)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, start_new_session=True
    ) as office:
        try:
            said, _ = office.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as late:
            with suppress(ProcessLookupError):
                os.killpg(office.pid, signal.SIGKILL)  # the program is a script, what works is its grandchild
            raise PdfNotMade() from late
    return f"exit {office.returncode}, {said.decode(errors='replace').strip()[-300:]!r}"
