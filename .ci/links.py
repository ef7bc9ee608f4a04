"""Follows the links and pointers of the documents, the templates and the comments, as far as they stay here.

A link is Markdown's or HTML's, relative to its file. A pointer is a path in prose, from the root of the
repository, such as `docs/operations.md#alarms`. Addresses elsewhere are not asked.
"""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(`+)[^`].*?\1", re.DOTALL)
LINK = re.compile(
    r"\]\((?P<inline>[^)\s]+)[^)]*\)"
    r"|^\[[^\]^]+\]:\s*(?P<reference>\S+)"
    r"|<[^>]*\s(?:href|src|srcset)=\"(?P<html>[^\"\s]+)",
    re.MULTILINE,
)
DOCUMENT = r"(?<![\w./:-])(?:docs/(?:[\w-]+/)*[\w-]+|README|CONTRIBUTING|CHANGELOG|SECURITY)\.md(?:#[\w-]+)?"
SOURCE = (
    r"(?<![\w./:-])(?:shared|functions|tools|tests|examples|events|fuzz|deploy|\.ci)/(?:[\w.-]+/)*[\w-]+\.\w+"
)
POINTER = re.compile(DOCUMENT)
POINTER_OR_SOURCE = re.compile(f"{DOCUMENT}|{SOURCE}")
# Where a path of a source file is a pointer, too. In other files it may be a part of something else.
NAMES_SOURCES = {".yaml", ".yml"}
TEXT = NAMES_SOURCES | {".rs", ".py", ".sh", ".js", ".toml", ".html", ""}


def blank(found):
    return re.sub(r"[^\n]", " ", found[0])


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@cache
def anchors(path):
    text = FENCE.sub(blank, path.read_text())
    names = set(re.findall(r"<[^>]*\s(?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", text, re.MULTILINE):
        name, count = slug(heading), 0
        while name in names:
            count += 1
            name = f"{slug(heading)}-{count}"
        names.add(name)
    return names


def fault(base, target):
    """Why the target leads nowhere, or `None`."""
    path, _, anchor = target.partition("#")
    if re.match(r"[a-z][a-z0-9+.-]*:", path):
        return None
    file = base.parent / path if path else base
    if not file.exists():
        return f"there is no {path}"
    if anchor and file.suffix == ".md" and anchor not in anchors(file.resolve()):
        return f"{file.name} has no heading #{anchor}"
    return None


def targets(path, root):
    """What the file links to and points to: the file from which each path starts, the path, its place."""
    text = path.read_text()
    if path.suffix == ".md":
        text = FENCE.sub(blank, text)
        prose = CODE_SPAN.sub(blank, text)
        for found in LINK.finditer(prose):
            yield path, next(filter(None, found.groups())), found.start()
        text = LINK.sub(blank, text)
    pattern = POINTER_OR_SOURCE if path.suffix in NAMES_SOURCES else POINTER
    for found in pattern.finditer(text):
        yield root / "README.md", found[0], found.start()


def tracked(root):
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.name.startswith("links"):
            continue  # its examples
        if path.is_file() and (path.suffix == ".md" or path.suffix in TEXT) and "corpus" not in path.parts:
            yield path


def main():
    root = Path(__file__).resolve().parent.parent
    count, faults = 0, []
    for path in tracked(root):
        for base, target, place in targets(path, root):
            count += 1
            if why := fault(base, target):
                line = path.read_text().count("\n", 0, place) + 1
                faults.append(f"{path.relative_to(root)}:{line}: {target}: {why}")
    print(f"{count} links and pointers followed")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
