#!/usr/bin/env bash
# Installs the real servers that tests/system talks to: Debian's packages, and two Home Assistants under .servers/.
# Every part leaves a stamp with the hash of the recipe that made it, so a second run has nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(influxdb victoria-metrics mosquitto prometheus supervisor debootstrap)
integrations=(http api websocket_api config onboarding recorder history demo mqtt mqtt_statestream mqtt_eventstream influxdb
    hassio)

say() { echo "servers: $*"; }

refuse() {
    say "$*"
    exit 1
}

# A part that this machine cannot have: its tests are skipped, except in CI, where nothing may be skipped.
leave_out() {
    if [[ ${CI:-} ]]; then refuse "$*"; fi
    say "left out: $*"
}

runs() { "$@" --version >/dev/null 2>&1; }

# once NAME FUNCTION: runs FUNCTION with its output in .servers/NAME.log, unless this recipe has already run to its end.
once() {
    local stamp=.servers/$1.stamp log=.servers/$1.log start=$SECONDS
    if [[ -e $stamp && $(<"$stamp") == "$recipe" ]]; then return; fi
    rm -f "$stamp"
    say "$1: installing"
    # In the background, because set -e is off in a function whose result is looked at.
    "$2" >"$log" 2>&1 &
    if ! wait $!; then
        tail -n 30 "$log"
        refuse "$1: failed, the whole story is in $log"
    fi
    echo "$recipe" >"$stamp"
    say "$1: installed in $((SECONDS - start)) s"
}

# --- Debian's packages -----------------------------------------------------------------------------------------------

missing_packages() {
    local installed
    installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) || true
    for package in "${packages[@]}"; do
        grep -qx "$package installed" <<<"$installed" || echo "$package"
    done
}

# Run as root. The packages must not start their services: the tests start their own, on ports of their own.
install_without_services() {
    set -e
    local policy=/usr/sbin/policy-rc.d package
    if [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -q -y --no-install-recommends "$@"
    for package in "$@"; do
        systemctl disable "$package.service" >/dev/null 2>&1 || true
    done
}

debian_packages() {
    local missing as_root start=$SECONDS
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then return; fi
    if ((EUID == 0)); then
        as_root=(bash)
    elif sudo -n true 2>/dev/null; then
        as_root=(sudo -n bash)
    else
        refuse "this needs root, so run it yourself: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" -c "$(declare -f install_without_services); install_without_services ${missing[*]}" \
        >.servers/debian.log 2>&1 || {
        tail -n 30 .servers/debian.log
        refuse "apt-get failed"
    }
    say "Debian's packages: installed in $((SECONDS - start)) s"
}

# --- Home Assistant 2024.3.3, the last for Python 3.11 ---------------------------------------------------------------

# uv resolves HA's dependencies in seconds where pip takes minutes.
uv_alone() {
    rm -rf .servers/uv
    python3 -m venv .servers/uv
    .servers/uv/bin/pip install uv
}

# venv_with_ha DIR PYTHON REQUIREMENT...
venv_with_ha() {
    local directory=$1 python=$2 needed constraints
    shift 2
    local install=(.servers/uv/bin/uv pip install --python "$directory/bin/python")
    rm -rf "$directory"
    "$python" -m venv "$directory"
    "${install[@]}" "$@"
    read -ra needed < <("$directory/bin/python" scripts/ha_requirements.py "${integrations[@]}")
    constraints=$(echo "$directory"/lib/python3.*/site-packages/homeassistant/package_constraints.txt)
    "${install[@]}" --constraint "$constraints" "$@" "${needed[@]}"
}

old_ha() { venv_with_ha .servers/ha-2024.3.3 python3.11 homeassistant==2024.3.3 'josepy<2'; }

# --- the newest Home Assistant, and the Python 3.14 that it needs ----------------------------------------------------

newest_ha_in_venv() { venv_with_ha .servers/ha-newest python3.14 homeassistant; }

forky() {
    local tree=.servers/forky scripts=/usr/share/debootstrap/scripts config
    rm -rf --one-file-system "$tree"
    [[ -e $scripts/forky ]] || ln -s sid "$scripts/forky"
    # In a mount namespace, so that an interrupted debootstrap leaves no mount behind.
    unshare --mount debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-dev,gcc,g++ \
        forky "$tree"
    cp -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
    for config in /etc/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf; do
        if [[ -e $config ]]; then cp "$config" "$tree/etc/pip.conf"; fi
    done
    # shellcheck disable=SC2016  # expanded by the inner shell
    scripts/in_forky.sh bash -euxc '
        python3 -m venv /opt/ha
        pip install uv
        uv pip install --python /opt/ha/bin/python homeassistant
        needed=$(python /src/scripts/ha_requirements.py "$@")
        constraints=$(echo /opt/ha/lib/python3.*/site-packages/homeassistant/package_constraints.txt)
        uv pip install --python /opt/ha/bin/python --constraint "$constraints" $needed
    ' forky "${integrations[@]}"
}

# ---------------------------------------------------------------------------------------------------------------------

mkdir -p .servers
recipe=$(cat scripts/servers.sh scripts/ha_requirements.py | sha256sum)

debian_packages
once uv uv_alone
if runs python3.11; then
    once ha-2024.3.3 old_ha
else
    leave_out "Home Assistant 2024.3.3 needs python3.11 on the PATH"
fi
if runs python3.14; then
    once ha-newest newest_ha_in_venv
elif ((EUID == 0)); then
    once forky forky
else
    leave_out "the newest Home Assistant needs python3.14 on the PATH, or root to make a Debian tree that has it"
fi
