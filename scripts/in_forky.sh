#!/usr/bin/env bash
# Runs a command in the Debian tree .servers/forky, which has the Python 3.14 that the newest Home Assistant needs.
# usage (as root): scripts/in_forky.sh [--mount DIR] COMMAND [ARGUMENT...]
# The checkout is at /src, read-only; DIR is at /mnt. The mounts live in a namespace of the command's own and end with it,
# and every step is an exec, so the process started here is the command itself.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
directory=
if [[ $1 == --mount ]]; then
    directory=$2
    shift 2
fi

export PATH=/opt/ha/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_FIND_LINKS

# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --mount --propagation private bash -euc '
    root=$1 checkout=$2 directory=$3
    shift 3
    mkdir -p "$root/src"
    touch "$root/etc/resolv.conf" "$root/etc/hosts"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
    mount --bind /etc/hosts "$root/etc/hosts"
    mount --bind "$checkout" "$root/src"
    mount -o remount,bind,ro "$root/src"
    if [[ -n $directory ]]; then mount --bind "$directory" "$root/mnt"; fi
    exec chroot "$root" "$@"
' in_forky "$checkout/.servers/forky" "$checkout" "$directory" "$@"
