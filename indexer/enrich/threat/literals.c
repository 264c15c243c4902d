/*
 * literals.c - texts of which one must be there when a regular expression is found.
 *
 * The expression is read once, by recursive descent. Of each piece it is known
 * whether it matches a few fixed texts and nothing else ("exact"), and the
 * best set that must be there ("needed"). In a sequence exact pieces are
 * multiplied with each other until they become too many; the alternatives of
 * a choice are put together. What is not understood needs nothing, which is
 * never wrong.
 *
 * Where texts are known to be in a smaller alphabet, classes have fewer members
 * and much of what may be left out is known to be: sets become rarer. An exact
 * piece without texts matches none.
 */
#include "indexer/enrich/threat/literals.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX     64 /* texts of an exact piece */
#define CLASS_MAX     16 /* bytes of a class that is exact */
#define DEPTH_MAX     30
#define RARITY_ENOUGH 40 /* longer texts are not rarer in practice */
#define FREQUENT      6
#define REPEATED_MAX  2 /* texts of a piece that may come again, to go on with: no classes */

struct piece {
    bool exact;
    struct literals texts;  /* when exact */
    struct literals needed; /* none: nothing is known to be needed */
};

struct reader {
    const char *at;
    const struct alphabet *alphabet; /* NULL: all bytes */
    int depth;
    struct literals product; /* of two pieces, for a moment */
};

static bool read_choice(struct reader *reader, struct piece *out);

/* ---- sets ---- */

static bool add_literal(struct literals *set, const struct literal *literal, unsigned max)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].len == literal->len &&
            memcmp(set->items[i].text, literal->text, literal->len) == 0)
            return true;
    if (set->count == max)
        return false;
    set->items[set->count++] = *literal;
    return true;
}

static void set_empty_text(struct literals *set)
{
    set->count = 1;
    set->items[0].len = 0;
}

/* Most have a few literals only. */
static void copy_set(struct literals *to, const struct literals *from)
{
    to->count = from->count;
    memcpy(to->items, from->items, from->count * sizeof(from->items[0]));
}

/* Puts `end` behind `text`; false: it was cut, there is not enough room. */
static bool append(struct literal *text, const struct literal *end)
{
    unsigned room = LITERAL_MAX - text->len, len = end->len < room ? end->len : room;

    memcpy(text->text + text->len, end->text, len);
    text->len = (unsigned char)(text->len + len);
    return len == end->len;
}

enum product { PRODUCT_WHOLE, PRODUCT_CUT, PRODUCT_TOO_LARGE };

/* Every text of `a` with every text of `b` behind it. Of one that is cut the beginning is needed.
 */
static enum product multiply(const struct literals *a, const struct literals *b,
                             struct literals *out)
{
    enum product product = PRODUCT_WHOLE;
    struct literal both;

    out->count = 0;
    if (a->count * b->count > EXACT_MAX)
        return PRODUCT_TOO_LARGE;
    for (unsigned i = 0; i < a->count; i++)
        for (unsigned j = 0; j < b->count; j++) {
            both = a->items[i];
            if (!append(&both, &b->items[j]))
                product = PRODUCT_CUT;
            if (b->count == 1 && product == PRODUCT_WHOLE) /* different ones stay different */
                out->items[out->count++] = both;
            else
                add_literal(out, &both, EXACT_MAX);
        }
    return product;
}

/*
 * How seldom a byte is in requests, in bits. Most letters stand in words; where one of the signs
 * is that few texts have, others mostly are, too.
 */
static unsigned char rarity_of_byte[256];

static void fill_rarities(void)
{
    for (int c = 0; c < 256; c++)
        rarity_of_byte[c] = isalpha(c) ? 4 : isdigit(c) ? 3 : iscntrl(c) ? 10 : 6;
    for (const char *c = "etaoinsrlcdhmup -"; *c; c++)
        rarity_of_byte[(unsigned char)*c] = 3;
    for (const char *c = "jqxz_"; *c; c++)
        rarity_of_byte[(unsigned char)*c] = 6;
    rarity_of_byte['.'] = 5;
    rarity_of_byte['/'] = rarity_of_byte[0x1e] = rarity_of_byte[0x1f] = 2;
}

/* The same of a text. Of some length all have each letter, and many referrers are alike. */
static unsigned rarity_of_text(const char *text, unsigned len)
{
    static const char frequent[] = "https://www.google.com/ http://";
    unsigned bits = 0;

    if (len == 1 && (isalpha((unsigned char)text[0]) || (text[0] & 0xfe) == 0x1e))
        return 1;
    if (len == 1 && text[0] == ':')
        return 2;
    for (unsigned i = 0; i < len; i++)
        bits += rarity_of_byte[(unsigned char)text[i]];
    if (bits > FREQUENT && memchr(frequent, text[0], sizeof(frequent) - 1) &&
        memmem(frequent, sizeof(frequent) - 1, text, len))
        return FREQUENT;
    return bits;
}

