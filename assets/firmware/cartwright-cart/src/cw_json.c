/*
 * Just enough JSON: writing flat members, and finding members of what the shop answers without
 * a tree and without trust in what it is.
 */
#include "cw_internal.h"

#include <string.h>

#define DEPTH_MAX 8

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static size_t skip_blanks(const char *bytes, size_t length, size_t at) {
    while (at < length && is_blank(bytes[at])) {
        at += 1;
    }
    return at;
}

/* `at` is behind the opening quote; returns the place of the closing one, or `length`. */
static size_t text_end(const char *bytes, size_t length, size_t at) {
    while (at < length && bytes[at] != '"') {
        if ((unsigned char)bytes[at] < 0x20u) {
            return length;
        }
        at += bytes[at] == '\\' ? 2u : 1u;
    }
    return at < length ? at : length;
}

static bool is_number_byte(char byte) {
    return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' ||
           byte == 'e' || byte == 'E';
}

static bool take_word(const char *bytes, size_t length, size_t *at, const char *word) {
    const size_t size = strlen(word);
    if (length - *at < size || memcmp(bytes + *at, word, size) != 0) {
        return false;
    }
    *at += size;
    return true;
}

/* Finds the end of an object or a list by its brackets; `at` is at the opening one. */
static bool skip_nested(const char *bytes, size_t length, size_t *at) {
    char closing[DEPTH_MAX];
    size_t depth = 0;
    for (; *at < length; *at += 1) {
        const char byte = bytes[*at];
        if (byte == '"') {
            *at = text_end(bytes, length, *at + 1);
            if (*at >= length) {
                return false;
            }
        } else if (byte == '{' || byte == '[') {
            if (depth == DEPTH_MAX) {
                return false;
            }
            closing[depth] = byte == '{' ? '}' : ']';
            depth += 1;
        } else if (byte == '}' || byte == ']') {
            if (depth == 0 || closing[depth - 1] != byte) {
                return false;
            }
            depth -= 1;
            if (depth == 0) {
                *at += 1;
                return true;
            }
        }
    }
    return false;
}

/* Takes the value at `*at`, which moves behind it. */
static bool take_value(const char *bytes, size_t length, size_t *at, cw_json *value) {
    value->kind = CW_JSON_NONE;
    if (*at >= length) {
        return false;
    }
    const char first = bytes[*at];
    size_t start = *at;
    if (first == '"') {
        const size_t end = text_end(bytes, length, start + 1);
        if (end >= length) {
            return false;
        }
        value->kind = CW_JSON_TEXT;
        value->start = bytes + start + 1;
        value->length = end - start - 1;
        *at = end + 1;
        return true;
    }
    if (first == '{' || first == '[') {
        if (!skip_nested(bytes, length, at)) {
            return false;
        }
        value->kind = first == '{' ? CW_JSON_OBJECT : CW_JSON_LIST;
    } else if (first == '-' || (first >= '0' && first <= '9')) {
        while (*at < length && is_number_byte(bytes[*at])) {
            *at += 1;
        }
        value->kind = CW_JSON_NUMBER;
    } else if (take_word(bytes, length, at, "true")) {
        value->kind = CW_JSON_TRUE;
    } else if (take_word(bytes, length, at, "false")) {
        value->kind = CW_JSON_FALSE;
    } else if (take_word(bytes, length, at, "null")) {
        value->kind = CW_JSON_NULL;
    } else {
        return false;
    }
    value->start = bytes + start;
    value->length = *at - start;
    return true;
}

/* Takes the next member of an object; `*at` begins behind its brace. 1 taken, 0 end, -1 broken. */
static int take_member(const char *bytes, size_t length, size_t *at, bool is_first, cw_json *name,
                       cw_json *value) {
    *at = skip_blanks(bytes, length, *at);
    if (*at >= length) {
        return -1;
    }
    if (bytes[*at] == '}') {
        *at += 1;
        return 0;
    }
    if (!is_first) {
        if (bytes[*at] != ',') {
            return -1;
        }
        *at = skip_blanks(bytes, length, *at + 1);
    }
    if (!take_value(bytes, length, at, name) || name->kind != CW_JSON_TEXT) {
        return -1;
    }
    *at = skip_blanks(bytes, length, *at);
    if (*at >= length || bytes[*at] != ':') {
        return -1;
    }
    *at = skip_blanks(bytes, length, *at + 1);
    return take_value(bytes, length, at, value) ? 1 : -1;
}

static size_t enter(const char *bytes, size_t length) {
    const size_t at = skip_blanks(bytes, length, 0);
    return at < length && bytes[at] == '{' ? at + 1 : length + 1;
}

