"""Finds phrases that a reader whose first language is not English has to read twice.

Looks at comments, at the messages of errors, and at the whole of each document and template. A phrase is on the
list only where a pattern can tell it from good English; a reviewer does the rest.
"""

import re
import subprocess
import sys
from pathlib import Path

# What is found, and what to write instead. A `_` stands for any gap inside a paragraph.
PHRASES = {
    r"whoever|whomever|whosoever": "name the person: the client, the member, the operator",
    r"whom": "name the person, in a sentence of its own",
    r"thereof|therein|thereby|thereto|whereby|wherein|herein|hereby": "say of what",
    r"anew|hitherto|henceforth|whence|whilst|amongst|lest": "again, until now, from now on, while, among, so that",
    r"but_for": "except",
    r"at_all(?!_rows)": "leave it out, or say how much",
    r"(?:is|are|was|were)_(?:none|nobody)": "missing, absent, malformed, unknown",
    r"counts?_as_(?:none|nobody|nothing|no)": "missing, malformed, skipped",
    r"(?:is|was)_no_(?!longer|more|less|matter|\w+er_than)": "is not a",
    r"for_(?:they|he|she)": "because",
    r"for_it_(?!as_)(?:[a-z]+s|can|may|must|will|would|could|had|cannot)": "because the …",
    r",_for_there_(?:is|are)": "because there is",
    r"no_\w+_but": "only",
    r"(?:nothing|none|nobody|anything|everything|all)_but": "only, or everything except",
    r"no_\w+(?:_\w+)?_(?:what|who)ever": "any",
    r"so_as_to": "to",
    r"in_order_to": "to",
    r"the_(?:former|latter)": "name it again",
    r"respectively": "say which belongs to which",
    r"vice_versa": "say it the other way round",
}
# The first word of a phrase, and the word before it with which the phrase is good English.
FINE_AFTER = {"is": "there", "are": "there", "was": "there", "were": "there", "but": "not"}
GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*)"
PATTERNS = [
    (re.compile(rf"\b(?:{phrase.replace('_', GAP)})\b", re.IGNORECASE), instead)
    for phrase, instead in PHRASES.items()
]

# All of these is prose, or holds such phrases in its descriptions only.
WHOLE = {".html", ".md", ".yaml", ".yml"}
# What of other files is prose. A literal is matched first, so that a mark inside it opens no comment.
LITERAL = r'"(?:\\.|[^"\\])*"'
HASH = re.compile(r"(?:^|(?<=\s))#+(?P<prose>[^\n]*)", re.MULTILINE)
PROSE = {
    ".rs": re.compile(
        r'#\[error\("(?P<message>(?:\\.|[^"\\])*)"|//[/!]?(?P<prose>[^\n]*)|r(?P<h>#+)".*?"(?P=h)|\'.\'|'
        + LITERAL,
        re.DOTALL,
    ),
    ".js": re.compile(r"//(?P<prose>[^\n]*)|`[^`]*`|" + LITERAL),
    ".py": re.compile(r'"""(?P<message>.*?)"""|#+(?P<prose>[^\n]*)|' + LITERAL, re.DOTALL),
    ".sh": HASH,
    ".toml": HASH,
    "script": HASH,
}


def prose_of(text, kind):
    """The text with everything else blanked, so that its lines keep their numbers."""
    if kind in WHOLE:
        return re.sub(r"^\s*[#>]+", lambda mark: " " * len(mark[0]), text, flags=re.MULTILINE)
    kept = re.sub(r"[^\n]", " ", text)
    for found in PROSE[kind].finditer(text):
        for group in ("message", "prose"):
            if found.groupdict().get(group):
                start, end = found.span(group)
                kept = kept[:start] + text[start:end] + kept[end:]
    return kept


def phrases(text, kind):
    """Each phrase of the list in the text: its line, itself, and what to write instead."""
    prose = prose_of(text, kind)
    for pattern, instead in PATTERNS:
        for found in pattern.finditer(prose):
            words = found[0].split()
            before = prose[: found.start()].lower().split()[-1:]
            if before != [FINE_AFTER.get(words[0].lower())]:
                yield prose.count("\n", 0, found.start()) + 1, " ".join(words), instead


def kind_of(path):
    if path.name.startswith("LICENSE") or path.name.endswith("lock"):
        return None
    if path.name == "justfile" or (not path.suffix and ".ci" in path.parts):
        return "script"
    return path.suffix if path.suffix in WHOLE or path.suffix in PROSE else None


def files(root):
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        kind = kind_of(root / name)
        if kind and (root / name).is_file():
            yield name, kind


def main():
    root = Path(__file__).parent.parent
    count = 0
    for name, kind in files(root):
        for line, phrase, instead in sorted(phrases((root / name).read_text(), kind)):
            count += 1
            print(f"{name}:{line}: “{phrase}”: {instead}")
    sys.exit(f"{count} phrases to rewrite" if count else 0)


if __name__ == "__main__":
    main()
