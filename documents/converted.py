"""Files of older programs (.doc, .wps) -> Word documents, by LibreOffice where it is installed.

It runs on a profile of its own with macros and fetching switched off, without the addresses and passwords of ours, and
with limits on processor, memory and what it may write; a file that it cannot read in time is refused.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from documents.limited import LIMITS, Limits
from documents.papers.pdf import soffice
from documents.refusals import FileDamaged, OldDocument, ReadingTookTooLong

_MEMORY = 4 << 30  # address space; LibreOffice maps far more than it uses
_WRITTEN = 64 << 20  # bytes of one file
_ONE_AT_A_TIME = threading.Lock()  # each takes a processor and some 200 MB
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
</item>
</oor:items>
"""


def as_docx(name: str, content: bytes, limits: Limits = LIMITS) -> bytes:
    """Return the old document *content* as a Word document. Raises OldDocument where there is no LibreOffice."""
    program = soffice()
    if program is None:
        raise OldDocument(name=name)
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "profile" / "user").mkdir(parents=True)
        (place / "profile" / "user" / "registrymodifications.xcu").write_text(_SETTINGS, "utf-8")
        (place / "old.doc").write_bytes(content)
        command = [program, f"-env:UserInstallation={(place / 'profile').as_uri()}", "--headless", "--norestore"]
        _run([*command, "--convert-to", "docx", "--outdir", folder, str(place / "old.doc")], folder, limits)
        made = place / "old.docx"
        if not made.exists():
            raise FileDamaged(name=name)
        return made.read_bytes()


def _run(command: list[str], folder: str, limits: Limits) -> None:
    """Run *command* in *folder* with its limits set by the shell that it replaces; nothing of it is left behind."""
    narrow = (
        f'ulimit -c 0; ulimit -t {limits.cpu_seconds}; ulimit -v {_MEMORY >> 10}; ulimit -f {_WRITTEN >> 9}; exec "$@"'
    )
    running = subprocess.Popen(
        ["/bin/sh", "-c", narrow, "sh", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    try:
        running.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        raise ReadingTookTooLong from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)  # LibreOffice starts children of its own
        running.wait()


def _environment(folder: str) -> dict[str, str]:
    nowhere = "http://127.0.0.1:9"  # a linked picture is not fetched
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder} | dict.fromkeys(
        ("http_proxy", "https_proxy", "ftp_proxy"), nowhere
    )
