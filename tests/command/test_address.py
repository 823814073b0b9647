"""An address that cannot be had is refused in a sentence, before anything is begun there."""

import socket

import pytest

from config.messages import say
from xiaohao.serve import CannotListen, listen_at


def test_an_address_that_somebody_holds_is_refused_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen_at("127.0.0.1", port)

    assert refused.value.facts == {"address": f"127.0.0.1:{port}", "why": "Address already in use"}
    assert str(port) in say("en", "refusal.cannot_listen", **refused.value.facts)


def test_an_address_that_was_given_up_can_be_had_again_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    with listen_at("127.0.0.1", port) as again:
        assert again.getsockname()[1] == port


def test_an_address_that_is_not_of_this_machine_is_refused_too() -> None:
    with pytest.raises(CannotListen):
        listen_at("192.0.2.1", 0)
