/*
 * Reading an HTTP/1.1 answer as it trickles in. Bounded in every direction: an answer that is
 * longer than the memory, chunked, or no HTTP at all is broken, and the request is sent again.
 */
#include "cw_internal.h"

#include <string.h>

enum { PART_STATUS, PART_HEADERS, PART_BODY };

/* Most bytes of all headers. */
#define HEAD_MAX 4096u

void cw_response_begin(cw_response *response) {
    /* The buffers need no clearing: their lengths are. */
    response->part = PART_STATUS;
    response->has_length = false;
    response->is_closing = false;
    response->is_complete = false;
    response->is_broken = false;
    response->status = 0;
    response->retry_after_s = 0;
    response->body_expected = 0;
    response->body_length = 0;
    response->line_length = 0;
    response->head_bytes = 0;
    response->line[0] = '\0';
    response->body[0] = '\0';
}

static char lower(char byte) {
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* The value of a header line with this name, in lower case; NULL for another. */
static const char *value_of(const char *line, const char *name) {
    for (; *name != '\0'; name++, line++) {
        if (lower(*line) != *name) {
            return NULL;
        }
    }
    if (*line != ':') {
        return NULL;
    }
    line += 1;
    while (*line == ' ' || *line == '\t') {
        line += 1;
    }
    return line;
}

static bool is_word(const char *value, const char *word) {
    for (; *word != '\0'; word++, value++) {
        if (lower(*value) != *word) {
            return false;
        }
    }
    return *value == '\0' || *value == ' ' || *value == ',';
}

static void read_status(cw_response *response) {
    const char *line = response->line;
    uint32_t status = 0;
    if (response->line_length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
        !cw_read_number(line + 9, 3, 999, &status) || status < 100 ||
        (line[12] != ' ' && line[12] != '\0')) {
        response->is_broken = true;
        return;
    }
    /* HTTP/1.0 closes unless it says otherwise, and it is not asked to. */
    response->is_closing = line[7] == '0';
    response->status = (int16_t)status;
    response->part = PART_HEADERS;
}

static void read_header(cw_response *response) {
    const char *value = value_of(response->line, "content-length");
    uint32_t number = 0;
    if (value != NULL) {
        if (!cw_read_number(value, strlen(value), CW_ANSWER_BYTES, &number) ||
            (response->has_length && response->body_expected != number)) {
            response->is_broken = true;
            return;
        }
        response->has_length = true;
        response->body_expected = number;
        return;
    }
    value = value_of(response->line, "retry-after");
    if (value != NULL) {
        if (cw_read_number(value, strlen(value), UINT32_MAX, &number)) {
            response->retry_after_s = number;
        }
        return;
    }
    value = value_of(response->line, "connection");
    if (value != NULL) {
        response->is_closing = response->is_closing || is_word(value, "close");
        return;
    }
    value = value_of(response->line, "transfer-encoding");
    if (value != NULL && !is_word(value, "identity")) {
        response->is_broken = true;
    }
}

static void read_line(cw_response *response) {
    while (response->line_length > 0 && (response->line[response->line_length - 1] == '\r' ||
                                         response->line[response->line_length - 1] == ' ')) {
        response->line_length -= 1;
    }
    response->line[response->line_length] = '\0';
    if (response->part == PART_STATUS) {
        read_status(response);
    } else if (response->line_length > 0) {
        read_header(response);
    } else if (response->status < 200) {
        /* 100 Continue and its like: the answer is still to come. */
        const uint32_t head_bytes = response->head_bytes;
        const bool is_upgrade = response->status == 101;
        cw_response_begin(response);
        response->head_bytes = head_bytes;
        response->is_broken = is_upgrade;
    } else {
        response->part = PART_BODY;
        response->is_closing = response->is_closing || !response->has_length;
        if (response->status == 204 || response->status == 304 ||
            (response->has_length && response->body_expected == 0)) {
            response->is_complete = true;
        }
    }
    response->line_length = 0;
}

static void feed_head(cw_response *response, char byte) {
    response->head_bytes += 1;
    if (response->head_bytes > HEAD_MAX || byte == '\0') {
        response->is_broken = true;
    } else if (byte == '\n') {
        read_line(response);
    } else if (response->line_length + 1 < sizeof response->line) {
        response->line[response->line_length] = byte;
        response->line_length += 1;
    }
    /* The rest of a long line is of no interest: no header that counts is that long. */
}

void cw_response_feed(cw_response *response, const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        if (response->is_broken) {
            return;
        }
        if (response->is_complete) {
            /* More than was announced: whatever it is, it is not the next answer. */
            response->is_closing = true;
            return;
        }
        if (response->part != PART_BODY) {
            feed_head(response, (char)bytes[at]);
            continue;
        }
        if (response->body_length >= CW_ANSWER_BYTES) {
            response->is_broken = true;
            return;
        }
        response->body[response->body_length] = (char)bytes[at];
        response->body_length += 1;
        response->body[response->body_length] = '\0';
        if (response->has_length && response->body_length == response->body_expected) {
            response->is_complete = true;
        }
    }
}

void cw_response_closed(cw_response *response) {
    if (response->is_complete || response->is_broken) {
        return;
    }
    if (response->part == PART_BODY && !response->has_length) {
        response->is_complete = true;
    } else {
        response->is_broken = true;
    }
}
