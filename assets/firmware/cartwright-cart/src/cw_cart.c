/* The cart: settings, wishes, and the state machine that turns them into exchanges. */
#include "cw_internal.h"

#include <string.h>

/* Reads of the port in one poll: the main loop has other things to do. */
#define READS_MAX 8
#define WEIGHT_STEP_G 2

static bool is_printable(const char *text, size_t most) {
    size_t length = 0;
    for (; text[length] != '\0'; length++) {
        if (length == most || text[length] <= ' ' || text[length] > '~') {
            return false;
        }
    }
    return length > 0;
}

static bool is_host(const char *host) {
    for (const char *at = host; *at != '\0'; at++) {
        const bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        const bool is_digit = *at >= '0' && *at <= '9';
        if (!is_letter && !is_digit && *at != '.' && *at != '-' && *at != '_') {
            return false;
        }
    }
    return is_printable(host, CW_HOST_MAX);
}

static void want(cw_cart *cart, cw_request request) {
    cart->wants |= 1u << (unsigned)request;
}

cw_result cw_set_server(cw_cart *cart, const char *host, uint16_t port) {
    if (host == NULL || !is_host(host) || port == 0) {
        return CW_BAD_SETTING;
    }
    /* What is under way goes to the old one, and is made again. */
    if (cart->is_open || cart->phase != CW_PHASE_IDLE) {
        cw_doubt(cart);
        cart->is_open = true;
        cw_abandon(cart);
    }
    cw_copy(cart->host, sizeof cart->host, host);
    cart->tcp_port = port;
    cart->is_stopped = false;
    cart->is_waiting = false;
    return CW_OK;
}

cw_result cw_set_key(cw_cart *cart, const char *key, uint32_t device_id, bool sign) {
    if (key != NULL && key[0] != '\0' && !is_printable(key, CW_KEY_MAX)) {
        return CW_BAD_SETTING;
    }
    if (sign && device_id == 0 && key != NULL && key[0] != '\0') {
        return CW_BAD_SETTING;
    }
    cw_copy(cart->key, sizeof cart->key, key);
    cw_sha256_of(cart->key, strlen(cart->key), cart->secret);
    cart->device_id = device_id;
    cart->sign = sign;
    cart->is_stopped = false;
    cart->is_waiting = false;
    cart->corrections = 0;
    return CW_OK;
}

cw_result cw_begin(cw_cart *cart, const cw_config *config, const cw_port *port, uint32_t now_ms) {
    static const cw_event nothing;
    uint32_t lost = 0;
    memset(cart, 0, sizeof *cart);
    cart->port = *port;
    cart->listener = config->listener;
    cart->listener_user = config->listener_user;
    cart->heartbeat_ms = (uint32_t)config->heartbeat_s * 1000u;
    cart->heartbeat_due_ms = now_ms;
    cart->batch_limit = CW_BATCH_MAX;
    cart->battery_pct = CW_NONE;
    cart->rssi_dbm = CW_NONE;
    cart->free_heap_bytes = CW_NONE;
    cart->weight_g = CW_NONE;
    cart->weight_sent_g = CW_NONE;
    if (cw_set_server(cart, config->host, config->port) != CW_OK ||
        cw_set_key(cart, config->key, config->device_id, config->sign) != CW_OK) {
        return CW_BAD_SETTING;
    }
    (void)cw_queue_begin(&cart->queue, &cart->port, &lost);
    for (; lost > 0; lost--) {
        cw_tell(cart, CW_NEWS_LOST, &nothing, NULL);
    }
    return CW_OK;
}

/* ---- Events ---- */

cw_event cw_event_of(cw_kind kind, cw_by by, const char *code) {
    cw_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.by = by;
    event.quantity = CW_NONE;
    event.weight_g = CW_NONE;
    event.cart_weight_g = CW_NONE;
    if (code != NULL) {
        /* One too long is left without its end, and refused for that. */
        size_t length = 0;
        while (length < CW_CODE_MAX + 1u && code[length] != '\0') {
            length += 1;
        }
        memcpy(event.code, code, length < sizeof event.code ? length : sizeof event.code);
    }
    return event;
}

/* Takes blanks, CR, LF off both ends; false for what is no code. */
static bool clean_code(char *code) {
    size_t length = 0;
    size_t start = 0;
    while (length <= CW_CODE_MAX && code[length] != '\0') {
        length += 1;
    }
    if (length > CW_CODE_MAX) {
        return false;
    }
    while (length > 0 && (unsigned char)code[length - 1] <= (unsigned char)' ') {
        length -= 1;
    }
    while (start < length && (unsigned char)code[start] <= (unsigned char)' ') {
        start += 1;
    }
    memmove(code, code + start, length - start);
    memset(code + (length - start), 0, CW_CODE_MAX + 1u - (length - start));
    for (size_t at = 0; at < length - start; at++) {
        if (code[at] < ' ' || code[at] > '~') {
            return false;
        }
    }
    return length > start;
}

