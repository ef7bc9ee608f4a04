"""Lints the templates as they are deployed, after SAM's transform, which `sam validate --lint` does not see."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from expand import expand

for template in ("template.yaml", "examples/protected-route/template.yaml"):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(expand(template), file)
        file.flush()
        subprocess.run([Path(sys.executable).with_name("cfn-lint"), file.name], check=True)
