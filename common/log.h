/*
 * log.h - what the programs say of themselves, on stderr.
 *
 * One JSON object a line (ECS names: @timestamp, log.level, message,
 * service.name, plus the fields given), or `time LEVEL message key=value` on a
 * terminal. A message says what failed, on what (quoted), what happens next.
 * Never line contents, never secrets.
 * The same text again within LOG_REPEAT_MS is counted, not printed; the next
 * line that is printed is preceded by "... (repeated N times)".
 * Thread-safe; a line is written by one write(2). Nothing here fails; what does
 * not fit into a line (8 KiB) is left out. errno is kept.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_REPEAT_MS 60000

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };
enum log_format {
    LOG_FORMAT_AUTO,
    LOG_FORMAT_JSON,
    LOG_FORMAT_TEXT
}; /* auto: text on a terminal */

/* `program` is kept, not copied. Before the first call: info, auto, "alpex". */
void log_setup(const char *program, enum log_level level, enum log_format format);

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* A structured field: text when `text` is not NULL, the number otherwise. */
struct log_field {
    const char *key;
    const char *text;
    int64_t number;
};
#define LOG_FIELDS(...)                                                                            \
    (const struct log_field[])                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* `fields` ends with a NULL key and may be NULL. Formats only when the level is enabled. */
void log_write(enum log_level level, const struct log_field *fields, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_write(LEVEL_DEBUG, NULL, __VA_ARGS__)
#define log_info(...)  log_write(LEVEL_INFO, NULL, __VA_ARGS__)
#define log_warn(...)  log_write(LEVEL_WARN, NULL, __VA_ARGS__)
#define log_error(...) log_write(LEVEL_ERROR, NULL, __VA_ARGS__)

#endif
