"""The sentence of a signal: its facts filled in, and the codes among them said in words."""

from collections.abc import Mapping

from config.messages import knows, say

_CODES = ("why", "where", "findings")  # facts that hold codes of the rules, several joined by 、


def signal_sentence(language: str, signal: str, facts: Mapping[str, object]) -> str:
    """Return what *signal* hints at; empty where an old hit has not the facts that the sentence now tells.

    A single reason may have a sentence of its own, ``signal_of.<signal>-<why>``.
    """
    own = f"signal_of.{signal}-{facts.get('why')}"
    key = own if knows(own) else f"signal.{signal}"
    told = {
        name: _in_words(language, value) if name in _CODES and isinstance(value, str) else value
        for name, value in facts.items()
    }
    try:
        return say(language, key, **told) if knows(key) else ""
    except KeyError:
        return ""


def _in_words(language: str, codes: str) -> str:
    words = [say(language, key) if knows(key := f"signal_why.{code}") else code for code in codes.split("、")]
    return ("、" if language == "zh" else ", ").join(words)
