# shellcheck shell=bash
#
# elasticsearch.sh - one Elasticsearch node, plain HTTP, no security. Sourced by stack.sh.
#
# It refuses to run as root. As root it runs as a system user without rights, made here once. That user must be able to
# enter the data folder; where it cannot (a checkout in root's home), the data is in /var/lib/alpex and a link points there.

ELASTICSEARCH_USER=alpex-es

elasticsearch_ports() {
    echo "ELASTICSEARCH_PORT ELASTICSEARCH_TRANSPORT_PORT"
}

elasticsearch_mark() {
    mark_of "$STACK_DIR/elasticsearch"
}

elasticsearch_env() {
    echo "ALPEX_ELASTICSEARCH_URLS=http://127.0.0.1:$ELASTICSEARCH_PORT"
}

# What to put before a command that is to run as Elasticsearch's user: nothing unless we are root.
AS_ELASTICSEARCH=()
if ((EUID == 0)); then
    AS_ELASTICSEARCH=(setpriv --reuid "$ELASTICSEARCH_USER" --regid "$ELASTICSEARCH_USER" --clear-groups --)
fi

elasticsearch_make_user() {
    ((EUID == 0)) || return 0
    if id "$ELASTICSEARCH_USER" &> /dev/null; then
        return
    fi
    require_commands useradd setpriv
    say "Elasticsearch refuses to run as root: adding the system user $ELASTICSEARCH_USER for it"
    # Two stacks may do this at once: what counts is that it is there afterwards.
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$ELASTICSEARCH_USER" ||
        id "$ELASTICSEARCH_USER" > /dev/null
}

# Makes $STACK_DIR/elasticsearch, if need be as a link to where Elasticsearch's user can go.
elasticsearch_make_folder() {
    local dir=$STACK_DIR/elasticsearch elsewhere
    if [[ ! -e $dir ]] && ! "${AS_ELASTICSEARCH[@]}" test -x "$STACK_DIR"; then
        elsewhere=$(elasticsearch_elsewhere)
        mkdir -p "$elsewhere"
        ln -sfn "$elsewhere" "$dir"
        say "the user $ELASTICSEARCH_USER cannot enter $STACK_DIR: its data is in $elsewhere"
    fi
    mkdir -p "$dir/"{config/jvm.options.d,data,logs,tmp}
}

elasticsearch_elsewhere() {
    local sum
    sum=$(sha256sum <<< "$STACK_DIR")
    echo "/var/lib/alpex/stack-${sum:0:12}"
}

elasticsearch_config() {
    cat << END
cluster.name: alpex-local
node.name: local
discovery.type: single-node
network.host: 127.0.0.1
http.port: $ELASTICSEARCH_PORT
transport.port: $ELASTICSEARCH_TRANSPORT_PORT
path.data: $1/data
path.logs: $1/logs
xpack.security.enabled: false
# A nearly full disk of a developer must not make the indices read-only.
cluster.routing.allocation.disk.threshold_enabled: false
END
}

# Java cannot tell the file system of the data in a chroot whose root is no mount point ("Mount point not found"). Then
# Elasticsearch runs in a mount namespace of its own, where the root is mounted once more and so can be found. Nothing of
# that is seen outside, and it goes with the process. It must not spread to the mount that the chroot lies in, which
# from inside cannot be made private; /proc can, so the new root hangs there. Sets ENTER, to put before the command.
elasticsearch_prepare_root() {
    ENTER=()
    if grep -q '^[^ ]* / ' /proc/self/mounts; then
        return
    fi
    # shellcheck disable=SC2016 # for the inner shell
    ENTER=(unshare --mount --propagation unchanged -- sh -c
        'mount --make-rprivate /proc && mount --rbind / /proc/sys && exec chroot /proc/sys "$@"' sh)
    if ! "${ENTER[@]}" true; then
        say "the root folder here is no mount point, which Elasticsearch needs, and only root may change that:" \
            "run this as root, or have the chroot's folder mounted onto itself (mount --bind)"
        return 1
    fi
}

# To the console only, which is our log; its own configuration writes everything twice more, into files.
elasticsearch_log_config() {
    cat << 'END'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
END
}

elasticsearch_launch() {
    local dir java mark launcher
    elasticsearch_make_user || return 1
    elasticsearch_make_folder || return 1
    elasticsearch_prepare_root || return 1
    dir=$(realpath "$STACK_DIR/elasticsearch")
    if ! "${AS_ELASTICSEARCH[@]}" test -r "$ELASTICSEARCH_DIST/bin/elasticsearch"; then
        say "the user $ELASTICSEARCH_USER cannot read $ELASTICSEARCH_DIST: set ALPEX_CACHE to a folder that everybody can enter"
        return 1
    fi
    elasticsearch_config "$dir" > "$dir/config/elasticsearch.yml"
    elasticsearch_log_config > "$dir/config/log4j2.properties"
    # Its own options without the garbage collector's (we name another), without its log and without touching all memory.
    grep -Ev 'UseG1GC|AlwaysPreTouch|Xlog:' "$ELASTICSEARCH_DIST/config/jvm.options" > "$dir/config/jvm.options"
    rm -rf "$dir/pid" "$dir"/tmp/*
    if ((EUID == 0)); then
        chown -R "$ELASTICSEARCH_USER:" "$dir"
    fi
    java=$(java_home)
    mark=$(elasticsearch_mark)
    # bin/elasticsearch leaves a launcher beside the server. It reads CLI_JAVA_OPTS, so both carry the mark. The launcher
    # forgets temporary files; its options cannot be quoted, so with a strange path they are left to /tmp.
    launcher=$mark
    [[ $dir =~ [^A-Za-z0-9/._-] ]] || launcher+=" -Djava.io.tmpdir=$dir/tmp"
    # -u: Elasticsearch complains about options that are meant for other Java programs.
    detach "$dir/log" "${ENTER[@]}" "${AS_ELASTICSEARCH[@]}" env -u JAVA_TOOL_OPTIONS -u JAVA_OPTS -u ES_HOME HOME="$dir" \
        ES_JAVA_HOME="$java" ES_PATH_CONF="$dir/config" ES_TMPDIR="$dir/tmp" CLI_JAVA_OPTS="$launcher" \
        ES_JAVA_OPTS="-Xms$ELASTICSEARCH_HEAP -Xmx$ELASTICSEARCH_HEAP -XX:+UseSerialGC -XX:-AlwaysPreTouch $mark" \
        "$ELASTICSEARCH_DIST/bin/elasticsearch" --pidfile "$dir/pid"
}

elasticsearch_ready() {
    local url="http://127.0.0.1:$ELASTICSEARCH_PORT/_cluster/health?wait_for_status=yellow&timeout=1s"
    [[ $(curl --noproxy '*' -s -m 3 -o /dev/null -w '%{http_code}' "$url") == 200 ]]
}

elasticsearch_log() {
    echo "$STACK_DIR/elasticsearch/log"
}

elasticsearch_wipe() {
    if ((EUID == 0)) && [[ -L $STACK_DIR/elasticsearch ]]; then
        rm -rf "$(elasticsearch_elsewhere)"
    fi
}
