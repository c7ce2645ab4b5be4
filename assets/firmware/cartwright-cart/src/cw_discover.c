/* Texts that say where a shop is: typed in, from a datagram, from a QR code. */
#include "cw_internal.h"

#include <string.h>

static bool starts(const char *text, size_t length, const char *with) {
    const size_t size = strlen(with);
    return length >= size && memcmp(text, with, size) == 0;
}

static bool is_host_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
}

static size_t trimmed(const char **text, size_t length) {
    while (length > 0 && (unsigned char)**text <= (unsigned char)' ') {
        *text += 1;
        length -= 1;
    }
    while (length > 0 && (unsigned char)(*text)[length - 1] <= (unsigned char)' ') {
        length -= 1;
    }
    return length;
}

bool cw_read_address(const char *text, size_t length, cw_address *address) {
    uint32_t port = 80;
    size_t host_length = 0;
    length = trimmed(&text, length);
    if (starts(text, length, "http://")) {
        text += 7;
        length -= 7;
    }
    while (host_length < length && is_host_byte(text[host_length])) {
        host_length += 1;
    }
    if (host_length == 0 || host_length > CW_HOST_MAX) {
        return false;
    }
    size_t at = host_length;
    if (at < length && text[at] == ':') {
        const size_t digits = at + 1;
        at = digits;
        while (at < length && text[at] >= '0' && text[at] <= '9') {
            at += 1;
        }
        if (!cw_read_number(text + digits, at - digits, 65535, &port) || port == 0) {
            return false;
        }
    }
    /* A path may follow, nothing else: "https://..." ends at its colon. */
    if (at < length && text[at] != '/') {
        return false;
    }
    memcpy(address->host, text, host_length);
    address->host[host_length] = '\0';
    address->port = (uint16_t)port;
    return true;
}

bool cw_read_discovery(const char *text, size_t length, cw_address *address) {
    static const char greeting[] = "cartwright 1 http://";
    if (!starts(text, length, greeting)) {
        return false;
    }
    const char *line = text + 13;
    const char *end = memchr(line, '\n', length - 13);
    return cw_read_address(line, end == NULL ? length - 13 : (size_t)(end - line), address);
}

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* A parameter of a query, percent signs read; its length, 0 when it is missing or too long. */
static size_t parameter(const char *query, size_t length, const char *name, char *to,
                        size_t room) {
    const size_t name_length = strlen(name);
    size_t at = 0;
    while (at < length) {
        const char *pair = query + at;
        const char *end = memchr(pair, '&', length - at);
        const size_t pair_length = end == NULL ? length - at : (size_t)(end - pair);
        if (starts(pair, pair_length, name) && pair_length > name_length &&
            pair[name_length] == '=') {
            size_t written = 0;
            for (size_t from = name_length + 1; from < pair_length; from++) {
                char byte = pair[from];
                if (byte == '%' && from + 2 < pair_length && hex_digit(pair[from + 1]) >= 0 &&
                    hex_digit(pair[from + 2]) >= 0) {
                    byte = (char)(hex_digit(pair[from + 1]) * 16 + hex_digit(pair[from + 2]));
                    from += 2;
                }
                if (written + 1 >= room || byte <= ' ' || byte > '~') {
                    return 0;
                }
                to[written] = byte;
                written += 1;
            }
            to[written] = '\0';
            return written;
        }
        at += pair_length + 1;
    }
    return 0;
}

bool cw_read_enrollment(const char *text, size_t length, cw_address *address, char *code,
                        size_t code_room) {
    static const char start[] = "cartwright:enroll?";
    char url[CW_HOST_MAX + 32];
    length = trimmed(&text, length);
    if (!starts(text, length, start) || code_room == 0) {
        return false;
    }
    text += sizeof start - 1;
    length -= sizeof start - 1;
    const size_t url_length = parameter(text, length, "url", url, sizeof url);
    return url_length > 0 && parameter(text, length, "code", code, code_room) > 0 &&
           cw_read_address(url, url_length, address);
}
