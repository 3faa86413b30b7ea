#!/usr/bin/env bash
# Runs the unit tests, or what is given as arguments to pytest, under Python 3.14: that of the machine where it has one,
# else (as root) that of the Debian tree which scripts/servers.sh makes for the newest Home Assistant.
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)); then set -- tests/domain tests/actors tests/adapters; fi

if python3.14 --version >/dev/null 2>&1; then
    inside=() tests=$PWD environment=$PWD/.servers/python3.14 python=python3.14
elif ((EUID == 0)); then
    scripts/servers.sh
    inside=(scripts/in_forky.sh) tests=/src environment=/opt/ha-bridge python=python3
elif [[ ${CI:-} ]]; then
    echo "python314: needs python3.14 on the PATH, or root"
    exit 1
else
    echo "python314: left out, for it needs python3.14 on the PATH, or root"
    exit 0
fi

# The checkout may be read-only in there, so the environment gets the project's metadata and dependencies from a copy of
# setup.cfg without any module, and the modules themselves from the checkout.
# shellcheck disable=SC2016  # expanded by the inner shell
"${inside[@]}" bash -euc '
    tests=$1 environment=$2 python=$3
    shift 3
    wanted=$(sha256sum <"$tests/setup.cfg")
    if [[ ! -e $environment/stamp || $(<"$environment/stamp") != "$wanted" ]]; then
        rm -rf "$environment"
        "$python" -m venv "$environment"
        copy=$(mktemp -d)
        cp "$tests"/{setup.cfg,pyproject.toml} "$copy"
        cp "$tests"/{README.md,LICENSE} "$copy" 2>/dev/null || true
        "$environment/bin/pip" install --quiet "$copy[dev]"
        rm -rf "$copy"
        echo "$wanted" >"$environment/stamp"
    fi
    cd "$tests"
    export PYTHONPATH=$tests PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis-3.14
    exec "$environment/bin/python" -m pytest -p no:cacheprovider -n 2 "$@"
' python314 "$tests" "$environment" "$python" "$@"
