"""What every office writes, and what therefore proves nothing when two texts share it. Source: PR-02.

Formulas, headings and lines of distribution are taken out before texts are compared.
"""

import re
from typing import Final

_LINES: Final = re.compile(
    r"^\s*(?:主送|抄送|抄报|报送|印发|签发人?|主题词|附件|联系人|联系电话|拟稿|核稿|校对|密级|编号|序号|日期|页码|第\s*\d+\s*页).*$"
    r"|^\s*[一二三四五六七八九十]+、[\u4e00-\u9fff]{2,12}\s*$"
    r"|^.{0,30}(?:〔|\[)\d{4}(?:〕|\]).{0,8}号\s*$"
    r"|^\s*(?:二[〇○零]|\d{4}年).{0,10}日\s*$",
    re.MULTILINE,
)
_FORMULAS: Final = re.compile(
    r"现将有关情况(?:报告|通报|汇报)如下|特此(?:报告|通知|说明|证明|公告)|按照[^，。；]{0,24}(?:要求|部署|精神|安排)"
    r"|根据[^，。；]{0,30}(?:要求|部署|精神|安排|反馈意见|规定)|(?:深入)?(?:学习)?贯彻(?:落实)?习近平[^，。；]{0,30}"
    r"|以习近平[^，。；]{0,30}为指导|坚持以[^，。；]{0,20}为指导|(?:高度重视|精心组织|周密部署|认真研究|迅速行动)"
    r"|针对(?:区委|县委|市委|省委)?巡察(?:组)?反馈的?[^，。；]{0,20}问题|会议(?:指出|要求|强调|认为|决定|听取了|传达学习了?)"
    r"|请(?:遵照|认真贯彻)执行|请予(?:审议|审阅|批示)|妥否[，,]?请批示|本(?:办法|制度|规定)自(?:印发|发布)之日起(?:施行|执行)"
    r"|各(?:科室|部门|单位|支部)[：:，]|整改(?:工作)?情况(?:报告|汇报)"
)


def without_boilerplate(text: str) -> str:
    """Return *text* without what stands in every paper of an office."""
    return _FORMULAS.sub("", _LINES.sub("", text))
