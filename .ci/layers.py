"""Checks which module of `shared` uses which, and which crates the workspace's lower crates depend on.

A module uses only modules on lower layers. The compiler accepts any use between the modules of one crate, so
this script reads the source. Comments and strings do not count; test modules do.
"""

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

# From the highest layer to the lowest. Modules on the same line do not use each other.
LAYERS = [
    {"gateway", "accounts"},
    {"sessions"},
    {"keys"},
    {"members", "limits"},
    {"store"},
    {"config", "random", "timestamp"},
]
HEIGHT = {module: len(LAYERS) - at for at, layer in enumerate(LAYERS) for module in layer}
# What only `gateway` knows: Lambda's events and HTTP.
GATEWAY_ONLY = re.compile(r"\b(lambda_http|lambda_runtime|StatusCode)\b")
NOT_CODE = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|\br(?P<hashes>#*)".*?"(?P=hashes)'
    r'|"(?:\\.|[^"\\])*"'
    r"|'(?:\\[^']+|[^\\'\n])'",
    re.DOTALL,
)
ROOTED = re.compile(r"\bcrate::|\b(?:super::)+")


def code_of(path):
    """The file's code, with comments and literals blanked, so that lines keep their numbers."""
    return NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), path.read_text())


def heads(code, at):
    """The first names of the path, or of each path of the group, that begins at `at`."""
    if not code.startswith("{", at):
        name = re.match(r"\w+", code[at:])
        return [name[0]] if name else []
    depth, names, previous = 0, [], ""
    for token in re.finditer(r"[{},]|\w+|::", code[at:]):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            break
        if depth == 1 and re.fullmatch(r"\w+", token[0]) and previous in "{,":
            names.append(token[0])
        previous = token[0]
    return names


def uses(code, depth):
    """The modules that the code names from the root of the crate, with the line of each."""
    for found in ROOTED.finditer(code):
        if found[0] != "crate::" and found[0].count("super") < depth:
            continue  # a path inside the module
        for name in heads(code, found.end()):
            if name in HEIGHT:
                yield name, code.count("\n", 0, found.start()) + 1


def read_modules(source, faults):
    """How often each module names each other, and what is wrong with it."""
    dependencies = Counter()
    for path in sorted(source.rglob("*.rs")):
        parts = path.relative_to(source).with_suffix("").parts
        module = parts[0]
        if module == "lib":
            continue
        if module not in HEIGHT:
            faults.append(f"{path}: the module {module} is on no layer; give it one in .ci/layers.py")
            continue
        code = code_of(path)
        for used, line in uses(code, len([part for part in parts if part != "mod"])):
            if used == module:
                continue
            dependencies[module, used] += 1
            if HEIGHT[used] >= HEIGHT[module]:
                faults.append(f"{path}:{line}: {module} uses {used}, which is not on a lower layer")
        if module != "gateway":
            for found in GATEWAY_ONLY.finditer(code):
                line = code.count("\n", 0, found.start()) + 1
                faults.append(f"{path}:{line}: {module} names {found[0]}, which only gateway does")
    return dependencies


def crates_used(manifest):
    """The packages that a manifest names as dependencies of any kind."""
    tables = [manifest, *manifest.get("target", {}).values()]
    for table in tables:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, value in table.get(kind, {}).items():
                yield value.get("package", name) if isinstance(value, dict) else name


def read_manifests(root, faults):
    manifests = {}
    for folder in ("functions", "shared", "tools", "tests", "examples"):
        for path in sorted((root / folder).rglob("Cargo.toml")):
            manifests[path] = tomllib.loads(path.read_text())
    ours = {it["package"]["name"] for it in manifests.values() if "package" in it}
    functions = {
        it["package"]["name"] for path, it in manifests.items() if (root / "functions") in path.parents
    }
    forbidden = {root / "shared/Cargo.toml": functions, root / "tools/embedded-dynamodb/Cargo.toml": ours}
    for path, crates in forbidden.items():
        for crate in sorted(crates & set(crates_used(manifests[path]))):
            faults.append(f"{path}: depends on {crate}, which this crate must not know")


def check(root):
    faults = []
    dependencies = read_modules(root / "shared/src", faults)
    read_manifests(root, faults)
    return dependencies, faults


def main():
    dependencies, faults = check(Path(__file__).parent.parent)
    for (module, used), count in sorted(dependencies.items(), key=lambda it: (-HEIGHT[it[0][0]], it[0])):
        print(f"{module} -> {used}: {count}")
    print(f"{len(HEIGHT)} modules, {len(dependencies)} dependencies")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
