/*
 * Bytes that no shop sends: random ones, and answers with some bytes changed, cut or doubled.
 * Whatever comes, the sanitizers stay silent and an event leaves the queue only for an answer that
 * names its number.
 */
#include "bench.h"

#define ROUNDS 40000

static const char *const SEEDS[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
    "{\"success\":true,\"message\":\"added\",\"lcdMessage\":\"Milk\",\"seq\":9}",
    "HTTP/1.1 404 Not Found\r\ncontent-length: 58\r\nconnection: close\r\n\r\n"
    "{\"success\":false,\"acked\":1,\"seq\":9,\"code\":\"not-found\"}    ",
    "HTTP/1.1 409 Conflict\r\nContent-Length: 66\r\n\r\n"
    "{\"success\":false,\"acked\":0,\"seq\":null,\"code\":\"gap\",\"expect\":1000000}",
    "HTTP/1.0 429 Slow\r\nRetry-After: 3\r\n\r\n{\"success\":false,\"code\":\"busy\"}",
    "HTTP/1.1 401 No\r\nContent-Length: 57\r\n\r\n"
    "{\"success\":false,\"code\":\"clock-skew\",\"unix\":1790000000}    ",
    "HTTP/1.1 200 OK\r\nContent-Length: 118\r\n\r\n{\"success\":true,\"lines\":[{\"product_id\":1,"
    "\"name\":\"a\\u00e4\\n\",\"quantity\":2,\"total\":1.5},[],{}],\"next\":1,\"items\":3,\"x\":{\"y\":[1]}}",
    "HTTP/1.1 200 OK\r\nContent-Length: 105\r\n\r\n{\"success\":true,\"time\":\"2026-09-21T13:33:20Z\","
    "\"paired\":true,\"session\":4,\"cart_code\":\"K7\",\"total\":1.00 }  ",
    "HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n{\"success\":true,\"device_id\":3,\"key\":\"cwk_abcdef\"}",
};

static uint64_t state = 88172645463325252u;

static uint32_t dice(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 11) % below;
}

static size_t make(uint8_t *bytes, size_t room) {
    const uint32_t kind = dice(10);
    if (kind == 0) {
        const size_t length = 1 + dice((uint32_t)room - 1);
        for (size_t at = 0; at < length; at++) {
            bytes[at] = (uint8_t)dice(256);
        }
        return length;
    }
    const char *seed = SEEDS[dice(sizeof SEEDS / sizeof SEEDS[0])];
    size_t length = strlen(seed);
    memcpy(bytes, seed, length);
    for (uint32_t changes = dice(6); changes > 0 && length > 4; changes--) {
        static const char spice[] = "{}[]\",:\\0198eE-+.\r\n \t\x00\xff";
        const size_t at = dice((uint32_t)length);
        switch (dice(5)) {
        case 0:
            bytes[at] = (uint8_t)dice(256);
            break;
        case 1:
            bytes[at] = (uint8_t)spice[dice(sizeof spice - 1)];
            break;
        case 2:
            length = at + 1;
            break;
        case 3:
            memmove(bytes + at, bytes + at + 1, length - at - 1);
            length -= 1;
            break;
        default: {
            const size_t part = 1 + dice(40);
            if (at + part <= length && length + part < room) {
                memmove(bytes + at + part, bytes + at, length - at);
                length += part;
            }
            break;
        }
        }
    }
    return length;
}

/* Texts that are read without HTTP around them. */
static void read_texts(const uint8_t *bytes, size_t length) {
    cw_address address;
    char code[24];
    char text[24];
    uint32_t number;
    const char *body = (const char *)bytes;
    (void)cw_read_address(body, length, &address);
    (void)cw_read_discovery(body, length, &address);
    (void)cw_read_enrollment(body, length, &address, code, sizeof code);
    (void)cw_json_object(body, length);
    (void)cw_json_number(body, length, "seq", &number);
    (void)cw_read_time(body, length, &number);
    cw_json_text(body, length, "code", text, sizeof text);
    cw_json_amount(body, length, "total", text, sizeof text);
    size_t at = 0;
    cw_json value;
    const cw_json list = {CW_JSON_LIST, body, length};
    for (int values = 0; values < 4096 && cw_json_next(list, &at, &value); values++) {
        CHECK(value.start >= body && value.start + value.length <= body + length);
    }
}

