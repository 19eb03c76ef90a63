"""Reads what a shop writes in one cell, "350g白卡裱WE坑+4C+覆哑膜+啤+粘盒", as an ordered list of processes.

Which words mean which process is the shop's own: that is the vocabulary. Only what has endless spellings is a
grammar here: colours (4C, 2专+黑, 4/4 …), which mean printing, and materials (350g白卡, W9加120g芯 …).
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple, Self

type Kind = Literal["process", "material", "aside", "particle", "gap", "unknown"]

COUNT = "[0-9一二两三四五六七八]"
SHEET = "(?![卡纸板膜胶金])"  # 黑卡 is a paper, 烫黑金 a foil: no ink
COLOURS = (
    r"(?<![0-9a-z.*])[0-8]c?\s?[+/]\s?[0-8]c?(?![0-9a-z.*克层次个页张款套折])(?:专色?)?+",  # 4+1, 4C/0C
    r"(?<![0-9])[0-9]{1,3}\s?c(?![a-z])|(?<![a-z])cmyk(?![a-z])",
    rf"(?:{COUNT}\s?个?|[单双多彩])色|全彩|{COUNT}\s?个?专色?|专色|专印|专(?![\u4e00-\u9fff])",
    rf"(?<!烫)(?:单?黑[色白墨]?+|白墨){SHEET}|印[红黄蓝绿白金银][色墨]?+{SHEET}",
    r"(?:uv墨?|柔|凹|数码)印刷?|(?<![丝移烫喷水网打复])印刷?",  # 丝印, 烫印 … are other processes
)
PAPERS = (
    "白卡|灰卡|黑卡|金卡|银卡|牛卡|色卡|粉卡|卡纸|单铜|双铜|铜版|铜板|单粉|双粉|哑粉|粉灰|灰底白|白底白|灰板|"
    "白板|纸板|双灰|牛皮|牛纸|双胶|胶版|书纸|道林|轻涂|瓦楞|坑纸|不干胶|贴纸|透明贴纸|封口贴|标签|光银|铝箔|芯|"
    "加强芯|宁波|博汇|(?:特种?|珠光|触感|布纹|莱尼|刚古|拷贝|雪梨|硫酸|无碳|新闻|合成|书写|轻型|透明)(?=[纸卡])"
)
MATERIALS = (
    r"[0-9]++(?:\.[0-9]++)?+\s?(?:g/m2|gsm|g|克)(?![a-z])",
    rf"(?:{PAPERS})(?:卡纸|纸板|纸|卡|板)?|[黑白红灰金银]色[卡纸板]纸?",
    r"(?<![a-z])(?:(?:a?pet|pvc|opp|pp|pe)(?![a-z])|(?-i:[ABCKW][E39])(?![a-z0-9]))",  # flute WE, not "we"
    r"(?<![a-z])[a-z]{1,2}[0-9]?(?=坑|瓦|楞)|坑|楞",
)
NUMBER = r"[0-9]++(?:\.[0-9]++)*+"
ASIDES = (
    rf"{NUMBER}(?:\s?[x×*]\s?{NUMBER})*+(?:\s?(?:(?:mm|cm|um|μm|p)(?![a-z])|丝|厚|开|页|张|个|次|层|款|套|寸|英寸|度))?",
    r"(?<![a-z])a[0-6](?![a-z0-9])|正反面|正反|正面|反面|双面|单面|两面|表面|局部|逆向|满版|整版|手工|机器|自动",
    "成品|展开|尺寸|规格|左右|封面|封底|内页|面纸|底纸|包装盒",
)
# Understood where they stand alone, but part of the word beside them in 加急, 内托; so is the number in 3M胶.
PARTICLES = frozenset("面正反内外底加个次层各共含并及和与后再先需要做纸的")
NOT = re.compile(r"(?:不|无|免|未)(?:需要|需|用|要|做)?+")
# Cut before ASCII, where no letter can compose: normalising a very long run of accents at once is quadratic.
PIECE = re.compile(r"(?s:.)[^\x00-\x7f]{0,999}")
UNKNOWN = re.compile("(?<!p)p*+u(?:.*u)?p*")  # over first letters of kinds: from first unknown to last
GRAMMARS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("process", re.compile("|".join(COLOURS), re.IGNORECASE)),
    ("material", re.compile("|".join(MATERIALS), re.IGNORECASE)),
    ("particle", re.compile(rf"{NUMBER}(?=[a-z])|(?<=[a-z]){NUMBER}", re.IGNORECASE)),
    ("aside", re.compile("|".join(ASIDES), re.IGNORECASE)),
)
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # unlike str.lower, keeps the length
RUNS = frozenset(string.ascii_letters + "_"), frozenset(string.digits)


class Parsed(NamedTuple):
    """The codes of the processes that a text states, in order, and the words not understood, as written."""

    codes: tuple[str, ...]
    unknown: tuple[str, ...]


class Token(NamedTuple):
    """A stretch of the text and what it is; `code` is the process that it names or forbids."""

    kind: Kind
    start: int
    end: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The shop's words by first letter, longest first; each process's usual place; the code of printing."""

    words: Mapping[str, list[tuple[str, str]]]
    ranks: Mapping[str, int]
    printing: str

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str | Iterable[str]]]) -> Self:
        """Collect code, name and synonyms of each process, in the usual order of work.

        Synonyms are a list, or text with spaces or commas. Colours mean the process called 印刷, else PRT.
        """
        processes = list(rows)
        spellings = [(word, code) for code, name, _synonyms in processes for word in (code, name)]
        spellings += [(word, code) for code, _name, synonyms in processes for word in _listed(synonyms)]
        owners = {normal(word).strip().translate(LOWER): code for word, code in reversed(spellings)}
        index: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(owners, key=len, reverse=True):
            if any(letter.isalpha() for letter in word):  # a lone "+" must stay a separator
                index.setdefault(word[0], []).append((word, owners[word]))
        ranks = {row[0]: rank for rank, row in enumerate(processes)}
        return cls(index, ranks, owners.get("印刷") or owners.get("prt", ""))

    def at(self, text: str, start: int) -> Token | None:
        """The longest word of the shop that stands here; `text` has lower-case letters."""
        for word, code in self.words.get(text[start : start + 1], ()):
            end = start + len(word)
            if text.startswith(word, start) and not _inside(text, start) and not _inside(text, end):
                return Token("process", start, end, code)
        return None


