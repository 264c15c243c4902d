/*
 * scalar.c - one value against its type: numbers with units, bools, words, texts.
 */
#include "common/config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/text.h"
#include "common/nearest.h"
#include "common/config/unit.h"
#include "common/scope.h"

#define complain config_check_complain

static const char *quote(struct config_quoted *quoted, const struct config_node *node)
{
    return config_quote(quoted, node->text, node->secret);
}

static void set_text(struct config_check *check, struct config_node *node, const char *text)
{
    struct slice copy = config_tree_text(check->tree, slice_of(text));

    if (!copy.data)
        complain(check, node, "too large");
    else
        node->text = copy;
}

static bool word_equal(const cyaml_schema_value_t *value, const char *a, const char *b)
{
    return (value->flags & CYAML_FLAG_CASE_INSENSITIVE ? strcasecmp : strcmp)(a, b) == 0;
}

static void complain_range(struct config_check *check, struct config_node *node, bool is_signed,
                           uint64_t max)
{
    struct config_quoted quoted;

    if (is_signed)
        complain(check, node, "%s is out of range; expected %lld to %llu", quote(&quoted, node),
                 -(long long)max - 1, (unsigned long long)max);
    else
        complain(check, node, "%s is out of range; expected 0 to %llu", quote(&quoted, node),
                 (unsigned long long)max);
}

static void complain_number(struct config_check *check, struct config_node *node,
                            enum config_unit unit)
{
    static const char *const wanted[] = {
        [UNIT_NONE] = "a whole number; expected e.g. 0, 12, 5000, without leading zeros",
        [UNIT_MS] = "a duration; expected e.g. 250ms, 5s, 2m",
        [UNIT_BYTES] = "a size; expected e.g. 64KiB, 16MiB, 1GiB",
    };
    struct config_quoted quoted;

    complain(check, node, "%s is not %s", quote(&quoted, node), wanted[unit]);
}

static void check_integer(struct config_check *check, const cyaml_schema_value_t *value,
                          struct config_node *node)
{
    bool is_signed = value->type == CYAML_INT, negative;
    uint64_t max = UINT64_MAX >> (64 - value->data_size * 8 + is_signed), number;
    enum config_unit unit = config_unit_of(check->key);
    enum config_number result = config_number_parse(node->text, unit, &negative, &number);
    char text[24];

    if (result == NUMBER_MALFORMED) {
        complain_number(check, node, unit);
    } else if (result == NUMBER_TOO_LARGE ||
               (negative ? number > (is_signed ? max + 1 : 0) : number > max)) {
        complain_range(check, node, is_signed, max);
    } else {
        snprintf(text, sizeof(text), "%s%llu", negative && number ? "-" : "",
                 (unsigned long long)number);
        node->written = node->text;
        set_text(check, node, text);
        node->is_number = true;
    }
}

static void check_float(struct config_check *check, const cyaml_schema_value_t *value,
                        struct config_node *node)
{
    struct config_quoted quoted;
    double number;
    char *end;

    errno = 0;
    number = value->data_size == sizeof(float) ? (double)strtof(node->text.data, &end)
                                               : strtod(node->text.data, &end);
    if (node->text.len == 0 || isspace((unsigned char)node->text.data[0]) || errno == ERANGE ||
        end != node->text.data + node->text.len || !isfinite(number))
        complain(check, node, "%s is not a number; expected e.g. 0.5, 12, 1e6",
                 quote(&quoted, node));
    else
        node->is_number = true;
}

static void check_bool(struct config_check *check, struct config_node *node)
{
    static const char *const words[][2] = {
        {"true", "false"}, {"yes", "no"}, {"on", "off"}, {"enable", "disable"}, {"1", "0"}};
    struct config_quoted quoted;

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        for (size_t j = 0; j < 2; j++) {
            if (strcasecmp(node->text.data, words[i][j]) == 0) {
                node->text = slice_of(words[0][j]);
                node->is_number = true;
                return;
            }
        }
    }
    complain(check, node, "%s is neither true nor false", quote(&quoted, node));
}

/* Checks for one of the words of an enum, or of flags. */
static void check_word(struct config_check *check, const cyaml_schema_value_t *value,
                       struct config_node *node)
{
    scoped_buf struct buf words = BUF_INIT(CONFIG_WORDS_MAX);
    const cyaml_strval_t *strings = value->enumeration.strings;
    struct nearest nearest = nearest_to(node->text);
    struct config_quoted quoted;
    const char *suggested;

    for (uint32_t i = 0; i < value->enumeration.count; i++) {
        if (word_equal(value, node->text.data, strings[i].str)) {
            node->text = slice_of(strings[i].str);
            return;
        }
        buf_addf(&words, "%s%s", i ? ", " : "", strings[i].str);
        nearest_try(&nearest, slice_of(strings[i].str));
    }
    suggested = node->secret ? NULL : nearest.name.data;
    complain(check, node, "unknown %s %s; %s%s%sexpected one of: %s", check->key,
             quote(&quoted, node), suggested ? "did you mean '" : "", suggested ? suggested : "",
             suggested ? "'? " : "", buf_str(&words));
}

static void check_string(struct config_check *check, const cyaml_schema_value_t *value,
                         struct config_node *node)
{
    uint32_t min = value->string.min, max = value->string.max;

    if (!(value->flags & CYAML_FLAG_POINTER) && max > value->data_size - 1)
        max = value->data_size - 1;
    if (node->text.len < min && node->text.len == 0)
        complain(check, node, "is empty");
    else if (node->text.len < min)
        complain(check, node, "is %zu bytes long; expected at least %u", node->text.len, min);
    else if (node->text.len > max)
        complain(check, node, "is %zu bytes long; expected at most %u", node->text.len, max);
}

void config_check_scalar(struct config_check *check, const cyaml_schema_value_t *value,
                         struct config_node *node)
{
    if (!config_text_is_valid(node->text)) {
        complain(check, node, "is not valid UTF-8 text, or holds a NUL");
        return;
    }
    switch (value->type) {
    case CYAML_INT:
    case CYAML_UINT:
        check_integer(check, value, node);
        break;
    case CYAML_FLOAT:
        check_float(check, value, node);
        break;
    case CYAML_BOOL:
        check_bool(check, node);
        break;
    case CYAML_ENUM:
    case CYAML_FLAGS: /* one word of them */
        check_word(check, value, node);
        break;
    default:
        check_string(check, value, node);
        break;
    }
}