bool cw_json_object(const char *bytes, size_t length) {
    size_t at = enter(bytes, length);
    bool is_first = true;
    if (at > length) {
        return false;
    }
    for (;;) {
        cw_json name;
        cw_json value;
        const int taken = take_member(bytes, length, &at, is_first, &name, &value);
        if (taken == 0) {
            return skip_blanks(bytes, length, at) == length;
        }
        if (taken < 0) {
            return false;
        }
        is_first = false;
    }
}

cw_json cw_json_member(const char *bytes, size_t length, const char *name) {
    const cw_json none = {CW_JSON_NONE, NULL, 0};
    size_t at = enter(bytes, length);
    bool is_first = true;
    const size_t name_length = strlen(name);
    while (at <= length) {
        cw_json found;
        cw_json value;
        if (take_member(bytes, length, &at, is_first, &found, &value) <= 0) {
            return none;
        }
        if (found.length == name_length && memcmp(found.start, name, name_length) == 0) {
            return value;
        }
        is_first = false;
    }
    return none;
}

bool cw_json_next(cw_json list, size_t *at, cw_json *value) {
    if (list.kind != CW_JSON_LIST || list.length < 2) {
        return false;
    }
    /* Without the closing bracket, so that it ends the last value. */
    const size_t end = list.length - 1;
    size_t next = skip_blanks(list.start, end, *at == 0 ? 1 : *at);
    if (*at != 0) {
        if (next >= end || list.start[next] != ',') {
            return false;
        }
        next = skip_blanks(list.start, end, next + 1);
    }
    if (!take_value(list.start, end, &next, value)) {
        return false;
    }
    *at = next;
    return true;
}

/* One character of a text, escapes read, what is not ASCII as '?'; `*at` moves behind it. */
static char take_character(const char *bytes, size_t length, size_t *at) {
    const unsigned char byte = (unsigned char)bytes[*at];
    *at += 1;
    if (byte >= 0x80u) {
        /* The rest of the same character. */
        while (*at < length && ((unsigned char)bytes[*at] & 0xC0u) == 0x80u) {
            *at += 1;
        }
        return '?';
    }
    if (byte != '\\' || *at >= length) {
        return (char)byte;
    }
    const char escaped = bytes[*at];
    *at += 1;
    if (escaped == 'u') {
        *at += length - *at < 4 ? length - *at : 4u;
        return '?';
    }
    if (escaped == 'n' || escaped == 'r' || escaped == 't' || escaped == 'b' || escaped == 'f') {
        return ' ';
    }
    return escaped;
}

void cw_json_text(const char *bytes, size_t length, const char *name, char *to, size_t room) {
    const cw_json value = cw_json_member(bytes, length, name);
    size_t at = 0;
    size_t written = 0;
    to[0] = '\0';
    if (value.kind != CW_JSON_TEXT) {
        return;
    }
    while (at < value.length && written + 1 < room) {
        const char byte = take_character(value.start, value.length, &at);
        to[written] = byte >= ' ' && byte <= '~' ? byte : '?';
        written += 1;
    }
    to[written] = '\0';
}

void cw_json_amount(const char *bytes, size_t length, const char *name, char *to, size_t room) {
    const cw_json value = cw_json_member(bytes, length, name);
    to[0] = '\0';
    /* A cut amount would be another amount. */
    if (value.kind == CW_JSON_NUMBER && value.length < room) {
        memcpy(to, value.start, value.length);
        to[value.length] = '\0';
    }
}

bool cw_json_true(const char *bytes, size_t length, const char *name) {
    return cw_json_member(bytes, length, name).kind == CW_JSON_TRUE;
}

bool cw_json_number(const char *bytes, size_t length, const char *name, uint32_t *number) {
    const cw_json value = cw_json_member(bytes, length, name);
    return value.kind == CW_JSON_NUMBER &&
           cw_read_number(value.start, value.length, UINT32_MAX, number);
}

void cw_put_name(cw_text *text, const char *name) {
    if (text->length > 0 && text->start[text->length - 1] != '{') {
        cw_put_bytes(text, ",", 1);
    }
    cw_put_bytes(text, "\"", 1);
    cw_put(text, name);
    cw_put_bytes(text, "\":", 2);
}

void cw_put_text_member(cw_text *text, const char *name, const char *value) {
    cw_put_name(text, name);
    cw_put_bytes(text, "\"", 1);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            cw_put_bytes(text, "\\", 1);
        }
        /* Whoever took the text in has let only printable ASCII pass. */
        cw_put_bytes(text, value, 1);
    }
    cw_put_bytes(text, "\"", 1);
}

void cw_put_number_member(cw_text *text, const char *name, int64_t value) {
    cw_put_name(text, name);
    cw_put_number(text, value);
}
