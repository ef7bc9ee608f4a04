"""Lints template.yaml as it is deployed, after SAM's transform, which `sam validate --lint` does not see."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    def load(self):
        return {}


template = yaml_parse(Path("template.yaml").read_text())
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"  # as `sam package` would have it
expanded = transform(template, {}, NoManagedPolicies())
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(expanded, file)
    file.flush()
    sys.exit(subprocess.run([Path(sys.executable).with_name("cfn-lint"), file.name]).returncode)
