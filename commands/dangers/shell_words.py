"""A shell script in simple commands, as far as one can tell without running it. Pure; linear in its length.

Quotes, comments, line continuations, pipes, substitutions and here-documents are told apart; variables are followed as
far as they hold plain text. It parses no grammar: keywords are words, and what it does not understand it passes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

UNKNOWN = "\x00"  # in a word: something that can't be known beforehand, and is not empty

_TOKEN = re.compile(
    r"""
    (?P<newline>\n)
  | (?P<gap>[ \t\r]+ | \\\r?\n)
  | (?P<single>'[^']*')
  | (?P<ansi>\$'(?:\\.|[^'\\])*')
  | (?P<double>\$?"(?:\\.|[^"\\])*")
  | (?P<braces>\{\{[^{}]{0,200}\}\})
  | (?P<variable>\$\{[^}\n]{0,200}\} | \$[A-Za-z_]\w* | \$[0-9@*\#?$!-])
  | (?P<open>\$\(\( | \$\( | [<>]\( | `)
  | (?P<redirect>\d*(?:>>|>\||>&|>|<<<|<<-?|<&|<>|<) | &>>?)
  | (?P<cut>;;|&&|\|\||\|&|[;&|()])
  | (?P<escape>\\.)
  | (?P<plain>[^\s'"\\$`;&|()<>\#{}]+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_QUOTES = re.compile(
    r"(?P<variable>\$\{[^}\n]{0,200}\}|\$[A-Za-z_]\w*|\$[0-9@*#?$!-])|(?P<open>\$\(|`)"
    r"|(?P<braces>\{\{[^{}]{0,200}\}\})|\\(?P<escaped>[$`\"\\\n])|(?P<plain>[^$`{\\]+|.)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{?[!#]?(?P<name>\w+|[@*#?$!-])(?P<operator>:?[-=?+])?(?P<word>[^}]*)\}?", re.DOTALL)
_ASSIGNMENT = re.compile(r"(\w+)\+?=")
_FUNCTION = re.compile(r"\w[ \t]{0,9}\([ \t]{0,9}\)")
_PATTERN = re.compile(
    r"\(?[^\s()&;$`<>|]{1,64}(?:[ \t]{0,9}\|[ \t]{0,9}[^\s()&;$`<>|]{1,64}){0,16}[ \t]{0,9}\)"
)  # of a `case`
_NOUNSET = re.compile(r"^[ \t]*set[ \t]+-(?:[a-z]*u|o[ \t]+nounset)", re.MULTILINE)
_HOLDERS = {"for", "select", "read", "local", "declare", "typeset", "export", "readonly", "mapfile", "readarray"}
_OF_THE_SYSTEM = {"PATH", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "HOSTNAME", "RANDOM", "UID", "EUID", "PPID"}
_INTERPRETERS = {"sh", "bash", "dash", "ash", "ksh", "zsh", "ssh", "su", "sudo", "mysql", "psql", "sqlite3", "mongo"}
KEYWORDS = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"}
_LONGEST_PIPE = 100  # words remembered of what feeds a command
_DEEPEST = 3  # scripts within strings within scripts


@dataclass(slots=True)
class Word:
    text: str = ""
    emptied: str = ""  # the first variable in it that has no value anywhere, as it is written
    inner: list[str] = field(default_factory=list)  # programs in its substitutions
    is_quoted: bool = False


@dataclass(slots=True)
class Simple:
    """One simple command: its words, the first of which may be keywords, assignments and the like."""

    line: int
    words: list[Word] = field(default_factory=list)
    redirects: list[tuple[str, Word]] = field(default_factory=list)  # operator, target
    fed_by: list[str] = field(default_factory=list)  # programs before it in the same pipe
    cwd: str | None = None  # where it runs, if the script says so

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]


@dataclass(slots=True)
class _Frame:
    """What a substitution interrupts."""

    opener: str
    simple: Simple
    word: Word | None
    seen: list[str] = field(default_factory=list)  # programs of the substitution


class Reader:
    """Reads one script; what it knows of variables serves the strings in it that are scripts, too."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.values: dict[str, str] = {"HOME": "~"}
        self.cwd: str | None = None
        self._is_strict = bool(_NOUNSET.search(script))
        self._has_functions = bool(_FUNCTION.search(script))

    def simples(self) -> Iterator[Simple]:
        yield from _Scan(self, self.script, 1).run()

    def within(self, text: str, line: int, depth: int) -> Iterator[Simple]:
        """The commands of a text that a shell is given."""
        if depth < _DEEPEST:
            yield from _Scan(self, text, line, depth).run()

    def finished(self, simple: Simple) -> None:
        """Remember what it assigns and where it goes."""
        simple.cwd = self.cwd
        texts = simple.texts
        while texts and texts[0] in KEYWORDS:
            texts.pop(0)
        while texts and (found := _ASSIGNMENT.match(texts[0])):
            self.values[found[1]] = texts.pop(0)[found.end() :]
        if not texts:
            return
        program, arguments = texts[0], texts[1:]
        if program in _HOLDERS:
            for argument in arguments:
                found = _ASSIGNMENT.match(argument)
                self.values[found[1] if found else argument] = argument[found.end() :] if found else UNKNOWN
        elif program in (".", "source"):
            self._is_strict = True  # it may assign anything
        elif program in ("cd", "pushd"):
            self.cwd = arguments[0] if arguments and UNKNOWN not in arguments[0] else None

    def value(self, written: str) -> tuple[str, bool]:
        """What a variable holds, and whether that is nothing because nobody gave it anything."""
        found = _VARIABLE.match(written)
        if not found:
            return UNKNOWN, False
        name, operator, word = found["name"], found["operator"] or "", found["word"]
        if self.values.get(name):
            return (self.values[name] if not word or operator else UNKNOWN), False
        if operator.endswith(("-", "=")):
            default = word if not re.search(r"[$`]", word) else UNKNOWN
            if operator.endswith("="):
                self.values[name] = default
            return default, False
        return ("", True) if self._may_be_empty(name, operator) else (UNKNOWN, False)

    def _may_be_empty(self, name: str, operator: str) -> bool:
        if operator or self._is_strict or name in _OF_THE_SYSTEM or name.startswith("BASH"):
            return False
        return not (self._has_functions and not name.isidentifier())  # $1 may be that of a function


class _Scan:
    """One pass over a text."""

    def __init__(self, reader: Reader, text: str, line: int, depth: int = 0) -> None:
        self.reader = reader
        self.depth = depth
        self.text = text
        self.line = line
        self.simple = Simple(line)
        self.word: Word | None = None
        self.frames: list[_Frame] = []
        self.pending: list[tuple[str, Word]] = []  # here-documents that begin with the next line
        self.awaits: str = ""  # the redirection whose target comes next
        self.on_line: list[str] = []  # programs of this line
        self.done: list[Simple] = []
        self.has_cases = "esac" in text

    def run(self) -> Iterator[Simple]:
        at = 0
        while at < len(self.text):
            if self.has_cases and self._is_between() and (pattern := _PATTERN.match(self.text, at)):
                at = pattern.end()
                continue
            found = _TOKEN.match(self.text, at)
            if not found:
                break
            at = self._take(found.lastgroup or "", found[0], found.end())
            yield from self._drain()
        self._end()
        yield from self._drain()

    def _drain(self) -> Iterator[Simple]:
        done, self.done = self.done, []
        yield from done

    def _is_between(self) -> bool:
        """No command has begun, or it has come to the `in` of a `case`."""
        texts = self.simple.texts
        return self.word is None and not self.awaits and (not texts or (texts[0] == "case" and texts[-1] == "in"))

    def _take(self, kind: str, piece: str, at: int) -> int:
        """The place to go on from."""
        if kind == "plain" and piece == "#" and self.word is None:
            end = self.text.find("\n", at)
            return len(self.text) if end < 0 else end
        if kind == "newline":
            return self._newline(at)
        if kind == "gap":
            self._end_word()
        elif kind == "cut":
            self._cut(piece, at)
        elif kind == "open":
            self._open(piece)
        elif kind == "redirect":
            self._end_word()
            self.awaits = piece.lstrip("0123456789")
        else:
            self._add(kind, piece)
        self.line += piece.count("\n")
        return at

    # Words

    def _add(self, kind: str, piece: str) -> None:
        word = self.word = self.word or Word()
        if kind == "single":
            word.text += piece[1:-1]
        elif kind == "double":
            self._add_quoted(word, piece[piece.index('"') + 1 : -1])
        elif kind == "braces":
            word.text += UNKNOWN
        elif kind == "variable":
            self._add_variable(word, piece)
        elif kind == "escape":
            word.text += piece[1:]
        else:
            word.text += piece[2:-1] if kind == "ansi" else piece
        word.is_quoted |= kind in ("single", "double", "ansi")

    def _add_variable(self, word: Word, written: str) -> None:
        value, is_emptied = self.reader.value(written)
        word.text += value
        if is_emptied:
            word.emptied = word.emptied or written

    def _add_quoted(self, word: Word, text: str) -> None:
        for found in _IN_QUOTES.finditer(text):
            if found.lastgroup == "open":
                inner = list(self.reader.within(text[found.start() :], self.line, self.depth + 1))
                self.done += inner
                word.inner += [program for simple in inner for program in simple.texts[:1]]
                word.text += UNKNOWN
                return
            if found.lastgroup == "variable":
                self._add_variable(word, found[0])
            elif found.lastgroup == "braces":
                word.text += UNKNOWN
            else:
                word.text += found["escaped"] or found[0]

    def _end_word(self) -> None:
        word, self.word = self.word, None
        if word is None:
            return
        if self.awaits:
            operator, self.awaits = self.awaits, ""
            if operator.startswith("<<") and operator != "<<<":
                self.pending.append((operator, word))
            else:
                self.simple.redirects.append((operator, word))
            return
        if not self.simple.words:
            self.simple.line = self.line
        self.simple.words.append(word)

    # Commands

    def _end(self, *, is_pipe: bool = False) -> None:
        self._end_word()
        simple = self.simple
        if simple.words or simple.redirects:
            self.reader.finished(simple)
            self.done.append(simple)
            names = [text.rsplit("/", 1)[-1] for text in simple.texts]
            self.on_line += names
            if self.frames:
                self.frames[-1].seen += names[:1]
            if is_pipe:
                self.simple = Simple(self.line, fed_by=[*simple.fed_by, *names][-_LONGEST_PIPE:])
                return
        self.simple = Simple(self.line)

    def _cut(self, piece: str, at: int) -> None:
        if piece == "(":
            if self.word and self.word.text.endswith("="):  # a list
                self.word.text += UNKNOWN
            if self._is_function(at):
                self.word, self.simple = None, Simple(self.line)
            self._open(piece)
        elif piece == ")":
            self._close()
        else:
            self._end(is_pipe=piece in ("|", "|&"))

    def _is_function(self, at: int) -> bool:
        """`name()`: what follows is not run here, and the name is nobody's program."""
        return len(self.simple.words) + (self.word is not None) <= 2 and self.text[at : at + 20].lstrip()[:1] == ")"

    def _open(self, piece: str) -> None:
        if piece == "`" and self.frames and self.frames[-1].opener == "`":
            self._close()
            return
        if piece == "(":
            self._end()
        for opener in ["(", "("] if piece == "$((" else [piece]:
            self.frames.append(_Frame(opener, self.simple, self.word))
            self.simple, self.word = Simple(self.line), None

    def _close(self) -> None:
        self._end()
        if not self.frames:
            return
        frame = self.frames.pop()
        self.simple, self.word = frame.simple, frame.word
        if frame.opener != "(":
            self.word = self.word or Word()
            self.word.text += UNKNOWN
            self.word.inner += frame.seen

    def _newline(self, at: int) -> int:
        if self.pending:
            self._end_word()
        programs, self.on_line = [*self.on_line, *(t.rsplit("/", 1)[-1] for t in self.simple.texts)], []
        self._end()
        self.line += 1
        pending, self.pending = self.pending, []
        for operator, delimiter in pending:
            at = self._here_document(at, operator, delimiter.text, is_read=bool(_INTERPRETERS & set(programs)))
        self.on_line = []
        return at

    def _here_document(self, at: int, operator: str, delimiter: str, *, is_read: bool) -> int:
        """Text, unless something is given it to run."""
        start = at
        while at < len(self.text):
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            line = self.text[at:end].rstrip("\r")
            if (line.lstrip("\t") if operator == "<<-" else line) == delimiter:
                body, after = self.text[start:at], min(end + 1, len(self.text))
                break
            at = end + 1
        else:
            body, after = self.text[start:], len(self.text)
        if is_read:
            self.done += self.reader.within(body, self.line, self.depth + 1)
        self.line += self.text.count("\n", start, after)
        return after