/* What is looked for of a text: where it is there, that part is. */
static struct literal rarest_part(const struct literal *literal)
{
    struct literal part = *literal;
    unsigned best = 0, bits;

    for (unsigned at = 0; at + LITERAL_SOUGHT <= literal->len; at++) {
        bits = rarity_of_text(literal->text + at, LITERAL_SOUGHT);
        if (bits <= best)
            continue;
        best = bits;
        part.len = LITERAL_SOUGHT;
        memcpy(part.text, literal->text + at, LITERAL_SOUGHT);
    }
    return part;
}

/* Of the most frequent one, less what their number costs. 0: an empty text is among them. */
static unsigned rarity_of(const struct literals *set)
{
    unsigned least = RARITY_ENOUGH, bits, cost = 0;
    struct literal part;

    if (set->count == 0)
        return 0;
    for (unsigned i = 0; i < set->count; i++) {
        part = rarest_part(&set->items[i]);
        bits = rarity_of_text(part.text, part.len);
        if (bits < least)
            least = bits;
    }
    while (set->count >> (cost + 1))
        cost++;
    return least == 0 ? 0 : least * 2 > cost ? least * 2 - cost : 1;
}

/* Takes `set` as what is needed when it is better. */
static void offer(struct literals *needed, const struct literals *set)
{
    if (rarity_of(set) > rarity_of(needed))
        copy_set(needed, set);
}

static void make_unknown(struct piece *piece)
{
    piece->exact = false;
    piece->texts.count = piece->needed.count = 0;
}

static void make_nothing(struct piece *piece) /* matches the empty text */
{
    piece->exact = true;
    set_empty_text(&piece->texts);
    piece->needed.count = 0;
}

static void make_never(struct piece *piece) /* matches no text */
{
    piece->exact = true;
    piece->texts.count = piece->needed.count = 0;
}

static bool is_never(const struct piece *piece)
{
    return piece->exact && piece->texts.count == 0;
}

static bool is_possible(const struct reader *reader, int c)
{
    return !reader->alphabet || reader->alphabet->has[c];
}

static void make_byte(const struct reader *reader, struct piece *piece, unsigned char c)
{
    make_never(piece);
    if (is_possible(reader, c))
        piece->texts.items[piece->texts.count++] =
            (struct literal){.len = 1, .text = {(char)tolower(c)}};
}

/* ---- classes ---- */

struct bytes {
    bool has[256];
};

static void add_range(struct bytes *bytes, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++)
        bytes->has[tolower((int)c)] = true;
}

/* \d, \s, \w and their opposites. False: another letter. */
static bool add_kind(struct bytes *bytes, char letter)
{
    bool in;

    if (!strchr("dswDSWhv", letter))
        return false;
    for (int c = 0; c < 256; c++) {
        in = letter == 'd' || letter == 'D'   ? isdigit(c)
             : letter == 's' || letter == 'S' ? isspace(c)
             : letter == 'w' || letter == 'W' ? isalnum(c) || c == '_'
                                              : isblank(c) || letter == 'v';
        if (in != (isupper((unsigned char)letter) != 0))
            bytes->has[c < 128 ? tolower(c) : c] = true;
    }
    return true;
}

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* The byte of an escape behind its backslash; -1: it is none. Moves behind it. */
static int read_escaped(const char **at)
{
    static const char letters[] = "nrtfae0", bytes[] = "\n\r\t\f\a\033";
    const char *known;
    char c = *(*at)++;
    int value = 0;

    if (c == 'x') {
        for (int i = 0; i < 2 && isxdigit((unsigned char)**at); i++)
            value = value * 16 + hex_value(*(*at)++);
        return value;
    }
    known = c ? strchr(letters, c) : NULL;
    if (known)
        return (unsigned char)bytes[known - letters];
    return isalnum((unsigned char)c) || !c ? -1 : (unsigned char)c;
}

/* One member of a class, or the whole of \w and the like (then -2); -1: not understood. */
static int read_member(struct reader *reader, struct bytes *bytes)
{
    if (*reader->at != '\\')
        return (unsigned char)*reader->at++;
    reader->at++;
    if (*reader->at && add_kind(bytes, *reader->at)) {
        reader->at++;
        return -2;
    }
    if (*reader->at == 'b') {
        reader->at++;
        return '\b';
    }
    return read_escaped(&reader->at);
}

