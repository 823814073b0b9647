"""The keys of a test, written down where a command of the product looks for them."""

import base64
import json
from pathlib import Path

from persistence.seal import Key


def write_keys(path: Path, *keys: Key) -> None:
    """Write a key file."""
    told = [
        {"id": key.name, "mac": base64.b64encode(key.mac).decode(), "seed": base64.b64encode(key.seed).decode()}
        for key in keys
    ]
    path.write_text(json.dumps({"keys": told}), "utf-8")
    path.chmod(0o600)
