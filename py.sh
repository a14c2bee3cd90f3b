#!/bin/sh
# Run Python with this project's pinned requirements, which are installed first where they are missing.
#
#   ./py.sh ARGUMENTS...             with what the product and the demo need
#   NEEDS=dev ./py.sh ARGUMENTS...   with what the tests need too
#
# The Python is $PYTHON, or else the first of 3.13, 3.14 and 3.12 that runs, on PATH or among pyenv's versions.
# uv installs if it is there; otherwise venv and pip do.
set -eu
cd "$(dirname "$0")"

venv=${VENV:-.venv}
needs=${NEEDS:-demo}
sets="base demo"
[ "$needs" = dev ] && sets="base demo dev"

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if fits "$PYTHON"; then echo "$PYTHON"; fi
        return
    fi
    for candidate in python3.13 python3.14 python3.12 python3 \
        "$HOME"/.pyenv/versions/3.13.*/bin/python \
        "$HOME"/.pyenv/versions/3.14.*/bin/python \
        "$HOME"/.pyenv/versions/3.12.*/bin/python; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "Python 3.12, 3.13 or 3.14 is needed and was not found; PYTHON=/path/to/python says where it is." >&2
        exit 1
    fi
    # The link that a shim resolves to, so that the environment does not depend on the shim.
    python=$("$python" -c 'import sys; print(sys.executable)')
    rm -rf "$venv"
    if uv --version >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never uv venv --quiet --python "$python" "$venv"
    else
        "$python" -m venv "$venv" || {
            echo "$python could not make an environment in $venv: on Debian it needs python3-venv." >&2
            exit 1
        }
    fi
}

install() {
    set --
    for name in $sets; do
        set -- "$@" -r "requirements/$name.txt"
    done
    echo "Installing what is pinned in requirements/ into $venv."
    if uv --version >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never uv pip install --quiet --python "$venv/bin/python" --require-hashes "$@"
    else
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
    fi || {
        echo "What is pinned in requirements/ could not be installed; the lines above say why." >&2
        exit 1
    }
}

# Whoever forbids bytecode on disk has every process of ours translate everything anew: four seconds instead of one.
unset PYTHONDONTWRITEBYTECODE

stamp=$(for name in $sets; do cat "requirements/$name.txt"; done | cksum)
fits "$venv/bin/python" || make_venv
if [ "$(cat "$venv/installed-$needs" 2>/dev/null)" != "$stamp" ]; then
    install
    echo "$stamp" >"$venv/installed-$needs"
fi
exec "$venv/bin/python" "$@"
