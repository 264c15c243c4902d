#!/usr/bin/env bash
#
# fetch.sh - the distribution's packages of the peers, unpacked into a folder: fetch.sh FOLDER
#
# They are not installed: rsyslog and syslog-ng exclude each other, and each would take over this machine's own logging.
# What one of them needs and this machine does not have is unpacked beside it. Says which could not be had;
# what is there already is left alone.

set -euo pipefail

declare -A PEERS=(
    [rsyslog]="rsyslog rsyslog-kafka rsyslog-elasticsearch"
    [syslog-ng]="syslog-ng-core syslog-ng-mod-rdkafka"
    [goaccess]="goaccess"
)

say() {
    echo "peers: $*" >&2
}

# Prints the packages that an installation of $@ would bring along.
needed() {
    printf '%s\n' "$@"
    apt-get -s install --no-install-recommends "$@" 2> /dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

fetch() { # NAME FOLDER PACKAGE...
    local name=$1 folder=$2/$1 part=$2/$1.part package
    shift 2
    [[ ! -d $folder ]] || return 0
    rm -rf "$part"
    mkdir -p "$part/packages"
    # As root apt would drop its rights and could not write here; the archive's signature is checked all the same.
    if ! (cd "$part/packages" && needed "$@" | sort -u | xargs apt-get -qq -o APT::Sandbox::User=root download 2> /dev/null); then
        rm -rf "$part"
        say "$name could not be had (apt-get download $*); if the package lists are old: apt-get update"
        return 0
    fi
    for package in "$part"/packages/*.deb; do
        dpkg-deb -x "$package" "$part"
    done
    rm -rf "$part/packages"
    mv "$part" "$folder"
    say "$name is in $folder"
}

main() {
    local name
    if (($# != 1)); then
        sed -n '3,7s/^# \?//p' "$0" >&2
        exit 2
    fi
    if ! command -v apt-get > /dev/null || ! command -v dpkg-deb > /dev/null; then
        say "no apt here: no peers"
        return
    fi
    mkdir -p "$1"
    for name in "${!PEERS[@]}"; do
        # One name a word.
        # shellcheck disable=SC2086
        fetch "$name" "$(realpath "$1")" ${PEERS[$name]}
    done
}

main "$@"
