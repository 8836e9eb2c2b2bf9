"""Who is who at the believable desk: its people, its clients and theirs. All of it made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tenants.rules import Role

DESK_NAME: Final = "ともしびITサービス株式会社"
DESK_NAME_EN: Final = "Tomoshibi IT Services Inc."
DESK_SHORT: Final = {"ja": "ともしびITサービス", "en": "Tomoshibi IT"}
DESK_DOMAIN: Final = "desk.example"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of the desk. `only` is his allow-list (empty: he sees every client), `never` is denied him."""

    login: str
    name: str
    kana: str
    latin: str
    role: Role
    tier: int = 1
    language: str = "ja"
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    @property
    def email(self) -> str:
        return f"{self.login}@{DESK_DOMAIN}"

    def name_in(self, language: str) -> str:
        """As he signs his mail: the family name in Japanese, the whole name in English."""
        return self.name.split()[0] if language == "ja" and self.language == "ja" else self.latin

    def serves(self, key: str) -> bool:
        return self.role in (Role.AGENT, Role.LEAD) and key not in self.never and (not self.only or key in self.only)


COLLEAGUES: Final = (
    Colleague("owner", "相沢 直人", "アイザワ ナオト", "Naoto Aizawa", Role.OWNER, 3),
    Colleague("lead", "髙橋 美咲", "タカハシ ミサキ", "Misaki Takahashi", Role.LEAD, 2),
    Colleague("agent", "田中 蓮", "タナカ レン", "Ren Tanaka", Role.AGENT, never=frozenset({"SHIRAKAWA"})),
    Colleague(
        "sasaki",
        "佐々木 結衣",
        "ササキ ユイ",
        "Yui Sasaki",
        Role.AGENT,
        only=frozenset({"HIKARI", "SAKURA", "SHIRAKAWA", "TOKIWA", "UMINO", "AOZORA", "TAKASAKI"}),
    ),
    Colleague(
        "emma",
        "Emma Fischer",
        "エマ フィッシャー",
        "Emma Fischer",
        Role.AGENT,
        2,
        "en",
        frozenset({"SPREE", "HARBOR", "HERON", "KITANO", "AOZORA"}),
    ),
    Colleague("yamazaki", "山﨑 大輔", "ヤマザキ ダイスケ", "Daisuke Yamazaki", Role.AGENT, 2),
    Colleague("biller", "小林 彩", "コバヤシ アヤ", "Aya Kobayashi", Role.BILLER),
    Colleague("auditor", "渡邉 誠", "ワタナベ マコト", "Makoto Watanabe", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person at a client; `leads` names the sites whose tickets a team lead sees."""

    login: str
    name: str
    kana: str
    role: Role = Role.REQUESTER
    language: str = ""
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A client company and what it bought: `fee` a month in `currency`, which covers remote work where `flat`.

    `better` clients agreed on tighter promises and a higher fee one month into the history.
    """

    key: str
    name: str
    kana: str
    short: str
    domain: str
    sites: tuple[str, ...]
    plan: str
    weight: int
    people: tuple[Person, ...]
    fee: int
    flat: bool = True
    better: bool = False
    language: str = "ja"
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    closing_day: int | None = None
    address: str = ""


ADMIN, LEAD, BILLING = Role.CLIENT_ADMIN, Role.TEAM_LEAD, Role.BILLING_CONTACT
CLIENTS: Final = (
    Client("AOZORA", "青空製薬㈱", "アオゾラセイヤク",
        "青空", "aozora.example", ("本社", "川崎研究所"), "always", 15, (
        Person("admin", "中島 由紀", "ナカジマ ユキ", ADMIN),
        Person("user", "小川 拓海", "オガワ タクミ"),
        Person("saito", "齋藤 恵", "サイトウ メグミ", LEAD, leads=("川崎研究所",)),
        Person("oka", "岡 陽菜", "オカ ヒナ"),
        Person("keiri", "森 和子", "モリ カズコ", BILLING),
    ), 280000, better=True, address="〒103-0023 東京都中央区日本橋本町9-9-9"),
    Client("TAKASAKI", "髙﨑建設㈱", "タカサキケンセツ",
        "髙﨑", "takasaki.example", ("本社", "現場事務所"), "office", 9, (
        Person("admin", "髙﨑 健一", "タカサキ ケンイチ", ADMIN),
        Person("ishii", "石井 真由", "イシイ マユ"),
        Person("genba", "大﨑 剛", "オオサキ ツヨシ", LEAD, leads=("現場事務所",)),
        Person("ono", "小野 翼", "オノ ツバサ"),
    ), 60000, flat=False, address="〒370-0829 群馬県高崎市高松町9-9"),
    Client("HIKARI", "医療法人社団 ひかり歯科", "イリョウホウジンシャダン ヒカリシカ",
        "ひかり", "hikari-dental.example", ("本院", "駅前院"), "extended", 8, (
        Person("admin", "藤田 明", "フジタ アキラ", ADMIN),
        Person("uketsuke", "西村 さくら", "ニシムラ サクラ"),
        Person("ekimae", "三浦 葵", "ミウラ アオイ"),
        Person("jimu", "原 千尋", "ハラ チヒロ", BILLING),
    ), 90000, address="〒530-0001 大阪府大阪市北区梅田9-9-9"),
    Client("MARUTO", "㈱丸藤物流", "マルトウブツリュウ",
        "丸藤", "maruto.example", ("本社", "第一倉庫", "第二倉庫"), "extended", 11, (
        Person("admin", "丸藤 茂", "マルトウ シゲル", ADMIN),
        Person("haisha", "松田 涼", "マツダ リョウ"),
        Person("souko", "上田 光", "ウエダ ヒカル", LEAD, leads=("第一倉庫", "第二倉庫")),
        Person("ito", "伊藤 美優", "イトウ ミユウ"),
    ), 150000, better=True, address="〒455-0032 愛知県名古屋市港区入船9-9-9"),
    Client("SAKURA", "社会福祉法人 さくら会", "シャカイフクシホウジン サクラカイ",
        "さくら会", "sakurakai.example", ("園舎",), "office", 5, (
        Person("admin", "桜井 文", "サクライ フミ", ADMIN),
        Person("sensei", "長谷川 萌", "ハセガワ モエ"),
        Person("enchou", "桜井 正", "サクライ タダシ"),
    ), 45000, address="〒730-0013 広島県広島市中区八丁堀9-9"),
    Client("KITANO", "北野精密工業㈱", "キタノセイミツコウギョウ",
        "北野", "kitano.example", ("本社工場", "長野工場"), "always", 12, (
        Person("admin", "北野 隆", "キタノ タカシ", ADMIN),
        Person("sekkei", "吉田 直樹", "ヨシダ ナオキ"),
        Person("nagano", "宮﨑 亮", "ミヤザキ リョウ", LEAD, leads=("長野工場",)),
        Person("keiri", "加藤 幸", "カトウ サチ", BILLING),
    ), 240000, address="〒386-0024 長野県上田市大手9-9-9"),
    Client("UMINO", "㈲海野水産", "ウミノスイサン",
        "海野", "umino.example", ("事務所", "加工場"), "office", 5, (
        Person("admin", "海野 渚", "ウミノ ナギサ", ADMIN),
        Person("kakou", "浜田 勇", "ハマダ イサム"),
        Person("jimu", "辻󠄀 恭子", "ツジ キョウコ"),
    ), 35000, flat=False, closing_day=20, address="〒985-0002 宮城県塩竈市海岸通9-9"),
    Client("SHIRAKAWA", "税理士法人 白川会計", "ゼイリシホウジン シラカワカイケイ",
        "白川", "shirakawa.example", ("事務所",), "office", 6, (
        Person("admin", "白川 誠一", "シラカワ セイイチ", ADMIN),
        Person("okada", "岡田 千夏", "オカダ チナツ"),
        Person("ueno", "上野 純", "ウエノ ジュン"),
    ), 80000, closing_day=20, address="〒600-8008 京都府京都市下京区四条通9-9"),
    Client("TOKIWA", "学校法人 常盤学園", "ガッコウホウジン トキワガクエン",
        "常盤", "tokiwa.example", ("中学校", "高等学校"), "office", 9, (
        Person("admin", "常盤 弘", "トキワ ヒロシ", ADMIN),
        Person("joho", "内田 悠", "ウチダ ユウ", LEAD, leads=("高等学校",)),
        Person("kyomu", "平野 里奈", "ヒラノ リナ"),
    ), 120000, address="〒810-0001 福岡県福岡市中央区天神9-9-9"),
    Client("SPREE", "Spree Logistik GmbH", "シュプレー ロジスティーク",
        "Spree", "spree.example", ("Berlin", "Potsdam"), "berlin", 8, (
        Person("admin", "Lena Hoffmann", "レーナ ホフマン", ADMIN),
        Person("jonas", "Jonas Weber", "ヨナス ヴェーバー"),
        Person("billing", "Ayşe Yılmaz", "アイシェ ユルマズ", BILLING),
    ), 1450, language="en", zone="Europe/Berlin", currency="EUR", address="Musterstraße 99, 10115 Berlin, Germany"),
    Client("HARBOR", "Harbor & Finch K.K.", "ハーバー アンド フィンチ",
        "Harbor", "harborfinch.example", ("Tokyo",), "extended", 7, (
        Person("admin", "Olivia Finch", "オリビア フィンチ", ADMIN),
        Person("noah", "Noah Martin", "ノア マーティン"),
    ), 110000, language="en", address="9-9-9 Kaigan, Minato-ku, Tokyo 105-0022"),
    Client("HERON", "Blue Heron Trading K.K.", "ブルーヘロントレーディング",
        "Heron", "blueheron.example", ("Yokohama",), "office", 5, (
        Person("admin", "Grace Tan", "グレース タン", ADMIN),
        Person("kenji", "Kenji Müller", "ケンジ ミュラー", language="ja"),
    ), 70000, language="en", address="9-9 Kaigan-dori, Naka-ku, Yokohama 231-0002"),
)  # fmt: skip

WORDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ja": {
        "room": ("総務部", "経理部", "営業部", "二階会議室", "開発室", "応接室", "資料室"),
        "model": ("MX-3571", "imageRUNNER 2630", "IM C3000", "ApeosPort C3060"),
        "app": ("弥生会計", "Adobe Acrobat", "AutoCAD", "勘定奉行", "CLIP STUDIO"),
        "code": ("0x800CCC0F", "0x80072EE7", "SC542", "SC899", "E-1017", "0x80004005"),
        "pc": ("NB-0142", "NB-0217", "DT-0031", "SV-FILE01", "SV-APP02"),
        "person": ("木村", "清水", "山口", "林", "福田", "坂本", "𠮷野", "杉山"),
    },
    "en": {
        "room": ("Finance", "Sales", "the second floor", "the studio", "Reception"),
        "model": ("LaserJet M507", "bizhub C300i", "WorkForce WF-C5890"),
        "app": ("Adobe Acrobat", "AutoCAD", "Xero", "Figma", "Visio"),
        "code": ("0x800CCC0F", "0x80072EE7", "SC542", "E-1017"),
        "pc": ("NB-0142", "NB-0217", "DT-0031", "SV-FILE01"),
        "person": ("Sam", "Aiko", "Marek", "Priya", "Ben", "Chloé"),
    },
}
GREETINGS: Final = {
    "ja": (
        "お世話になっております。{company}の{name}です。",
        "お問い合わせありがとうございます。{desk}の{agent}です。",
    ),
    "en": ("Hello,", "Hello {name}, this is {agent} of {desk}."),
}
DOING: Final = {
    "ja": {
        "remote": "遠隔で対応",
        "on_site": "訪問して作業",
        "maintenance": "保守作業",
        "security": "緊急対応",
        "admin": "事務",
    },
    "en": {
        "remote": "Remote support",
        "on_site": "Work on site",
        "maintenance": "Maintenance",
        "security": "Emergency response",
        "admin": "Administration",
    },
}
