/* The cart against a shop that is played by hand: what it sends, and what it makes of answers. */
#include "bench.h"

static const char STATUS[] =
    "{\"success\":true,\"time\":\"2026-09-21T13:33:20Z\",\"paired\":true,\"session\":4,"
    "\"cart_code\":\"K7P2\",\"cart_version\":9,\"items\":2,\"total\":3.40}";

static bench shop;

static void answer_accepted(unsigned seq) {
    char body[256];
    snprintf(body, sizeof body,
             "{\"success\":true,\"message\":\"added\",\"lcdMessage\":\"Milk 1 l    1.29\","
             "\"product_id\":12,\"quantity\":2,\"price\":1.29,\"items\":9,\"total\":14.85,"
             "\"seq\":%u}",
             seq);
    bench_answer(&shop, 200, "", body);
}

/* Ends the first heartbeat, so that a test is about its own requests only. */
static void begin_quietly(bool is_persistent) {
    bench_begin(&shop, is_persistent);
    CHECK_TEXT(bench_hear(&shop), "");
}

static void expect_batch(const char *request, const char *events) {
    char body[CW_SEND_BYTES];
    CHECK(strncmp(request, "POST /cart/esp32/events HTTP/1.1\r\n", 34) == 0);
    snprintf(body, sizeof body, "{\"boot_id\":\"%s\",\"events\":[%s]}", cw_boot_id(&shop.cart),
             events);
    CHECK_TEXT(bench_body(request), body);
}

static void test_one_scan_is_one_request(void) {
    char expected[512];
    begin_quietly(true);
    CHECK_NUMBER(cw_scan(&shop.cart, "4006381333931\r\n", shop.now), CW_OK);
    const char *request = bench_hear(&shop);
    snprintf(expected, sizeof expected,
             "POST /cart/esp32/add_item HTTP/1.1\r\nHost: 192.168.1.10:8080\r\n"
             "User-Agent: cartwright-cart/1.0.0\r\nX-API-Key: cwk_secret\r\n"
             "Content-Type: application/json\r\nContent-Length: 64\r\n\r\n"
             "{\"boot_id\":\"%s\",\"seq\":1,\"barcode\":\"4006381333931\"}",
             cw_boot_id(&shop.cart));
    CHECK_TEXT(request, expected);
    answer_accepted(1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ONLINE), 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_EMPTY), 1);
    CHECK_TEXT(shop.answered.lcd, "Milk 1 l    1.29");
    CHECK_TEXT(shop.answered.price, "1.29");
    CHECK_TEXT(shop.answered.total, "14.85");
    CHECK_NUMBER(shop.answered.product_id, 12);
    CHECK_NUMBER(shop.answered.items, 9);
    CHECK_TEXT(shop.event.code, "4006381333931");
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    CHECK(cw_online(&shop.cart));
    /* The connection is kept for the next. */
    CHECK_NUMBER(shop.opened, 1);
    CHECK_NUMBER(shop.closed, 0);
}

static void test_everything_an_event_says(void) {
    begin_quietly(false);
    cw_event event = cw_event_of(CW_SET, CW_UID, " 04:A3\"\\ ");
    event.quantity = 0;
    event.weight_g = 250;
    event.cart_weight_g = -3;
    CHECK_NUMBER(cw_push(&shop.cart, &event, shop.now), CW_OK);
    const char *request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/update_item ", 29) == 0);
    CHECK(strstr(request, ",\"seq\":1,\"uid\":\"04:A3\\\"\\\\\",\"quantity\":0,\"weight\":250,"
                          "\"cart_weight\":-3}"));
    answer_accepted(1);

    event = cw_event_of(CW_REMOVE, CW_PRODUCT, NULL);
    event.product_id = 12;
    cw_set_weight(&shop.cart, 900);
    CHECK_NUMBER(cw_push(&shop.cart, &event, shop.now), CW_OK);
    request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/remove_item ", 29) == 0);
    CHECK(strstr(request, ",\"seq\":2,\"product_id\":12,\"cart_weight\":900}"));
    answer_accepted(2);

    CHECK_NUMBER(cw_checkout(&shop.cart, shop.now), CW_OK);
    request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/checkout ", 26) == 0);
    CHECK(strstr(request, ",\"seq\":3}"));
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"order_id\":5,\"code\":\"K7P2\",\"total\":3.4,\"seq\":3}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 3);
    CHECK_NUMBER(shop.answered.order_id, 5);
    CHECK_TEXT(shop.answered.code, "K7P2");
    /* Whose trolley it is now is asked at once. */
    CHECK(strncmp(bench_hear(&shop), "POST /cart/esp32/heartbeat ", 27) == 0);
}