/* Texts with a right start get further. */
static void read_started_texts(const uint8_t *bytes, size_t length) {
    static const char *const starts[] = {"cartwright 1 http://", "cartwright:enroll?url=",
                                         "cartwright:enroll?code=A&url=http://h&x=", "{\"seq\":"};
    uint8_t text[256];
    const char *start = starts[dice(4)];
    const size_t size = strlen(start);
    const size_t taken = length < sizeof text - size ? length : sizeof text - size;
    memcpy(text, start, size);
    memcpy(text + size, bytes, taken);
    /* On the heap, so that a read past the end is seen. */
    uint8_t *exact = malloc(size + taken);
    CHECK(exact != NULL);
    memcpy(exact, text, size + taken);
    read_texts(exact, size + taken);
    free(exact);
}

static bench shop;

static void play(void) {
    uint8_t bytes[1500];
    bench_begin(&shop, dice(2) == 0);
    cw_set_key(&shop.cart, "cwk_secret", 7, dice(2) == 0);
    for (uint32_t events = dice(4); events > 0; events--) {
        cw_scan(&shop.cart, "4006381333931", shop.now);
    }
    shop.cart.wants = dice(2) == 0 ? 0 : 1u << (CW_REQUEST_ENROLL + dice(8));
    /* Numbers that the seeds do not name. */
    for (int requests = 0; requests < 4; requests++) {
        const uint32_t before = cw_waiting(&shop.cart);
        bench_hear(&shop);
        const size_t length = make(bytes, sizeof bytes);
        for (size_t at = 0; at < length;) {
            size_t part = 1 + dice(200);
            part = part < length - at ? part : length - at;
            uint8_t *exact = malloc(part);
            CHECK(exact != NULL);
            memcpy(exact, bytes + at, part);
            cw_feed(&shop.cart, exact, part, shop.now);
            free(exact);
            at += part;
        }
        if (dice(2) == 0) {
            cw_closed(&shop.cart, shop.now);
        }
        CHECK(cw_waiting(&shop.cart) <= CW_QUEUE_EVENTS);
        const bool is_named = memchr(bytes, '1', length) || memchr(bytes, '2', length) ||
                              memchr(bytes, '3', length) || memchr(bytes, 'd', length);
        CHECK(cw_waiting(&shop.cart) >= before || is_named);
        CHECK(shop.cart.response.body_length <= CW_ANSWER_BYTES);
        shop.cart.is_waiting = false;
        shop.cart.is_stopped = false;
        shop.news_count = 0;
    }
    /* Flash that was never ours. */
    if (shop.port.load != NULL) {
        for (size_t slot = 0; slot < CW_SLOTS; slot++) {
            if (dice(3) == 0) {
                shop.slot_lengths[slot] = dice(CW_RECORD_BYTES + 1);
                shop.slots[slot][dice(CW_RECORD_BYTES)] = (uint8_t)dice(256);
            }
        }
        const cw_config config = bench_config(&shop);
        bench_boot(&shop, &config);
        CHECK(cw_waiting(&shop.cart) <= CW_QUEUE_EVENTS);
    }
}

int main(void) {
    for (int rounds = 0; rounds < ROUNDS; rounds++) {
        uint8_t bytes[400];
        const size_t length = make(bytes, sizeof bytes);
        uint8_t *exact = malloc(length);
        CHECK(exact != NULL);
        memcpy(exact, bytes, length);
        read_texts(exact, length);
        free(exact);
        read_started_texts(bytes, length);
        if (rounds % 4 == 0) {
            play();
        }
    }
    printf("fuzz: %d rounds, %d checks passed\n", ROUNDS, checks_done);
    return 0;
}
