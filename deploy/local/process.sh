# shellcheck shell=bash
#
# process.sh - finds, stops and signals the processes of the stack. Sourced by stack.sh and demo.sh.
#
# Every process of a service is started with one argument that no other process has (its mark, see mark_of). Looking for
# that argument in /proc finds all of them, also a child whose parent is gone and also without a pid file, and never a
# stranger who got an old pid.

# Prints the mark for the folder $1: without characters that a Java option could not carry through a shell.
mark_of() {
    echo "-Dalpex.stack=${1//[^A-Za-z0-9\/._-]/_}"
}

# Prints the pids of the processes that have an argument equal to $1, smallest first.
pids_with_argument() {
    local file pid
    # The text is handed over on stdin, so that grep does not find itself.
    # shellcheck disable=SC2062 # no pattern here, but the files to read
    grep -lsaxzF --file=- -- /proc/[0-9]*/cmdline <<< "$1" | while read -r file; do
        pid=${file#/proc/}
        pid=${pid%/cmdline}
        if is_in_our_root "$pid"; then
            echo "$pid"
        fi
    done | sort -n
}

# True while process $1 has an argument equal to $2.
has_argument() {
    grep -sqaxzF --file=- "/proc/$1/cmdline" <<< "$2"
}

# False when process $1 lives in another root directory (a chroot with the same paths). Unreadable counts as ours.
is_in_our_root() {
    [[ ! -e /proc/$1/root/ ]] || [[ /proc/$1/root/ -ef / ]]
}

# Prints the state letter of process $1: R, S, D, T (stopped), Z ...
process_state() {
    local stat
    stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 0
    stat=${stat##*) }
    echo "${stat%% *}"
}

# Prints the memory of process $1 in MB.
process_memory_mb() {
    awk '/^VmRSS:/ { printf "%d\n", $2 / 1024 }' "/proc/$1/status" 2> /dev/null || echo 0
}

# Milliseconds of a clock that nobody sets.
now_ms() {
    local up
    read -r up _ < /proc/uptime
    echo $((10#${up/./} * 10))
}

# Seconds with one digit since $1 (from now_ms).
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# Sends signal $1 to all processes with the mark $2. Says so when one of them belongs to somebody else.
signal_marked() {
    local pid
    for pid in $(pids_with_argument "$2"); do
        if ! kill -s "$1" "$pid" 2> /dev/null && [[ -e /proc/$pid ]]; then
            echo "cannot signal process $pid: it belongs to the user $(stat -c %U "/proc/$pid")" >&2
            return 1
        fi
    done
}

# Waits until no process has the mark $1, at most $2 seconds.
wait_until_gone() {
    local deadline=$(($(now_ms) + $2 * 1000))
    while [[ -n $(pids_with_argument "$1") ]]; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.1
    done
}

# Ends all processes with the mark $1: TERM, and KILL for what is left after $2 seconds. Nothing there is fine.
stop_marked() {
    signal_marked TERM "$1" || return 1
    signal_marked CONT "$1" || return 1 # a paused process would not see the TERM
    wait_until_gone "$1" "$2" || kill_marked "$1"
}

# Ends all processes with the mark $1 at once.
kill_marked() {
    signal_marked KILL "$1" || return 1
    if ! wait_until_gone "$1" 10; then
        echo "still there after SIGKILL: $(pids_with_argument "$1" | xargs)" >&2
        return 1
    fi
}

# A recorded process is one that has no mark: a file holds its pid and an argument that it must have to be believed.
record_process() { # FILE PID ARGUMENT
    printf '%s\n%s\n' "$2" "$3" > "$1"
}

recorded_process_runs() { # FILE
    local pid argument
    [[ -r $1 ]] && { read -r pid && read -r argument; } < "$1" && has_argument "$pid" "$argument"
}

# end_recorded_process FILE SECONDS: TERM, and KILL after so many seconds.
end_recorded_process() {
    local pid deadline=$(($(now_ms) + $2 * 1000))
    read -r pid < "$1"
    kill -TERM "$pid" 2> /dev/null || true
    kill -CONT "$pid" 2> /dev/null || true
    while recorded_process_runs "$1"; do
        if (($(now_ms) > deadline)); then
            kill -KILL "$pid" 2> /dev/null || true
        fi
        sleep 0.1
    done
}

# True when something listens on TCP port $1. Reads /proc, because ss is not everywhere.
port_is_taken() {
    [[ -n $(listening_inodes "$1") ]]
}

# Prints the socket inodes that listen on TCP port $1, of any address.
listening_inodes() {
    awk -v port="$(printf '%04X' "$1")" '$4 == "0A" && $2 ~ ":" port "$" { print $10 }' /proc/net/tcp /proc/net/tcp6 2> /dev/null
}

# Prints "by process PID (name)" for the owner of TCP port $1, or nothing when it cannot be seen.
port_owner() {
    local inode link pid
    for inode in $(listening_inodes "$1"); do
        link=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2> /dev/null || true)
        [[ -n $link ]] || continue
        pid=${link#/proc/}
        pid=${pid%%/*}
        echo " by process $pid ($(cat "/proc/$pid/comm" 2> /dev/null))"
        return
    done
}
