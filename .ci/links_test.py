"""Shows that `links.py` follows good links and finds bad ones, each planted in a small tree of its own."""

import tempfile
from pathlib import Path

from links import fault, targets

GUIDE = """# Guide
## Set up, once
## Set up, once
### The `x` of [links](https://example.com)
<a id="by-hand"></a>
"""

SOUND = {
    "docs/a.md": "[up](../README.md) [here](#a) [b](b.md#set-up-once-1 'title') <img src=\"b.md\">\n# A",
    "README.md": "[b](docs/b.md#the-x-of-links) and `docs/b.md#by-hand`\n[web]: https://example.com/no.md\n"
    "```\n[x](nowhere.md)\n```\n`[x](nowhere.md)`",
    "template.yaml": "Description: see docs/b.md#set-up-once, made by shared/src/audit.rs.",
    "shared/src/audit.rs": "//! See `docs/b.md#guide`.",
}

PLANTED = {
    "a file": ("README.md", "[b](docs/c.md)"),
    "a file beside": ("docs/a.md", "[b](docs/b.md)"),
    "an anchor": ("docs/a.md", "[b](b.md#set-up)"),
    "an anchor of the same file": ("docs/a.md", "[b](#nowhere)"),
    "a reference": ("README.md", "[b]: docs/c.md"),
    "an image": ("README.md", '<img width="1" src="docs/c.png">'),
    "a pointer of a description": ("template.yaml", "Description: see docs/b.md#nowhere."),
    "a source that a template names": ("template.yaml", "# The events of shared/src/events.rs, counted."),
    "a pointer of a comment": ("shared/src/audit.rs", "//! See docs/c.md."),
}


def faults(files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, text in ({"docs/b.md": GUIDE} | files).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = [fault(base, target) for name in files for base, target, _ in targets(root / name, root)]
        return [why for why in found if why]


assert not faults(SOUND), faults(SOUND)
for what, (name, text) in PLANTED.items():
    found = faults(SOUND | {name: text})
    assert len(found) == 1, f"{what}: {found}"
print(f"{len(PLANTED)} planted faults found")