cw_result cw_push(cw_cart *cart, const cw_event *event, uint32_t now_ms) {
    cw_event taken = *event;
    if (taken.kind < CW_ADD || taken.kind > CW_CHECKOUT) {
        return CW_BAD_EVENT;
    }
    if (taken.kind == CW_CHECKOUT || taken.by == CW_PRODUCT) {
        memset(taken.code, 0, sizeof taken.code);
        if (taken.kind != CW_CHECKOUT && taken.product_id == 0) {
            return CW_BAD_EVENT;
        }
    } else if (!clean_code(taken.code) || (taken.by != CW_BARCODE && taken.by != CW_UID)) {
        return CW_BAD_EVENT;
    }
    if (taken.cart_weight_g == CW_NONE) {
        taken.cart_weight_g = cart->weight_g;
    }
    const uint32_t session = cart->has_session ? cart->session + 1u : 0;
    const cw_result result = cw_queue_push(&cart->queue, &cart->port, &taken, session, now_ms);
    if (result == CW_OK && taken.kind == CW_CHECKOUT) {
        cart->has_session = false;
    }
    return result;
}

cw_result cw_scan(cw_cart *cart, const char *barcode, uint32_t now_ms) {
    const cw_event event = cw_event_of(CW_ADD, CW_BARCODE, barcode);
    return cw_push(cart, &event, now_ms);
}

cw_result cw_unscan(cw_cart *cart, const char *barcode, uint32_t now_ms) {
    const cw_event event = cw_event_of(CW_REMOVE, CW_BARCODE, barcode);
    return cw_push(cart, &event, now_ms);
}

cw_result cw_scan_tag(cw_cart *cart, const char *uid, uint32_t now_ms) {
    const cw_event event = cw_event_of(CW_ADD, CW_UID, uid);
    return cw_push(cart, &event, now_ms);
}

cw_result cw_checkout(cw_cart *cart, uint32_t now_ms) {
    const cw_event event = cw_event_of(CW_CHECKOUT, CW_BARCODE, NULL);
    return cw_push(cart, &event, now_ms);
}

uint32_t cw_waiting(const cw_cart *cart) {
    return cw_queue_waiting(&cart->queue);
}

uint32_t cw_room(const cw_cart *cart) {
    return CW_QUEUE_EVENTS - cw_queue_waiting(&cart->queue);
}

bool cw_online(const cw_cart *cart) {
    return cart->is_online;
}

bool cw_stopped(const cw_cart *cart) {
    return cart->is_stopped;
}

const char *cw_boot_id(const cw_cart *cart) {
    return cart->queue.boot_id;
}

/* ---- Telemetry and wishes ---- */

void cw_set_health(cw_cart *cart, int32_t battery_pct, int32_t rssi_dbm, int32_t free_heap_bytes) {
    cart->battery_pct = battery_pct;
    cart->rssi_dbm = rssi_dbm;
    cart->free_heap_bytes = free_heap_bytes;
}

void cw_set_firmware(cw_cart *cart, const char *version) {
    cw_copy(cart->firmware, sizeof cart->firmware, version);
}

void cw_set_weight(cw_cart *cart, int32_t cart_weight_g) {
    cart->weight_g = cart_weight_g;
}

void cw_stream_weight(cw_cart *cart, uint32_t every_ms) {
    cart->weight_every_ms = every_ms;
}

void cw_want_heartbeat(cw_cart *cart) {
    want(cart, CW_REQUEST_HEARTBEAT);
}

void cw_want_sleep(cw_cart *cart, uint32_t seconds) {
    cart->sleep_s = seconds;
    want(cart, CW_REQUEST_HEARTBEAT);
}

void cw_want_time(cw_cart *cart) {
    want(cart, CW_REQUEST_TIME);
}

void cw_want_cart(cw_cart *cart) {
    cart->cart_offset = 0;
    want(cart, CW_REQUEST_CART);
}

static cw_result want_place_text(cw_cart *cart, const char *name, const char *value) {
    char cleaned[41];
    cw_text text = cw_text_in(cart->place, sizeof cart->place);
    if (value == NULL || strlen(value) >= sizeof cleaned) {
        return CW_BAD_SETTING;
    }
    cw_copy(cleaned, sizeof cleaned, value);
    if (cleaned[0] == '\0') {
        return CW_BAD_SETTING;
    }
    cw_put(&text, "{");
    cw_put_text_member(&text, name, cleaned);
    cw_put(&text, "}");
    if (text.is_full) {
        return CW_BAD_SETTING;
    }
    want(cart, CW_REQUEST_PLACE);
    return CW_OK;
}

