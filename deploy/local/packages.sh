#!/usr/bin/env bash
#
# packages.sh - installs the distribution's packages that a goal needs, if any are missing.
#
#   packages.sh [build|run|test|lint|all]...       (default: all)
#
#   build   compiler and libraries of shipper and indexer
#   run     what the local stack (stack.sh) and the demo need
#   test    what the tests need besides
#   lint    formatter and static checks
#
# For Debian 12 and 13 and Ubuntu 24.04; needs root or sudo only when something is missing. Elsewhere it says what is
# needed. Says nothing when all is there. The packages of Redis, nginx and Apache would start system services, now and
# at every boot, on the ports that the stack wants: here they are installed without that.

set -euo pipefail

# a|b: any of them will do; the first that the distribution has is installed.
BUILD="gcc make pkg-config libc6-dev librdkafka-dev libcurl4-openssl-dev|libcurl4-gnutls-dev libcjson-dev libcyaml-dev
    libyaml-dev libmaxminddb-dev libhiredis-dev libcivetweb-dev libxxhash-dev zlib1g-dev libpcre2-dev libzstd-dev
    libhyperscan-dev|libvectorscan-dev
    ca-certificates"
RUN="openjdk-21-jre-headless|openjdk-17-jre-headless|default-jre-headless maven unzip curl redis-server redis-tools procps
    kcat python3 util-linux passwd ca-certificates tzdata"
TEST="libcmocka-dev python3-venv python3-pip apache2 apache2-utils nginx-light|nginx logrotate gzip
    zsh mandoc groff-base"
LINT="clang clang-format clang-tidy shellcheck libclang-rt-19-dev|libclang-rt-18-dev|libclang-rt-14-dev universal-ctags"

SERVICES="redis-server nginx apache2" # the system services that come with these packages
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK="# temporary, by ALPEX packages.sh"

die() {
    echo "packages: $*" >&2
    exit 1
}

# Prints the packages of the goals, one a line.
wanted() {
    local goal
    for goal in "$@"; do
        case $goal in
        build) echo "$BUILD" ;;
        run) echo "$RUN" ;;
        test) echo "$TEST" ;;
        lint) echo "$LINT" ;;
        all) echo "$BUILD $RUN $TEST $LINT" ;;
        *) die "unknown goal '$goal'; there are: build run test lint all" ;;
        esac
    done | tr -s ' \n' '\n' | sed '/^$/d' | sort -u
}

# Reads lines of alternatives, prints those of which none is installed.
missing() {
    local line name installed
    # ${db:Status-Status} is dpkg's, not the shell's.
    # shellcheck disable=SC2016
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    while read -r line; do
        for name in ${line//|/ }; do
            if grep -qxF -- "$name" <<< "$installed"; then
                continue 2
            fi
        done
        if [[ $line != openjdk-* ]] || ! java_is_new_enough; then
            echo "$line"
        fi
    done
}

# A Java that is there already need not come from a package.
java_is_new_enough() {
    local major
    major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p;T;q')
    ((${major:-0} >= 17))
}

# Reads lines of alternatives, prints the package of each that can be installed.
choose() {
    local line name policy
    while read -r line; do
        for name in ${line//|/ }; do
            policy=$(apt-cache policy "$name")
            if grep -q '^  Candidate: [^(]' <<< "$policy"; then
                echo "$name"
                continue 2
            fi
        done
        die "this distribution has no package ${line//|/ or }"
    done
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -- "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -qq -o DPkg::Lock::Timeout=300 "$@" < /dev/null
}

# While this file is there, packages start no service. One that is already there is the owner's decision.
forbid_services() {
    if [[ -e $POLICY ]] && ! grep -qF "$POLICY_MARK" "$POLICY"; then
        return
    fi
    trap allow_services EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | as_root tee "$POLICY" > /dev/null
    as_root chmod 755 "$POLICY"
}

allow_services() {
    as_root rm -f "$POLICY"
}

# Prints which of the services are installed.
services_present() {
    local name
    for name in $SERVICES; do
        if [[ -e /etc/init.d/$name ]]; then
            echo "$name"
        fi
    done
}

# Keeps the services that have come with this installation ($2 without $1) from starting at boot.
disable_new_services() {
    local name
    for name in $2; do
        if [[ " $1 " != *" $name "* ]]; then
            as_root update-rc.d "$name" disable &> /dev/null || true
            if command -v systemctl > /dev/null; then
                as_root systemctl --quiet disable "$name.service" &> /dev/null || true
            fi
            echo "packages: the system service $name stays off (to have it: systemctl enable --now $name)"
        fi
    done
}

main() {
    local goals needed packages before answer
    goals=("${@:-all}")
    needed=$(wanted "${goals[@]}")
    if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
        die "no apt on this system; needed (names as in Debian, a|b: either): ${needed//$'\n'/ }"
    fi
    needed=$(missing <<< "$needed")
    [[ -n $needed ]] || return 0

    if ((EUID != 0)) && ! command -v sudo > /dev/null; then
        die "missing: ${needed//$'\n'/ }. Neither root nor sudo: run this as root: $0 ${goals[*]}"
    fi
    echo "packages: reading the package lists"
    apt_get update || echo "packages: they could not be updated, trying with what is there" >&2
    packages=$(choose <<< "$needed")
    echo "packages: these packages will be installed: ${packages//$'\n'/ }"

    before=$(services_present | xargs)
    forbid_services
    # One name a word.
    # shellcheck disable=SC2086
    if ! answer=$(apt_get install -y --no-install-recommends $packages 2>&1); then
        tail -n 30 <<< "$answer" >&2
        die "apt-get could not install them (its answer is above)"
    fi
    disable_new_services "$before" "$(services_present | xargs)"
    echo "packages: done"
}

main "$@"
