/*
 * Exactly once, whatever is cut: a shop in memory that numbers events as the real one does, a
 * network that loses requests and answers, and a flash whose writes stop after any byte.
 */
#include "bench.h"

#define BOOTS_MAX 64
#define EVENTS_MAX 4096

typedef struct boot {
    char id[33];
    uint32_t highest;
    bool is_used[EVENTS_MAX];
} boot;

/* What the shop remembers. */
static boot boots[BOOTS_MAX];
static size_t boot_count;
static int applied[EVENTS_MAX];
static uint32_t applied_last;
static bool is_in_order;

/* What the application was told of each. */
static int told_accepted[EVENTS_MAX];
static int told_refused[EVENTS_MAX];

static bench shop;

static uint32_t dice_state;

static void hear(void *user, const cw_news *news) {
    if (news->topic == CW_NEWS_ACCEPTED) {
        told_accepted[news->event->product_id] += 1;
    } else if (news->topic == CW_NEWS_REFUSED) {
        told_refused[news->event->product_id] += 1;
    }
    bench_listen(user, news);
}

static uint32_t dice(uint32_t below) {
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 17;
    dice_state ^= dice_state << 5;
    return dice_state % below;
}

static boot *boot_of(const char *id) {
    for (size_t at = 0; at < boot_count; at++) {
        if (strcmp(boots[at].id, id) == 0) {
            return &boots[at];
        }
    }
    CHECK(boot_count < BOOTS_MAX);
    boot *made = &boots[boot_count];
    memset(made, 0, sizeof *made);
    snprintf(made->id, sizeof made->id, "%s", id);
    boot_count += 1;
    return made;
}

/* Whether the number is used for the first time. */
static bool use(boot *it, uint32_t seq, uint32_t product) {
    CHECK(seq > 0 && seq < EVENTS_MAX && product < EVENTS_MAX);
    if (it->is_used[seq]) {
        return false;
    }
    it->is_used[seq] = true;
    it->highest = seq > it->highest ? seq : it->highest;
    applied[product] += 1;
    is_in_order = is_in_order && product > applied_last;
    applied_last = product;
    return true;
}

/* Carries out what was sent, and writes the answer. Product 13s are refused; a batch stops behind
 * the refusal of a new event, and passes over repeats. */
static int act(const char *request, char *answer, size_t room) {
    const char *body = bench_body(request);
    const size_t length = strlen(body);
    char id[33];
    uint32_t seq = 0;
    uint32_t product = 0;
    cw_json_text(body, length, "boot_id", id, sizeof id);
    boot *it = boot_of(id);
    if (strncmp(request, "POST /cart/esp32/events ", 24) != 0) {
        CHECK(cw_json_number(body, length, "seq", &seq));
        CHECK(cw_json_number(body, length, "product_id", &product));
        (void)use(it, seq, product);
        const bool is_refused = product % 13 == 0;
        snprintf(answer, room, "{\"success\":%s,\"code\":%s,\"seq\":%u}",
                 is_refused ? "false" : "true", is_refused ? "\"not-found\"" : "null", seq);
        return is_refused ? 404 : 200;
    }
    const cw_json events = cw_json_member(body, length, "events");
    size_t at = 0;
    cw_json event;
    uint32_t acked = 0;
    uint32_t last = 0;
    while (cw_json_next(events, &at, &event)) {
        CHECK(cw_json_number(event.start, event.length, "seq", &seq));
        CHECK(cw_json_number(event.start, event.length, "product_id", &product));
        if (seq > it->highest + 1) {
            snprintf(answer, room,
                     "{\"success\":false,\"acked\":%u,\"seq\":%u,\"code\":\"gap\",\"expect\":%u}",
                     acked, last, it->highest + 1);
            return 409;
        }
        const bool is_new = use(it, seq, product);
        acked += 1;
        last = seq;
        if (is_new && product % 13 == 0) {
            snprintf(answer, room,
                     "{\"success\":false,\"acked\":%u,\"seq\":%u,\"code\":\"not-found\"}", acked,
                     last);
            return 404;
        }
    }
    snprintf(answer, room, "{\"success\":true,\"acked\":%u,\"seq\":%u,\"code\":null}", acked,
             last);
    return 200;
}

