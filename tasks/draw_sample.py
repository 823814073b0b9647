"""抽样: findings that were signed off are drawn for a check, by chance and by risk; anybody can draw them again."""

from persistence.samples import SPOT_CHECK
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.sampling import draw
from tasks.work import Work


@act(on="office", needs=("unit", "purpose"), task=False)
def draw_sample(work: Work, _case: OfficeCase, form: Form) -> None:
    """Draw a sample: *size_by* a share of the frame (the default), or the size that excludes a share of false ones."""
    draw(work, form, SPOT_CHECK, "sampling.percent")
