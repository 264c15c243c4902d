# shellcheck shell=bash
#
# kafka_secure.sh - the broker's listeners with TLS and SASL, when KAFKA_SECURE=1. Sourced by stack.sh.
#
#   KAFKA_PORT + 2   TLS       ssl
#   KAFKA_PORT + 3   MTLS      ssl, asks for a client certificate
#   KAFKA_PORT + 4   SASL      sasl_ssl: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
#   KAFKA_PORT + 5   EXPIRED   ssl with a certificate that has expired
#
# In STACK_DIR/kafka/tls, made once:
#   ca.pem, other-ca.pem                  the authority, and one that has signed nothing here
#   server.pem, expired-server.pem        key and certificate of the broker, for the name localhost (not 127.0.0.1)
#   client.pem, client.key                certificate and key of a client; client-locked.key: with the password
#   expired-client.pem                    of the same key
#   password                              of the users `alpex` and `$ConnectionString` (as in Azure Event Hubs) and of
#                                         client-locked.key; `alpex` is in PLAIN and SCRAM, the other in PLAIN only

KAFKA_SECURE_LISTENERS=(TLS MTLS SASL EXPIRED)

kafka_is_secure() {
    [[ ${KAFKA_SECURE:-0} == 1 ]]
}

kafka_secure_settings() {
    local number=2 name
    [[ $KAFKA_SECURE =~ ^[01]$ ]] || die "KAFKA_SECURE=$KAFKA_SECURE: 0 or 1 is needed"
    for name in "${KAFKA_SECURE_LISTENERS[@]}"; do
        printf -v "KAFKA_${name}_PORT" %s $((KAFKA_PORT + number++))
    done
}

kafka_secure_ports() {
    if kafka_is_secure; then
        printf ' KAFKA_%s_PORT' "${KAFKA_SECURE_LISTENERS[@]}"
    fi
}

# kafka_secure_listeners HOST: what is added to the list of listeners.
kafka_secure_listeners() {
    local name port
    kafka_is_secure || return 0
    for name in "${KAFKA_SECURE_LISTENERS[@]}"; do
        port=KAFKA_${name}_PORT
        printf ',%s://%s:%s' "$name" "$1" "${!port}"
    done
}

kafka_secure_protocols() {
    if kafka_is_secure; then
        printf ',TLS:SSL,MTLS:SSL,SASL:SASL_SSL,EXPIRED:SSL'
    fi
}

kafka_secure_env() {
    local name port
    kafka_is_secure || return 0
    for name in "${KAFKA_SECURE_LISTENERS[@]}"; do
        port=KAFKA_${name}_PORT
        echo "KAFKA_${name}_BROKERS=localhost:${!port}"
    done
    echo "KAFKA_TLS_DIR='$STACK_DIR/kafka/tls'"
}

kafka_secure_config() {
    local tls=$STACK_DIR/kafka/tls password
    kafka_is_secure || return 0
    password=$(< "$tls/password")
    cat << END

ssl.keystore.type=PEM
ssl.keystore.location=$tls/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.mtls.ssl.client.auth=required
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location=$tls/expired-server.pem

listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    user_alpex="$password" user_\$ConnectionString="$password";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
END
}

# Arguments for the formatting of the storage, one a line: SCRAM's users are part of the cluster's metadata.
kafka_secure_users() {
    local mechanism
    kafka_is_secure || return 0
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
        printf '%s\n' --add-scram "$mechanism=[name=alpex,password=$(< "$STACK_DIR/kafka/tls/password")]"
    done
}

# openssl_quiet ARGUMENT...: says something only when it fails.
openssl_quiet() {
    local answer
    if ! answer=$(openssl "$@" 2>&1); then
        say "openssl $1 failed: $answer" >&2
        return 1
    fi
}

# make_authority NAME: NAME.pem and NAME.key.
make_authority() {
    openssl_quiet req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj "/CN=alpex local $1" -keyout "$1.key" -out "$1.pem"
}

# sign NAME KEY DAYS EXTENSION: NAME.pem, signed by the authority. 0 days: expired at once.
sign() {
    openssl_quiet req -new -key "$2" -subj "/CN=$1" -out "$1.csr" &&
        openssl_quiet x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$3" \
            -extfile <(echo "$4") -out "$1.pem" && rm "$1.csr"
}

make_key() {
    openssl_quiet genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1.key"
}

# Everything is made in a folder beside, so that a half-made one is never used.
kafka_secure_prepare() (
    local name
    kafka_is_secure || return 0
    cd "$STACK_DIR/kafka" && umask 077 || return 1
    [[ ! -d tls ]] || return 0
    if [[ -e data/meta.properties ]]; then
        say "the data of this Kafka was made without KAFKA_SECURE=1 and has no users; wipe it first" >&2
        return 1
    fi
    rm -rf tls.new && mkdir tls.new && cd tls.new || return 1
    openssl rand -hex 16 > password
    make_authority ca && make_authority other-ca && make_key server && make_key client &&
        sign server server.key 3650 subjectAltName=DNS:localhost &&
        sign expired-server server.key 0 subjectAltName=DNS:localhost &&
        sign client client.key 3650 extendedKeyUsage=clientAuth &&
        sign expired-client client.key 0 extendedKeyUsage=clientAuth &&
        openssl_quiet pkcs8 -topk8 -in client.key -out client-locked.key -passout file:password || return 1
    for name in server expired-server; do
        cat server.key >> "$name.pem" # Kafka wants both in one file
    done
    cd .. && mv tls.new tls
)