static void test_what_is_no_event_is_refused_at_once(void) {
    char longest[CW_CODE_MAX + 2];
    cw_event event = cw_event_of(CW_ADD, CW_PRODUCT, NULL);
    begin_quietly(false);
    CHECK_NUMBER(cw_push(&shop.cart, &event, shop.now), CW_BAD_EVENT);
    event.kind = (cw_kind)9;
    CHECK_NUMBER(cw_push(&shop.cart, &event, shop.now), CW_BAD_EVENT);
    CHECK_NUMBER(cw_scan(&shop.cart, "", shop.now), CW_BAD_EVENT);
    CHECK_NUMBER(cw_scan(&shop.cart, "\r\n", shop.now), CW_BAD_EVENT);
    CHECK_NUMBER(cw_scan(&shop.cart, NULL, shop.now), CW_BAD_EVENT);
    CHECK_NUMBER(cw_scan(&shop.cart, "40\x01", shop.now), CW_OK);
    CHECK_NUMBER(cw_scan(&shop.cart, "40\x01" "06", shop.now), CW_BAD_EVENT);
    CHECK_NUMBER(cw_scan(&shop.cart, "40\xc3\xa4", shop.now), CW_BAD_EVENT);
    memset(longest, '4', sizeof longest);
    longest[CW_CODE_MAX + 1] = '\0';
    CHECK_NUMBER(cw_scan(&shop.cart, longest, shop.now), CW_BAD_EVENT);
    longest[CW_CODE_MAX] = '\0';
    CHECK_NUMBER(cw_scan(&shop.cart, longest, shop.now), CW_OK);
    CHECK_NUMBER(cw_waiting(&shop.cart), 2);
}

static void test_settings_are_checked(void) {
    bench_begin(&shop, false);
    cw_config config = bench_config(&shop);
    config.host = "shop\r\nX-Evil: 1";
    CHECK_NUMBER(cw_begin(&shop.cart, &config, &shop.port, 0), CW_BAD_SETTING);
    config.host = "";
    CHECK_NUMBER(cw_begin(&shop.cart, &config, &shop.port, 0), CW_BAD_SETTING);
    config = bench_config(&shop);
    config.key = "cwk_a b";
    CHECK_NUMBER(cw_begin(&shop.cart, &config, &shop.port, 0), CW_BAD_SETTING);
    config = bench_config(&shop);
    config.sign = true;
    config.device_id = 0;
    CHECK_NUMBER(cw_begin(&shop.cart, &config, &shop.port, 0), CW_BAD_SETTING);
}

/* Scans while the shop is away: 1, 2, 3 and a removal. */
static void queue_four(void) {
    cw_scan(&shop.cart, "11", shop.now);
    cw_scan(&shop.cart, "22", shop.now);
    cw_event event = cw_event_of(CW_SET, CW_BARCODE, "11");
    event.quantity = 3;
    cw_push(&shop.cart, &event, shop.now);
    cw_unscan(&shop.cart, "22", shop.now);
}

#define FOUR                                                                                      \
    "{\"type\":\"add\",\"seq\":1,\"barcode\":\"11\"},{\"type\":\"add\",\"seq\":2,\"barcode\":\"22\"}," \
    "{\"type\":\"set\",\"seq\":3,\"barcode\":\"11\",\"quantity\":3},"                             \
    "{\"type\":\"remove\",\"seq\":4,\"barcode\":\"22\"}"

static void test_what_waited_goes_in_one_batch(void) {
    begin_quietly(false);
    queue_four();
    expect_batch(bench_hear(&shop), FOUR);
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"acked\":4,\"seq\":4,\"code\":null,\"total\":3.40}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 4);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_EMPTY), 1);
    CHECK(shop.answered.batched);
    CHECK_TEXT(shop.answered.total, "3.40");
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
}

static void test_part_of_a_batch_is_acknowledged(void) {
    begin_quietly(false);
    queue_four();
    bench_hear(&shop);
    bench_answer(&shop, 200, "", "{\"success\":true,\"acked\":2,\"seq\":2,\"total\":1}");
    CHECK_NUMBER(cw_waiting(&shop.cart), 2);
    expect_batch(bench_hear(&shop),
                 "{\"type\":\"set\",\"seq\":3,\"barcode\":\"11\",\"quantity\":3},"
                 "{\"type\":\"remove\",\"seq\":4,\"barcode\":\"22\"}");
}

/* More than was sent, or another number, is no answer to a batch. */
static void test_a_batch_is_acknowledged_by_its_numbers(void) {
    static const char *const others[] = {
        "{\"success\":true,\"acked\":5,\"seq\":5,\"total\":1}",
        "{\"success\":true,\"acked\":2,\"seq\":3,\"total\":1}",
        "{\"success\":true,\"acked\":2,\"seq\":null,\"total\":1}",
        "{\"success\":true,\"acked\":0,\"seq\":null,\"total\":1}",
    };
    for (size_t at = 0; at < sizeof others / sizeof others[0]; at++) {
        begin_quietly(false);
        queue_four();
        expect_batch(bench_hear(&shop), FOUR);
        bench_answer(&shop, 200, "", others[at]);
        CHECK_NUMBER(cw_waiting(&shop.cart), 4);
        CHECK_NUMBER(bench_heard(&shop, CW_NEWS_PROBLEM), 1);
    }
}

