#!/usr/bin/env bash
#
# demo.sh - the whole pipeline on a growing access log, and the proof that each line was stored exactly once.
#
#   demo.sh          starts the stack, indexer and shipper, writes a log, shows what happens, counts
#
# Needs build/shipper and build/indexer (make). Everything is left running; `stack.sh down` ends it. A second run goes on
# with the same log, and is checked with it. Exit 1 when documents are missing or doubled. Environment (default):
#   DEMO_SECONDS (20), DEMO_RATE (3000 lines/s)
#   DEMO_INDEXER_LISTEN (127.0.0.1:8000), DEMO_SHIPPER_LISTEN (127.0.0.1:8001)
#   and what stack.sh reads

set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
STACK_DIR=$(realpath -m "${STACK_DIR:-$REPO/build/stack}")
export STACK_DIR
DEMO=$(dirname "$STACK_DIR")/demo # stack.sh down looks here
SECONDS_TO_WRITE=${DEMO_SECONDS:-20}
RATE=${DEMO_RATE:-3000}
INDEXER_LISTEN=${DEMO_INDEXER_LISTEN:-127.0.0.1:8000}
SHIPPER_LISTEN=${DEMO_SHIPPER_LISTEN:-127.0.0.1:8001}
READY_TIMEOUT_S=30
STOP_GRACE_S=20

# shellcheck source=process.sh
. "$HERE/process.sh"

say() {
    echo "demo: $*"
}

die() {
    say "$*" >&2
    exit 1
}

start_stack() {
    "$HERE/stack.sh" up
    # shellcheck source=/dev/null
    set -a && . <("$HERE/stack.sh" env) && set +a
    mkdir -p "$DEMO"
    echo "$STACK_DIR" > "$DEMO/stack"
}

# The log and the shipper's state belong to the data that the stack held then. After a wipe all begin anew.
forget_other_data() {
    local id
    id=$(curl --noproxy '*' -sS "$ALPEX_ELASTICSEARCH_URLS/_cluster/state/metadata?filter_path=metadata.cluster_uuid")
    if [[ $(cat "$DEMO/data-id" 2> /dev/null) != "$id" ]]; then
        rm -rf "$DEMO"/{access.log,state}
        echo "$id" > "$DEMO/data-id"
    fi
}

# Ends one of the programs when it runs, from an earlier demo.
stop_program() {
    if recorded_process_runs "$DEMO/$1.pid"; then
        say "restarting the $1 of the last demo"
        end_recorded_process "$DEMO/$1.pid" "$STOP_GRACE_S"
    fi
    rm -f "$DEMO/$1.pid"
}

# start_program NAME LISTEN ARGUMENT...: build/NAME in the background, detached, with its log in the demo's folder.
start_program() {
    local name=$1 listen=$2 program=$REPO/build/$1
    shift 2
    if port_is_taken "${listen##*:}"; then
        die "port ${listen##*:} is taken$(port_owner "${listen##*:}"); for another one: DEMO_${name^^}_LISTEN=127.0.0.1:PORT $0"
    fi
    ALPEX_HTTP_LISTEN=$listen ALPEX_STATE_DIR=$DEMO/state setsid -- "$program" run "$@" < /dev/null > "$DEMO/$name.log" 2>&1 &
    record_process "$DEMO/$name.pid" "$!" "$program"
    disown
    wait_until_ready "$name" "http://$listen/readyz"
}

wait_until_ready() {
    local started
    started=$(now_ms)
    until [[ $(curl --noproxy '*' -s -m 2 -o /dev/null -w '%{http_code}' "$2") == 200 ]]; do
        if ! recorded_process_runs "$DEMO/$1.pid" && (($(now_ms) > started + 1000)); then
            tail -n 20 "$DEMO/$1.log" >&2
            die "the $1 has ended (its log is above)"
        fi
        if (($(now_ms) > started + READY_TIMEOUT_S * 1000)); then
            tail -n 20 "$DEMO/$1.log" >&2
            die "the $1 was not ready within $READY_TIMEOUT_S s: $2 (the end of its log is above)"
        fi
        sleep 0.1
    done
    say "$1 is ready after $(seconds_since "$started") s"
}

write_shipper_config() {
    cat << END > "$DEMO/shipper.yaml"
inputs:
  - type: file
    paths: ["$DEMO/access.log"]
    format: apache-combined
    dataset: apache.access
END
}

start_programs() {
    stop_program generator
    stop_program shipper
    stop_program indexer
    forget_other_data
    : >> "$DEMO/access.log"
    write_shipper_config
    # Made-up places for the made-up clients: what GeoIP does can be seen without a licence.
    python3 "$HERE/demo_geoip.py" "$DEMO/geo.mmdb" > /dev/null
    export ALPEX_KAFKA_AUDIT_INTERVAL_MS=1s
    export ALPEX_GEOIP_CITY=$DEMO/geo.mmdb ALPEX_GEOIP_ASN=$DEMO/geo.mmdb
    start_program indexer "$INDEXER_LISTEN"
    start_program shipper "$SHIPPER_LISTEN" --config "$DEMO/shipper.yaml"
}

start_generator() {
    say "writing $RATE lines/s for $SECONDS_TO_WRITE s to $DEMO/access.log"
    setsid -- python3 "$HERE/accesslog.py" --rate "$RATE" --lines $((RATE * SECONDS_TO_WRITE)) --seed "$RANDOM" \
        --out "$DEMO/access.log" < /dev/null > "$DEMO/generator.log" 2>&1 &
    record_process "$DEMO/generator.pid" "$!" "$HERE/accesslog.py"
    disown
    trap 'stop_program generator > /dev/null; exit 130' INT TERM
}

# The pid of one of the programs.
pid_of() {
    head -n 1 "$DEMO/$1.pid"
}

show_addresses() {
    local search="$ALPEX_ELASTICSEARCH_URLS/${ALPEX_ELASTICSEARCH_INDEX_PREFIX:-logs}-*/_search"
    cat << END

Still running; to look at:
  indexer         http://$INDEXER_LISTEN/           metrics: /metrics   lives: /healthz   can work: /readyz
  shipper         http://$SHIPPER_LISTEN/metrics    /healthz   /readyz
  newest lines    $search?sort=@timestamp:desc&size=3&pretty
  server errors   $search?q=http.response.status_code:%3E=500&pretty
  a path          $search?q=url.path:%22/cart%22&size=1&pretty
  logs            $DEMO/indexer.log  $DEMO/shipper.log
To end all of it: make down
END
}

# What the shipper has told of its lines against what the index holds; its last account may be a second old.
show_audit() {
    sleep 2
    echo
    say "indexer audit: what the shipper has told, and what the index holds"
    "$REPO/build/indexer" audit --wait 30s
}

main() {
    local name result=0
    for name in shipper indexer; do
        [[ -x $REPO/build/$name ]] || die "there is no build/$name; run make first"
    done
    start_stack
    start_programs
    start_generator
    python3 "$HERE/demo_view.py" --log "$DEMO/access.log" --elasticsearch "$ALPEX_ELASTICSEARCH_URLS" \
        --index "${ALPEX_ELASTICSEARCH_INDEX_PREFIX:-logs}-*" --generator "$(pid_of generator)" \
        --process "shipper=$(pid_of shipper)" --process "indexer=$(pid_of indexer)" || result=$?
    stop_program generator > /dev/null # it has finished, unless the view failed
    show_audit || result=$?
    if recorded_process_runs "$DEMO/indexer.pid"; then
        show_addresses
    fi
    return "$result"
}

main "$@"
