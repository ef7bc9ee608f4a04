"""Shows that `layers.py` finds what it is there to find: each fault is planted in a small tree of its own."""

import tempfile
from pathlib import Path

from layers import check

SOUND = {
    "shared/Cargo.toml": '[package]\nname = "shared"\n[dependencies]\nhttp = "1"\n',
    "tools/embedded-dynamodb/Cargo.toml": '[package]\nname = "embedded-dynamodb"\n',
    "functions/login/Cargo.toml": '[package]\nname = "login"\n[dependencies]\nshared = "1"\n',
    "shared/src/lib.rs": "pub mod gateway;\npub mod store;\n",
    "shared/src/gateway.rs": "use crate::accountable;\nuse crate::{sessions::Session, store::{Item, b}};\n",
    "shared/src/gateway/response.rs": "use lambda_http::Body;\nuse super::Error;\n",
    "shared/src/sessions.rs": '//! See [`crate::gateway`].\nfn why() -> &\'static str { "crate::gateway" }\n',
    "shared/src/store.rs": "use crate::timestamp::Timestamp;\n",
    "shared/src/timestamp.rs": "/* crate::store */ fn quote() -> char { '\"' }\n",
}

PLANTED = {
    "a higher layer": ("shared/src/sessions.rs", "use crate::gateway::Reply;"),
    "a higher layer, inside a path": ("shared/src/sessions/table.rs", "fn x() { crate::gateway::reply() }"),
    "a higher layer, in a group": (
        "shared/src/store.rs",
        "use crate::{\n    config,\n    sessions::{a, b},\n};",
    ),
    "a higher layer, by super": ("shared/src/store/tls_roots.rs", "use super::super::members::Member;"),
    "a higher layer, in a test": ("shared/src/keys.rs", "mod tests {\n    use crate::sessions::Session;\n}"),
    "the same layer": ("shared/src/members.rs", "use crate::limits::Quota;"),
    "the lowest layer using the one above": ("shared/src/config.rs", "use crate::store::Item;"),
    "Lambda below gateway": ("shared/src/keys.rs", "use lambda_http::Request;"),
    "a status code below gateway": ("shared/src/accounts.rs", "fn x() -> http::StatusCode { todo!() }"),
    "a module without a layer": ("shared/src/utils.rs", ""),
    "shared depends on a function": ("shared/Cargo.toml", SOUND["shared/Cargo.toml"] + 'login = "1"\n'),
    "a renamed dependency": (
        "shared/Cargo.toml",
        SOUND["shared/Cargo.toml"] + '[dev-dependencies]\nl = { package = "login", path = "x" }\n',
    ),
    "the database depends on shared": (
        "tools/embedded-dynamodb/Cargo.toml",
        SOUND["tools/embedded-dynamodb/Cargo.toml"] + "[dependencies]\nshared.workspace = true\n",
    ),
}


def checked(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check(Path(folder))


dependencies, faults = checked(SOUND)
assert not faults, faults
assert set(dependencies) == {("gateway", "sessions"), ("gateway", "store"), ("store", "timestamp")}, (
    dependencies
)
for what, (name, text) in PLANTED.items():
    found = checked(SOUND | {name: text})[1]
    assert len(found) == 1, f"{what}: {found}"
print(f"{len(PLANTED)} planted faults found")
