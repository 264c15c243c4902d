# shellcheck shell=bash
#
# redis.sh - one Redis from the distribution. Sourced by stack.sh.

redis_ports() {
    echo "REDIS_PORT"
}

# --syslog-ident does nothing here (syslog is off); it is the argument that tells our process from others.
redis_mark() {
    echo "alpex-stack:$STACK_DIR/redis"
}

redis_env() {
    echo "ALPEX_REDIS_URL=redis://127.0.0.1:$REDIS_PORT/0"
}

redis_config() {
    cat << END
bind 127.0.0.1
port $REDIS_PORT
dir "$STACK_DIR/redis"
# Each change goes to a file, so that it is there again even after a kill -9.
appendonly yes
appendfsync everysec
save ""
# Without this it would overwrite its arguments, by which we find it.
set-proc-title no
END
}

redis_launch() {
    local dir=$STACK_DIR/redis
    redis_config > "$dir/redis.conf"
    detach "$dir/log" redis-server "$dir/redis.conf" --syslog-ident "$(redis_mark)"
}

redis_ready() {
    [[ $(timeout 2 redis-cli -h 127.0.0.1 -p "$REDIS_PORT" ping 2> /dev/null) == PONG ]]
}

redis_log() {
    echo "$STACK_DIR/redis/log"
}
