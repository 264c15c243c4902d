/*
 * status.c - `shipper status`: what the running agent does, as it says itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config_command.h"
#include "common/json.h"
#include "common/options.h"
#include "common/timestamp.h"
#include "common/web_get.h"
#include "shipper/command/command.h"
#include "shipper/config.h"

#define TIMEOUT_MS 15000
#define ANSWER_MAX (64u << 20)
#define PATH_WIDTH 48 /* of the table; longer ones lose their beginning */

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* "1.5 MiB", as wide as a column. */
static const char *size_text(double bytes, char out[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;

    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 16, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return out;
}

/* "5s", "3m", "2h", "4d" since `time`; "" when it is not known. */
static const char *age_text(const char *time, char out[32])
{
    static const struct {
        int64_t seconds;
        char unit;
    } steps[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    struct timestamp at;
    int64_t age;

    out[0] = '\0';
    if (!timestamp_parse_iso(slice_of(time), &at))
        return out;
    age = clock_wall_ms() / 1000 - at.s;
    for (unsigned i = 0; i < 4; i++)
        if (age >= steps[i].seconds || i == 3) {
            snprintf(out, 32, "%" PRId64 "%c", age < 0 ? 0 : age / steps[i].seconds, steps[i].unit);
            break;
        }
    return out;
}

static void print_stream(const cJSON *stream)
{
    const char *path = text_of(stream, "path"), *error = text_of(stream, "error");
    char size[16], lag[16], age[32], rate[32] = "";

    if (!*path)
        path = text_of(stream, "stream");
    if (cJSON_HasObjectItem(stream, "lines_per_second"))
        snprintf(rate, sizeof(rate), "%.0f/s", number_of(stream, "lines_per_second"));
    printf("%-*s %-8s %11s %11s %5.1f%% %9s %7s\n", PATH_WIDTH,
           strlen(path) > PATH_WIDTH ? path + strlen(path) - PATH_WIDTH : path,
           text_of(stream, "state"), size_text(number_of(stream, "size"), size),
           size_text(number_of(stream, "lag_bytes"), lag),
           number_of(stream, "size") > 0
               ? 100 * number_of(stream, "acknowledged") / number_of(stream, "size")
               : 100.0,
           rate, age_text(text_of(stream, "changed"), age));
    if (*error)
        printf("    %s\n", error);
}

static void print_table(const cJSON *status)
{
    const cJSON *streams = cJSON_GetObjectItemCaseSensitive(status, "streams"), *stream;
    double lag = 0;
    char text[16];

    cJSON_ArrayForEach (stream, streams)
        lag += number_of(stream, "lag_bytes");
    printf(
        "agent %s, pid %.0f, up %.0f s: %.0f lines read, %.0f records wait for Kafka%s, %s behind "
        "in %d files and streams\n\n",
        text_of(status, "agent"), number_of(status, "pid"), number_of(status, "up_seconds"),
        number_of(status, "lines"), number_of(status, "waiting"),
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "blocked")) ? " (reading pauses)"
                                                                          : "",
        size_text(lag, text), cJSON_GetArraySize(streams));
    printf("%-*s %-8s %11s %11s %6s %9s %7s\n", PATH_WIDTH, "FILE", "STATE", "SIZE", "LAG", "DONE",
           "RATE", "CHANGED");
    cJSON_ArrayForEach (stream, streams)
        print_stream(stream);
}

/* "http://127.0.0.1:8001/status" of the configured listener; {…} must be freed. NULL: there is
 * none. */
static char *url_of(const struct shipper_config *config)
{
    const char *listen = config->http.listen, *port = strrchr(listen, ':');
    bool any = strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0;
    char *url = NULL;

    if (!port || strcmp(port, ":0") == 0)
        return NULL;
    if (asprintf(&url, "http://%s%s/status", any ? "127.0.0.1" : "", any ? port : listen) < 0)
        return NULL;
    return url;
}

static int show(const char *url, bool json)
{
    scoped_buf struct buf answer = BUF_INIT(ANSWER_MAX);
    scoped_json cJSON *status = NULL;
    struct error err;
    int code = 0;

    if (web_get(url, TIMEOUT_MS, &answer, &code, &err)) {
        fprintf(stderr, "shipper status: no answer from %s: %s. Is the agent running?\n", url,
                err.text);
        return err.status == REJECT ? EXIT_USAGE : EXIT_FAILED;
    }
    if (code != 200) {
        fprintf(stderr, "shipper status: %s answers %d\n", url, code);
        return EXIT_FAILED;
    }
    if (json) {
        fwrite(answer.data, 1, answer.len, stdout);
        return EXIT_DONE;
    }
    status = cJSON_ParseWithLength(answer.data, answer.len);
    if (!status) {
        fprintf(stderr, "shipper status: what %s answers is not understood\n", url);
        return EXIT_FAILED;
    }
    print_table(status);
    return EXIT_DONE;
}

int status_command(const struct program *program, int argc, char **argv)
{
    static const char help[] =
        "Asks the agent that runs with this configuration (http.listen). DONE is what Kafka has\n"
        "acknowledged of each file, LAG what it has not.";
    struct option_list settings = {0};
    const char *path = NULL, *url = NULL;
    bool json = false;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(path, settings),
        {"url", 'u', "URL", OPTION_TEXT, &url, "of the agent, e.g. http://127.0.0.1:8001"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {0}};
    struct shipper_config *config;
    struct config *holder = NULL;
    char *made = NULL, **rest;
    int code;

    if (!command_begin(program, rows, help, argc, argv, &rest, &code))
        return code;
    if (url) {
        if (asprintf(&made, "%s/status", url) < 0)
            made = NULL;
    } else if (!config_command_load(program, path, &settings, &holder, (void **)&config, &code)) {
        return code;
    } else {
        made = url_of(config);
    }
    if (made) {
        code = show(made, json);
    } else {
        fputs("shipper status: http.listen names no fixed port; give --url\n", stderr);
        code = EXIT_USAGE;
    }
    free(made);
    config_close(holder);
    return code;
}
