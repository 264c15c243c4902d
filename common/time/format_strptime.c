/*
 * format_strptime.c - compiles date formats in the language of strptime(3).
 */
#include "common/time/format_steps.h"

struct field {
    char letter;
    uint8_t kind, min, max;
};

static const struct field fields[] = {
    {'Y', FORMAT_YEAR, 1, 4},         {'G', FORMAT_WEEK_YEAR, 4, 4},
    {'y', FORMAT_SHORT_YEAR, 2, 2},   {'m', FORMAT_MONTH, 1, 2},
    {'d', FORMAT_DAY, 1, 2},          {'e', FORMAT_DAY, 1, 2},
    {'j', FORMAT_DAY_OF_YEAR, 1, 3},  {'V', FORMAT_WEEK, 1, 2},
    {'u', FORMAT_WEEKDAY, 1, 1},      {'w', FORMAT_WEEKDAY, 1, 1},
    {'H', FORMAT_HOUR, 1, 2},         {'k', FORMAT_HOUR, 1, 2},
    {'I', FORMAT_HOUR_12, 1, 2},      {'l', FORMAT_HOUR_12, 1, 2},
    {'M', FORMAT_MINUTE, 1, 2},       {'S', FORMAT_SECOND, 1, 2},
    {'f', FORMAT_FRACTION, 1, 0},     {'N', FORMAT_FRACTION, 1, 0},
    {'L', FORMAT_FRACTION, 1, 0},     {'b', FORMAT_MONTH_NAME, 0, 0},
    {'B', FORMAT_MONTH_NAME, 0, 0},   {'h', FORMAT_MONTH_NAME, 0, 0},
    {'a', FORMAT_WEEKDAY_NAME, 0, 0}, {'A', FORMAT_WEEKDAY_NAME, 0, 0},
    {'p', FORMAT_MERIDIEM, 0, 0},     {'P', FORMAT_MERIDIEM, 0, 0},
    {'z', FORMAT_OFFSET, 0, 0},       {'Z', FORMAT_ZONE, 0, 0},
    {'+', FORMAT_RFC3339, 0, 0},
};

/* Those that stand for several. */
static const struct {
    char letter;
    const char *text;
} shorthands[] = {
    {'F', "%Y-%m-%d"},    {'T', "%H:%M:%S"}, {'X', "%H:%M:%S"},
    {'D', "%m/%d/%y"},    {'x', "%m/%d/%y"}, {'R', "%H:%M"},
    {'r', "%I:%M:%S %p"}, {'v', "%e-%b-%Y"}, {'c', "%a %b %e %H:%M:%S %Y"},
};

/* What stands between % and the letter: flags, a modifier, a point, a number of digits. */
static const char *skip_flags(const char *p, bool *point, int *digits)
{
    while (*p && strchr("-_0^#:", *p))
        p++;
    if ((*p == 'E' || *p == 'O') && p[1])
        p++;
    *point = *p == '.';
    p += *point;
    *digits = 0;
    if (*p >= '1' && *p <= '9')
        *digits = *p++ - '0';
    return p;
}

static enum status add_letter(char letter, int digits, struct time_format *out, struct error *err,
                              size_t at)
{
    bool added = false, known = false;

    if (letter == 's' || letter == 'Q') {
        known = true;
        added = format_steps_add(out, FORMAT_EPOCH, 0, 0, letter == 's' ? EPOCH_S : EPOCH_MS);
    } else if (letter == '%') {
        known = true;
        added = format_steps_add(out, FORMAT_LITERAL, 1, 1, '%');
    } else if (letter == 'n' || letter == 't') {
        known = true;
        added = format_steps_add(out, FORMAT_BLANKS, 0, 0, 0);
    }
    for (size_t i = 0; !known && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].letter == letter) {
            known = true;
            added = format_steps_add(out, fields[i].kind, fields[i].min,
                                     fields[i].kind == FORMAT_FRACTION ? digits : fields[i].max, 0);
        }
    if (!known)
        return error_set(err, REJECT, "'%%%c' at position %zu is not known here", letter, at);
    return added ? OK : error_set(err, REJECT, "it is too long");
}

static enum status add_conversion(const char **text, const char *start, struct time_format *out,
                                  struct error *err)
{
    size_t at = (size_t)(*text - start) + 1;
    bool point;
    int digits;
    const char *p = skip_flags(*text + 1, &point, &digits);

    if (*p == '\0')
        return error_set(err, REJECT, "nothing follows the %% at position %zu", at);
    *text = p + 1;
    if (point || (digits && *p != 'f' && *p != 'N' && *p != 'L')) {
        if (!point || (*p != 'f' && *p != 'N'))
            return error_set(err, REJECT, "the number of digits at position %zu is not for '%c'",
                             at, *p);
        return format_steps_add(out, FORMAT_POINT_FRACTION, 1, 0, 0)
                   ? OK
                   : error_set(err, REJECT, "it is too long");
    }
    for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++)
        if (shorthands[i].letter == *p)
            return format_strptime(shorthands[i].text, out, err);
    return add_letter(*p, digits, out, err, at);
}

enum status format_strptime(const char *text, struct time_format *out, struct error *err)
{
    const char *p = text;

    while (*p) {
        bool added;

        if (*p == '%') {
            if (add_conversion(&p, text, out, err))
                return REJECT;
            continue;
        }
        if (*p == ' ' || *p == '\t')
            added = format_steps_add(out, FORMAT_BLANKS, 0, 0, 0);
        else
            added = format_steps_add(out, FORMAT_LITERAL, 1, 1, (unsigned char)*p);
        if (!added)
            return error_set(err, REJECT, "it is too long");
        p++;
    }
    return OK;
}
