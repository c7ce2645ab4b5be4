/* The parts of the client library, each alone: texts, JSON, hashes, HTTP, waits, addresses. */
#include "bench.h"

static void test_numbers_are_written(void) {
    char room[64];
    cw_text text = cw_text_in(room, sizeof room);
    cw_put_number(&text, 0);
    cw_put(&text, " ");
    cw_put_number(&text, -1);
    cw_put(&text, " ");
    cw_put_number(&text, INT64_MIN);
    cw_put(&text, " ");
    cw_put_number(&text, UINT32_MAX);
    CHECK_TEXT(room, "0 -1 -9223372036854775808 4294967295");
    text = cw_text_in(room, 4);
    cw_put(&text, "abc");
    CHECK(!text.is_full);
    cw_put(&text, "d");
    CHECK(text.is_full);
    CHECK_TEXT(room, "abc");
}

static void test_times_are_read(void) {
    uint32_t unix_s = 0;
    CHECK(cw_read_time("2026-09-21T13:33:20Z", 20, &unix_s));
    CHECK_NUMBER(unix_s, 1789997600);
    CHECK(cw_read_time("1970-01-01T00:00:00Z", 20, &unix_s));
    CHECK_NUMBER(unix_s, 0);
    CHECK(cw_read_time("2024-02-29T23:59:59.123Z", 24, &unix_s));
    CHECK_NUMBER(unix_s, 1709251199);
    CHECK(!cw_read_time("2024-13-29T23:59:59Z", 20, &unix_s));
    CHECK(!cw_read_time("2024-02-29 23:59:59Z", 20, &unix_s));
    CHECK(!cw_read_time("2024-02-29T23:59Z", 17, &unix_s));
}

static void test_members_are_found(void) {
    static const char body[] =
        " {\"a\" : {\"code\":\"inner\",\"x\":[1,\"]}\"]}, \"code\":\"gap\",\"n\":17,\"m\":-4,"
        "\"price\":10.90,\"t\":true,\"z\":null,\"e\":\"K\\u00e4se \\\"1\\\" \xc3\xa4\\n\"}\r\n";
    const size_t length = sizeof body - 1;
    char text[32];
    uint32_t number = 0;
    CHECK(cw_json_object(body, length));
    cw_json_text(body, length, "code", text, sizeof text);
    CHECK_TEXT(text, "gap");
    cw_json_text(body, length, "e", text, sizeof text);
    CHECK_TEXT(text, "K?se \"1\" ? ");
    cw_json_text(body, length, "e", text, 5);
    CHECK_TEXT(text, "K?se");
    CHECK(cw_json_number(body, length, "n", &number));
    CHECK_NUMBER(number, 17);
    CHECK(!cw_json_number(body, length, "m", &number));
    CHECK(!cw_json_number(body, length, "price", &number));
    CHECK(!cw_json_number(body, length, "code", &number));
    CHECK(!cw_json_number(body, length, "none", &number));
    cw_json_amount(body, length, "price", text, sizeof text);
    CHECK_TEXT(text, "10.90");
    cw_json_amount(body, length, "price", text, 5);
    CHECK_TEXT(text, "");
    CHECK(cw_json_true(body, length, "t") && !cw_json_true(body, length, "n"));
    CHECK_NUMBER(cw_json_member(body, length, "z").kind, CW_JSON_NULL);
}

static void test_what_is_no_object_is_refused(void) {
    static const char *const broken[] = {
        "",           "{",         "[]",           "{\"a\"}",      "{\"a\":}",
        "{\"a\":1,}", "{\"a\":1}x", "{\"a\":[1}",   "{\"a\":\"b}",  "{\"a\":1 \"b\":2}",
        "{a:1}",      "{\"a\":tru}", "{\"a\":\"\\", "{\"a\":\"\n\"}", "{\"a\":[[[[[[[[[[]]]]]]]]]]}",
    };
    for (size_t at = 0; at < sizeof broken / sizeof broken[0]; at++) {
        if (cw_json_object(broken[at], strlen(broken[at]))) {
            fprintf(stderr, "taken for an object: %s\n", broken[at]);
            exit(1);
        }
    }
    CHECK(cw_json_object("{}", 2));
    /* Names count at the top only. */
    CHECK_NUMBER(cw_json_member("{\"a\":{\"seq\":4}}", 15, "seq").kind, CW_JSON_NONE);
}

static void test_lists_are_walked(void) {
    static const char body[] = "{\"lines\":[ {\"a\":1} , 2,[3] ],\"none\":[]}";
    cw_json list = cw_json_member(body, sizeof body - 1, "lines");
    cw_json value;
    size_t at = 0;
    CHECK(cw_json_next(list, &at, &value) && value.kind == CW_JSON_OBJECT);
    CHECK(cw_json_next(list, &at, &value) && value.kind == CW_JSON_NUMBER);
    CHECK(cw_json_next(list, &at, &value) && value.kind == CW_JSON_LIST);
    CHECK(!cw_json_next(list, &at, &value));
    list = cw_json_member(body, sizeof body - 1, "none");
    at = 0;
    CHECK(!cw_json_next(list, &at, &value));
}