cw_result cw_want_place_tag(cw_cart *cart, const char *tag) {
    return want_place_text(cart, "tag", tag);
}

cw_result cw_want_place_node(cw_cart *cart, const char *node) {
    return want_place_text(cart, "node", node);
}

/* Centimetres as metres with two decimals. */
static void put_metres(cw_text *text, const char *name, int32_t centimetres) {
    const int64_t value = centimetres;
    const int64_t magnitude = value < 0 ? -value : value;
    cw_put_name(text, name);
    if (value < 0) {
        cw_put(text, "-");
    }
    cw_put_number(text, magnitude / 100);
    cw_put(text, magnitude % 100 < 10 ? ".0" : ".");
    cw_put_number(text, magnitude % 100);
}

void cw_want_place(cw_cart *cart, int32_t x_cm, int32_t y_cm, int32_t floor) {
    cw_text text = cw_text_in(cart->place, sizeof cart->place);
    cw_put(&text, "{");
    put_metres(&text, "x", x_cm);
    put_metres(&text, "y", y_cm);
    cw_put_number_member(&text, "floor", floor);
    cw_put(&text, "}");
    want(cart, CW_REQUEST_PLACE);
}

void cw_want_tare(cw_cart *cart, uint32_t seconds) {
    cart->tare_s = seconds;
    want(cart, CW_REQUEST_TARE);
}

void cw_want_healthy(cw_cart *cart) {
    want(cart, CW_REQUEST_HEALTHY);
}

static void draw_claim(cw_cart *cart) {
    cw_text text = cw_text_in(cart->enroll_claim, sizeof cart->enroll_claim);
    for (unsigned draws = 0; draws < CW_CLAIM_CHARS / 8; draws++) {
        const uint32_t drawn = cart->port.random(cart->port.user);
        const uint8_t bytes[4] = {(uint8_t)(drawn >> 24), (uint8_t)(drawn >> 16),
                                  (uint8_t)(drawn >> 8), (uint8_t)drawn};
        cw_put_hex(&text, bytes, sizeof bytes);
    }
}

cw_result cw_want_enroll(cw_cart *cart, const char *pairing_code, const char *mac,
                         const char *chip) {
    if (pairing_code == NULL || !is_printable(pairing_code, sizeof cart->enroll_code - 1)) {
        return CW_BAD_SETTING;
    }
    /* The same code is asked for with the same claim, however often. */
    if (cart->enroll_claim[0] == '\0' || strcmp(cart->enroll_code, pairing_code) != 0) {
        draw_claim(cart);
    }
    cw_copy(cart->enroll_code, sizeof cart->enroll_code, pairing_code);
    cw_copy(cart->enroll_mac, sizeof cart->enroll_mac, mac);
    cw_copy(cart->enroll_chip, sizeof cart->enroll_chip, chip);
    want(cart, CW_REQUEST_ENROLL);
    cart->is_waiting = false;
    return CW_OK;
}

bool cw_busy(const cw_cart *cart) {
    return cart->wants != 0 || cart->phase != CW_PHASE_IDLE;
}

uint32_t cw_unix(const cw_cart *cart, uint32_t now_ms) {
    return cart->has_time ? cart->unix_s + (now_ms - cart->unix_at_ms) / 1000u : 0;
}

/* ---- The state machine ---- */

/* The connection broke, nothing answered in time, or what answered is not HTTP. */
static void lost_connection(cw_cart *cart, uint32_t now_ms) {
    cw_doubt(cart);
    if (cart->is_reused && !cart->has_received) {
        /* The shop closed a connection that was kept: a new one, at once. */
        cw_abandon(cart);
        cart->is_reused = false;
        return;
    }
    cw_failed(cart, now_ms, 0);
}

void cw_feed(cw_cart *cart, const uint8_t *bytes, size_t length, uint32_t now_ms) {
    if (length == 0) {
        return;
    }
    if (cart->phase != CW_PHASE_RECEIVING && cart->phase != CW_PHASE_SENDING) {
        /* Nobody was asked: this connection says things of its own. */
        if (cart->is_open) {
            cart->port.close(cart->port.user);
            cart->is_open = false;
        }
        return;
    }
    cart->has_received = true;
    cw_response_feed(&cart->response, bytes, length);
    if (cart->response.is_broken) {
        lost_connection(cart, now_ms);
    } else if (cart->response.is_complete) {
        /* An answer before the whole request was sent leaves the connection in between. */
        cart->response.is_closing =
            cart->response.is_closing || cart->send_done < cart->send_length;
        cw_answered(cart, now_ms);
    }
}