/* One request and what becomes of it. */
static void exchange(uint32_t loss_percent) {
    char answer[256];
    bench_hear(&shop);
    if (shop.cart.phase != CW_PHASE_RECEIVING) {
        bench_pass(&shop, 1000);
        return;
    }
    shop.cart.send[shop.cart.send_length] = '\0';
    if (dice(100) < loss_percent) {
        bench_pass(&shop, CW_TIMEOUT_MS + 50);
        return;
    }
    const int status = act(shop.cart.send, answer, sizeof answer);
    if (dice(100) < loss_percent) {
        bench_pass(&shop, CW_TIMEOUT_MS + 50);
        return;
    }
    bench_answer(&shop, status, "", answer);
}

static void forget_everything(void) {
    memset(boots, 0, sizeof boots);
    memset(applied, 0, sizeof applied);
    memset(told_accepted, 0, sizeof told_accepted);
    memset(told_refused, 0, sizeof told_refused);
    boot_count = 0;
    applied_last = 0;
    is_in_order = true;
}

static cw_result push(uint32_t product) {
    cw_event event = cw_event_of(CW_ADD, CW_PRODUCT, NULL);
    event.product_id = product;
    return cw_push(&shop.cart, &event, shop.now);
}

static void drain(void) {
    for (int rounds = 0; rounds < 20000 && cw_waiting(&shop.cart) > 0; rounds++) {
        exchange(0);
    }
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
}

static void restart(void) {
    const cw_config config = bench_config(&shop);
    bench_boot(&shop, &config);
    shop.cart.listener = hear;
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_LOST), 0);
}

static void run(uint32_t seed) {
    static bool is_kept[EVENTS_MAX];
    const uint32_t events = 400;
    dice_state = seed * 2654435761u + 1;
    forget_everything();
    bench_begin(&shop, true);
    shop.cart.listener = hear;
    memset(is_kept, 0, sizeof is_kept);
    uint32_t product = 1;
    while (product < events) {
        if (dice(20) == 0) {
            shop.cut_after_bytes = (long)dice(200);
        }
        for (uint32_t scans = dice(6); scans > 0 && product < events; scans--) {
            const cw_result result = push(product);
            if (result == CW_FULL) {
                break;
            }
            is_kept[product] = result == CW_OK;
            product += 1;
            if (result == CW_NOT_SAVED) {
                /* The power went with that write. */
                CHECK(shop.is_flash_broken);
                restart();
            }
        }
        exchange(25);
        if (shop.is_flash_broken || dice(15) == 0) {
            restart();
        }
        shop.news_count = 0;
    }
    restart();
    drain();
    for (uint32_t at = 1; at < events; at++) {
        if (applied[at] != (is_kept[at] ? 1 : 0)) {
            fprintf(stderr, "seed %u: event %u is %s and was applied %d times\n", seed, at,
                    is_kept[at] ? "kept" : "not kept", applied[at]);
            exit(1);
        }
        const bool is_refused = at % 13 == 0;
        CHECK((told_accepted[at] > 0) == (is_kept[at] && !is_refused));
        CHECK((told_refused[at] > 0) == (is_kept[at] && is_refused));
    }
    CHECK(is_in_order);
    CHECK_NUMBER(boot_count, 1);
}

/* A cut after every single byte of every write around one scan and its acknowledgement. */
static void test_every_byte_may_be_the_last(void) {
    for (long cut = 0; cut < 400; cut++) {
        forget_everything();
        dice_state = 1;
        bench_begin(&shop, true);
        CHECK_NUMBER(push(1), CW_OK);
        exchange(0);
        shop.cut_after_bytes = cut;
        bool is_kept[6] = {false};
        for (uint32_t product = 2; product < 6; product++) {
            is_kept[product] = push(product) == CW_OK;
        }
        exchange(0);
        restart();
        drain();
        CHECK_NUMBER(applied[1], 1);
        for (uint32_t product = 2; product < 6; product++) {
            CHECK_NUMBER(applied[product], is_kept[product] ? 1 : 0);
        }
    }
}

