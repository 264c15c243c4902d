/*
 * codes.h - the kinds of errors in a query: CODE(enum name, name in the API).
 */
/* clang-format off */
CODE(MISSING_VALUE,      "missing_value")
CODE(UNCLOSED_PAREN,     "unclosed_paren")
CODE(BAD_NUMBER,         "bad_number")
CODE(UNKNOWN_FIELD,      "unknown_field")
CODE(UNCLOSED_QUOTE,     "unclosed_quote")
CODE(BAD_OPERATOR,       "bad_operator")
CODE(BAD_IP,             "bad_ip")
CODE(WILDCARD_TYPE,      "wildcard_type")
CODE(LIST_SEPARATOR,     "list_separator")
CODE(MISSING_OPERAND,    "missing_operand")
CODE(BAD_UNIT,           "bad_unit")
CODE(EMPTY_RANGE,        "empty_range")
CODE(WILDCARD_IN_PHRASE, "wildcard_in_phrase")
CODE(UNEXPECTED_CLOSE,   "unexpected_close")
CODE(BAD_DATE,           "bad_date")
CODE(BAD_VALUE,          "bad_value")
CODE(NOW_IN_RULE,        "now_in_rule")
CODE(TOO_LONG,           "too_long")
CODE(TOO_DEEP,           "too_deep")
CODE(TOO_COMPLEX,        "too_complex")
CODE(TOO_MANY_WILDCARDS, "too_many_wildcards")
CODE(NO_TEXT,            "no_text")
CODE(BAD_ENCODING,       "bad_encoding")
/* clang-format on */