def parse(text: str, vocabulary: Vocabulary) -> Parsed:
    """Say which processes a text, any text at all, states in which order, and which of its words are unknown.

    A 裱 among the materials (白卡裱WE坑) is one step in its usual place, unless it stands as a step as well.
    """
    written = normal(text)
    tokens = list(_tokens(written, vocabulary))
    return Parsed(_steps(written, tokens, vocabulary), tuple(_unknown(written, tokens)))


def normal(text: str) -> str:
    """The text with full-width and other compatible letters in their plain form (NFKC)."""
    return "".join(unicodedata.normalize("NFKC", piece) for piece in PIECE.findall(text))


def _listed(synonyms: str | Iterable[str]) -> Iterable[str]:
    return re.split(r"[\s,、;]+", normal(synonyms)) if isinstance(synonyms, str) else synonyms


def _inside(text: str, position: int) -> bool:
    """Whether a Latin word or a number goes on here, as at the E of BOXER for the process BOX."""
    both = set(text[position - 1 : position + 1]) if 0 < position < len(text) else {""}
    return any(both <= run for run in RUNS)


def _tokens(written: str, vocabulary: Vocabulary) -> Iterator[Token]:
    text = written.translate(LOWER)
    start = 0
    while start < len(text):
        token = _known(written, text, start, vocabulary) or _denied(written, text, start, vocabulary)
        if token is None:
            token = Token(_letter(text[start]), start, start + 1)
        yield token
        start = token.end


def _known(written: str, text: str, start: int, vocabulary: Vocabulary) -> Token | None:
    """The longest thing understood here; of two that are equally long the shop's own word wins."""
    best = vocabulary.at(text, start)
    for kind, grammar in GRAMMARS:
        found = grammar.match(written, start)
        if found and (best is None or found.end() > best.end) and (kind != "process" or vocabulary.printing):
            best = Token(kind, start, found.end(), vocabulary.printing if kind == "process" else "")
    return best


def _denied(written: str, text: str, start: int, vocabulary: Vocabulary) -> Token | None:
    """A process that is expressly not wanted (不覆膜): no step, yet shown to whoever imports the text."""
    denial = NOT.match(text, start)
    denied = _known(written, text, denial.end(), vocabulary) if denial else None
    return Token("unknown", start, denied.end, denied.code) if denied and denied.kind == "process" else None


def _letter(letter: str) -> Kind:
    category = unicodedata.category(letter)
    gap = letter != "_" and (category[0] in "PZ" or category in {"Cc", "Cf", "Sm"})
    return "particle" if letter in PARTICLES else "gap" if gap else "unknown"


def _steps(written: str, tokens: list[Token], vocabulary: Vocabulary) -> tuple[str, ...]:
    """One step per process word; colours side by side, and one word that repeats itself (折3折), make one."""
    codes: list[str] = []
    joined: set[str] = set()
    last, after_material = "", False
    for token in tokens:
        if token.kind == "process" and after_material and "裱" in written[token.start : token.end]:
            joined.add(token.code)
            last = ""
        elif token.kind == "process":
            if token.code != last:
                codes.append(token.code)
            last, after_material = token.code, False
        elif token.kind == "material":
            last, after_material = "", True
        elif token.kind == "unknown" or (token.kind == "gap" and last != vocabulary.printing):
            if last and token.code == last:  # 开窗不贴胶片
                codes.pop()
            last = ""
    for code in sorted(joined.difference(codes), key=vocabulary.ranks.__getitem__):
        later = (i for i, other in enumerate(codes) if vocabulary.ranks[other] > vocabulary.ranks[code])
        codes.insert(next(later, len(codes)), code)
    return tuple(codes)


def _unknown(written: str, tokens: list[Token]) -> Iterator[str]:
    """Each stretch between known words that holds an unknown one, without what is understood at its ends."""
    for _loose, run in groupby(tokens, key=lambda token: token.kind in {"unknown", "aside", "particle"}):
        stretch = list(run)
        if found := UNKNOWN.search("".join(token.kind[0] for token in stretch)):
            yield written[stretch[found.start()].start : stretch[found.end() - 1].end]
