"""Looking back later, and asking for more time."""

from datetime import timedelta

from tests.diagrams.walk import Walk


def test_a_sign_off_that_still_holds_stays() -> None:
    walk = (
        Walk("durability_look_back", {"number": "XC-2026-001"})
        .do("start_durability")
        .do("record_durability")
        .do("confirm_look_back")
    )

    assert walk.turn.outcome == "held"
    assert walk.asked == []


def test_a_sign_off_that_did_not_last_is_revoked() -> None:
    walk = Walk("durability_look_back", {"number": "XC-2026-001"}).do("start_durability")

    walk.do("record_durability", durability_result="revoked")
    walk.do("confirm_look_back", look_back_confirmed=False)
    walk.do("record_durability", durability_result="revoked").do("confirm_look_back")
    assert walk.open == ["give_statement"]
    walk.until("nobody")

    assert walk.turn.outcome == "revoked"
    assert walk.asked == ["revoke_sign_off"]


def test_an_extension_ends_as_it_was_decided() -> None:
    for verdict in ("approved", "refused"):
        walk = Walk("extend_deadline", {"number": "XC-2026-001"}).do("decide_extension", extension_verdict=verdict)

        assert walk.turn.outcome == verdict
        assert walk.asked == ["close_extension"]


def test_an_extension_that_nobody_decides_is_not_approved() -> None:
    walk = Walk("extend_deadline", {"number": "XC-2026-001"}, decide_extension_due=timedelta(days=5)).wait(days=30)

    assert walk.asked == ["mark_overdue"]
    assert walk.open == ["decide_extension"]
    assert not walk.turn.done