static void test_a_refusal_in_a_batch_comes_with_its_words(void) {
    begin_quietly(false);
    queue_four();
    bench_hear(&shop);
    bench_answer(&shop, 404, "",
                 "{\"success\":false,\"acked\":2,\"seq\":2,\"code\":\"not-found\",\"total\":1}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_REFUSED), 0);
    CHECK_NUMBER(cw_waiting(&shop.cart), 3);
    /* It is asked for alone, under its number, and gets its first answer again. */
    const char *request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/add_item ", 26) == 0);
    CHECK(strstr(request, "\"seq\":2,\"barcode\":\"22\"}"));
    bench_answer(&shop, 404, "",
                 "{\"success\":false,\"message\":\"no product has this barcode\","
                 "\"lcdMessage\":\"no product has t\",\"code\":\"not-found\",\"seq\":2}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_REFUSED), 1);
    CHECK_TEXT(shop.answered.code, "not-found");
    CHECK_TEXT(shop.answered.message, "no product has this barcode");
    CHECK_TEXT(shop.event.code, "22");
    /* And the queue goes on, event by event: a network that doubled the batch has the shop refuse
     * the next one in an answer that nobody hears. */
    request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/update_item ", 29) == 0);
    CHECK(strstr(request, "\"seq\":3,\"barcode\":\"11\""));
    bench_answer(&shop, 409, "", "{\"success\":false,\"code\":\"out-of-stock\",\"seq\":3}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_REFUSED), 2);
    CHECK_TEXT(shop.answered.code, "out-of-stock");
    /* What was scanned since goes with the next batch. */
    bench_hear(&shop);
    bench_answer(&shop, 200, "", "{\"success\":true,\"items\":1,\"total\":1,\"seq\":4}");
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    cw_scan(&shop.cart, "11", shop.now);
    cw_scan(&shop.cart, "22", shop.now);
    expect_batch(bench_hear(&shop), "{\"type\":\"add\",\"seq\":5,\"barcode\":\"11\"},"
                                    "{\"type\":\"add\",\"seq\":6,\"barcode\":\"22\"}");
}

static void test_a_refusal_whose_words_are_forgotten_is_still_one(void) {
    begin_quietly(false);
    queue_four();
    bench_hear(&shop);
    bench_answer(&shop, 409, "",
                 "{\"success\":false,\"acked\":1,\"seq\":1,\"code\":\"cart-full\",\"total\":1}");
    bench_hear(&shop);
    bench_answer(&shop, 200, "", "{\"success\":true,\"duplicate\":true,\"items\":1,\"total\":1}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_REFUSED), 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 0);
    CHECK_TEXT(shop.answered.code, "cart-full");
    CHECK_NUMBER(shop.answered.status, 409);
    CHECK_NUMBER(cw_waiting(&shop.cart), 3);
}

static void test_an_answer_without_our_number_uses_up_nothing(void) {
    static const char *const others[] = {
        "{\"success\":true,\"seq\":2}", "{\"success\":true}", "{\"success\":false,\"code\":\"x\"}",
        "{\"seq\":1}", "<html>Sign in to Wi-Fi</html>", "",
        "{\"success\":true,\"seq\":1} trailing",
    };
    static const int statuses[] = {200, 400, 404, 409, 403, 418};
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    for (size_t body = 0; body < sizeof others / sizeof others[0]; body++) {
        for (size_t status = 0; status < sizeof statuses / sizeof statuses[0]; status++) {
            shop.news_count = 0;
            bench_pass(&shop, 31000);
            shop.cart.is_waiting = false;
            if (shop.cart.phase == CW_PHASE_IDLE) {
                bench_hear(&shop);
            }
            bench_answer(&shop, statuses[status], "", others[body]);
            CHECK_NUMBER(cw_waiting(&shop.cart), 1);
        }
    }
    /* A refusal has one of three statuses. */
    shop.cart.is_waiting = false;
    bench_hear(&shop);
    bench_answer(&shop, 403, "", "{\"success\":false,\"code\":\"not-your-cart\",\"seq\":1}");
    CHECK_NUMBER(cw_waiting(&shop.cart), 1);
}

static void test_a_lost_answer_is_asked_for_again(void) {
    char first[CW_SEND_BYTES + 1];
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    snprintf(first, sizeof first, "%s", bench_hear(&shop));
    bench_pass(&shop, CW_TIMEOUT_MS - 100);
    CHECK(shop.is_open);
    shop.sent_length = 0;
    bench_pass(&shop, 1000);
    /* The same number again, on another connection. */
    CHECK_NUMBER(shop.opened, 2);
    CHECK_TEXT(shop.sent, first);
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"duplicate\":true,\"items\":1,\"total\":1.29}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ACCEPTED), 1);
    CHECK(shop.answered.duplicate);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
}

static void test_a_kept_connection_that_died_is_no_failure(void) {
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    bench_hear(&shop);
    answer_accepted(1);
    shop.is_open = false;
    cw_scan(&shop.cart, "22", shop.now);
    CHECK(strstr(bench_hear(&shop), "\"seq\":2"));
    CHECK_NUMBER(shop.opened, 2);
    CHECK_NUMBER(shop.cart.failures, 0);
    answer_accepted(2);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_OFFLINE), 0);
}

static void test_without_a_shop_it_waits_longer_and_longer(void) {
    begin_quietly(false);
    shop.is_refusing = true;
    CHECK_NUMBER(cw_scan(&shop.cart, "11", shop.now), CW_OK);
    bench_pass(&shop, 200000);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_OFFLINE), 1);
    CHECK(!cw_online(&shop.cart));
    /* Drawn from at most 30 s each; without a wait it would be 4,000. */
    CHECK(shop.cart.failures >= 8 && shop.cart.failures < 60);
    shop.is_refusing = false;
    bench_pass(&shop, 31000);
    CHECK(strstr(shop.sent, "\"seq\":1"));
    CHECK_NUMBER(cw_waiting(&shop.cart), 1);
}