static void check_hex(const uint8_t *bytes, size_t length, const char *expected) {
    char hex[65];
    cw_text text = cw_text_in(hex, sizeof hex);
    cw_put_hex(&text, bytes, length);
    CHECK_TEXT(hex, expected);
}

/* FIPS 180-4 and RFC 4231, whose second case has a key that is padded with zeros anyway. */
static void test_hashes(void) {
    uint8_t digest[32];
    uint8_t secret[32] = {'J', 'e', 'f', 'e'};
    char million[1000];
    cw_sha256 hash;
    cw_sha256_of("abc", 3, digest);
    check_hex(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cw_sha256_of("", 0, digest);
    check_hex(digest, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    memset(million, 'a', sizeof million);
    cw_sha256_begin(&hash);
    for (int at = 0; at < 1000; at++) {
        cw_sha256_add(&hash, million, sizeof million);
    }
    cw_sha256_end(&hash, digest);
    check_hex(digest, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    cw_hmac_sha256(secret, "what do ya want for nothing?", 28, digest);
    check_hex(digest, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* The vectors of the protocol page. */
static void test_signatures(void) {
    static const char key[] = "cwk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    static const char body[] = "{\"barcode\":\"4006381333931\",\"boot_id\":\"a1\",\"seq\":17}";
    uint8_t secret[32];
    char head[256];
    cw_sha256_of(key, sizeof key - 1, secret);
    check_hex(secret, 32, "457f713498493aba02fdbf99968a8c2e2f9c79562b59e0d40ed89409815504b7");
    cw_text text = cw_text_in(head, sizeof head);
    CHECK(cw_put_signature(&text, secret, 7, "POST", "/cart/esp32/add_item", 1790000000u,
                           "n0nce-_01", (const uint8_t *)body, sizeof body - 1));
    CHECK_TEXT(head,
               "X-Device-Id: 7\r\nX-Time: 1790000000\r\nX-Nonce: n0nce-_01\r\nX-Signature: "
               "0d0b4261686a29f1fb9fae862a6de316dcbb9a3518e73a3732201a3492372f55\r\n");
    text = cw_text_in(head, sizeof head);
    CHECK(cw_put_signature(&text, secret, 7, "GET", "/cart/esp32/cart?offset=5", 1790000001u,
                           "n0nce-_02", NULL, 0));
    CHECK(strstr(head, "65cca27309d0065b32874e867568703f988aae1ac3232ce4e3afd46ebca6dbea"));
    text = cw_text_in(head, 40);
    CHECK(!cw_put_signature(&text, secret, 7, "GET", "/", 1, "n0nce-_02", NULL, 0));
}

static void test_checksum(void) {
    CHECK_NUMBER(cw_crc32((const uint8_t *)"123456789", 9), 0xCBF43926);
    CHECK_NUMBER(cw_crc32((const uint8_t *)"", 0), 0);
}

static void feed(cw_response *response, const char *bytes, size_t at_once) {
    const size_t length = strlen(bytes);
    cw_response_begin(response);
    for (size_t at = 0; at < length; at += at_once) {
        const size_t left = length - at < at_once ? length - at : at_once;
        cw_response_feed(response, (const uint8_t *)bytes + at, left);
    }
}

static void test_answers_are_read_in_any_pieces(void) {
    static const char answer[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Service Unavailable\r\nRETRY-AFTER: 7\r\n"
        "content-length:  14 \r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "\r\nConnection: Close\r\n\r\n{\"success\":0}\n";
    static cw_response response;
    for (size_t at_once = 1; at_once < 40; at_once++) {
        feed(&response, answer, at_once);
        CHECK(response.is_complete && !response.is_broken && response.is_closing);
        CHECK_NUMBER(response.status, 503);
        CHECK_NUMBER(response.retry_after_s, 7);
        CHECK_TEXT(response.body, "{\"success\":0}\n");
    }
}

static void test_a_body_without_length_ends_with_the_connection(void) {
    static cw_response response;
    feed(&response, "HTTP/1.0 200 OK\r\n\r\n{}", 5);
    CHECK(!response.is_complete && !response.is_broken);
    cw_response_closed(&response);
    CHECK(response.is_complete && response.is_closing);
    feed(&response, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", 5);
    cw_response_closed(&response);
    CHECK(response.is_broken);
    feed(&response, "HTTP/1.1 204 No Content\r\n\r\n", 5);
    CHECK(response.is_complete);
}

static void test_what_is_no_answer_is_broken(void) {
    static const char *const broken[] = {
        "hello there, this is a telnet server\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/2 200\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1153\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    };
    static cw_response response;
    for (size_t at = 0; at < sizeof broken / sizeof broken[0]; at++) {
        feed(&response, broken[at], 3);
        if (!response.is_broken) {
            fprintf(stderr, "not broken: %s\n", broken[at]);
            exit(1);
        }
    }
    /* Endless headers and an endless body end somewhere. */
    cw_response_begin(&response);
    cw_response_feed(&response, (const uint8_t *)"HTTP/1.1 200 OK\r\n", 17);
    for (int line = 0; line < 2000; line++) {
        cw_response_feed(&response, (const uint8_t *)"X: y\r\n", 6);
    }
    CHECK(response.is_broken);
    feed(&response, "HTTP/1.1 200 OK\r\n\r\n", 19);
    for (int at = 0; at < 2000; at++) {
        cw_response_feed(&response, (const uint8_t *)"{", 1);
    }
    CHECK(response.is_broken && response.body_length <= CW_ANSWER_BYTES);
}

static void test_waits_grow_and_are_drawn(void) {
    CHECK_NUMBER(cw_backoff_ms(1, 0), 0);
    CHECK_NUMBER(cw_backoff_ms(1, UINT32_MAX), 500);
    CHECK_NUMBER(cw_backoff_ms(2, UINT32_MAX), 1000);
    CHECK_NUMBER(cw_backoff_ms(5, UINT32_MAX), 8000);
    CHECK_NUMBER(cw_backoff_ms(5, UINT32_MAX / 2), 4000);
    CHECK_NUMBER(cw_backoff_ms(7, UINT32_MAX), 30000);
    CHECK_NUMBER(cw_backoff_ms(1000, UINT32_MAX), 30000);
    CHECK(cw_is_due(5, 5) && cw_is_due(6, 5) && !cw_is_due(4, 5));
    CHECK(cw_is_due(3, UINT32_MAX - 3) && !cw_is_due(UINT32_MAX - 3, 3));
}

static void check_address(const char *text, const char *host, int port) {
    cw_address address;
    const bool is_read = cw_read_address(text, strlen(text), &address);
    if (host == NULL) {
        if (is_read) {
            fprintf(stderr, "taken for an address: %s\n", text);
            exit(1);
        }
        return;
    }
    CHECK(is_read);
    CHECK_TEXT(address.host, host);
    CHECK_NUMBER(address.port, port);
}

static void test_addresses(void) {
    check_address("http://192.168.1.10:8080", "192.168.1.10", 8080);
    check_address(" shop.local \r\n", "shop.local", 80);
    check_address("http://shop.local/admin/", "shop.local", 80);
    check_address("shop:65535", "shop", 65535);
    check_address("https://shop", NULL, 0);
    check_address("shop:65536", NULL, 0);
    check_address("shop:0", NULL, 0);
    check_address("shop:", NULL, 0);
    check_address("sh op", NULL, 0);
    check_address("", NULL, 0);
    check_address("http://", NULL, 0);
    check_address("host\r\nX-Evil: 1", NULL, 0);
    check_address("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, 0);
}

static bool discovered(const char *text, cw_address *address) {
    return cw_read_discovery(text, strlen(text), address);
}

static bool enrolls(const char *text, cw_address *address, char code[16]) {
    return cw_read_enrollment(text, strlen(text), address, code, 16);
}

static void test_discovery_and_enrolment_texts(void) {
    cw_address address;
    char code[16];
    CHECK(discovered("cartwright 1 http://192.168.1.10:8080\n", &address));
    CHECK_TEXT(address.host, "192.168.1.10");
    CHECK_NUMBER(address.port, 8080);
    CHECK(discovered("cartwright 1 http://192.168.1.10:8080\nmore", &address));
    CHECK(!discovered("cartwright 2 http://192.168.1.10:8080\n", &address));
    CHECK(!discovered("cartwright 1 http://", &address));
    CHECK(!discovered("cartwright?", &address));

    CHECK(enrolls("cartwright:enroll?url=http://10.0.0.2:8080&code=K7QF22MB\r\n", &address, code));
    CHECK_TEXT(address.host, "10.0.0.2");
    CHECK_NUMBER(address.port, 8080);
    CHECK_TEXT(code, "K7QF22MB");
    CHECK(enrolls("cartwright:enroll?code=A%2DB&x=1&url=http%3A%2F%2Fshop", &address, code));
    CHECK_TEXT(address.host, "shop");
    CHECK_TEXT(code, "A-B");
    CHECK(!enrolls("cartwright:enroll?url=http://10.0.0.2:8080", &address, code));
    CHECK(!enrolls("cartwright:enroll?url=http://10.0.0.2&code=", &address, code));
    CHECK(!enrolls("cartwright:enroll?url=http://10.0.0.2&code=A%0dB", &address, code));
    CHECK(!enrolls("cartwright:enroll?url=http://s&code=ABCDEFGHIJKLMNOPQ", &address, code));
    CHECK(!enrolls("https://example.com/?url=http://s&code=A", &address, code));
}

int main(void) {
    test_numbers_are_written();
    test_times_are_read();
    test_members_are_found();
    test_what_is_no_object_is_refused();
    test_lists_are_walked();
    test_hashes();
    test_signatures();
    test_checksum();
    test_answers_are_read_in_any_pieces();
    test_a_body_without_length_ends_with_the_connection();
    test_what_is_no_answer_is_broken();
    test_waits_grow_and_are_drawn();
    test_addresses();
    test_discovery_and_enrolment_texts();
    printf("parts: %d checks passed\n", checks_done);
    return 0;
}
