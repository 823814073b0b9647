"""A hearing in the demonstration city, step by step: what each of its people answers when all goes its way."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

CHECKED = "已核对第3号凭证和现场照片，情况与报告一致"
LOOKED_AT = "调阅原始凭证 3 份，到现场查看并询问 2 人。"
TOLD = "情况说明：缴款凭证因跨年度装订未及时附上，现补附第3号凭证复印件。"

Do = Callable[[str, str, dict[str, Any]], Any]  # login, act, answers


class Hearing:
    """Plays one hearing by *do*; *hits*: the suspicions that it is about, none where a visit or a check is doubted."""

    def __init__(self, do: Do, hits: Callable[[], Sequence[int]] = lambda: (), unit: str = "u11") -> None:
        self._do, self._hits, self._unit = do, hits, unit

    def state(self, **more: Any) -> "Hearing":
        """The unit explains."""
        self._do(f"{self._unit}leader", "give_statement", {"comment": TOLD} | more)
        return self

    def examine(self, verdict: str = "confirmed", login: str = "verifier1", **more: Any) -> "Hearing":
        """The first of two people examines."""
        hits = self._hits()
        given: dict[str, Any] = {"comment": LOOKED_AT, "replies_considered": "1"}
        if hits:
            given["decisions"] = [f"{hit} {verdict}" for hit in hits]
            given["reasons"] = [f"{hit} {CHECKED}" for hit in hits]
        else:
            given["verdict"] = "found" if verdict == "confirmed" else "not_found"
        self._do(login, "decide_suspicion", given | more)
        return self

    def second(self, verdict: str = "agreed", login: str = "verifier2", **more: Any) -> "Hearing":
        """The second one does."""
        given = {"verdict": verdict, "comment": LOOKED_AT, "replies_considered": "1"}
        self._do(login, "confirm_suspicion", given | more)
        return self

    def put(self, login: str = "verifier1", **more: Any) -> "Hearing":
        """The facts are put to the unit."""
        met = {"met_on": more.pop("met_on"), "place": "集团会议室", "present": "党委书记、纪委书记"}
        self._do(login, "put_facts", {"comment": CHECKED} | met | more)
        return self

    def answer(self, verdict: str = "contested", login: str = "", **more: Any) -> "Hearing":
        """The unit answers them."""
        self._do(login or f"{self._unit}chief", "answer_facts", {"verdict": verdict, "comment": TOLD} | more)
        return self

    def find(self, verdict: str = "established", login: str = "signer1", **more: Any) -> "Hearing":
        """The leading group finds."""
        given = {"verdict": verdict, "comment": CHECKED, "replies_considered": "1"}
        self._do(login, "find_facts", given | more)
        return self

    def ask(self, verdict: str = "not_asked", login: str = "", **more: Any) -> "Hearing":
        """The unit asks for a review or does not."""
        self._do(login or f"{self._unit}chief", "ask_reconsideration", {"verdict": verdict, "comment": TOLD} | more)
        return self

    def review(self, verdict: str = "upheld", login: str = "signer2", **more: Any) -> "Hearing":
        """Others than before decide it."""
        self._do(login, "decide_reconsideration", {"verdict": verdict, "comment": CHECKED} | more)
        return self

    def establish(self, met_on: date | str) -> "Hearing":
        """Go the whole way to a finding that stands."""
        return self.state().go_on(met_on)

    def go_on(self, met_on: date | str) -> "Hearing":
        """Go on from the statement to a finding that stands."""
        return self.examine().second().put(met_on=str(met_on)).answer().find().ask()

    def clear(self, verdict: str = "explained") -> "Hearing":
        """Let both examiners come to the view that nothing is there."""
        return self.state().examine(verdict).second()
