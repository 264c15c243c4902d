/*
 * abbreviation.c - what the abbreviations of time zones usually mean in logs.
 *
 * They are no standard: one may stand for several zones. What stands here is
 * what date(1) and server logs most often mean: the abbreviations of the IANA
 * database, and RFC 5322, 4.3 for those of the United States. A configured
 * zone that knows an abbreviation goes before this table (parts.c). Left out
 * is GET (Georgia): behind a time it is a request's method.
 */
#include "common/time/zone.h"

#define LETTERS_MAX 5

struct abbreviation {
    char name[LETTERS_MAX + 1];
    int16_t minutes;
};

static const struct abbreviation table[] = {
    /* by name, for the search */
    {"ACDT", 630},  {"ACST", 570}, {"ADT", -180}, {"AEDT", 660},  {"AEST", 600}, {"AKDT", -480},
    {"AKST", -540}, {"AST", -240}, {"AWST", 480}, {"BRST", -120}, {"BRT", -180}, {"BST", 60},
    {"CAT", 120},   {"CDT", -300}, {"CEST", 120}, {"CET", 60},    {"CHST", 600}, {"CST", -360},
    {"EAT", 180},   {"EDT", -240}, {"EEST", 180}, {"EET", 120},   {"EST", -300}, {"GMT", 0},
    {"HDT", -540},  {"HKT", 480},  {"HST", -600}, {"ICT", 420},   {"IDT", 180},  {"IST", 330},
    {"JST", 540},   {"KST", 540},  {"MDT", -360}, {"MEST", 120},  {"MESZ", 120}, {"MET", 60},
    {"MEZ", 60},    {"MSD", 240},  {"MSK", 180},  {"MST", -420},  {"NDT", -150}, {"NPT", 345},
    {"NST", -210},  {"NZDT", 780}, {"NZST", 720}, {"PDT", -420},  {"PHT", 480},  {"PKT", 300},
    {"PST", -480},  {"SAST", 120}, {"SGT", 480},  {"SST", -660},  {"TRT", 180},  {"UT", 0},
    {"UTC", 0},     {"WAST", 120}, {"WAT", 60},   {"WEST", 60},   {"WET", 0},    {"WIB", 420},
    {"WIT", 540},   {"WITA", 480}, {"Z", 0},
};

/* The letters as one number, in the order of the table. */
static uint64_t pack(const char *text, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < LETTERS_MAX; i++)
        value = value << 8 | (i < len ? (unsigned char)text[i] : 0);
    return value;
}

bool time_zone_abbreviation(struct slice text, int32_t *offset_s)
{
    size_t low = 0, high = sizeof(table) / sizeof(table[0]);
    uint64_t wanted;

    if (text.len == 0 || text.len > LETTERS_MAX || text.data[text.len - 1] == '\0')
        return false;
    wanted = pack(text.data, text.len);
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint64_t there = pack(table[middle].name, LETTERS_MAX);

        if (there == wanted) {
            *offset_s = table[middle].minutes * 60;
            return true;
        }
        if (wanted < there)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}
