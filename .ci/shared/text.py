"""Checks text: phrases that are hard to read, broken links, and the layers of `shared`.

Whole files are read, including strings and test names. `python3 -m doctest` runs these examples:

>>> list(phrases("// None at\\n/// all, some at_all_times."))
[(8, '“at all”: leave it out, or say how much')]
>>> slug("### The `x` of [links](https://example.com), again")
'the-x-of-links-again'
>>> why = lambda name, text: [fault for _, fault in links(ROOT / name, text)]
>>> why("docs/a.md", "[a](../README.md) [b](testing.md#nowhere) `[x](y.md)` [c](https://a.test/b.md)")
['testing.md#nowhere: there is no such heading']
>>> why("a.rs", "docs/a.md, .ci/shared/text.py::slug, .ci/shared/text.py::snail")
['docs/a.md: there is no such file', '.ci/shared/text.py::snail: there is no such function']
>>> why = lambda name, text: [fault for _, fault in layers(ROOT / "shared/src" / name, text)]
>>> why("limits/table.rs", "use crate::store::Item; use crate::members::Email; use http::StatusCode;")
['limits names members, which is not on a lower layer', 'only gateway names StatusCode']
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READ = re.compile(r"(?<!^\.ci/shared/text)\.(?:rs|md|py|sh|ya?ml|toml|html|m?js)$|^(?:justfile|\.ci/run|deploy/\w+)$")

# Patterns, and what to write instead. A space matches any gap, even one between two lines of a comment.
PHRASES = {
    "whoever|whom(?:ever)?|whosoever": "name the person: the client, the member, the operator",
    "thereof|therein|thereby|whereby|wherein|hereby": "say of what",
    "anew|hitherto|henceforth|whence|whilst|amongst|lest": "again, until now, while, among, so that",
    "but for": "except",
    "at all(?! rows)": "leave it out, or say how much",
    "(?:so as|in order) to": "to",
    "for (?:they|he|she|it (?:is|has|can|may|must|will|would|could|cannot))": "because",
    "(?:nothing|none|nobody|anything|everything|all) but": "only, or everything except",
    "respectively|vice versa|the (?:former|latter)": "name it again",
}
GAP = r"\s+(?:[#/!*>]+\s+)?"
PATTERNS = {re.compile(rf"\b(?:{it.replace(' ', GAP)})\b", re.I): PHRASES[it] for it in PHRASES}

CODE = re.compile(r"^```.*?^```|(`+)[^`].*?\1", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)|\b(?:href|src|srcset)=\"([^\"\s]+)", re.M)
# A path from the repository's root or from the file's own folder, with an optional function or heading.
FOLDERS = r"docs|shared|functions|tools|tests|examples|events|deploy|\.ci"
FILE = rf"(?:{FOLDERS})/(?:[\w.-]+/)*[\w-]+(?:\.\w+)+|(?:README|CONTRIBUTING|CHANGELOG|SECURITY)\.md"
POINTER = re.compile(rf"(?<![\w./:{{}}$-])({FILE})(?:(#|::)([\w-]+))?")

# The modules of `shared`, from the highest layer to the lowest. A module uses modules of lower layers only.
LAYERS = ["gateway accounts", "sessions", "keys", "members limits", "store", "config random timestamp"]
HEIGHT = {module: -at for at, layer in enumerate(LAYERS) for module in layer.split()}
USE = re.compile(r"(?:crate|super)::(\w+)|\b(lambda_http|lambda_runtime|StatusCode)\b|(crate::\{|super::super::)")


def phrases(text):
    for pattern, instead in PATTERNS.items():
        for found in pattern.finditer(text):
            yield found.start(), f"“{re.sub(GAP, ' ', found[0])}”: {instead}"


def slug(heading):  # as GitHub generates it
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip("# \n").lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def fault(file, mark, name):
    """The error in a link to a file, and to a heading or a function in it."""
    if not file.exists():
        return "there is no such file"
    if mark == "#" and file.suffix == ".md":
        headings = re.findall("^#+ .*", file.read_text(), re.M)
        return None if name in map(slug, headings) else "there is no such heading"
    if mark == "::" and not re.search(rf"\b(?:fn|def) {name}\b", file.read_text()):
        return "there is no such function"
    return None


def links(path, text):
    if path.suffix == ".md":
        for found in LINK.finditer(CODE.sub(lambda it: " " * len(it[0]), text)):
            target = next(filter(None, found.groups()))
            name, mark, heading = target.partition("#")
            file = path.parent / name if name else path
            if not re.match("[a-z]+:", target) and (why := fault(file, mark, heading)):
                yield found.start(), f"{target}: {why}"
        text = LINK.sub(lambda it: " " * len(it[0]), text)
    for found in POINTER.finditer(text):
        beside = path.parent / found[1]
        if why := fault(beside if beside.exists() else ROOT / found[1], *found.groups()[1:]):
            yield found.start(), f"{found[0]}: {why}"


def layers(path, text):
    if ROOT / "shared/src" not in path.parents or path.name == "lib.rs":
        return
    module = path.relative_to(ROOT / "shared/src").with_suffix("").parts[0]
    if module not in HEIGHT:
        yield 0, f"{module} has no layer in .ci/shared/text.py"
    for found in USE.finditer(text):
        used, http, group = found.groups()
        if used in HEIGHT and used != module and HEIGHT[used] >= HEIGHT.get(module, 1):
            yield found.start(), f"{module} names {used}, which is not on a lower layer"
        if http and module != "gateway":
            yield found.start(), f"only gateway names {http}"
        if group:
            yield found.start(), "a group hides modules: write crate::module::…"


def main():
    faults = []
    for name in filter(READ.search, subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()):
        path, text = ROOT / name, (ROOT / name).read_text()
        for start, what in [*phrases(text), *links(path, text), *layers(path, text)]:
            faults.append(f"{name}:{text.count(chr(10), 0, start) + 1}: {what}")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