static void make_class(const struct reader *reader, struct piece *piece, const struct bytes *bytes,
                       bool negated)
{
    struct literal literal = {.len = 1};

    make_never(piece);
    for (int c = 0; c < 256; c++) {
        if (bytes->has[c] == negated || isupper(c) || !is_possible(reader, c))
            continue;
        literal.text[0] = (char)c;
        if (!add_literal(&piece->texts, &literal, CLASS_MAX)) {
            make_unknown(piece);
            return;
        }
    }
}

/* Behind '['. */
static bool read_class(struct reader *reader, struct piece *piece)
{
    struct bytes bytes = {{false}};
    bool negated = *reader->at == '^';
    int from, to;

    reader->at += negated;
    for (bool first = true; first || *reader->at != ']'; first = false) {
        if (!*reader->at || strncmp(reader->at, "[:", 2) == 0)
            return false;
        from = read_member(reader, &bytes);
        if (from == -1)
            return false;
        to = from;
        if (from >= 0 && *reader->at == '-' && reader->at[1] != ']') {
            reader->at++;
            to = read_member(reader, &bytes);
            if (to < from)
                return false;
        }
        if (from >= 0)
            add_range(&bytes, (unsigned)from, (unsigned)to);
    }
    reader->at++;
    make_class(reader, piece, &bytes, negated);
    return true;
}

/* ---- pieces ---- */

/* Behind '('. */
static bool read_group(struct reader *reader, struct piece *piece)
{
    bool is_condition = false; /* looks around: takes no text */
    bool is_negated = false;

    if (*reader->at == '?') {
        if (strncmp(reader->at, "?:", 2) == 0 || strncmp(reader->at, "?>", 2) == 0)
            reader->at += 2;
        else if (strncmp(reader->at, "?=", 2) == 0 || strncmp(reader->at, "?!", 2) == 0)
            is_condition = true, is_negated = reader->at[1] == '!', reader->at += 2;
        else if (strncmp(reader->at, "?<=", 3) == 0 || strncmp(reader->at, "?<!", 3) == 0)
            is_condition = true, is_negated = reader->at[2] == '!', reader->at += 3;
        else
            return false;
    } else if (*reader->at == '*') {
        return false;
    }
    if (++reader->depth > DEPTH_MAX || !read_choice(reader, piece) || *reader->at != ')')
        return false;
    reader->depth--;
    reader->at++;
    if (is_condition && (is_negated || !is_never(piece)))
        make_nothing(piece);
    return true;
}

/* Behind '\'. */
static bool read_escape(struct reader *reader, struct piece *piece)
{
    struct bytes bytes = {{false}};
    int byte;

    if (strchr("bBAzZG", *reader->at) && *reader->at) {
        reader->at++;
        make_nothing(piece);
        return true;
    }
    if (*reader->at && add_kind(&bytes, *reader->at)) {
        reader->at++;
        make_class(reader, piece, &bytes, false);
        return true;
    }
    byte = read_escaped(&reader->at);
    if (byte < 0)
        return false;
    make_byte(reader, piece, (unsigned char)byte);
    return true;
}

static bool read_atom(struct reader *reader, struct piece *piece)
{
    char c = *reader->at++;

    switch (c) {
    case '(':
        return read_group(reader, piece);
    case '[':
        return read_class(reader, piece);
    case '\\':
        return read_escape(reader, piece);
    case '.':
        make_unknown(piece);
        return true;
    case '^':
    case '$':
        make_nothing(piece);
        return true;
    default:
        make_byte(reader, piece, (unsigned char)c);
        return true;
    }
}

/* "{2,5}" at `at`: where it ends, and the least number; NULL: these are braces as such. */
static const char *read_bounds(const char *at, unsigned long *least, unsigned long *most)
{
    char *end;

    if (*at != '{' || !isdigit((unsigned char)at[1]))
        return NULL;
    *least = *most = strtoul(at + 1, &end, 10);
    if (*end == ',') {
        end++;
        *most = isdigit((unsigned char)*end) ? strtoul(end, &end, 10) : 1000;
    }
    return *end == '}' ? end + 1 : NULL;
}

