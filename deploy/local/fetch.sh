# shellcheck shell=bash
#
# fetch.sh - downloads Kafka and Elasticsearch into the cache and checks them. Sourced by stack.sh.
#
# A distribution appears under its final name only when it is complete and every file has the checksum in `versions`.
# So what is there is good, and an interrupted fetch leaves nothing but a folder that the next one replaces; Maven's own
# repository is kept until the end, so it goes on where it stopped.

cache_dir() {
    if [[ -n ${ALPEX_CACHE:-} ]]; then
        realpath -m "$ALPEX_CACHE"
    elif ((EUID == 0)); then
        echo /var/cache/alpex # not in root's home: Elasticsearch's own user must be able to read it
    else
        echo "${XDG_CACHE_HOME:-$HOME/.cache}/alpex"
    fi
}

CACHE=$(cache_dir)
KAFKA_DIST=$CACHE/kafka-$KAFKA_VERSION
ELASTICSEARCH_DIST=$CACHE/elasticsearch-$ELASTICSEARCH_VERSION

# Brings what is missing. One at a time: others wait and then find it done.
fetch_all() (
    if [[ -d $KAFKA_DIST && -d $ELASTICSEARCH_DIST ]]; then
        return
    fi
    require_commands mvn unzip sha256sum
    mkdir -p "$CACHE"
    exec 8> "$CACHE/lock"
    if ! flock -n 8; then
        say "another fetch is at work in $CACHE, waiting for it"
        flock 8
    fi
    rm -rf "$CACHE"/unfinished-*
    fetch_one "Kafka $KAFKA_VERSION (46 MB)" "$KAFKA_DIST" collect_kafka
    fetch_one "Elasticsearch $ELASTICSEARCH_VERSION (102 MB)" "$ELASTICSEARCH_DIST" collect_elasticsearch
    rm -rf "$CACHE/maven"
)

# fetch_one TITLE FINAL_FOLDER FUNCTION: lets FUNCTION fill an empty folder and puts it in place.
fetch_one() {
    local title=$1 final=$2 collect=$3 started unfinished
    [[ ! -d $final ]] || return 0
    started=$(now_ms)
    unfinished=$CACHE/unfinished-${final##*/}
    mkdir "$unfinished"
    say "fetching $title from Maven Central into $final"
    if ! "$collect" "$unfinished"; then
        rm -rf "$unfinished"
        exit 1
    fi
    chmod -R a+rX "$unfinished"
    mv "$unfinished" "$final"
    chmod a+rx "$CACHE"
    say "  done and verified, $(seconds_since "$started") s"
}

# Runs the download plugin's goal $1 with the remaining arguments; on failure shows what Maven said.
maven() {
    local goal=$1 answer
    shift
    # -C: a file that does not match the repository's own checksum is an error, not a warning.
    if ! answer=$(JAVA_HOME=$(java_home) mvn --batch-mode --quiet -C -Dmaven.repo.local="$CACHE/maven" \
        "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN_VERSION:$goal" "$@" 2>&1 < /dev/null); then
        tail -n 20 <<< "$answer" >&2
        say "the download failed (see above); it needs a way to Maven Central, settings and proxies are Maven's own"
        return 1
    fi
}

collect_kafka() {
    maven copy-dependencies -f "$HERE/kafka-pom.xml" -Dkafka.version="$KAFKA_VERSION" -Dslf4j.version="$SLF4J_VERSION" \
        -DincludeScope=runtime -DoutputDirectory="$1" &&
        verify_folder "$1" "$KAFKA_SHA256"
}

collect_elasticsearch() {
    local zip=$1/elasticsearch-$ELASTICSEARCH_VERSION.zip
    maven copy -DoutputDirectory="$1" \
        -Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$ELASTICSEARCH_VERSION:zip" &&
        verify_folder "$1" "$ELASTICSEARCH_SHA256" &&
        unzip -q "$zip" -d "$1" &&
        rm "$zip" &&
        mv "$1/elasticsearch-$ELASTICSEARCH_VERSION"/* "$1/" &&
        rmdir "$1/elasticsearch-$ELASTICSEARCH_VERSION"
}

# verify_folder FOLDER LIST: the files of FOLDER are exactly those of LIST (lines of sha256sum), with these checksums.
verify_folder() {
    local folder=$1 list=$2 bad=0 found expected name file
    for file in "$folder"/*; do
        name=${file##*/}
        expected=$(awk -v name="$name" '$2 == name { print $1 }' <<< "$list")
        found=$(sha256sum "$file")
        found=${found%% *}
        if [[ $found != "$expected" ]]; then
            say "checksum of $name: expected ${expected:-none (the file is not in $HERE/versions)}, found $found"
            bad=1
        fi
    done
    while read -r expected name; do
        if [[ -n $name && ! -e $folder/$name ]]; then
            say "$name: expected $expected, found no such file in the download"
            bad=1
        fi
    done <<< "$list"
    if ((bad)); then
        say "refusing what does not match $HERE/versions"
        return 1
    fi
}
