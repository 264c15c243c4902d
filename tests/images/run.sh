#!/usr/bin/env bash
#
# run.sh - builds the images with podman and tries them: alone, against a local stack, and the whole docker-compose.yml.
#
#   run.sh [images|pipeline|compose]...     (default: all three)
#
#   images     builds both; --help, --version, check-config, refusals, user, size
#   pipeline   both as hardened containers on the host's network against deploy/local's stack; killed in the middle;
#              Elasticsearch must hold exactly the lines that were written
#   compose    checks docker-compose.yml, starts all of it with three indexers: health checks, exact count, what each
#              container may do
#
# Official images are pulled where a registry can be reached. Where not, they are made from Debian packages (the base by
# debootstrap, the others by tests/images/standin), and that is said. Needs root and the packages
#   podman runc netavark aardvark-dns iptables debootstrap docker-compose python3-venv
# and what deploy/local needs. Uses an image store of its own and removes everything at the end. Environment (default):
#   IMAGES_PORT    first of 100 ports to use (32300)
#   IMAGES_LINES   lines of the generated log (60000)
#   IMAGES_FOLDER  where to work (a new folder below /tmp)

set -euo pipefail
umask 022 # the containers' users read what root writes here

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
PORT=${IMAGES_PORT:-32300}
LINES_TO_WRITE=${IMAGES_LINES:-60000}
WORK=${IMAGES_FOLDER:-}
PROJECT=alpeximages
SHIPPER=alpex-shipper:local
INDEXER=alpex-indexer:local
PODMAN_COMPOSE_VERSION=1.6.0
CONTAINERS=9 # web, traffic, shipper, three indexers, Kafka, Redis, Elasticsearch
WAIT_S=90
# podman would put writable folders over some of a read-only root; Docker does not.
HARDENING=(--read-only --read-only-tmpfs=false --cap-drop=ALL --security-opt no-new-privileges)
PASSED=0
FAILED=0

# shellcheck source-path=SCRIPTDIR source=../../deploy/local/versions
. "$REPO/deploy/local/versions"

say() {
    echo "images: $*"
}

die() {
    say "$*" >&2
    exit 1
}

### Checks ###

# check TEXT COMMAND...: one line of the result; what a failing command has said is shown.
check() {
    local text=$1 answer
    shift
    if answer=$("$@" 2>&1); then
        PASSED=$((PASSED + 1))
        echo "  ok    $text"
    else
        FAILED=$((FAILED + 1))
        echo "  FAIL  $text"
        tail -n 15 <<< "$answer" | cut -c 1-300 | sed 's/^/          /'
    fi
}

equal() {
    [[ $1 == "$2" ]] || { echo "got '$1', expected '$2'"; return 1; }
}

contains() {
    grep -qF -- "$2" <<< "$1" || { echo "no '$2' in: $1"; return 1; }
}

# exit_code EXPECTED COMMAND...
exit_code() {
    local expected=$1 code=0
    shift
    "$@" || code=$?
    equal "exit $code" "exit $expected"
}

# wait_for TEXT COMMAND...: until it succeeds, at most WAIT_S seconds.
wait_for() {
    local text=$1 end=$((SECONDS + WAIT_S))
    shift
    until "$@" &> /dev/null; do
        if ((SECONDS >= end)); then
            check "$text within $WAIT_S s" "$@"
            return 1
        fi
        sleep 0.5
    done
}

### The engine ###

