"""Checks of text: phrases that have to be read twice, links and pointers that lead nowhere, and the layers of `shared`.

Whole files are read, strings and names of tests included. `.ci/run text` runs this, after the examples below.

>>> root = Path(__file__).resolve().parent.parent
>>> list(phrases("// None at\\n/// all, some at_all_times."))
[(8, '“at all”: leave it out, or say how much')]
>>> slug("### The `x` of [links](https://example.com), again")
'the-x-of-links-again'
>>> why = lambda name, text: [fault for _, fault in links(root / name, text)]
>>> why("docs/a.md", "[up](../README.md) [b](testing.md#nowhere) ```\\n[x](y.md)\\n``` `[x](y.md)` [c](https://a.test/b.md)")
['testing.md#nowhere: there is no such heading']
>>> why("a.rs", "docs/a.md, .ci/text.py::slug, .ci/text.py::snail")
['docs/a.md: there is no such file', '.ci/text.py::snail: there is no such function']
>>> why = lambda name, text: [fault for _, fault in layers(root / "shared/src" / name, text)]
>>> why("limits/table.rs", "use crate::store::Item; use crate::members::Email; use http::StatusCode;")
['limits names members, which is not on a lower layer', 'only gateway names StatusCode']
>>> why("utils.rs", "use crate::{store, config};")
['utils has no layer in .ci/text.py', 'a group hides modules: write crate::module::…']
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What is found, and what to write instead. A space stands for any gap, even in a comment of two lines.
PHRASES = {
    "whoever|whom(?:ever)?|whosoever": "name the person: the client, the member, the operator",
    "thereof|therein|thereby|whereby|wherein|hereby": "say of what",
    "anew|hitherto|henceforth|whence|whilst|amongst|lest": "again, until now, while, among, so that",
    "but for": "except",
    "at all(?! rows)": "leave it out, or say how much",
    "(?:so as|in order) to": "to",
    "for (?:they|he|she|it (?:is|has|can|may|must|will|would|could|cannot))": "because",
    "counts? as (?:none|nobody|nothing|no)": "missing, malformed, skipped",
    "(?:nothing|none|nobody|anything|everything|all) but": "only, or everything except",
    "respectively|vice versa|the (?:former|latter)": "name it again",
}
GAP = r"\s+(?:[#/!*>]+\s+)?"
PATTERNS = [(re.compile(rf"\b(?:{it.replace(' ', GAP)})\b", re.I), instead) for it, instead in PHRASES.items()]

CODE = re.compile(r"^```.*?^```|(`+)[^`].*?\1", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)|<[^>]*\s(?:href|src|srcset)=\"([^\"\s]+)", re.M)
# A path from the root of the repository or from its own folder, with a function or a heading.
POINTER = re.compile(
    r"(?<![\w./:{}$-])((?:docs|shared|functions|tools|tests|examples|events|deploy|\.ci)/(?:[\w.-]+/)*[\w-]+(?:\.\w+)+"
    r"|(?:README|CONTRIBUTING|CHANGELOG|SECURITY)\.md)(?:(#|::)([\w-]+))?"
)

# The modules of `shared`, from the highest layer to the lowest. A module uses modules of lower layers only.
LAYERS = ["gateway accounts", "sessions", "keys", "members limits", "store", "config random timestamp"]
HEIGHT = {module: -at for at, layer in enumerate(LAYERS) for module in layer.split()}
USE = re.compile(r"\b(?:crate|super)::(\w+)|\b(lambda_http|lambda_runtime|StatusCode)\b|(\bcrate::\{|super::super::)")


def phrases(text):
    for pattern, instead in PATTERNS:
        for found in pattern.finditer(text):
            yield found.start(), f"“{re.sub(GAP, ' ', found[0])}”: {instead}"


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip("# \n").lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def fault(file, mark, name):
    """What is wrong with a link to a file, and to a heading or a function in it."""
    if not file.exists():
        return "there is no such file"
    if mark == "#" and file.suffix == ".md":
        headings = re.findall(r"^#+ .*$", CODE.sub(lambda it: it[0] if it[1] else "", file.read_text()), re.M)
        return None if name in map(slug, headings) else "there is no such heading"
    if mark == "::":
        found = re.search(rf"\b(?:fn|def|mod|struct|enum) {name}\b", file.read_text())
        return None if found else "there is no such function"
    return None


def links(path, text):
    if path.suffix == ".md":
        for found in LINK.finditer(CODE.sub(lambda it: " " * len(it[0]), text)):
            target = next(filter(None, found.groups()))
            file, mark, name = target.partition("#")
            if not re.match("[a-z]+:", target) and (why := fault(path.parent / file if file else path, mark, name)):
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
        yield 0, f"{module} has no layer in .ci/text.py"
    for found in USE.finditer(text):
        used, http, group = found.groups()
        if used in HEIGHT and used != module and HEIGHT[used] >= HEIGHT.get(module, 1):
            yield found.start(), f"{module} names {used}, which is not on a lower layer"
        if http and module != "gateway":
            yield found.start(), f"only gateway names {http}"
        if group:
            yield found.start(), "a group hides modules: write crate::module::…"


def main():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kinds = {".rs", ".md", ".py", ".sh", ".yaml", ".yml", ".toml", ".html", ".js", ".mjs", ""}
    count = 0
    for path in (ROOT / name for name in listed.splitlines()):
        if path.suffix not in kinds or "LICENSE" in path.name or "corpus" in path.parts or path == Path(__file__).resolve():
            continue
        text = path.read_text()
        for check in (phrases, links, layers):
            for start, what in check(*([text] if check is phrases else [path, text])):
                count += 1
                print(f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, start) + 1}: {what}")
    sys.exit(f"{count} faults" if count else 0)


if __name__ == "__main__":
    main()
