#!/usr/bin/env bash
#
# stack.sh - a local Kafka, Elasticsearch and Redis as ordinary processes, for development, demo and tests.
#
#   stack.sh fetch            downloads Kafka and Elasticsearch into the cache (150 MB, once)
#   stack.sh up               starts what is not running, waits until it answers, writes the environment file
#   stack.sh down             stops everything, also the demo's programs; data stays
#   stack.sh status           one line a service; exit 0 when all are ready, else 1
#   stack.sh start SERVICE    starts one service on its data and waits until it answers
#   stack.sh stop SERVICE     ends it in order (TERM)
#   stack.sh kill SERVICE     ends it like a crash (KILL)
#   stack.sh pause SERVICE    freezes it (STOP)
#   stack.sh resume SERVICE   lets it go on (CONT)
#   stack.sh wipe             down, and removes the data
#   stack.sh env              prints the addresses as shell assignments
#
# SERVICE: kafka, elasticsearch or redis. Everything listens on 127.0.0.1 only. Environment (default):
#   STACK_DIR            data, logs and configuration of one stack (build/stack)
#   STACK_ENV            the environment file (STACK_DIR + ".env", so build/stack.env)
#   STACK_SERVICES       which services ("kafka elasticsearch redis")
#   STACK_PARTITIONS     partitions of a new topic (12)
#   STACK_TIMEOUT        seconds to wait for a service (120)
#   KAFKA_PORT (9092), KAFKA_CONTROLLER_PORT (KAFKA_PORT + 1), KAFKA_HEAP (256m)
#   KAFKA_SECURE         1: listeners with TLS and SASL too, on KAFKA_PORT + 2 to + 5 (see services/kafka_secure.sh)
#   ELASTICSEARCH_PORT (9200; inside it uses ELASTICSEARCH_PORT + 100 as well), ELASTICSEARCH_HEAP (512m)
#   REDIS_PORT (6379)
#   ALPEX_CACHE          the downloads (/var/cache/alpex for root, else ~/.cache/alpex)
# What `up` was given is remembered until `down`, so later commands need only STACK_DIR.
# Several stacks run side by side when STACK_DIR and the ports differ.
#
# Why not containers: this needs no engine, no image registry and no rights, starts faster, and tests can crash and
# freeze single services. docker-compose.yml is the same stack from images.

set -euo pipefail
umask 022 # Elasticsearch's user must be able to read what root writes

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
ALL_SERVICES=(kafka elasticsearch redis)
SETTINGS=(STACK_ENV STACK_SERVICES STACK_PARTITIONS KAFKA_PORT KAFKA_CONTROLLER_PORT KAFKA_HEAP KAFKA_SECURE
    ELASTICSEARCH_PORT ELASTICSEARCH_HEAP REDIS_PORT)
STOP_GRACE_S=30 # until a TERM becomes a KILL

say() {
    echo "stack: $*"
}

die() {
    say "$*" >&2
    exit 1
}

# shellcheck source=versions
. "$HERE/versions"
# shellcheck source=process.sh
. "$HERE/process.sh"
# shellcheck source=fetch.sh
. "$HERE/fetch.sh"
# shellcheck source=services/kafka_secure.sh
. "$HERE/services/kafka_secure.sh"
for service in "${ALL_SERVICES[@]}"; do
    # shellcheck source=/dev/null
    . "$HERE/services/$service.sh"
done

### What is needed ###

