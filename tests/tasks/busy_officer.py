"""An officer who never stops, in a process of his own, so that a test can kill it: python -m … URL FILES NUMBER.

Prints «key version» after each act that was answered.
"""

import sys
from itertools import count
from pathlib import Path

from tests.support.city import NOON, open_city

if __name__ == "__main__":
    url, files, number = sys.argv[1:]
    city = open_city(url, Path(files), now=NOON)
    for place in count(1):
        key = f"busy-{place}"
        answer = city.perform(
            "u11handler", "report_progress", number, {"text": f"进展 {key}，已清退资金3笔。"}, key=key
        )
        print(key, answer.version, flush=True)
