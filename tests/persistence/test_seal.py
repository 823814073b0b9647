"""Keys, seals and signatures."""

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.seal import Keyring, SealBroken

KEYRING = Keyring.fresh()


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens_in_its_own_place(payload: bytes, context: str) -> None:
    assert KEYRING.open_sealed(KEYRING.seal(payload, context), context) == payload


@given(st.binary(max_size=50), st.integers(min_value=0), st.integers(1, 255))
def test_a_single_changed_byte_breaks_the_seal(payload: bytes, place: int, change: int) -> None:
    stored = bytearray(KEYRING.seal(payload, "instance:1"))
    stored[place % len(stored)] ^= change

    with pytest.raises(SealBroken):
        KEYRING.open_sealed(bytes(stored), "instance:1")


@given(st.binary(max_size=60))
def test_bytes_of_somebody_else_are_no_seal(stored: bytes) -> None:
    with pytest.raises(SealBroken):
        KEYRING.open_sealed(stored, "instance:1")


def test_swapped_blobs_are_caught() -> None:
    with pytest.raises(SealBroken):
        KEYRING.open_sealed(KEYRING.seal(b"state", "instance:1"), "instance:2")


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    sealed: list[bytes] = []
    threads = [threading.Thread(target=lambda: sealed.append(Keyring.make(path).seal(b"x", "c"))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [Keyring.read(path).open_sealed(stored, "c") for stored in sealed] == [b"x"] * 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring.json"]


def test_a_new_key_seals_and_the_old_ones_open(tmp_path: Path) -> None:
    old = Keyring.make(tmp_path / "keys.json")
    before, mac, signature = old.seal(b"x", "c"), old.mac("t"), old.sign("t")

    new = Keyring.rotate(tmp_path / "keys.json")

    assert new.open_sealed(before, "c") == b"x"
    assert new.mac_holds("t", mac)
    assert new.signature_holds("t", signature)
    assert new.seal(b"x", "c")[1:5] != before[1:5]
    assert old.open_sealed(new.seal(b"x", "c"), "c") == b"x", "a running process finds the new key in the file"
    assert old.newest == new.newest


@pytest.mark.parametrize("mac", ["", ":", "zz:00", "00000000:00", KEYRING.mac("other"), KEYRING.mac("text")[:-1] + "é"])
def test_a_mac_of_something_else_does_not_hold(mac: str) -> None:
    assert not KEYRING.mac_holds("text", mac)


@pytest.mark.parametrize(
    "signature", ["", ":", "zz:00", Keyring.fresh().sign("text"), KEYRING.sign("other"), KEYRING.sign("text") + "=é"]
)
def test_a_signature_of_something_else_does_not_hold(signature: str) -> None:
    assert not KEYRING.signature_holds("text", signature)
