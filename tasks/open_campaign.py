"""回头看 of a unit, months after its sign-offs: some of them, by chance and by risk, are looked back on in one go."""

from persistence.samples import CAMPAIGN
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.open_durability import open_look_back
from tasks.sampling import draw
from tasks.work import Work


@act(on="office", needs=("unit", "purpose"), task=False)
def open_campaign(work: Work, _case: OfficeCase, form: Form) -> None:
    """Draw from what was signed off and is not looked back on already, and open a durability look-back of each."""
    _, drawn = draw(work, form, CAMPAIGN, "campaign.percent")
    for numbers in drawn.values():
        for number in numbers:
            open_look_back(work, work.finding(number))
