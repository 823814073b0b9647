"""Who there is: the inspecting side, the units of a few counties with sections, posts and accounts, and outsiders."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from random import Random

from xiaohao.bench_format import Account, AccountKind, Affiliate, Organisation, Place, Post, Round, Unit

CITY = "澄川市"
COUNTIES = ("岚溪", "白渡", "沅北", "栖山", "石浦", "云埠", "葛店", "洛桥", "汀南", "霞湾", "古塘", "双汊")
SPOTS = (
    "东湾",
    "柳林",
    "石桥",
    "上坝",
    "高岭",
    "河口",
    "新塘",
    "七里",
    "大冲",
    "梅树",
    "南坡",
    "双井",
    "沙洲",
    "茶亭",
    "牌坊",
    "水磨",
)
_FIRST, _SECOND = "东西南北上下新古清金石青玉平长双三龙凤白", "河湾岭塘桥坪溪泉洲坝垭冲岗埠渡店堰洞台峰"
_BUREAUS = (
    *(
        "发展和改革",
        "农业农村",
        "交通运输",
        "水务",
        "民政",
        "自然资源",
        "住房和城乡建设",
        "市场监管",
        "文化和旅游",
        "林业",
    ),
    *(
        "应急管理",
        "卫生健康",
        "教育",
        "科学技术",
        "商务",
        "统计",
        "医疗保障",
        "退役军人",
        "生态环境",
        "人力资源和社会保障",
    ),
)
_TITLES = {
    "bureau": (
        "党组书记、局长",
        "党组成员、副局长",
        ("办公室主任", "财务股股长", "综合股股长", "机关党委专职副书记", "项目股负责人"),
    ),
    "town": ("党委书记", "党委委员、副镇长", ("党政办主任", "财政所所长", "经管站站长", "纪检干事", "村镇建设办主任")),
    "school": ("党支部书记、校长", "党支部委员、副校长", ("总务主任", "德育主任", "教务主任", "会计", "办公室主任")),
    "hospital": ("党委书记", "党委委员、副院长", ("财务科科长", "医务科科长", "设备科科长", "党办主任", "医保办主任")),
    "soe": (
        "党委书记、董事长",
        "党委委员、副总经理",
        ("财务部部长", "资产部部长", "工程部经理", "党群部部长", "法务主管"),
    ),
    "village": ("村党支部书记、村委会主任", "村党支部委员", ("村会计", "村文书", "监委会主任", "妇联主席", "网格长")),
}
_SECTIONS = {
    "bureau": ("办公室", "计财股", "项目股", "人事股", "执法大队"),
    "town": ("党政办", "财政所", "农业服务中心", "村镇建设办", "综治中心"),
    "school": ("总务处", "教务处", "德育处", "食堂管理组", "年级组"),
    "hospital": ("财务科", "设备科", "医务科", "骨科", "检验科"),
    "soe": ("财务部", "资产经营部", "工程管理部", "综合部", "物业公司"),
    "village": ("村“两委”", "村监委会", "经济合作社", "第二村民小组", "网格站"),
}
_SURNAMES = ("宏远", "恒达", "天业", "瑞祥", "中泽", "鼎盛", "华景", "金禾", "安泰", "博创", "顺成", "万和")
_TRADES = (
    "建筑工程有限公司",
    "商贸有限公司",
    "物业服务有限公司",
    "园林绿化有限公司",
    "信息技术有限公司",
    "医疗器械有限公司",
    "环保科技有限公司",
)
_FAR = ("黎阳县", "吴集区", "南漳山区", "青浦头镇", "平陵市", "安远桥区", "卢塘县", "广陌区")  # other cities, made up


@dataclass
class Home:
    """An inspected unit with everything that belongs to it."""

    unit: Unit
    flavour: str  # bureau, town, ...
    county: str
    seat: Place
    chief: Post
    leaders: list[Post]
    handlers: list[Post]
    staff: list[Post]
    sections: list[Unit]
    account: Account
    collective: Account
    doc_prefix: str  # of its document numbers
    doc_last: dict[int, int] = field(default_factory=dict)  # year -> last number given out

    @property
    def team(self) -> list[Post]:
        return [self.chief, *self.leaders]


@dataclass
class City:
    """Everybody; *homes* are the inspected units."""

    units: list[Unit]
    posts: list[Post]
    accounts: list[Account]
    organisations: list[Organisation]
    rounds: list[Round]
    affiliates: list[Affiliate]
    homes: list[Home]
    parties: list[Organisation]  # companies of the city
    office: list[Post]
    teams: list[Post]
    discipline: list[Post]

    def accounts_of(self, kind: AccountKind) -> list[Account]:
        return [account for account in self.accounts if account.kind is kind]


def build_city(rng: Random, homes: int) -> City:
    """Return a city of *homes* inspected units."""
    units, posts = _inspecting_side()
    parties = [
        Organisation(f"{CITY}{name}{trade}", (f"{name}{trade[:2]}", f"{name}公司"), CITY)
        for name, trade in rng.sample(list(product(_SURNAMES, _TRADES)), 40)
    ]
    far = [
        Organisation(f"{place}{kind}", (f"{place[:2]}{short}",), place)
        for place, (kind, short) in product(
            _FAR, (("农业农村局", "农业局"), ("第一中学", "一中"), ("人民医院", "医院"), ("城投集团", "城投"))
        )
    ]
    accounts = [_account(rng, CITY + name, kind) for name, kind in _PUBLIC_ACCOUNTS]
    accounts += [_account(rng, party.name, AccountKind.OUTSIDE) for party in parties]
    city = City(
        units=units,
        posts=posts,
        accounts=accounts,
        organisations=parties + far,
        rounds=[Round(f"R{n}", f"十二届市委第{'一二三四'[n - 1]}轮巡察", "OFFICE") for n in range(1, 5)],
        affiliates=[
            Affiliate(
                one.name, other.name, rng.choice(("同一实际控制人", "母公司", "法定代表人相同")), date(2023, 5, 1)
            )
            for one, other in zip(parties[::4], parties[1::4], strict=True)
        ],
        homes=[],
        parties=parties,
        office=[post for post in posts if post.unit == "OFFICE"],
        teams=[post for post in posts if post.unit.startswith("TEAM")],
        discipline=[post for post in posts if post.unit in ("DISC", "ORG")],
    )
    for at, (name, short, flavour, county) in zip(range(homes), _names(rng), strict=False):
        _settle(rng, city, f"U{at + 1:03}", name, short, flavour, county)
    return city


_PUBLIC_ACCOUNTS = (
    ("国库集中收付中心", AccountKind.TREASURY),
    ("财政局非税收入专户", AccountKind.NON_TAX),
    ("医疗保障基金财政专户", AccountKind.TREASURY),
    ("纪委监委暂扣款专户", AccountKind.DISCIPLINE),
)


def _inspecting_side() -> tuple[list[Unit], list[Post]]:
    offices = (
        ("COMM", f"中共{CITY}委员会", "市委", "committee", ("市委副书记", "副市长", "市委常委")),
        (
            "OFFICE",
            f"中共{CITY}委巡察工作领导小组办公室",
            "市委巡察办",
            "inspecting",
            ("主任", "副主任", "综合科科长", "督导科科长"),
        ),
        (
            "DISC",
            f"{CITY}纪委监委",
            "市纪委监委",
            "discipline",
            ("党风室主任", "第三监督检查室主任", "第五监督检查室副主任"),
        ),
        ("ORG", f"中共{CITY}委组织部", "市委组织部", "organisation", ("干部监督科科长", "组织科副科长")),
        ("TEAM1", f"{CITY}委第一巡察组", "第一巡察组", "inspecting", ("组长", "副组长", "联络员")),
        ("TEAM2", f"{CITY}委第二巡察组", "第二巡察组", "inspecting", ("组长", "副组长", "联络员")),
        ("AUDIT", f"{CITY}审计局", "市审计局", "committee", ("经责科科长",)),
    )
    units = [
        Unit(code, name, (short,), kind, None if code == "COMM" else "COMM") for code, name, short, kind, _ in offices
    ]
    posts = [
        Post(f"{code}-{at}", code, title, "leading_group" if code == "COMM" else "verifier")
        for code, _, _, _, titles in offices
        for at, title in enumerate(titles, start=1)
    ]
    return units, posts


def _names(rng: Random) -> Iterator[tuple[str, str, str, str]]:
    """Yield full name, short name, flavour, county; every flavour in turn, as long as there are names."""
    spots = ["".join(pair) for pair in product(_FIRST, _SECOND)]  # each once: a short name means one unit
    rng.shuffle(spots)
    bureaus = list(product(COUNTIES, _BUREAUS))
    rng.shuffle(bureaus)
    flavours = ["bureau", "town", "school", "hospital", "soe", "village"]
    while len(bureaus) > 1 and len(spots) > 5:
        rng.shuffle(flavours)
        for flavour in flavours:
            if flavour == "bureau":
                county, what = bureaus.pop()
                yield f"{county}县{what}局", f"{county}{what[:2]}局", flavour, county
                continue
            county, spot = rng.choice(COUNTIES), spots.pop()
            yield {
                "town": (f"{county}县{spot}镇", f"{spot}镇", flavour, county),
                "school": (f"{county}县{spot}初级中学", f"{spot}中学", flavour, county),
                "hospital": (f"{county}县{spot}医院", f"{spot}医院", flavour, county),
                "soe": (f"{county}{spot}投资发展集团有限公司", f"{spot}集团", flavour, county),
                "village": (f"{county}县{spot}乡{rng.choice(SPOTS)}村", f"{county}{spot}村", flavour, county),
            }[flavour]


def _settle(rng: Random, city: City, code: str, name: str, short: str, flavour: str, county: str) -> None:
    address = f"{CITY}{county}县{rng.choice(SPOTS)}路{rng.randint(2, 288)}号"
    unit = Unit(code, name, (short,), "inspected", "COMM", address)
    chief_title, leader_title, handler_titles = _TITLES[flavour]
    seat = Place(name, round(29.2 + rng.random() * 1.4, 5), round(112.1 + rng.random() * 1.6, 5))
    chief = Post(f"{code}-C", code, chief_title, "chief")
    marks = ("（分管财务）", "（分管业务）", "（分管党建）", "（分管项目）")
    leaders = [
        Post(f"{code}-L{at}", code, leader_title + marks[at], "responsible_leader") for at in range(rng.randint(2, 4))
    ]
    handlers = [Post(f"{code}-H{at}", code, title, "handler") for at, title in enumerate(handler_titles)]
    staff = [Post(f"{code}-S{at:02}", code, f"职工（工号{rng.randint(1, 9)}{at:03}）", "staff") for at in range(70)]
    sections = [
        Unit(f"{code}-{at}", f"{name}{section}", (section,), "section", code)
        for at, section in enumerate(_SECTIONS[flavour], start=1)
    ]
    own, collective = _account(rng, code, AccountKind.OWN), _account(rng, code, AccountKind.COLLECTIVE)
    home = Home(
        unit,
        flavour,
        county,
        seat,
        chief,
        leaders,
        handlers,
        staff,
        sections,
        own,
        collective,
        _prefix(rng, county, short),
    )
    city.homes.append(home)
    city.units += [unit, *sections]
    city.posts += [*home.team, *handlers, *staff]
    city.accounts += [own, collective]


def _prefix(rng: Random, county: str, short: str) -> str:
    kernel = short.removeprefix(county)
    return county[0] + kernel[0] + rng.choice(("发", "办发", "字", "党发"))


def _account(rng: Random, holder: str, kind: AccountKind) -> Account:
    bank = rng.choice(("6200", "8101", "1803", "2640", "0107"))
    return Account(bank + "".join(rng.choice("0123456789") for _ in range(13)), holder, kind)
