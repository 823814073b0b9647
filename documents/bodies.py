"""What the name of a unit looks like: 县水务局党组, 财务科, 徐庄镇党委."""

import re

_LAST_WORDS = (
    "党委|党组|党支部|党总支|党工委|委员会|委|局|厅|部|处|科|室|股|办|办公室|公司|集团|镇|乡|街道|办事处|村|社区|院|校|学|中心|"
    "站|所|组|队|大队|窗口|支部|政府|区|县|市|省|会|联合会|银行|单位"
)
_BODY = re.compile(rf"[^,，。;；:：、\s]*(?:{_LAST_WORDS})")


def is_body(text: str) -> bool:
    """Whether *text* is the name of a unit or of a part of one, known by its last word."""
    return _BODY.fullmatch(text) is not None
