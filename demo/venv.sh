# Sourced by demo/run and tests/run: makes .venv in the checkout, or brings it up to date.
#
#   prepare_venv         what ecstui needs to run
#   prepare_venv test    that, and what its tests need
#
# Costs nothing when pyproject.toml has not changed since. The current directory must be the checkout.

venv_python=.venv/bin/python

fail() {
    echo "$*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# What an installation was made for: another Python, another place or other dependencies renew it.
venv_stamp() {
    "$venv_python" - "$PWD" <<'PYTHON'
import hashlib, pathlib, sys
parts = (sys.version, sys.argv[1], pathlib.Path("pyproject.toml").read_text())
print(hashlib.sha256("\0".join(parts).encode()).hexdigest())
PYTHON
}

make_venv() {
    local python
    python=$(find_python) || fail "ecstui needs Python 3.11 or newer as python3."
    rm -rf .venv
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv from Debian's packages."
        {
            DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
                    -o DPkg::Lock::Timeout=300 python3-venv
        } >/dev/null || fail "python3-venv could not be installed: run 'apt-get install python3-venv'."
        "$python" -m venv .venv
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --without-pip .venv
    else
        fail "This Python can make no virtual environment: install python3-venv (as root:" \
            "apt-get install python3-venv), then run this again."
    fi
}

# pip of the venv, or the system's working on the venv where Debian leaves the venv without one.
venv_pip() {
    if "$venv_python" -c 'import pip' 2>/dev/null; then
        "$venv_python" -m pip --disable-pip-version-check "$@"
    else
        "$(find_python)" -m pip --disable-pip-version-check --python "$venv_python" "$@"
    fi
}

prepare_venv() {
    local extra=${1:-} stamp what=.
    "$venv_python" -c '' 2>/dev/null || make_venv
    stamp=$(venv_stamp)
    [ "$(cat ".venv/made-for${extra:+-$extra}" 2>/dev/null)" != "$stamp" ] || return 0
    echo "Installing what ecstui needs into .venv (once, until pyproject.toml changes)."
    [ -z "$extra" ] || what=".[$extra]"
    venv_pip install --quiet --editable "$what" ||
        fail "pip could not install what ecstui needs: see above. Is a package index reachable?"
    echo "$stamp" >.venv/made-for
    [ -z "$extra" ] || echo "$stamp" >".venv/made-for-$extra"
}
