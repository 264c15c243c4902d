#!/usr/bin/env bash
# The README's two commands on machines with nothing but the base system:
# bare Debian trees made by debootstrap, entered by chroot in namespaces of
# their own. Needs root, debootstrap, git, and the network for packages.
#
#   tests/fresh/run.sh [SUITE...]      bookworm trixie
#
# FRESH_GOALS="demo test"  what to run in each
# FRESH_DIR                where the trees are made (a temporary folder)
# FRESH_KEEP=1             keeps them
# Prints a table of times and disk use; exit code 1 when anything failed.
# shellcheck disable=SC2016,SC2317 # commands for other shells; functions called by name
set -euo pipefail
cd "$(dirname "$0")/../.."

GOALS=${FRESH_GOALS:-demo test}
DIR=${FRESH_DIR:-$(mktemp -d /var/tmp/alpex-fresh.XXXXXX)}
FAILED=0
TABLE=

say() { printf '\n== %s\n' "$*"; }

# Elapsed seconds of a command; its exit code stays the function's.
timed() { # name command...
    local name=$1 start=$SECONDS code=0
    shift
    "$@" || code=$?
    TABLE+=$(printf '%-10s %-28s %5d s   %s' "$SUITE" "$name" $((SECONDS - start)) \
        "$([ $code -eq 0 ] && echo ok || echo "FAILED ($code)")")$'\n'
    [ $code -eq 0 ] || FAILED=1
    return 0
}

# Runs a shell command in the tree as its first process: what it leaves running ends with it.
inside() { # command
    unshare --mount --pid --fork --kill-child --uts bash -c '
        set -e
        mount --make-rprivate /
        mount --bind "$1" "$1" # Java looks for the mount point of its files
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        hostname fresh
        exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
            LANG=C.UTF-8 ${EXTRA:-} bash -c "$2"' _ "$TREE" "$1" < /dev/null
}

# Where the network has a certificate authority of its own, the tree must know it too.
bring_certificates() {
    compgen -G '/usr/local/share/ca-certificates/*.crt' > /dev/null || return 0
    cp /usr/local/share/ca-certificates/*.crt "$TREE/usr/local/share/ca-certificates/"
    inside update-ca-certificates > /dev/null
    # Java keeps certificates apart, and makes its store only when it is installed.
    mkdir -p "$TREE/etc/apt/apt.conf.d"
    echo 'DPkg::Post-Invoke {"if [ -x /etc/ca-certificates/update.d/jks-keystore ] && ! [ -e /var/local-ca ]; then update-ca-certificates -f > /dev/null 2>&1; touch /var/local-ca; fi";};' \
        > "$TREE/etc/apt/apt.conf.d/99local-ca"
    EXTRA='PIP_CERT=/etc/ssl/certs/ca-certificates.crt'
    export EXTRA
}

make_tree() {
    debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$TREE" > "$DIR/$SUITE.log" 2>&1
    bring_certificates
}

# The first of the two commands; the repository is this one, as it is committed.
clone() {
    git bundle create -q "$TREE/root/alpex.bundle" --branches HEAD
    inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends git make > /dev/null &&
            cd /root && git clone -q alpex.bundle alpex'
}

run_suite() {
    TREE=$DIR/$SUITE
    EXTRA=
    say "$SUITE: a bare tree"
    timed "debootstrap" make_tree
    local base
    base=$(du -sxm "$TREE" | cut -f1)
    say "$SUITE: git clone"
    timed "git clone" clone
    for goal in $GOALS; do
        say "$SUITE: make $goal"
        timed "make $goal" inside "cd /root/alpex && make $goal && { [ $goal != demo ] || make down; }"
    done
    TABLE+=$(printf '%-10s %-28s %5d MB  (%d MB before)' "$SUITE" "disk used" \
        "$(du -sxm "$TREE" | cut -f1)" "$base")$'\n'
    if [ -z "${FRESH_KEEP:-}" ]; then
        rm -rf "$TREE"
    fi
}

[ "$(id -u)" = 0 ] || { echo "needs root, for debootstrap and chroot" >&2; exit 2; }
[ $# -gt 0 ] || set -- bookworm trixie
for SUITE in "$@"; do
    run_suite
done
say "result (commit $(git rev-parse --short HEAD))"
printf '%s' "$TABLE"
exit $FAILED