static void test_a_full_queue_is_told(void) {
    begin_quietly(true);
    shop.is_refusing = true;
    for (int at = 0; at < CW_QUEUE_EVENTS; at++) {
        CHECK_NUMBER(cw_scan(&shop.cart, "11", shop.now), CW_OK);
    }
    CHECK_NUMBER(cw_room(&shop.cart), 0);
    CHECK_NUMBER(cw_scan(&shop.cart, "22", shop.now), CW_FULL);
    CHECK_NUMBER(cw_waiting(&shop.cart), CW_QUEUE_EVENTS);
    shop.is_refusing = false;
    bench_hear(&shop);
    CHECK(strstr(shop.sent, "/events"));
    bench_answer(&shop, 200, "", "{\"success\":true,\"acked\":1,\"seq\":1,\"total\":1}");
    CHECK_NUMBER(cw_scan(&shop.cart, "22", shop.now), CW_OK);
    CHECK_NUMBER(cw_scan(&shop.cart, "22", shop.now), CW_FULL);
}

static void test_a_batch_is_as_long_as_fits(void) {
    unsigned sent = 0;
    begin_quietly(false);
    for (int at = 0; at < CW_QUEUE_EVENTS; at++) {
        cw_event event = cw_event_of(CW_ADD, CW_BARCODE, "12345678901234567890123456789012345");
        event.weight_g = 100000;
        CHECK_NUMBER(cw_push(&shop.cart, &event, shop.now), CW_OK);
    }
    const char *request = bench_hear(&shop);
    const char *body = bench_body(request);
    for (const char *at = body; (at = strstr(at, "\"seq\":")) != NULL; at++) {
        sent += 1;
    }
    CHECK(sent > 8 && sent < CW_QUEUE_EVENTS);
    CHECK_NUMBER(sent, shop.cart.sent_count);
    CHECK(cw_json_object(body, strlen(body)));
    const char *announced = strstr(request, "Content-Length: ");
    CHECK(announced != NULL);
    CHECK_NUMBER(strtol(announced + 16, NULL, 10), strlen(body));
    bench_answer(&shop, 413, "", "{\"success\":false,\"code\":\"too-many-events\"}");
    CHECK_NUMBER(cw_waiting(&shop.cart), CW_QUEUE_EVENTS);
    CHECK_NUMBER(shop.cart.batch_limit, CW_BATCH_MAX / 2);
}