/* What a quantifier behind it makes of a piece: *again, there may be more of it. */
static void read_quantifier(struct reader *reader, struct piece *piece, bool *again)
{
    unsigned long least = 1, most = 1;
    const char *end = read_bounds(reader->at, &least, &most);
    struct literal empty = {0};

    *again = false;
    if (end) {
        reader->at = end;
    } else if (*reader->at && strchr("*+?", *reader->at)) {
        least = *reader->at == '+';
        most = *reader->at == '?' ? 1 : 1000;
        reader->at++;
    } else {
        return;
    }
    if (*reader->at == '?' || *reader->at == '+')
        reader->at++; /* lazy, possessive */
    if (least == 0 && most == 1 && piece->exact) {
        if (!add_literal(&piece->texts, &empty, EXACT_MAX))
            make_unknown(piece);
    } else if (least == 0 && is_never(piece)) {
        make_nothing(piece);
    } else if (least == 0) {
        make_unknown(piece);
    } else {
        *again = most > 1;
    }
}

/* Puts one piece more behind a sequence. */
static void add_piece(struct reader *reader, struct piece *out, const struct piece *piece)
{
    enum product product;

    if (!piece->exact) {
        offer(&out->needed, &out->texts);
        offer(&out->needed, &piece->needed);
        set_empty_text(&out->texts);
        out->exact = false;
        return;
    }
    product = multiply(&out->texts, &piece->texts, &reader->product);
    if (product == PRODUCT_WHOLE) {
        copy_set(&out->texts, &reader->product);
        return;
    }
    offer(&out->needed, product == PRODUCT_CUT ? &reader->product : &out->texts);
    copy_set(&out->texts, &piece->texts);
    out->exact = false;
}

/* Up to '|', ')' or the end. */
static bool read_sequence(struct reader *reader, struct piece *out)
{
    struct piece *piece = malloc(sizeof(*piece));
    bool again, never = false, ok = piece != NULL;

    make_nothing(out);
    while (ok && *reader->at && *reader->at != '|' && *reader->at != ')') {
        ok = read_atom(reader, piece);
        if (!ok)
            break;
        read_quantifier(reader, piece, &again);
        never |= is_never(piece);
        add_piece(reader, out, piece);
        if (again) { /* what follows stands behind the last of them */
            offer(&out->needed, &out->texts);
            if (piece->exact && piece->texts.count <= REPEATED_MAX)
                copy_set(&out->texts, &piece->texts);
            else
                set_empty_text(&out->texts);
            out->exact = false;
        }
    }
    if (!out->exact)
        offer(&out->needed, &out->texts);
    if (never)
        make_never(out);
    free(piece);
    return ok;
}

/* Adds one alternative to a choice; false: then nothing is needed of the choice. */
static bool add_alternative(struct piece *choice, const struct piece *piece)
{
    const struct literals *set = piece->exact ? &piece->texts : &piece->needed;

    if (is_never(piece))
        return true;
    choice->exact &= piece->exact;
    if (set->count == 0)
        return false;
    for (unsigned i = 0; i < set->count; i++)
        if (!add_literal(&choice->texts, &set->items[i], LITERALS_MAX))
            return false;
    return true;
}

static bool read_choice(struct reader *reader, struct piece *out)
{
    struct piece *piece = malloc(sizeof(*piece));
    bool known = true, ok = piece != NULL;

    out->exact = true;
    out->texts.count = out->needed.count = 0;
    while (ok) {
        ok = read_sequence(reader, piece);
        if (ok)
            known &= add_alternative(out, piece);
        if (*reader->at != '|')
            break;
        reader->at++;
    }
    free(piece);
    if (!known) {
        make_unknown(out);
    } else if (!out->exact || out->texts.count > EXACT_MAX) {
        out->exact = false;
        if (rarity_of(&out->texts) > 0)
            copy_set(&out->needed, &out->texts);
        out->texts.count = 0;
    }
    return ok;
}

/* The set as it is looked for. */
static void take_parts(const struct literals *set, struct literals *out)
{
    struct literal part;

    out->count = 0;
    for (unsigned i = 0; i < set->count; i++) {
        part = rarest_part(&set->items[i]);
        add_literal(out, &part, LITERALS_MAX);
    }
}

enum literals_kind literals_of(const char *expression, const struct alphabet *alphabet,
                               struct literals *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct reader reader;
    struct piece *piece = malloc(sizeof(*piece));
    enum literals_kind kind = LITERALS_NONE;

    pthread_once(&once, fill_rarities);
    reader.at = expression;
    reader.alphabet = alphabet;
    reader.depth = 0;
    if (piece && read_choice(&reader, piece) && *reader.at == '\0') {
        take_parts(piece->exact ? &piece->texts : &piece->needed, out);
        kind = is_never(piece) ? LITERALS_NEVER : rarity_of(out) ? LITERALS_FOUND : LITERALS_NONE;
    }
    free(piece);
    return kind;
}