static void test_boot_id_and_numbers_go_on(void) {
    char boot_id[33];
    forget_everything();
    bench_begin(&shop, true);
    snprintf(boot_id, sizeof boot_id, "%s", cw_boot_id(&shop.cart));
    push(1);
    push(2);
    /* Sent, carried out, and the answer lost with the power. */
    char answer[256];
    bench_hear(&shop);
    shop.cart.send[shop.cart.send_length] = '\0';
    act(shop.cart.send, answer, sizeof answer);
    restart();
    CHECK_TEXT(cw_boot_id(&shop.cart), boot_id);
    CHECK_NUMBER(cw_waiting(&shop.cart), 2);
    push(3);
    drain();
    CHECK(applied[1] == 1 && applied[2] == 1 && applied[3] == 1);
    restart();
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    push(4);
    bench_hear(&shop);
    CHECK(strstr(shop.cart.send, "\"seq\":4,"));
}

static void test_without_a_store_each_start_is_a_boot(void) {
    char boot_id[33];
    forget_everything();
    bench_begin(&shop, false);
    snprintf(boot_id, sizeof boot_id, "%s", cw_boot_id(&shop.cart));
    CHECK_NUMBER(strlen(boot_id), CW_BOOT_CHARS);
    push(1);
    restart();
    CHECK(strcmp(cw_boot_id(&shop.cart), boot_id) != 0);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    push(2);
    bench_hear(&shop);
    CHECK(strstr(shop.cart.send, "\"seq\":1,"));
}

/* The shop lost what it had: it was put back from a backup. */
static void test_a_gap_is_filled_from_the_ring(void) {
    forget_everything();
    bench_begin(&shop, true);
    for (uint32_t product = 1; product <= 5; product++) {
        push(product);
    }
    drain();
    for (uint32_t seq = 4; seq <= 5; seq++) {
        boots[0].is_used[seq] = false;
        applied[seq] = 0;
    }
    boots[0].highest = 3;
    restart();
    push(6);
    push(7);
    drain();
    for (uint32_t product = 1; product <= 7; product++) {
        CHECK_NUMBER(applied[product], 1);
    }
    CHECK_NUMBER(boot_count, 1);
}

static void test_a_gap_that_cannot_be_filled_begins_a_boot(void) {
    forget_everything();
    bench_begin(&shop, true);
    for (uint32_t product = 1; product <= CW_QUEUE_EVENTS + 20; product++) {
        push(product);
        exchange(0);
    }
    drain();
    memset(&boots[0].is_used, 0, sizeof boots[0].is_used);
    boots[0].highest = 0;
    push(200);
    push(201);
    drain();
    CHECK_NUMBER(boot_count, 2);
    CHECK_NUMBER(boots[1].highest, 2);
    CHECK_NUMBER(applied[200], 1);
    CHECK_NUMBER(applied[201], 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_NEW_BOOT), 1);
    /* The new one is what a restart goes on with, though its write is cut the first time. */
    restart();
    CHECK_TEXT(cw_boot_id(&shop.cart), boots[1].id);
    boots[1].highest = 0;
    memset(&boots[1].is_used, 0, sizeof boots[1].is_used);
    for (uint32_t product = 300; product < 300 + CW_QUEUE_EVENTS; product++) {
        push(product);
    }
    shop.is_flash_broken = true;
    for (int times = 0; times < 4; times++) {
        exchange(0);
    }
    CHECK_NUMBER(boot_count, 2);
    restart();
    drain();
    for (uint32_t product = 300; product < 300 + CW_QUEUE_EVENTS; product++) {
        CHECK_NUMBER(applied[product], 1);
    }
}