static void test_busy_shops_are_given_time(void) {
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    bench_hear(&shop);
    bench_answer(&shop, 429, "Retry-After: 20\r\n",
                 "{\"success\":false,\"code\":\"too-many-requests\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_PROBLEM), 1);
    shop.sent_length = 0;
    shop.sent[0] = '\0';
    bench_pass(&shop, 19900);
    CHECK_TEXT(shop.sent, "");
    bench_pass(&shop, 700);
    CHECK(strstr(shop.sent, "\"seq\":1"));
    bench_answer(&shop, 503, "Retry-After: 4000000000\r\n",
                 "{\"success\":false,\"code\":\"unavailable\"}");
    CHECK(shop.cart.wait_until_ms - shop.now <= CW_RETRY_AFTER_MOST_MS + 1000u);
    CHECK_NUMBER(cw_waiting(&shop.cart), 1);
}

static void test_a_revoked_key_stops_everything(void) {
    begin_quietly(true);
    cw_scan(&shop.cart, "11", shop.now);
    bench_hear(&shop);
    bench_answer(&shop, 401, "",
                 "{\"success\":false,\"code\":\"revoked\",\"message\":\"this key is revoked\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_STOPPED), 1);
    CHECK_TEXT(shop.answered.code, "revoked");
    CHECK(cw_stopped(&shop.cart));
    /* Scans are still kept, and nothing is sent. */
    CHECK_NUMBER(cw_scan(&shop.cart, "22", shop.now), CW_OK);
    shop.sent_length = 0;
    shop.sent[0] = '\0';
    bench_pass(&shop, 120000);
    CHECK_TEXT(shop.sent, "");
    CHECK_NUMBER(cw_set_key(&shop.cart, "cwk_other", 7, false), CW_OK);
    const char *request = bench_hear(&shop);
    CHECK(strstr(request, "X-API-Key: cwk_other\r\n"));
    CHECK(strstr(request, "/events"));
}

static void test_a_strangers_401_does_not_stop_it(void) {
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    bench_hear(&shop);
    bench_answer(&shop, 401, "", "<html>proxy authentication</html>");
    CHECK(!cw_stopped(&shop.cart));
    CHECK_TEXT(shop.answered.code, "not-the-shop");
}

static void test_signed_requests_find_the_time(void) {
    char nonce[40];
    bench_begin(&shop, false);
    cw_config config = bench_config(&shop);
    config.sign = true;
    bench_boot(&shop, &config);
    cw_scan(&shop.cart, "11", shop.now);
    const char *request = bench_hear(&shop);
    CHECK(strstr(request, "X-Device-Id: 7\r\nX-Time: 0\r\nX-Nonce: "));
    CHECK(strstr(request, "X-API-Key") == NULL && strstr(request, "cwk_") == NULL);
    bench_answer(&shop, 401, "",
                 "{\"success\":false,\"code\":\"clock-skew\",\"unix\":1790000000}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_TIME), 1);
    shop.now += 5000;
    request = bench_hear(&shop);
    CHECK_NUMBER(cw_unix(&shop.cart, shop.now), 1790000005);
    /* Sent again at once: in the polls of the answer or here, and by the shop's clock. */
    CHECK(shop.cart.phase == CW_PHASE_RECEIVING);
    CHECK(strstr(shop.cart.send, "X-Time: 1790000000\r\n") ||
          strstr(shop.cart.send, "X-Time: 1790000005\r\n"));
    memcpy(nonce, strstr(shop.cart.send, "X-Nonce: "), 25);
    nonce[25] = '\0';
    bench_answer(&shop, 401, "", "{\"success\":false,\"code\":\"replayed\"}");
    bench_hear(&shop);
    CHECK(shop.cart.phase == CW_PHASE_RECEIVING);
    CHECK(strstr(shop.cart.send, nonce) == NULL);
    answer_accepted(1);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    /* A clock that never becomes right is not asked for ever. */
    cw_scan(&shop.cart, "22", shop.now);
    for (int times = 0; times < 4; times++) {
        bench_hear(&shop);
        bench_answer(&shop, 401, "", "{\"success\":false,\"code\":\"clock-skew\",\"unix\":5}");
    }
    CHECK(shop.cart.is_waiting && !cw_stopped(&shop.cart));
    shop.cart.is_waiting = false;
    bench_hear(&shop);
    bench_answer(&shop, 401, "", "{\"success\":false,\"code\":\"bad-signature\"}");
    CHECK(cw_stopped(&shop.cart));
}

static void test_a_shop_that_wants_signatures_gets_them(void) {
    begin_quietly(false);
    cw_scan(&shop.cart, "11", shop.now);
    CHECK(strstr(bench_hear(&shop), "X-API-Key"));
    bench_answer(&shop, 401, "", "{\"success\":false,\"code\":\"signature-required\"}");
    bench_hear(&shop);
    CHECK(strstr(shop.cart.send, "X-Signature: "));
    CHECK(!cw_stopped(&shop.cart));
}

static void test_heartbeats_come_by_themselves(void) {
    bench_begin(&shop, false);
    cw_config config = bench_config(&shop);
    config.heartbeat_s = 30;
    bench_boot(&shop, &config);
    cw_set_health(&shop.cart, 87, -61, 143200);
    cw_set_firmware(&shop.cart, "2.4.1");
    cw_set_weight(&shop.cart, 2140);
    const char *request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/heartbeat ", 27) == 0);
    CHECK_TEXT(bench_body(request),
               "{\"battery_pct\":87,\"rssi\":-61,\"free_heap\":143200,\"cart_weight\":2140,"
               "\"firmware\":\"2.4.1\"}");
    bench_answer(&shop, 200, "", STATUS);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_STATUS), 1);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_SESSION), 1);
    CHECK(shop.status.paired);
    CHECK_TEXT(shop.status.cart_code, "K7P2");
    CHECK_NUMBER(shop.status.session, 4);
    CHECK_NUMBER(cw_unix(&shop.cart, shop.now), 1789997600);
    CHECK_TEXT(bench_hear(&shop), "");
    bench_pass(&shop, 29000);
    CHECK_TEXT(shop.sent, "");
    bench_pass(&shop, 1500);
    CHECK(strstr(shop.sent, "heartbeat"));
    bench_answer(&shop, 200, "", STATUS);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_SESSION), 1);
    cw_want_sleep(&shop.cart, 3600);
    CHECK(strstr(bench_hear(&shop), "\"sleep_s\":3600}"));
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"paired\":false,\"session\":5,\"cart_code\":\"Q\","
                 "\"firmware\":true}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_SESSION), 2);
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_FIRMWARE), 1);
    cw_want_heartbeat(&shop.cart);
    CHECK(strstr(bench_hear(&shop), "sleep_s") == NULL);
}

