"""An archive that was cut, changed or lengthened is refused in a sentence, sealed or plain, and leaves nothing."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from cases.refusals import CaseError
from tests.journeys.test_an_old_house import archive_of
from xiaohao.archive import ArchiveDamaged, restore
from xiaohao.passphrase import (
    MAGIC,
    PART,
    Opening,
    PassphraseMissing,
    PassphraseTooShort,
    PassphraseWrong,
    SealedCut,
    Sealing,
)

PASSPHRASE = "eleven quiet herons at dawn"
REVISION = "fe3e884"
SEALED_DAMAGES = ("cut in the middle", "cut by one byte", "one bit in the middle", "something behind it")


def sealed(plain: bytes) -> bytes:
    """Return *plain* under the passphrase."""
    target = io.BytesIO()
    with Sealing(target, PASSPHRASE) as sealing:
        sealing.write(plain)
    return target.getvalue()


def opened(whole: bytes, passphrase: str = PASSPHRASE) -> bytes:
    """Return what is in a sealed stream."""
    source = io.BytesIO(whole)
    assert source.read(len(MAGIC)) == MAGIC
    return io.BufferedReader(Opening(source, passphrase)).read()


def parts_of(whole: bytes) -> tuple[bytes, list[bytes]]:
    """Return the head of a sealed stream and its parts."""
    place = whole.index(b"\n", len(MAGIC)) + 1
    head, parts = whole[:place], []
    while place < len(whole):
        (size,) = struct.unpack(">I", whole[place : place + 4])
        parts.append(whole[place : place + 4 + size])
        place += 4 + size
    return head, parts


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return archive_of(REVISION, tmp_path_factory.mktemp("whole") / "house.xh").read_bytes()


def garbled(whole: bytes) -> bytes:
    """Return *whole* with a block of a kind that does not exist amid what it holds."""
    plain = gzip.decompress(whole)
    packing = zlib.compressobj(wbits=31)
    return packing.compress(plain[: len(plain) // 2]) + packing.flush(zlib.Z_FULL_FLUSH) + b"\xff" * 100


def refused(archive: bytes, place: Path, passphrase: str = PASSPHRASE) -> type[CaseError]:
    """Try to restore *archive*, see that nothing is left, and return how it was refused."""
    (place / "archive.xh").write_bytes(archive)
    data = place / "data"
    with pytest.raises(CaseError) as refusal:
        restore(f"sqlite:///{data}/xiaohao.sqlite", data, place / "archive.xh", passphrase)
    assert list(data.iterdir()) == []
    return refusal.type


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda whole: b"",
    "cut at the head": lambda whole: whole[:7],
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut by one byte": lambda whole: whole[:-1],
    "one bit in the middle": lambda whole: whole[: len(whole) // 2] + b"\x00" + whole[len(whole) // 2 + 1 :],
    "garbled in the middle": garbled,
    "something behind it": lambda whole: whole + b"x",
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_plain_archive_that_is_not_whole_is_refused(plain: bytes, tmp_path: Path, damage: str) -> None:
    assert refused(DAMAGES[damage](plain), tmp_path) is ArchiveDamaged


@pytest.mark.parametrize("damage", SEALED_DAMAGES)
def test_a_sealed_archive_that_is_not_whole_is_refused(plain: bytes, tmp_path: Path, damage: str) -> None:
    assert refused(DAMAGES[damage](sealed(plain)), tmp_path) is ArchiveDamaged


def test_a_sealed_archive_opens_with_its_passphrase_alone(plain: bytes, tmp_path: Path) -> None:
    whole = sealed(plain)

    assert opened(whole) == plain
    assert refused(whole, tmp_path, "another passphrase") is PassphraseWrong
    assert refused(whole, tmp_path, "") is PassphraseMissing
    with pytest.raises(PassphraseTooShort):
        Sealing(io.BytesIO(), "short")


def test_parts_of_a_sealed_stream_can_neither_go_nor_come_nor_change_places() -> None:
    plain = bytes(range(256)) * (2 * PART // 256) + b"and a bit"
    head, parts = parts_of(sealed(plain))

    assert len(parts) == 3
    assert opened(head + b"".join(parts)) == plain
    for others in (parts[:2], parts[1:], [parts[1], parts[0], parts[2]], [*parts, parts[2]], [*parts, b"x"], []):
        with pytest.raises(SealedCut):
            opened(head + b"".join(others))


@pytest.mark.parametrize("head", [b"", b"{}\n", b"no json\n", b'{"salt": "", "prefix": "", "check": "", "n": 1}\n'])
def test_a_head_that_says_nothing_is_no_sealed_stream(head: bytes) -> None:
    with pytest.raises(SealedCut):
        opened(MAGIC + head)


def test_a_strangers_head_cannot_ask_for_all_memory() -> None:
    head, _ = parts_of(sealed(b"x"))
    greedy = head.replace(b'"n": 65536', b'"n": 1073741824')

    assert greedy != head
    with pytest.raises(SealedCut):
        opened(greedy)