require_commands() {
    local name missing=()
    for name in "$@"; do
        command -v "$name" > /dev/null || missing+=("$name")
    done
    ((${#missing[@]} == 0)) || die "missing: ${missing[*]} (deploy/local/packages.sh run installs what the stack needs)"
}

# Prints the folder of a Java that is new enough: JAVA_HOME, the one on the PATH, or an installed one.
java_home() {
    local home path
    path=$(command -v java || true)
    [[ -z $path ]] || path=$(dirname "$(dirname "$(readlink -f "$path")")")
    for home in ${JAVA_HOME:+"$JAVA_HOME"} ${path:+"$path"} /usr/lib/jvm/*; do
        if (($(java_major "$home") >= JAVA_MIN_VERSION)); then
            echo "$home"
            return
        fi
    done
    die "no Java $JAVA_MIN_VERSION or newer found (deploy/local/packages.sh run installs one)"
}

# Prints the major version of the Java in folder $1, 0 when there is none.
java_major() {
    local version=0
    if [[ -x $1/bin/java ]]; then
        version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p;T;q')
    fi
    echo "${version:-0}"
}

check_tools() {
    [[ -r /proc/self/cmdline ]] || die "/proc is not mounted"
    require_commands setsid flock awk curl realpath
    java_home > /dev/null
    case " $* " in *" kafka "*) require_commands kcat ;; esac
    if kafka_is_secure; then
        require_commands openssl
    fi
    case " $* " in *" redis "*) require_commands redis-server redis-cli && check_redis_version ;; esac
}

check_redis_version() {
    local found
    found=$(redis-server --version | sed 's/.* v=\([0-9.]*\).*/\1/')
    if [[ $(printf '%s\n' "$REDIS_MIN_VERSION" "$found" | sort -V | head -n 1) != "$REDIS_MIN_VERSION" ]]; then
        die "redis-server is $found, at least $REDIS_MIN_VERSION is needed"
    fi
}

### Settings ###

# Sets all settings. A running stack is as it was started; else the environment wins over what is remembered.
load_settings() {
    local name value
    CHANGED=()
    if [[ -r $STACK_DIR/settings ]]; then
        while IFS='=' read -r name value; do
            [[ " ${SETTINGS[*]} " == *" $name "* ]] || continue
            if [[ -n ${!name:-} && ${!name} != "$value" ]] && setting_is_in_use "$name"; then
                CHANGED+=("$name=$value")
                printf -v "$name" %s "$value"
            fi
            printf -v "$name" %s "${!name:-$value}"
        done < "$STACK_DIR/settings"
    fi
    STACK_ENV=$(realpath -m "${STACK_ENV:-$STACK_DIR.env}")
    STACK_SERVICES=${STACK_SERVICES:-${ALL_SERVICES[*]}}
    STACK_PARTITIONS=${STACK_PARTITIONS:-12}
    STACK_TIMEOUT=${STACK_TIMEOUT:-120}
    KAFKA_PORT=${KAFKA_PORT:-9092}
    KAFKA_HEAP=${KAFKA_HEAP:-256m}
    KAFKA_SECURE=${KAFKA_SECURE:-0}
    ELASTICSEARCH_PORT=${ELASTICSEARCH_PORT:-9200}
    ELASTICSEARCH_HEAP=${ELASTICSEARCH_HEAP:-512m}
    REDIS_PORT=${REDIS_PORT:-6379}
    check_settings
}

# True when something that is running was started with the setting $1.
setting_is_in_use() {
    case $1 in
    STACK_SERVICES) false ;; # services may be added
    KAFKA_*) is_running kafka ;;
    ELASTICSEARCH_*) is_running elasticsearch ;;
    REDIS_*) is_running redis ;;
    *) anything_runs ;;
    esac
}

check_settings() {
    local name owner seen=()
    for name in STACK_PARTITIONS STACK_TIMEOUT KAFKA_PORT ELASTICSEARCH_PORT REDIS_PORT; do
        [[ ${!name} =~ ^[1-9][0-9]*$ ]] || die "$name=${!name}: a positive number is needed"
    done
    KAFKA_CONTROLLER_PORT=${KAFKA_CONTROLLER_PORT:-$((KAFKA_PORT + 1))}
    kafka_secure_settings
    # shellcheck disable=SC2034 # used by services/elasticsearch.sh
    ELASTICSEARCH_TRANSPORT_PORT=$((ELASTICSEARCH_PORT + 100))
    for name in $(kafka_ports) ELASTICSEARCH_PORT ELASTICSEARCH_TRANSPORT_PORT REDIS_PORT; do
        if ! [[ ${!name} =~ ^[1-9][0-9]{0,4}$ ]] || ((${!name} > 65535)); then
            die "$name=${!name}: not a port"
        fi
        owner=${seen[${!name}]:-}
        [[ -z $owner ]] || die "$owner and $name are both ${!name}"
        seen[${!name}]=$name
    done
    for name in $STACK_SERVICES; do
        check_service "$name"
    done
}

