# shellcheck shell=bash
#
# kafka.sh - one Kafka broker that is its own controller (KRaft). Sourced by stack.sh.

kafka_ports() {
    echo "KAFKA_PORT KAFKA_CONTROLLER_PORT$(kafka_secure_ports)"
}

kafka_mark() {
    mark_of "$STACK_DIR/kafka"
}

kafka_env() {
    echo "ALPEX_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT"
    kafka_secure_env
}

kafka_config() {
    cat << END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT$(kafka_secure_listeners 127.0.0.1)
advertised.listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT$(kafka_secure_listeners localhost)
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT$(kafka_secure_protocols)
inter.broker.listener.name=PLAINTEXT
log.dirs=$STACK_DIR/kafka/data

# The programs create their topics themselves; a misspelt one must fail.
auto.create.topics.enable=false
num.partitions=$STACK_PARTITIONS

# A single node: everything once, and few internal partitions.
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4

# Quick: groups form at once, members may ask for short sessions, a killed broker may come back early.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Small: the cleaner alone would take 128 MB of heap. Short pauses make compaction and retention testable.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=5000
END
    kafka_secure_config
}

kafka_launch() {
    local dir=$STACK_DIR/kafka java users=()
    java=$(java_home)/bin/java
    kafka_secure_prepare || return 1
    (umask 077 && kafka_config > "$dir/server.properties")
    mapfile -t users < <(kafka_secure_users)
    if [[ ! -e $dir/data/meta.properties ]]; then
        # The cluster id is any 16 bytes in URL-safe base64.
        "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$KAFKA_DIST/*" kafka.tools.StorageTool format \
            --ignore-formatted --cluster-id YWxwZXgtbG9jYWwtc3RrMQ --config "$dir/server.properties" "${users[@]}" \
            > "$dir/format.log" 2>&1 ||
            { cat "$dir/format.log" >&2; return 1; }
    fi
    # C1 only and small stacks: 150 MB instead of 350, and it starts faster.
    detach "$dir/log" "$java" "-Xmx$KAFKA_HEAP" -Xms64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k -XX:+ExitOnOutOfMemoryError \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS" "$(kafka_mark)" \
        -cp "$KAFKA_DIST/*" kafka.Kafka "$dir/server.properties"
}

kafka_ready() {
    port_is_taken "$KAFKA_PORT" && kcat -L -b "127.0.0.1:$KAFKA_PORT" -m 2 &> /dev/null
}

kafka_log() {
    echo "$STACK_DIR/kafka/log"
}