/* Acknowledgements that never reached the flash: slots used again say that they were made. */
static void test_an_old_state_loses_nothing(void) {
    static uint8_t states[2][CW_RECORD_BYTES];
    forget_everything();
    bench_begin(&shop, true);
    push(1);
    drain();
    memcpy(states, shop.slots, sizeof states);
    for (uint32_t product = 2; product <= CW_QUEUE_EVENTS; product++) {
        push(product);
    }
    drain();
    for (uint32_t product = 0; product < 5; product++) {
        push(200 + product);
    }
    /* The next write is cut, in the slot of one that was acknowledged. */
    shop.cut_after_bytes = 10;
    CHECK_NUMBER(push(300), CW_NOT_SAVED);
    memcpy(shop.slots, states, sizeof states);
    restart();
    CHECK_NUMBER(cw_waiting(&shop.cart), CW_QUEUE_EVENTS - 1);
    drain();
    for (uint32_t product = 0; product < 5; product++) {
        CHECK_NUMBER(applied[200 + product], 1);
    }
    CHECK_NUMBER(boot_count, 1);
}

static void test_a_rotten_record_is_told(void) {
    const cw_config config = bench_config(&shop);
    forget_everything();
    bench_begin(&shop, true);
    for (uint32_t product = 1; product <= 4; product++) {
        push(product);
    }
    /* The second waiting event; its neighbours are whole. */
    shop.slots[3][20] ^= 4u;
    bench_boot(&shop, &config);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_LOST), 1);
    drain();
    CHECK(applied[1] == 1 && applied[2] == 0 && applied[3] == 1 && applied[4] == 1);
    /* One copy of the state is enough. */
    shop.slots[0][9] ^= 1u;
    push(5);
    bench_boot(&shop, &config);
    drain();
    CHECK_NUMBER(applied[5], 1);
    /* Without both nothing can be sent under its number: that is told too. */
    push(6);
    shop.slots[0][9] ^= 1u;
    shop.slots[1][9] ^= 1u;
    bench_boot(&shop, &config);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_LOST), 1);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    push(7);
    drain();
    CHECK_NUMBER(applied[7], 1);
}

static void test_a_flash_that_fails_is_told(void) {
    forget_everything();
    bench_begin(&shop, true);
    shop.is_flash_broken = true;
    CHECK_NUMBER(push(1), CW_NOT_SAVED);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    shop.is_flash_broken = false;
    CHECK_NUMBER(push(2), CW_OK);
    drain();
    CHECK(applied[1] == 0 && applied[2] == 1);
    /* From the first moment: no event is kept without the state that says whose it is. */
    const cw_config config = bench_config(&shop);
    memset(shop.slot_lengths, 0, sizeof shop.slot_lengths);
    bench_boot(&shop, &config);
    memset(shop.slot_lengths, 0, sizeof shop.slot_lengths);
    shop.is_flash_broken = true;
    CHECK_NUMBER(cw_begin(&shop.cart, &config, &shop.port, 0), CW_OK);
    CHECK_NUMBER(push(3), CW_NOT_SAVED);
    shop.is_flash_broken = false;
    CHECK_NUMBER(push(4), CW_OK);
    restart();
    CHECK_NUMBER(cw_waiting(&shop.cart), 1);
}

static void test_numbers_end_before_they_are_too_big(void) {
    forget_everything();
    bench_begin(&shop, true);
    char boot_id[33];
    snprintf(boot_id, sizeof boot_id, "%s", cw_boot_id(&shop.cart));
    shop.cart.queue.next = CW_SEQ_MAX;
    shop.cart.queue.acked = CW_SEQ_MAX - 1;
    CHECK_NUMBER(push(1), CW_OK);
    CHECK(strcmp(cw_boot_id(&shop.cart), boot_id) != 0);
    drain();
    CHECK_NUMBER(boots[0].highest, 1);
}

int main(void) {
    test_boot_id_and_numbers_go_on();
    test_without_a_store_each_start_is_a_boot();
    test_a_gap_is_filled_from_the_ring();
    test_a_gap_that_cannot_be_filled_begins_a_boot();
    test_an_old_state_loses_nothing();
    test_a_rotten_record_is_told();
    test_a_flash_that_fails_is_told();
    test_numbers_end_before_they_are_too_big();
    test_every_byte_may_be_the_last();
    for (uint32_t seed = 1; seed <= 60; seed++) {
        run(seed);
    }
    printf("power: %d checks passed\n", checks_done);
    return 0;
}