check_service() {
    [[ " ${ALL_SERVICES[*]} " == *" $1 "* ]] || die "unknown service '$1'; there are: ${ALL_SERVICES[*]}"
}

# Remembers the settings for the commands that follow. $1: the services that are now part of the stack.
save_settings() {
    local name
    STACK_SERVICES=$1
    for name in "${SETTINGS[@]}"; do
        echo "$name=${!name}"
    done > "$STACK_DIR/settings.new"
    mv "$STACK_DIR/settings.new" "$STACK_DIR/settings"
}

print_env() {
    local service
    for service in $STACK_SERVICES; do
        "${service}_env"
    done
}

# Written beside and renamed, so that nobody reads half of it.
write_env_file() {
    mkdir -p "$(dirname "$STACK_ENV")"
    {
        echo "# Addresses of the local stack in $STACK_DIR. Use: set -a; . $STACK_ENV; set +a"
        print_env
    } > "$STACK_ENV.new"
    mv "$STACK_ENV.new" "$STACK_ENV"
}

# One command at a time changes a stack. The lock is the folder itself, so that no file is left behind.
lock_stack() {
    mkdir -p "$STACK_DIR"
    exec 9< "$STACK_DIR"
    flock -n 9 || { say "another command is at work on $STACK_DIR, waiting for it" && flock 9; }
}

### Processes ###

pids_of() {
    pids_with_argument "$("${1}_mark")"
}

is_running() {
    [[ -n $(pids_of "$1") ]]
}

anything_runs() {
    local service
    for service in "${ALL_SERVICES[@]}"; do
        if is_running "$service"; then
            return 0
        fi
    done
    return 1
}

# The process that does the work: of Elasticsearch's two the server, which writes the pid file.
main_pid_of() {
    local pids pid=
    pids=$(pids_of "$1")
    read -r pid 2> /dev/null < "$STACK_DIR/$1/pid" || true
    if [[ -n $pid && " ${pids//$'\n'/ } " == *" $pid "* ]]; then
        echo "$pid"
    else
        tail -n 1 <<< "$pids"
    fi
}

is_paused() {
    [[ $(process_state "$(main_pid_of "$1")") == T ]]
}

# detach LOG COMMAND...: in the background and in a session of its own, holding nothing of ours open: neither the
# caller's pipes nor the locks. Its pid is left in LAUNCHED.
detach() {
    local log=$1
    shift
    echo "--- $(date '+%F %T') start" >> "$log"
    setsid -- "$@" < /dev/null >> "$log" 2>&1 8>&- 9>&- &
    LAUNCHED=$!
    disown # no message from the shell when it is killed
}

# True when it got as far as this: the process is there, or is still on its way to being recognisable.
is_alive() {
    is_running "$1" || kill -0 "${CHILD[$1]:-0}" 2> /dev/null
}

check_ports() {
    local service name bad=0
    for service in "$@"; do
        for name in $("${service}_ports"); do
            port_is_taken "${!name}" || continue
            say "port ${!name} (${name/#ELASTICSEARCH_TRANSPORT_PORT/ELASTICSEARCH_PORT + 100}) is taken$(port_owner "${!name}")" >&2
            bad=1
        done
    done
    ((bad == 0)) || die "end that process or choose other ports, for example: KAFKA_PORT=19092 ELASTICSEARCH_PORT=19200 REDIS_PORT=16379 $0 up"
}

### Starting ###

declare -A CHILD=()  # service -> the process that we started
declare -A SINCE=()  # service -> when

# Starts the services and waits until all answer. What it started it also ends when that fails.
start_services() {
    local service
    check_tools "$@"
    fetch_all
    check_ports "$@"
    trap 'end_started; exit 130' INT TERM
    # Elasticsearch first: it takes longest.
    for service in elasticsearch redis kafka; do
        if [[ " $* " == *" $service "* ]] && ! launch "$service"; then
            end_started
            die "$service could not be started"
        fi
    done
    if ! wait_ready "$@"; then
        end_started
        exit 1
    fi
    trap - INT TERM
}

