/*
 * cursor.c - names of months and days, offsets from UTC.
 */
#include "common/time/cursor.h"

#include "common/timestamp.h"

#define WORD_MAX 16 /* bytes; "septiembre", "September." */

struct name {
    const char *text; /* lower case, UTF-8 */
    int number;
};

static const char months[12][10] = {"january",   "february", "march",    "april",
                                    "may",       "june",     "july",     "august",
                                    "september", "october",  "november", "december"};

static const char weekdays[7][10] = {"sunday",   "monday", "tuesday", "wednesday",
                                     "thursday", "friday", "saturday"};

/*
 * Months as the locales de, fr, es, it, pt and nl of glibc and the JDK abbreviate or write
 * them, where that is not English already.
 */
static const struct name foreign_months[] = {
    {"ene", 1},
    {"gen", 1},
    {"enero", 1},
    {"januar", 1},
    {"janv", 1},
    {"janvier", 1},
    {"j\xc3\xa4n", 1},
    {"fev", 2},
    {"februar", 2},
    {"f\xc3\xa9vr", 2},
    {"m\xc3\xa4r", 3},
    {"m\xc3\xa4rz", 3},
    {"mrz", 3},
    {"maerz", 3},
    {"mrt", 3},
    {"mars", 3},
    {"marzo", 3},
    {"maart", 3},
    {"avr", 4},
    {"avril", 4},
    {"abr", 4},
    {"abril", 4},
    {"mai", 5},
    {"mei", 5},
    {"mag", 5},
    {"mayo", 5},
    {"juni", 6},
    {"juin", 6},
    {"giu", 6},
    {"junio", 6},
    {"juli", 7},
    {"juil", 7},
    {"juillet", 7},
    {"lug", 7},
    {"julio", 7},
    {"ao\xc3\xbb", 8},
    {"ao\xc3\xbbt", 8},
    {"ago", 8},
    {"agosto", 8},
    {"sept", 9},
    {"set", 9},
    {"septembre", 9},
    {"okt", 10},
    {"oktober", 10},
    {"ott", 10},
    {"out", 10},
    {"octobre", 10},
    {"octubre", 10},
    {"novembre", 11},
    {"dez", 12},
    {"dic", 12},
    {"dezember", 12},
    {"d\xc3\xa9"
     "c",
     12},
    {"d\xc3\xa9"
     "cembre",
     12},
};

/* The letters here, in lower case (ASCII ones); 0 when there are none or too many. */
static size_t read_word(const struct cursor *c, char word[WORD_MAX])
{
    size_t len = 0;

    for (unsigned char byte; char_is_letter(byte = cursor_peek(c, len)) || byte >= 0x80; len++) {
        if (len == WORD_MAX)
            return 0;
        word[len] = (char)(byte < 0x80 ? byte | 0x20 : byte);
    }
    return len;
}

/* The number of the English name that the word is, or is the beginning of in three letters. */
static int find_name(const char (*names)[10], int count, const char *word, size_t len)
{
    if (len < 3)
        return -1;
    for (int i = 0; i < count; i++)
        if (names[i][0] == word[0] && names[i][1] == word[1] && names[i][2] == word[2])
            return len == 3 || (len == strlen(names[i]) && memcmp(names[i], word, len) == 0) ? i
                                                                                             : -1;
    return -1;
}

static bool find_foreign(const char *word, size_t len, int *month)
{
    for (size_t i = 0; i < sizeof(foreign_months) / sizeof(foreign_months[0]); i++)
        if (strlen(foreign_months[i].text) == len &&
            memcmp(foreign_months[i].text, word, len) == 0) {
            *month = foreign_months[i].number;
            return true;
        }
    return false;
}

bool cursor_month(struct cursor *c, int *month)
{
    char word[WORD_MAX];
    size_t len = read_word(c, word);
    int number = find_name(months, 12, word, len);

    if (number >= 0)
        *month = number + 1;
    else if (len < 3 || !find_foreign(word, len, month))
        return false;
    c->p += len;
    cursor_take(c, '.');
    return true;
}

bool cursor_weekday(struct cursor *c, int *day)
{
    char word[WORD_MAX];
    size_t len = read_word(c, word);
    int number;

    if (len == 4 && (memcmp(word, "tues", 4) == 0 || memcmp(word, "thur", 4) == 0))
        number = word[1] == 'u' ? 2 : 4;
    else
        number = find_name(weekdays, 7, word, len);
    if (number < 0)
        return false;
    *day = number;
    c->p += len;
    return true;
}

bool cursor_meridiem(struct cursor *c, bool *pm)
{
    unsigned char first = cursor_peek(c, 0) | 0x20;
    size_t dot = cursor_peek(c, 1) == '.';

    if ((first != 'a' && first != 'p') || (cursor_peek(c, 1 + dot) | 0x20) != 'm' ||
        char_is_letter(cursor_peek(c, 2 + dot)) || char_is_digit(cursor_peek(c, 2 + dot)))
        return false;
    *pm = first == 'p';
    c->p += 2 + dot;
    if (dot)
        cursor_take(c, '.');
    return true;
}

static bool take_sign(struct cursor *c, int *sign)
{
    if (cursor_peek(c, 0) == 0xe2 && cursor_peek(c, 1) == 0x88 && cursor_peek(c, 2) == 0x92) {
        c->p += 3; /* U+2212, which ISO 8601 prefers */
        *sign = -1;
        return true;
    }
    *sign = cursor_peek(c, 0) == '-' ? -1 : 1;
    return cursor_take(c, '-') || cursor_take(c, '+');
}

/* ":dd" with no third digit. */
static bool take_colon_pair(struct cursor *c, int *out)
{
    if (cursor_peek(c, 0) != ':' || !char_is_digit(cursor_peek(c, 1)) ||
        !char_is_digit(cursor_peek(c, 2)) || char_is_digit(cursor_peek(c, 3)))
        return false;
    c->p++;
    return cursor_digits(c, 2, out);
}

bool cursor_offset(struct cursor *c, int32_t *offset_s, bool *valid)
{
    struct cursor at = *c;
    int sign, hours, minutes = 0, seconds = 0, digits;

    if (!take_sign(&at, &sign))
        return false;
    digits = cursor_count_digits(&at, 7);
    if ((digits != 2 && digits != 4 && digits != 6) || !cursor_digits(&at, 2, &hours))
        return false;
    if (digits == 2 && take_colon_pair(&at, &minutes))
        take_colon_pair(&at, &seconds);
    if (digits >= 4)
        cursor_digits(&at, 2, &minutes);
    if (digits == 6)
        cursor_digits(&at, 2, &seconds);
    *offset_s = sign * (hours * 3600 + minutes * 60 + seconds);
    *valid = minutes < 60 && seconds < 60 && *offset_s <= TIMESTAMP_OFFSET_MAX &&
             *offset_s >= -TIMESTAMP_OFFSET_MAX;
    *c = at;
    return true;
}
