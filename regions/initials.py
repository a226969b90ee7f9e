"""First letters of the Chinese names of regions, so that "hz" finds 杭州. Pure."""

_BY_LETTER = {
    "a": "阿澳",
    "b": "北本布波巴宾拜",
    "c": "成察",
    "d": "东都大地德迪达岛得度敦",
    "e": "尔俄",
    "f": "福弗法菲",
    "g": "国广谷港硅哥",
    "h": "华杭河海呼合和韩汉浩",
    "j": "加家吉京金江",
    "k": "克口卡",
    "l": "兰利伦联隆来拉罗律",
    "m": "曼马孟美墨买",
    "n": "南内尼宁",
    "p": "坡",
    "q": "青酋",
    "r": "日融",
    "s": "上深首沙",
    "t": "特泰天",
    "w": "武乌",
    "x": "西新香悉",
    "y": "亚英印域雅源云",
    "z": "中张州圳",
}
_LETTER_OF = {sign: letter for letter, signs in _BY_LETTER.items() for sign in signs}


def initials(name: str) -> str:
    """`华东1（杭州）` → `hd1hz`. A character that is in no region's name is left out."""
    return "".join(_LETTER_OF.get(sign, sign if sign.isascii() and sign.isalnum() else "") for sign in name).lower()