need() {
    local name missing=()
    for name in "$@"; do
        command -v "$name" > /dev/null || missing+=("$name")
    done
    ((${#missing[@]} == 0)) || die "missing: ${missing[*]}; apt-get install --no-install-recommends" \
        "podman runc netavark aardvark-dns iptables debootstrap docker-compose"
}

# A store, networks and locks of our own: nothing of the machine's images is touched, and all can be thrown away.
configure_podman() {
    cat > "$WORK/storage.conf" << END
[storage]
driver = "overlay"
graphroot = "$WORK/store"
runroot = "$WORK/run"
END
    cat > "$WORK/containers.conf" << END
[network]
network_config_dir = "$WORK/networks"
[engine]
tmp_dir = "$WORK/run/libpod"
lock_type = "file"
events_logger = "file"
END
    # Without systemd: another cgroup manager, and limits that need no right to raise them.
    if [[ ! -d /run/systemd/system ]]; then
        cat >> "$WORK/containers.conf" << 'END'
runtime = "runc"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]
END
    fi
    export CONTAINERS_STORAGE_CONF=$WORK/storage.conf CONTAINERS_CONF=$WORK/containers.conf
}

# podman complains at each start that health checks do not run by themselves without systemd. We run them.
quiet_podman() {
    podman "$@" 2> >(grep -v 'systemd connection' >&2)
}

build() {
    podman build -q --network host --format docker "$@" > "$WORK/build.log" 2>&1 ||
        { tail -n 30 "$WORK/build.log" >&2 && die "the build failed: $*"; }
}

# image NAME COMMAND...: makes NAME available: pulled, or by the command.
image() {
    local name=$1 started=$SECONDS
    shift
    if podman image exists "$name"; then
        return
    fi
    if podman pull -q "$name" &> /dev/null; then
        say "$name: pulled, $((SECONDS - started)) s"
        return
    fi
    "$@"
    say "$name: no registry; a stand-in from Debian packages, $((SECONDS - started)) s"
}

make_base() {
    local tree=$WORK/tree
    debootstrap --variant=minbase bookworm "$tree" > "$WORK/debootstrap.log" 2>&1 ||
        { tail -n 20 "$WORK/debootstrap.log" >&2 && die "debootstrap failed"; }
    rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/*
    tar -C "$tree" -c . | podman import -q --change 'CMD ["bash"]' - docker.io/library/debian:bookworm-slim > /dev/null
    rm -rf "$tree"
}

stand_in() { # TARGET NAME
    local cache=${ALPEX_CACHE:-/var/cache/alpex}
    "$REPO/deploy/local/stack.sh" fetch > /dev/null
    build --target "$1" -t "$2" --build-context "kafka-files=$cache/kafka-$KAFKA_VERSION" \
        --build-context "elasticsearch-files=$cache/elasticsearch-$ELASTICSEARCH_VERSION" "$HERE/standin"
}

build_ours() {
    local started=$SECONDS target
    image docker.io/library/debian:bookworm-slim make_base
    for target in shipper indexer; do
        build -f "$REPO/deploy/docker/Dockerfile" --target "$target" --build-arg VERSION=1.2.3-images \
            -t "alpex-$target:local" "$REPO"
    done
    say "both images built, $((SECONDS - started)) s"
}

### Part 1: the images ###

in_image() {
    quiet_podman run --rm --network none "${HARDENING[@]}" "$@"
}

test_images() {
    local program image size base line
    base=$(podman image inspect -f '{{.Size}}' docker.io/library/debian:bookworm-slim)
    for program in shipper indexer; do
        image=alpex-$program:local
        size=$(podman image inspect -f '{{.Size}}' "$image")
        say "$image: $((size / 1000000)) MB, $(((size - base) / 1000000)) MB of it on top of the base"
        check "$program --help" contains "$(in_image "$image" --help)" "check-config"
        check "$program --version: the build argument" contains "$(in_image "$image" --version)" 1.2.3-images
        check "$program check-config: the image's own configuration is good" \
            in_image "$image" check-config --config "/etc/alpex/$program.yaml"
        check "$program check-config: a wrong value from the environment, exit 2" \
            exit_code 2 in_image -e ALPEX_KAFKA_SECURITY=no-such "$image" check-config --config "/etc/alpex/$program.yaml"
        check "$program: runs as 65532" equal "$(in_image --entrypoint id "$image" -u)" 65532
        check "$program: no compiler, no HTTP client, no sources in the image" \
            exit_code 1 in_image --entrypoint bash "$image" -c 'command -v gcc make curl wget || [[ -e /src ]]'
        check "$program: label with the version" equal \
            "$(podman image inspect -f '{{index .Labels "org.opencontainers.image.version"}}' "$image")" 1.2.3-images
        check "$program: the image brings its health check" contains \
            "$(podman image inspect -f '{{.HealthCheck.Test}}' "$image")" healthcheck
        check "$program: its health check fails when nothing answers" \
            exit_code 1 in_image --entrypoint healthcheck "$image"
    done
    line='192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 12 "-" "x"'
    check "shipper parse, without network" contains \
        "$(in_image -i "$SHIPPER" parse <<< "$line" 2> /dev/null)" '"path":"/a"'
    check "shipper run without inputs: says so, exit 2" exit_code 2 in_image "$SHIPPER"
}

### Part 2: the pipeline against a local stack ###

export STACK_DIR STACK_ENV KAFKA_PORT KAFKA_CONTROLLER_PORT ELASTICSEARCH_PORT REDIS_PORT

# documents: how many, with all that is written made visible.
documents() {
    curl --noproxy '*' -sS -X POST -o /dev/null "http://127.0.0.1:$ELASTICSEARCH_PORT/logs-*/_refresh?ignore_unavailable=true"
    curl --noproxy '*' -sS "http://127.0.0.1:$ELASTICSEARCH_PORT/logs-*/_count" | sed 's/.*"count":\([0-9]*\).*/\1/'
}

hold_documents() {
    equal "$(documents)" "$1"
}

generate() { # LINES SEED
    python3 "$REPO/deploy/local/accesslog.py" --format nginx --lines "$1" --seed "$2" \
        --out "$WORK/logs/access.log" &> /dev/null
}

# hardened NAME LISTEN MEMORY OPTION... IMAGE: as in docker-compose.yml, but on the host's network.
hardened() {
    local name=$1 listen=$2 memory=$3
    shift 3
    quiet_podman run -d --name "$name" --network host "${HARDENING[@]}" \
        --memory "$memory" --memory-swap "$memory" --pids-limit 64 -e "ALPEX_HTTP_LISTEN=127.0.0.1:$listen" \
        --env-file "$STACK_ENV" "$@" > /dev/null
}

start_containers() {
    hardened shipper $((PORT + 10)) 64m -e ALPEX_AGENT_ID=images-test -v "$WORK/logs:/var/log/web:ro" \
        -v "$REPO/deploy/docker/shipper.yaml:/etc/alpex/shipper.yaml:ro" -v state:/var/lib/alpex-shipper "$SHIPPER"
    hardened indexer $((PORT + 11)) 256m -e ALPEX_ELASTICSEARCH_REPLICAS=0 -e ALPEX_WORKERS=2 "$INDEXER"
}

stop_container() { # NAME: by TERM, and in time
    quiet_podman stop -t 30 "$1" > /dev/null
    equal "exit $(podman inspect -f '{{.State.ExitCode}}' "$1")" "exit 0"
}

memory_of() {
    podman stats --no-stream --format '{{.MemUsage}}' "$1"
}

test_pipeline() {
    local lines=$LINES_TO_WRITE started
    STACK_DIR=$WORK/stack STACK_ENV=$WORK/stack.env
    KAFKA_PORT=$PORT KAFKA_CONTROLLER_PORT=$((PORT + 1)) ELASTICSEARCH_PORT=$((PORT + 2)) REDIS_PORT=$((PORT + 3))
    "$REPO/deploy/local/stack.sh" up
    mkdir -p "$WORK/logs"
    generate "$lines" 1
    started=$SECONDS
    start_containers
    wait_for "the shipper is ready" quiet_podman exec shipper healthcheck /readyz
    wait_for "the indexer is ready" quiet_podman exec indexer healthcheck /readyz
    check "shipper: the image's health check, run by the engine" quiet_podman healthcheck run shipper
    check "indexer: the image's health check, run by the engine" quiet_podman healthcheck run indexer
    check "shipper: the logs are mounted read-only" \
        quiet_podman exec shipper grep -E ' /var/log/web [^ ]+ ro,' /proc/self/mounts
    check "shipper: cannot write into /tmp" exit_code 1 quiet_podman exec shipper bash -c ': > /tmp/x'
    wait_for "$lines lines are documents" hold_documents "$lines" || true
    say "$lines lines in $((SECONDS - started)) s from the start of the containers"

    generate "$lines" 2
    quiet_podman kill -s KILL shipper indexer > /dev/null
    generate "$lines" 3
    quiet_podman start shipper indexer > /dev/null
    lines=$((lines * 3))
    wait_for "all lines are documents" hold_documents "$lines" || true
    check "$lines lines written, exactly as many documents, both containers killed in between" hold_documents "$lines"
    say "memory: shipper $(memory_of shipper), indexer $(memory_of indexer)"
    check "shipper: SIGTERM ends it in order" stop_container shipper
    check "indexer: SIGTERM ends it in order" stop_container indexer
    check "$lines documents still" hold_documents "$lines"
    quiet_podman rm -f shipper indexer > /dev/null
    "$REPO/deploy/local/stack.sh" wipe
}

### Part 3: docker-compose.yml ###

# The packaged podman-compose of Debian 12 cannot scale.
install_compose() {
    { python3 -m venv "$WORK/venv" && "$WORK/venv/bin/pip" -q install "podman-compose==$PODMAN_COMPOSE_VERSION"; } \
        > "$WORK/venv.log" 2>&1 || { cat "$WORK/venv.log" >&2 && die "podman-compose could not be installed"; }
}

compose() {
    "$WORK/venv/bin/podman-compose" -p "$PROJECT" -f "$REPO/docker-compose.yml" -f "$REPO/deploy/docker/geoip.yml" \
        "$@" > "$WORK/compose.log" 2>&1 ||
        { tail -n 30 "$WORK/compose.log" >&2 && return 1; }
}

containers_of() { # [SERVICE]
    podman ps -q --filter "label=com.docker.compose.project=$PROJECT" \
        ${1:+--filter "label=com.docker.compose.service=$1"}
}

first_of() {
    containers_of "$1" | head -n 1
}

all_healthy() {
    local id
    equal "$(containers_of | wc -l) containers" "$CONTAINERS containers" || return 1
    for id in $(containers_of); do
        quiet_podman healthcheck run "$id" > /dev/null || { podman ps --filter "id=$id"; return 1; }
    done
}

compose_documents() { # [QUERY]
    local id
    id=$(first_of elasticsearch)
    quiet_podman exec "$id" curl -sS -X POST -o /dev/null 'localhost:9200/logs-*/_refresh?ignore_unavailable=true'
    quiet_podman exec "$id" curl -sS "localhost:9200/logs-*/_count?q=${1:-*}" | sed 's/.*"count":\([0-9]*\).*/\1/'
}

are_located() {
    (($(compose_documents _exists_:source.geo.country_iso_code) > 0))
}

compose_lines() {
    wc -l < "$(podman volume inspect -f '{{.Mountpoint}}' "${PROJECT}_weblogs")/access.log"
}

compose_is_exact() {
    equal "$(compose_documents)" "$(compose_lines)"
}

has_lines() {
    (($(compose_lines) >= $1))
}

# Every container: not root, no capability, no new rights, memory limited.
is_confined() {
    local id state
    for id in $(containers_of); do
        state=$(quiet_podman exec "$id" sh -c 'grep -E "^(Uid|CapEff|CapBnd|NoNewPrivs)" /proc/1/status' | tr -s '\t\n' ' ')
        if [[ $state == *"Uid: 0"* || ! $state =~ CapEff:\ 0+\  || ! $state =~ CapBnd:\ 0+\  || $state != *"NoNewPrivs: 1"* ]]; then
            podman ps --filter "id=$id"
            echo "$state"
            return 1
        fi
        [[ $(podman inspect -f '{{.HostConfig.Memory}}' "$id") != 0 ]] || { echo "no memory limit: $id"; return 1; }
    done
}

# Only our loopback address, and nothing of Kafka, Redis and Elasticsearch.
publishes_little() {
    local ports
    ports=$(podman ps --format '{{.Names}} {{.Ports}}' --filter "label=com.docker.compose.project=$PROJECT" | grep -- '->')
    echo "$ports"
    ! grep -qE '(kafka|redis|elasticsearch)' <<< "$ports" && ! grep -qE '(^|[^0-9.])(0\.0\.0\.0|::|)?:[0-9]+->' <<< "$ports"
}

is_read_only() {
    local service
    for service in "$@"; do
        equal "$service $(podman inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$(first_of "$service")")" "$service true" ||
            return 1
    done
}

# Every indexer has partitions of its own, and together they have all.
partitions_are_shared() {
    local id total=0 part
    for id in $(containers_of indexer); do
        part=$(curl --noproxy '*' -sS "http://$(podman port "$id" 8000/tcp)/metrics" |
            awk '/^indexer_partitions_assigned[ {]/ {print $NF}')
        ((part > 0)) || { echo "indexer $id has '$part' partitions"; return 1; }
        total=$((total + part))
    done
    equal "$total" 12
}

every_indexer_works() {
    local id indexed
    for id in $(containers_of indexer); do
        indexed=$(curl --noproxy '*' -sS "http://$(podman port "$id" 8000/tcp)/metrics" |
            awk '/^indexer_records_total{outcome="indexed"}/ {print $NF}')
        ((indexed > 0)) || { echo "indexer $id has indexed '$indexed'"; return 1; }
    done
}

# Kafka and Elasticsearch are still there: so it is with Docker, which stops users first.
ends_in_order() {
    local id
    for id in $(containers_of shipper) $(containers_of indexer); do
        stop_container "$id" || return 1
    done
}

versions_agree() {
    grep -q "apache/kafka:$KAFKA_VERSION\$" "$REPO/docker-compose.yml" &&
        grep -q "elasticsearch/elasticsearch:$ELASTICSEARCH_VERSION\$" "$REPO/docker-compose.yml"
}

test_compose() {
    local name service started
    if command -v docker-compose > /dev/null; then
        check "docker-compose.yml: docker-compose finds nothing wrong" docker-compose -f "$REPO/docker-compose.yml" config -q
        check "with geoip.yml: nothing wrong" env GEOIP_FOLDER=/geoip docker-compose \
            -f "$REPO/docker-compose.yml" -f "$REPO/deploy/docker/geoip.yml" config -q
        check "geoip.yml without its folder: refused" exit_code 1 docker-compose \
            -f "$REPO/docker-compose.yml" -f "$REPO/deploy/docker/geoip.yml" config -q
    fi
    check "docker-compose.yml has the versions of deploy/local" versions_agree

    while read -r name; do
        service=${name##*/}
        image "$name" stand_in "${service%%:*}" "$name" < /dev/null
    done < <(sed -n 's/^ *image: *\(docker\.[^ ]*\)$/\1/p' "$REPO/docker-compose.yml")
    name=$(sed -n 's/^FROM //p' "$REPO/deploy/docker/web.Dockerfile")
    image "$name" stand_in nginx "$name"
    build -f "$REPO/deploy/docker/web.Dockerfile" -t alpex-web:local -t alpex-traffic:local \
        "$REPO/deploy/docker"

    install_compose
    mkdir -p "$WORK/geo"
    python3 "$REPO/deploy/local/demo_geoip.py" "$WORK/geo/GeoLite2-City.mmdb" > /dev/null
    started=$SECONDS
    export ALPEX_WEB_PORT=$((PORT + 20)) TRAFFIC_RATE=200 GEOIP_FOLDER=$WORK/geo
    compose up -d --no-build --scale indexer=3
    wait_for "everything is healthy" all_healthy || true
    say "healthy after $((SECONDS - started)) s"
    check "every container's health check, three indexers among them" all_healthy
    check "three indexers run" equal "$(containers_of indexer | wc -l)" 3
    check "none has a right, none is root, each has a memory limit" is_confined
    check "ports: on 127.0.0.1 only, none of Kafka, Redis, Elasticsearch" publishes_little
    check "read-only roots" is_read_only web traffic shipper indexer redis
    wait_for "the traffic makes lines" has_lines 3000 || true
    wait_for "the partitions are shared" partitions_are_shared || true
    check "12 partitions are shared by three indexers" partitions_are_shared
    wait_for "each of them works" every_indexer_works || true
    check "each of them has indexed something" every_indexer_works
    check "GeoIP from the mounted folder" are_located
    podman stop -t 5 "$(first_of traffic)" &> /dev/null
    wait_for "all lines are documents" compose_is_exact || true
    check "$(compose_lines) lines of nginx, exactly as many documents" compose_is_exact
    say "memory: $(podman stats --no-stream --format '{{.Name}} {{.MemUsage}};' | sed "s/${PROJECT}_//g" | tr '\n' ' ')"
    check "SIGTERM ends the shipper and the indexers in order" ends_in_order
    compose down -v || true
}

### The whole ###

clean_up() {
    local code=$?
    trap - EXIT
    trap '' INT TERM
    set +e
    if [[ -n ${STACK_DIR:-} && -d ${STACK_DIR:-} ]]; then
        "$REPO/deploy/local/stack.sh" wipe > /dev/null
    fi
    podman rm -f -t 2 -a &> /dev/null
    podman volume rm -f -a &> /dev/null
    podman network prune -f &> /dev/null
    podman rmi -f -a &> /dev/null
    umount "$WORK/store/overlay" &> /dev/null
    rm -rf "$WORK"
    [[ ! -e $WORK ]] || say "could not be removed: $WORK" >&2
    exit "$code"
}

main() {
    local part parts=("$@") started=$SECONDS
    ((${#parts[@]})) || parts=(images pipeline compose)
    for part in "${parts[@]}"; do
        [[ $part =~ ^(images|pipeline|compose)$ ]] || die "unknown part '$part'; there are: images pipeline compose"
    done
    ((EUID == 0)) || die "needs root (debootstrap, container networks)"
    need podman debootstrap curl python3
    if [[ -n $WORK ]]; then
        mkdir "$WORK" || die "IMAGES_FOLDER must not exist yet: it is removed at the end"
    else
        WORK=$(mktemp -d /tmp/alpex-images-XXXXXX)
    fi
    chmod 755 "$WORK" # Elasticsearch's user must get through
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    configure_podman
    build_ours
    for part in "${parts[@]}"; do
        echo "--- $part"
        "test_$part"
    done
    say "$PASSED passed, $FAILED failed, $((SECONDS - started)) s"
    ((FAILED == 0))
}

main "$@"