static void test_the_clock_survives_the_wrap(void) {
    bench_begin(&shop, false);
    shop.now = UINT32_MAX - 20000u;
    const cw_config config = bench_config(&shop);
    bench_boot(&shop, &config);
    cw_want_time(&shop.cart);
    bench_hear(&shop);
    bench_answer(&shop, 200, "", "{\"success\":true,\"time\":\"x\",\"unix\":1790000000}");
    for (int minutes = 0; minutes < 10; minutes++) {
        shop.now += 60000u;
        cw_poll(&shop.cart, shop.now);
    }
    CHECK_NUMBER(cw_unix(&shop.cart, shop.now), 1790000600);
}

static void test_old_scans_say_whose_they_are(void) {
    begin_quietly(false);
    cw_want_heartbeat(&shop.cart);
    bench_hear(&shop);
    bench_answer(&shop, 200, "", STATUS);
    cw_scan(&shop.cart, "11", shop.now);
    /* Fresh: it belongs to whoever holds the trolley. */
    CHECK(strstr(bench_hear(&shop), "session") == NULL);
    bench_pass(&shop, CW_FRESH_MS + 2 * CW_TIMEOUT_MS);
    CHECK(strstr(shop.cart.send, "\"session\":4}"));
    bench_answer(&shop, 409, "",
                 "{\"success\":false,\"code\":\"session-ended\",\"message\":\"changed hands\","
                 "\"seq\":1}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_REFUSED), 1);
    CHECK_TEXT(shop.answered.code, "session-ended");
    /* Which session it is now is asked at once. */
    bench_hear(&shop);
    CHECK(strstr(shop.cart.send, "/heartbeat"));
    bench_answer(&shop, 200, "", STATUS);

    /* Behind a checkout that waits, the session is not known. */
    shop.is_refusing = true;
    shop.is_open = false;
    cw_checkout(&shop.cart, shop.now);
    cw_scan(&shop.cart, "22", shop.now);
    bench_pass(&shop, 2 * CW_FRESH_MS);
    shop.is_refusing = false;
    bench_pass(&shop, 31000);
    CHECK(strstr(shop.cart.send, "{\"type\":\"checkout\",\"seq\":2,\"session\":4},"
                                 "{\"type\":\"add\",\"seq\":3,\"barcode\":\"22\"}]"));
}

static void test_places_weights_and_the_rest(void) {
    begin_quietly(false);
    cw_want_place(&shop.cart, -1205, 7, 2);
    CHECK_TEXT(bench_body(bench_hear(&shop)), "{\"x\":-12.05,\"y\":0.07,\"floor\":2}");
    bench_answer(&shop, 200, "", "{\"success\":true,\"lcdMessage\":\"Fruit\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_PLACED), 1);
    CHECK_TEXT(shop.answered.lcd, "Fruit");
    CHECK_NUMBER(cw_want_place_tag(&shop.cart, "P-\"03"), CW_OK);
    CHECK_TEXT(bench_body(bench_hear(&shop)), "{\"tag\":\"P-\\\"03\"}");
    bench_answer(&shop, 404, "", "{\"success\":false,\"code\":\"not-found\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_PROBLEM), 1);
    /* A refused wish is not repeated. */
    bench_pass(&shop, 2000);
    CHECK(!cw_busy(&shop.cart));
    CHECK_NUMBER(cw_want_place_node(&shop.cart, ""), CW_BAD_SETTING);

    cw_want_tare(&shop.cart, 30);
    const char *request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/tare ", 22) == 0);
    CHECK_TEXT(bench_body(request), "{\"seconds\":30}");
    bench_answer(&shop, 200, "", "{\"success\":true}");

    cw_set_firmware(&shop.cart, "1.4.0");
    cw_want_healthy(&shop.cart);
    request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/healthy ", 25) == 0);
    CHECK_TEXT(bench_body(request), "{\"version\":\"1.4.0\"}");
    bench_answer(&shop, 200, "", "{\"success\":true}");
    CHECK(!cw_busy(&shop.cart));

    cw_stream_weight(&shop.cart, 100);
    cw_set_weight(&shop.cart, 500);
    CHECK_TEXT(bench_body(bench_hear(&shop)), "{\"cart_weight\":500}");
    bench_answer(&shop, 200, "", STATUS);
    cw_set_weight(&shop.cart, 501);
    bench_pass(&shop, 1000);
    CHECK(!cw_busy(&shop.cart));
    cw_set_weight(&shop.cart, 498);
    CHECK_TEXT(bench_body(bench_hear(&shop)), "{\"cart_weight\":498}");
}

static void test_the_cart_is_read_page_by_page(void) {
    begin_quietly(false);
    cw_want_cart(&shop.cart);
    CHECK(strncmp(bench_hear(&shop), "GET /cart/esp32/cart?offset=0 HTTP/1.1\r\n", 40) == 0);
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"lines\":[{\"product_id\":1,\"name\":\"Milk\",\"quantity\":2,"
                 "\"total\":2.58},{\"product_id\":2,\"name\":\"Tea\",\"quantity\":1,"
                 "\"total\":1.10}],\"next\":2,\"items\":4,\"total\":5}");
    bench_hear(&shop);
    CHECK(strncmp(shop.cart.send, "GET /cart/esp32/cart?offset=2 ", 30) == 0);
    bench_answer(&shop, 200, "",
                 "{\"success\":true,\"lines\":[{\"product_id\":3,\"name\":\"Jam\",\"quantity\":1,"
                 "\"total\":1.32}],\"next\":null,\"items\":4,\"total\":5}");
    CHECK_NUMBER(shop.line_count, 3);
    CHECK_TEXT(shop.lines[0].name, "Milk");
    CHECK(!shop.lines[1].last && shop.lines[2].last);
    CHECK_NUMBER(shop.lines[2].index, 2);
    CHECK_TEXT(shop.lines[2].total, "1.32");
    /* A page that points back does not go round for ever. */
    cw_want_cart(&shop.cart);
    bench_hear(&shop);
    bench_answer(&shop, 200, "", "{\"success\":true,\"lines\":[],\"next\":0}");
    CHECK(!cw_busy(&shop.cart));
    CHECK(shop.lines[3].last && shop.lines[3].product_id == 0);
}

static void claim_of(const char *request, char claim[33]) {
    static const char name[] = "\"claim\":\"";
    const char *at = strstr(bench_body(request), name);
    CHECK(at != NULL && strlen(at) == sizeof name - 1 + 32 + 2);
    memset(claim, 0, 33);
    if (at != NULL) {
        strncpy(claim, at + sizeof name - 1, 32);
    }
}

/* What is sent again when no answer came. */
static const char *lose_answer_and_hear(void) {
    shop.sent_length = 0;
    shop.sent[0] = '\0';
    bench_pass(&shop, CW_TIMEOUT_MS + 1000);
    return shop.sent;
}

static void test_enrolment(void) {
    bench_begin(&shop, true);
    cw_config config = bench_config(&shop);
    config.key = NULL;
    config.device_id = 0;
    bench_boot(&shop, &config);
    cw_scan(&shop.cart, "11", shop.now);
    CHECK_TEXT(bench_hear(&shop), "");
    CHECK_NUMBER(cw_want_enroll(&shop.cart, "K7QF 22MB", NULL, NULL), CW_BAD_SETTING);
    CHECK_NUMBER(cw_want_enroll(&shop.cart, "K7QF-22MB", "24:6F:28:00:00:01", "ESP32"), CW_OK);
    const char *request = bench_hear(&shop);
    CHECK(strncmp(request, "POST /cart/esp32/enroll ", 24) == 0);
    CHECK(strstr(request, "X-API-Key") == NULL);
    static const char start[] = "{\"pairing_code\":\"K7QF-22MB\",\"mac\":\"24:6F:28:00:00:01\","
                                "\"chip\":\"ESP32\",\"claim\":\"";
    CHECK(strncmp(bench_body(request), start, sizeof start - 1) == 0);
    char first[33];
    claim_of(request, first);
    CHECK_NUMBER(strspn(first, "0123456789abcdef"), 32);
    /* The answer is lost: the same claim again, by itself and when asked once more. */
    char again[33];
    claim_of(lose_answer_and_hear(), again);
    CHECK_TEXT(again, first);
    CHECK_NUMBER(cw_want_enroll(&shop.cart, "K7QF-22MB", "24:6F:28:00:00:01", "ESP32"), CW_OK);
    claim_of(lose_answer_and_hear(), again);
    CHECK_TEXT(again, first);
    bench_answer(&shop, 401, "", "{\"success\":false,\"code\":\"wrong-code\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_PROBLEM), 1);
    CHECK(!cw_stopped(&shop.cart));
    cw_want_enroll(&shop.cart, "K7QF-22MC", NULL, NULL);
    claim_of(bench_hear(&shop), again);
    CHECK(strcmp(again, first) != 0);
    bench_answer(&shop, 200, "", "{\"success\":true,\"device_id\":9,\"key\":\"cwk_new\"}");
    CHECK_NUMBER(bench_heard(&shop, CW_NEWS_ENROLLED), 1);
    CHECK_TEXT(shop.enrolled.key, "cwk_new");
    CHECK_NUMBER(shop.enrolled.device_id, 9);
    /* What was scanned before goes out now. */
    bench_hear(&shop);
    CHECK(strstr(shop.cart.send, "X-API-Key: cwk_new\r\n"));
}

static void test_bytes_may_come_in_drops(void) {
    begin_quietly(false);
    shop.most_at_once = 3;
    cw_scan(&shop.cart, "11", shop.now);
    for (int times = 0; times < 8; times++) {
        size_t length = shop.sent_length;
        for (int polls = 0; polls < 64; polls++) {
            cw_poll(&shop.cart, shop.now);
        }
        if (shop.sent_length == length) {
            break;
        }
    }
    CHECK(strstr(shop.sent, "\"seq\":1,\"barcode\":\"11\"}"));
    answer_accepted(1);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
}

static void test_a_program_may_feed_it(void) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\n\r\n{\"success\":true,\"seq\":1,\"total\":1}";
    bench_begin(&shop, false);
    shop.port.receive = NULL;
    const cw_config config = bench_config(&shop);
    bench_boot(&shop, &config);
    cw_scan(&shop.cart, "11", shop.now);
    bench_hear(&shop);
    cw_feed(&shop.cart, (const uint8_t *)answer, sizeof answer - 1, shop.now);
    CHECK_NUMBER(cw_waiting(&shop.cart), 1);
    cw_closed(&shop.cart, shop.now);
    CHECK_NUMBER(cw_waiting(&shop.cart), 0);
    CHECK(!shop.is_open);
}

static void test_two_carts_do_not_meet(void) {
    static bench other;
    begin_quietly(false);
    bench_begin(&other, false);
    CHECK(memcmp(&shop.cart.queue, &other.cart.queue, sizeof shop.cart.queue) == 0);
    cw_scan(&shop.cart, "11", shop.now);
    CHECK_NUMBER(cw_waiting(&other.cart), 0);
    CHECK_TEXT(bench_hear(&other), "");
    CHECK(strstr(bench_hear(&shop), "\"seq\":1"));
}

static void test_credentials_for_other_requests(void) {
    char head[256];
    begin_quietly(false);
    size_t length = cw_credential(&shop.cart, "GET", "/cart/esp32/firmware", NULL, 0, shop.now,
                                  head, sizeof head);
    CHECK_NUMBER(length, strlen(head));
    CHECK_TEXT(head, "X-API-Key: cwk_secret\r\n");
    cw_set_key(&shop.cart, "cwk_secret", 7, true);
    length = cw_credential(&shop.cart, "GET", "/cart/esp32/firmware", NULL, 0, shop.now, head,
                           sizeof head);
    CHECK(length > 0 && strstr(head, "X-Signature: "));
    CHECK_NUMBER(cw_credential(&shop.cart, "GET", "/", NULL, 0, shop.now, head, 20), 0);
    cw_set_key(&shop.cart, NULL, 0, false);
    CHECK_NUMBER(cw_credential(&shop.cart, "GET", "/", NULL, 0, shop.now, head, sizeof head), 0);
}

int main(void) {
    test_one_scan_is_one_request();
    test_everything_an_event_says();
    test_what_is_no_event_is_refused_at_once();
    test_settings_are_checked();
    test_what_waited_goes_in_one_batch();
    test_part_of_a_batch_is_acknowledged();
    test_a_batch_is_acknowledged_by_its_numbers();
    test_a_refusal_in_a_batch_comes_with_its_words();
    test_a_refusal_whose_words_are_forgotten_is_still_one();
    test_an_answer_without_our_number_uses_up_nothing();
    test_a_lost_answer_is_asked_for_again();
    test_a_kept_connection_that_died_is_no_failure();
    test_without_a_shop_it_waits_longer_and_longer();
    test_a_full_queue_is_told();
    test_a_batch_is_as_long_as_fits();
    test_busy_shops_are_given_time();
    test_a_revoked_key_stops_everything();
    test_a_strangers_401_does_not_stop_it();
    test_signed_requests_find_the_time();
    test_a_shop_that_wants_signatures_gets_them();
    test_heartbeats_come_by_themselves();
    test_the_clock_survives_the_wrap();
    test_old_scans_say_whose_they_are();
    test_places_weights_and_the_rest();
    test_the_cart_is_read_page_by_page();
    test_enrolment();
    test_bytes_may_come_in_drops();
    test_a_program_may_feed_it();
    test_two_carts_do_not_meet();
    test_credentials_for_other_requests();
    printf("cart: %d checks passed, a cart takes %zu bytes\n", checks_done, sizeof(cw_cart));
    return 0;
}