launch() {
    say "starting $1 on port $(first_port_of "$1")"
    [[ -e $STACK_DIR/$1 || $1 == elasticsearch ]] || mkdir "$STACK_DIR/$1"
    SINCE[$1]=$(now_ms)
    "${1}_launch" || return 1
    CHILD[$1]=$LAUNCHED
}

first_port_of() {
    local name
    name=$("${1}_ports")
    name=${name%% *}
    echo "${!name}"
}

# Waits until all of the services answer. On failure shows why.
wait_ready() {
    local pending=("$@") service next waited begin told=0
    begin=$(now_ms)
    while ((${#pending[@]})); do
        next=()
        for service in "${pending[@]}"; do
            if "${service}_ready"; then
                say "$service is ready after $(seconds_since "${SINCE[$service]:-$begin}") s"
            elif ! is_alive "$service"; then
                show_failure "$service" "ended while starting"
                return 1
            else
                next+=("$service")
            fi
        done
        pending=("${next[@]}")
        waited=$((($(now_ms) - begin) / 1000))
        if ((${#pending[@]} && waited >= STACK_TIMEOUT)); then
            show_failure "${pending[0]}" "did not answer within $STACK_TIMEOUT s (STACK_TIMEOUT)"
            return 1
        fi
        if ((waited >= told + 10)); then
            told=$waited
            ((${#pending[@]} == 0)) || say "waiting for ${pending[*]} ($waited s)"
        fi
        sleep 0.1
    done
}

show_failure() {
    local log
    log=$("${1}_log")
    say "$1 $2; the end of $log:" >&2
    tail -n 200 "$log" 2> /dev/null | grep -v '^[[:space:]]*at ' | tail -n 25 | cut -c 1-240 | sed 's/^/    /' >&2
}

# Ends what this call has started, also what has not got its mark yet.
end_started() {
    local service
    trap '' INT TERM
    for service in "${!SINCE[@]}"; do
        say "ending $service again" >&2
        [[ -z ${CHILD[$service]:-} ]] || kill -TERM -- "-${CHILD[$service]}" 2> /dev/null || true
        kill_marked "$("${service}_mark")" || true
    done
}

### The demo's programs ###

# They are stopped with the stack that they use.
stop_demo() {
    local demo name
    demo=$(dirname "$STACK_DIR")/demo
    [[ -r $demo/stack && $(< "$demo/stack") == "$STACK_DIR" ]] || return 0
    for name in generator shipper indexer; do
        [[ -r $demo/$name.pid ]] || continue
        if recorded_process_runs "$demo/$name.pid"; then
            say "stopping the demo's $name"
            end_recorded_process "$demo/$name.pid" 20
        fi
        rm -f "$demo/$name.pid"
    done
    rm -f "$demo/stack"
}

### Commands ###

cmd_fetch() {
    check_tools
    fetch_all
    say "Kafka $KAFKA_VERSION and Elasticsearch $ELASTICSEARCH_VERSION are in $CACHE"
}

cmd_up() {
    local service missing=() present=() started
    started=$(now_ms)
    if ((${#CHANGED[@]})); then
        die "already up with ${CHANGED[*]}; to change that: $0 down, then up"
    fi
    for service in "${ALL_SERVICES[@]}"; do
        if is_running "$service"; then
            present+=("$service")
        elif [[ " $STACK_SERVICES " == *" $service "* ]]; then
            missing+=("$service")
        fi
    done
    resume_paused "${present[@]}"
    if ((${#missing[@]})); then
        ((${#present[@]} == 0)) || say "already running: ${present[*]}"
        start_services "${missing[@]}"
    fi
    wait_ready "${present[@]}" > /dev/null
    save_settings "$(services_in_order "${present[@]}" "${missing[@]}")"
    write_env_file
    if ((${#missing[@]})); then
        say "up after $(seconds_since "$started") s; addresses are in $STACK_ENV"
    else
        say "is up already; addresses are in $STACK_ENV"
    fi
}

services_in_order() {
    local service result=()
    for service in "${ALL_SERVICES[@]}"; do
        [[ " $* " != *" $service "* ]] || result+=("$service")
    done
    echo "${result[*]}"
}

resume_paused() {
    local service
    for service in "$@"; do
        if is_paused "$service"; then
            say "$service was paused, resuming it"
            signal_marked CONT "$("${service}_mark")"
        fi
    done
}

cmd_down() {
    local service running=() failed=0
    stop_demo
    for service in "${ALL_SERVICES[@]}"; do
        if is_running "$service"; then
            running+=("$service")
            signal_marked TERM "$("${service}_mark")" || failed=1
        fi
    done
    ((failed == 0)) || die "not stopped"
    for service in "${running[@]}"; do
        say "stopping $service"
        stop_marked "$("${service}_mark")" "$STOP_GRACE_S" || failed=1
        rm -f "$STACK_DIR/$service/pid"
    done
    ((failed == 0)) || die "not everything could be stopped"
    rm -f "$STACK_DIR/settings"
    if [[ -e $STACK_ENV ]] && grep -qF "stack in $STACK_DIR." "$STACK_ENV"; then
        rm -f "$STACK_ENV"
    fi
    if ((${#running[@]})); then say "down"; else say "nothing is running"; fi
}

cmd_wipe() {
    local service
    cmd_down
    elasticsearch_wipe
    for service in "${ALL_SERVICES[@]}"; do
        rm -rf "${STACK_DIR:?}/$service"
    done
    rmdir "$STACK_DIR" 2> /dev/null || true
    say "data removed"
}

cmd_status() {
    local service all=0 state pid
    printf '%-14s %-9s %-7s %-6s %s\n' service state pid port memory
    for service in $STACK_SERVICES; do
        pid=$(main_pid_of "$service")
        if [[ -z $pid ]]; then
            state=down
        elif is_paused "$service"; then
            state=paused
        elif "${service}_ready"; then
            state=ready
        else
            state=starting
        fi
        [[ $state == ready ]] || all=1
        printf '%-14s %-9s %-7s %-6s %s\n' "$service" "$state" "${pid:--}" "$(first_port_of "$service")" \
            "${pid:+$(process_memory_mb "$pid") MB}"
    done
    return $all
}

cmd_start() {
    if is_running "$1"; then
        resume_paused "$1"
        wait_ready "$1" > /dev/null
        say "$1 is running already"
        return
    fi
    start_services "$1"
    save_settings "$(services_in_order "$STACK_SERVICES" "$1")"
}

cmd_stop() {
    stop_marked "$("${1}_mark")" "$STOP_GRACE_S"
    say "$1 is stopped"
}

# signal_service SERVICE SIGNAL WORD: for a service that is running.
signal_service() {
    is_running "$1" || die "$1 is not running"
    signal_marked "$2" "$("${1}_mark")"
    say "$1 is $3"
}

cmd_kill() {
    is_running "$1" || die "$1 is not running"
    kill_marked "$("${1}_mark")"
    say "$1 is killed"
}

usage() {
    sed -n '3,/^$/s/^#\( \|$\)//p' "${BASH_SOURCE[0]}"
}

main() {
    local command=${1:-help}
    case $command in
    fetch | up | down | status | wipe | env) (($# == 1)) || die "'$command' takes no argument" ;;
    start | stop | kill | pause | resume)
        (($# == 2)) || die "which service? $command ${ALL_SERVICES[*]}"
        check_service "$2"
        ;;
    help | -h | --help) usage && exit ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    STACK_DIR=$(realpath -m "${STACK_DIR:-$REPO/build/stack}")
    case $command in
    fetch | status | env) ;;
    *) lock_stack ;;
    esac
    load_settings
    case $command in
    env) print_env ;;
    fetch | status) "cmd_$command" ;;
    pause) signal_service "$2" STOP paused ;;
    resume) signal_service "$2" CONT resumed ;;
    up | down | wipe | start | stop | kill) "cmd_$command" "${@:2}" ;;
    esac
}

main "$@"
