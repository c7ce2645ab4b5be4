/* Writing into fixed room, and reading numbers: what printf and strtol would do. */
#include "cw_internal.h"

#include <string.h>

cw_text cw_text_in(char *start, size_t room) {
    cw_text text = {start, room, 0, room == 0};
    if (room > 0) {
        start[0] = '\0';
    }
    return text;
}

void cw_put_bytes(cw_text *text, const char *bytes, size_t length) {
    if (text->is_full || length >= text->room - text->length) {
        text->is_full = true;
        return;
    }
    memcpy(text->start + text->length, bytes, length);
    text->length += length;
    text->start[text->length] = '\0';
}

void cw_put(cw_text *text, const char *more) {
    cw_put_bytes(text, more, strlen(more));
}

void cw_put_number(cw_text *text, int64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? (uint64_t)(-(number + 1)) + 1u : (uint64_t)number;
    do {
        at -= 1;
        digits[at] = (char)('0' + (int)(rest % 10u));
        rest /= 10u;
    } while (rest > 0 && at > 0);
    if (number < 0) {
        cw_put_bytes(text, "-", 1);
    }
    cw_put_bytes(text, digits + at, sizeof digits - at);
}

void cw_put_hex(cw_text *text, const uint8_t *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t at = 0; at < length; at++) {
        const char pair[2] = {digits[bytes[at] >> 4], digits[bytes[at] & 15u]};
        cw_put_bytes(text, pair, 2);
    }
}

bool cw_read_number(const char *bytes, size_t length, uint32_t most, uint32_t *number) {
    uint64_t value = 0;
    if (length == 0 || length > 10) {
        return false;
    }
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] < '0' || bytes[at] > '9') {
            return false;
        }
        value = value * 10u + (uint64_t)(bytes[at] - '0');
    }
    if (value > most) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

void cw_copy(char *to, size_t room, const char *from) {
    size_t length = 0;
    if (room == 0) {
        return;
    }
    for (; from != NULL && *from != '\0' && length + 1 < room; from++) {
        if (*from >= ' ' && *from <= '~') {
            to[length] = *from;
            length += 1;
        }
    }
    to[length] = '\0';
}

/* Days since 1970 of a date; Howard Hinnant's days_from_civil for years from 1970. */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day) {
    const uint32_t shifted = month <= 2 ? year - 1 : year;
    const uint32_t era = shifted / 400;
    const uint32_t year_of_era = shifted - era * 400;
    const uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const uint32_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool cw_read_time(const char *bytes, size_t length, uint32_t *unix_s) {
    uint32_t year = 0;
    uint32_t month = 0;
    uint32_t day = 0;
    uint32_t hour = 0;
    uint32_t minute = 0;
    uint32_t second = 0;
    if (length < 20 || bytes[4] != '-' || bytes[7] != '-' || bytes[10] != 'T' ||
        bytes[13] != ':' || bytes[16] != ':' || bytes[length - 1] != 'Z') {
        return false;
    }
    if (!cw_read_number(bytes, 4, 2099, &year) || year < 1970 ||
        !cw_read_number(bytes + 5, 2, 12, &month) || month < 1 ||
        !cw_read_number(bytes + 8, 2, 31, &day) || day < 1 ||
        !cw_read_number(bytes + 11, 2, 23, &hour) ||
        !cw_read_number(bytes + 14, 2, 59, &minute) ||
        !cw_read_number(bytes + 17, 2, 60, &second)) {
        return false;
    }
    *unix_s = days_of(year, month, day) * 86400u + hour * 3600u + minute * 60u + second;
    return true;
}
