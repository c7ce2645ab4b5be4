/*
 * A cart on the bench: a port that is wires in memory. What the cart sends is looked at as text,
 * what it receives is what the test says, and its flash is an array that can be cut mid-write.
 */
#ifndef BENCH_H
#define BENCH_H

#include "check.h"
#include "cw_internal.h"

#define NEWS_MAX 512

typedef struct bench {
    cw_cart cart;
    cw_port port;
    uint32_t now;
    /* The wire. */
    bool is_refusing;
    bool is_open;
    int opened;
    int closed;
    char sent[CW_SEND_BYTES + 1];
    size_t sent_length;
    char answer[CW_ANSWER_BYTES + 1024];
    size_t answer_length;
    size_t answer_done;
    bool closes_after;
    size_t most_at_once;
    /* The flash. */
    bool is_flash_broken;
    long cut_after_bytes;
    uint8_t slots[CW_SLOTS][CW_RECORD_BYTES];
    size_t slot_lengths[CW_SLOTS];
    uint32_t drawn;
    /* The news. */
    cw_topic news[NEWS_MAX];
    size_t news_count;
    cw_answer answered;
    cw_event event;
    cw_status status;
    cw_line lines[64];
    size_t line_count;
    cw_enrolled enrolled;
} bench;

static inline int bench_open(void *user, const char *host, uint16_t port) {
    bench *it = user;
    (void)host;
    (void)port;
    if (it->is_refusing) {
        return -1;
    }
    it->opened += 1;
    it->is_open = true;
    it->sent_length = 0;
    return 1;
}

static inline int bench_send(void *user, const uint8_t *bytes, size_t length) {
    bench *it = user;
    if (!it->is_open) {
        return -1;
    }
    if (it->most_at_once > 0 && length > it->most_at_once) {
        length = it->most_at_once;
    }
    CHECK(it->sent_length + length < sizeof it->sent);
    memcpy(it->sent + it->sent_length, bytes, length);
    it->sent_length += length;
    it->sent[it->sent_length] = '\0';
    return (int)length;
}

static inline int bench_receive(void *user, uint8_t *bytes, size_t room) {
    bench *it = user;
    size_t length = it->answer_length - it->answer_done;
    if (!it->is_open) {
        return -1;
    }
    if (length == 0) {
        return it->closes_after ? -1 : 0;
    }
    if (length > room) {
        length = room;
    }
    if (it->most_at_once > 0 && length > it->most_at_once) {
        length = it->most_at_once;
    }
    memcpy(bytes, it->answer + it->answer_done, length);
    it->answer_done += length;
    return (int)length;
}

static inline void bench_close(void *user) {
    bench *it = user;
    it->is_open = false;
    it->closed += 1;
}

static inline uint32_t bench_random(void *user) {
    bench *it = user;
    it->drawn = it->drawn * 1664525u + 1013904223u;
    return it->drawn;
}

static inline bool bench_save(void *user, uint16_t slot, const uint8_t *bytes, size_t length) {
    bench *it = user;
    CHECK(slot < CW_SLOTS && length <= CW_RECORD_BYTES && length > 0);
    if (it->is_flash_broken) {
        return false;
    }
    if (it->cut_after_bytes >= 0 && (size_t)it->cut_after_bytes < length) {
        /* The power goes: some bytes are new, the rest is what was there. */
        memcpy(it->slots[slot], bytes, (size_t)it->cut_after_bytes);
        if (it->slot_lengths[slot] < length) {
            it->slot_lengths[slot] = length;
        }
        it->cut_after_bytes = 0;
        it->is_flash_broken = true;
        return false;
    }
    if (it->cut_after_bytes >= 0) {
        it->cut_after_bytes -= (long)length;
    }
    memcpy(it->slots[slot], bytes, length);
    it->slot_lengths[slot] = length;
    return true;
}

