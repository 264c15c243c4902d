#!/bin/sh
#
# traffic.sh - visitors of the sample web server: browsers, bots, errors. Runs until it is stopped.
#
#   TRAFFIC_URL    where (http://web:8080)
#   TRAFFIC_RATE   requests a second (20)
#
# Needs curl 7.84 or newer (--rate) and awk.

url=${TRAFFIC_URL:-http://web:8080}
rate=${TRAFFIC_RATE:-20}

trap 'exit 0' TERM INT

# Prints the next two seconds' requests as a configuration of curl. $1: seed.
requests() {
    awk -v seed="$1" -v count="$((rate * 2))" -v url="$url" '
        function pick(list, n) { return list[1 + int(rand() * n)] }
        BEGIN {
            srand(seed)
            paths = split("/ / / /product/17 /product/4711?ref=mail /search?q=red+shoes&page=2 /static/app.js " \
                          "/static/site.css /old /admin /missing.html /broken", path, " ")
            agents = split("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36|" \
                           "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1|" \
                           "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0|" \
                           "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)|curl/8.5.0", agent, "|")
            referrers = split("- https://www.example.com/ https://search.example.org/?q=shoes", referrer, " ")
            for (i = 0; i < count; i++) {
                if (i)
                    print "next"
                from = pick(referrer, referrers)
                printf "url = \"%s%s\"\noutput = /dev/null\nsilent\nmax-time = 5\n", url, pick(path, paths)
                printf "user-agent = \"%s\"\n", pick(agent, agents)
                printf "header = \"X-Forwarded-For: %d.%d.%d.%d\"\n", 11 + rand() * 180, rand() * 256, rand() * 256, 1 + rand() * 254
                if (from != "-")
                    printf "referer = \"%s\"\n", from
            }
        }'
}

turn=$(date +%s)
while :; do
    turn=$((turn + 1))
    # A web server that is not there yet is no reason to end.
    requests "$turn" | curl --rate "$rate/s" --config - || sleep 1
    : > /tmp/alive # for the health check
done