void cw_closed(cw_cart *cart, uint32_t now_ms) {
    if (cart->phase == CW_PHASE_IDLE) {
        if (cart->is_open) {
            cart->port.close(cart->port.user);
            cart->is_open = false;
        }
        return;
    }
    if (cart->phase == CW_PHASE_RECEIVING) {
        cw_response_closed(&cart->response);
        if (cart->response.is_complete) {
            cart->response.is_closing = true;
            cw_answered(cart, now_ms);
            return;
        }
    }
    lost_connection(cart, now_ms);
}

static void receive(cw_cart *cart, uint32_t now_ms) {
    if (cart->port.receive == NULL) {
        return;
    }
    for (int reads = 0; reads < READS_MAX && cart->is_open; reads++) {
        uint8_t bytes[128];
        const bool is_idle = cart->phase == CW_PHASE_IDLE;
        const int taken = cart->port.receive(cart->port.user, bytes, sizeof bytes);
        if (taken == 0) {
            return;
        }
        if (taken < 0 || (size_t)taken > sizeof bytes) {
            cw_closed(cart, now_ms);
            return;
        }
        cw_feed(cart, bytes, (size_t)taken, now_ms);
        if (!is_idle && cart->phase == CW_PHASE_IDLE) {
            return;
        }
    }
}

static void begin_exchange(cw_cart *cart, uint32_t now_ms) {
    const cw_request request = cw_choose(cart, now_ms);
    if (request == CW_REQUEST_NONE) {
        return;
    }
    cart->request = request;
    cart->begun_ms = now_ms;
    cart->has_received = false;
    cw_response_begin(&cart->response);
    cart->phase = cart->is_open ? CW_PHASE_SENDING : CW_PHASE_OPENING;
}

static void open_connection(cw_cart *cart, uint32_t now_ms) {
    const int opened = cart->port.open(cart->port.user, cart->host, cart->tcp_port);
    if (opened < 0) {
        cart->is_reused = false;
        lost_connection(cart, now_ms);
    } else if (opened > 0) {
        cart->is_open = true;
        cart->is_reused = false;
        cart->phase = CW_PHASE_SENDING;
    }
}

static void send_more(cw_cart *cart, uint32_t now_ms) {
    const size_t left = cart->send_length - cart->send_done;
    const int sent = cart->port.send(cart->port.user,
                                     (const uint8_t *)cart->send + cart->send_done, left);
    if (sent < 0 || (size_t)sent > left) {
        lost_connection(cart, now_ms);
        return;
    }
    cart->send_done += (size_t)sent;
    if (cart->send_done == cart->send_length) {
        cart->phase = CW_PHASE_RECEIVING;
    }
}

static void keep_time(cw_cart *cart, uint32_t now_ms) {
    /* Moved along, so that the counter of milliseconds may wrap. */
    const uint32_t passed_s = (now_ms - cart->unix_at_ms) / 1000u;
    if (cart->has_time && passed_s >= 60) {
        cart->unix_s += passed_s;
        cart->unix_at_ms += passed_s * 1000u;
    }
    if (cart->heartbeat_ms > 0 && cw_is_due(now_ms, cart->heartbeat_due_ms)) {
        cart->heartbeat_due_ms = now_ms + cart->heartbeat_ms;
        want(cart, CW_REQUEST_HEARTBEAT);
    }
    const int64_t moved = (int64_t)cart->weight_g - cart->weight_sent_g;
    if (cart->weight_every_ms > 0 && cart->weight_g != CW_NONE &&
        (moved >= WEIGHT_STEP_G || moved <= -WEIGHT_STEP_G) &&
        cw_is_due(now_ms, cart->weight_due_ms)) {
        cart->weight_due_ms = now_ms + cart->weight_every_ms;
        want(cart, CW_REQUEST_WEIGHT);
    }
    if (cart->is_waiting && cw_is_due(now_ms, cart->wait_until_ms)) {
        cart->is_waiting = false;
    }
}

void cw_poll(cw_cart *cart, uint32_t now_ms) {
    keep_time(cart, now_ms);
    if (cart->phase == CW_PHASE_IDLE) {
        if (cart->is_open) {
            receive(cart, now_ms);
        }
        if (!cart->is_waiting) {
            begin_exchange(cart, now_ms);
        }
    }
    if (cart->phase == CW_PHASE_OPENING) {
        open_connection(cart, now_ms);
    }
    if (cart->phase == CW_PHASE_SENDING) {
        send_more(cart, now_ms);
    }
    if (cart->phase == CW_PHASE_RECEIVING) {
        receive(cart, now_ms);
    }
    if (cart->phase != CW_PHASE_IDLE && now_ms - cart->begun_ms >= CW_TIMEOUT_MS) {
        if (cart->phase == CW_PHASE_OPENING) {
            cart->port.close(cart->port.user);
        }
        cart->is_reused = false;
        lost_connection(cart, now_ms);
    }
}
