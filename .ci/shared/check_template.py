"""Lints the templates after SAM's transform, which `sam validate --lint` does not do. Checks that every name that a
template imports is exported by one of the templates."""

import json
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from expand import expand


def lint(template):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        # SAM's transform replaced references to a parameter and a mapping with their values, so both look unused.
        # Whether they are used is checked by `sam validate --lint`.
        unused = ["--ignore-checks", "W2001", "W7001"]
        subprocess.run([Path(sys.executable).with_name("cfn-lint"), *unused, "--", file.name], check=True)


def names(value, key):
    """All values under `key` in this part of the template, at any depth."""
    if isinstance(value, list):
        return [name for it in value for name in names(it, key)]
    if not isinstance(value, dict):
        return []
    here = [value[key]] if key in value else []
    return here + [name for it in value.values() for name in names(it, key)]


def written_out(name, parameters):
    """Every name that an import can resolve to, without the name of the stack in front."""
    text = name["Fn::Sub"].partition("-")[2]
    used = {key: it for key, it in parameters.items() if f"${{{key}}}" in text}
    for values in product(*(it.get("AllowedValues", [it.get("Default")]) for it in used.values())):
        made = text
        for key, value in zip(used, values):
            made = made.replace(f"${{{key}}}", value)
        yield made


def check_imports(templates):
    """Checks that one of the templates exports every imported name."""
    exports = [it["Export"]["Name"] for template in templates for it in template["Outputs"].values() if "Export" in it]
    exported = {it["Fn::Sub"].removeprefix("${AWS::StackName}-") for it in exports}
    for template in templates:
        for name in names(template["Resources"], "Fn::ImportValue"):
            if missing := set(written_out(name, template["Parameters"])) - exported:
                sys.exit(f"no stack exports what is imported: {missing}")


paths = ["template.yaml", *sorted(Path("examples").glob("*/template.yaml"))]
templates = [expand(path) for path in paths]
for template in templates:
    lint(template)
lint(expand("template.yaml", DeploymentPreference="Canary10Percent10Minutes"))
check_imports(templates)