static inline size_t bench_load(void *user, uint16_t slot, uint8_t *bytes, size_t room) {
    bench *it = user;
    CHECK(slot < CW_SLOTS && room >= it->slot_lengths[slot]);
    memcpy(bytes, it->slots[slot], it->slot_lengths[slot]);
    return it->slot_lengths[slot];
}

static inline void bench_listen(void *user, const cw_news *news) {
    bench *it = user;
    CHECK(it->news_count < NEWS_MAX);
    it->news[it->news_count] = news->topic;
    it->news_count += 1;
    if (news->answer != NULL) {
        it->answered = *news->answer;
    }
    if (news->event != NULL) {
        it->event = *news->event;
    }
    if (news->status != NULL) {
        it->status = *news->status;
    }
    if (news->enrolled != NULL) {
        it->enrolled = *news->enrolled;
    }
    if (news->line != NULL && it->line_count < 64) {
        it->lines[it->line_count] = *news->line;
        it->line_count += 1;
    }
}

static inline cw_config bench_config(bench *it) {
    cw_config config;
    memset(&config, 0, sizeof config);
    config.host = "192.168.1.10";
    config.port = 8080;
    config.key = "cwk_secret";
    config.device_id = 7;
    config.listener = bench_listen;
    config.listener_user = it;
    return config;
}

/* Starts, or starts again with the flash as it is. */
static inline void bench_boot(bench *it, const cw_config *config) {
    it->is_open = false;
    it->answer_length = 0;
    it->answer_done = 0;
    it->closes_after = false;
    it->is_flash_broken = false;
    it->cut_after_bytes = -1;
    it->news_count = 0;
    CHECK_NUMBER(cw_begin(&it->cart, config, &it->port, it->now), CW_OK);
}

static inline void bench_begin(bench *it, bool is_persistent) {
    memset(it, 0, sizeof *it);
    it->port.user = it;
    it->port.open = bench_open;
    it->port.send = bench_send;
    it->port.receive = bench_receive;
    it->port.close = bench_close;
    it->port.random = bench_random;
    it->port.save = is_persistent ? bench_save : NULL;
    it->port.load = is_persistent ? bench_load : NULL;
    it->now = 1000;
    it->drawn = 42;
    const cw_config config = bench_config(it);
    bench_boot(it, &config);
}

/* Lets the cart speak, and returns what it sent; "" when it said nothing. */
static inline const char *bench_hear(bench *it) {
    it->sent_length = 0;
    it->sent[0] = '\0';
    for (int polls = 0; polls < 64; polls++) {
        cw_poll(&it->cart, it->now);
    }
    return it->sent;
}

static inline const char *bench_body(const char *request) {
    const char *end = strstr(request, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

static inline void bench_say(bench *it, const char *bytes) {
    it->answer_length = strlen(bytes);
    CHECK(it->answer_length < sizeof it->answer);
    memcpy(it->answer, bytes, it->answer_length);
    it->answer_done = 0;
    it->sent_length = 0;
    it->sent[0] = '\0';
    for (int polls = 0; polls < 64 && it->answer_done < it->answer_length; polls++) {
        cw_poll(&it->cart, it->now);
    }
}

/* Answers with this status and body. */
static inline void bench_answer(bench *it, int status, const char *extra, const char *body) {
    char bytes[CW_ANSWER_BYTES + 512];
    snprintf(bytes, sizeof bytes,
             "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
             "\r\n%s",
             status, extra, strlen(body), body);
    bench_say(it, bytes);
}

/* Lets so much time pass, in small steps, with a poll at each. */
static inline void bench_pass(bench *it, uint32_t milliseconds) {
    for (uint32_t passed = 0; passed < milliseconds; passed += 50) {
        it->now += 50;
        cw_poll(&it->cart, it->now);
    }
}

static inline size_t bench_heard(const bench *it, cw_topic topic) {
    size_t count = 0;
    for (size_t at = 0; at < it->news_count; at++) {
        count += it->news[at] == topic ? 1u : 0u;
    }
    return count;
}

#endif
