/* What to say next, and its bytes. */
#include "cw_internal.h"

#include <string.h>

static uint32_t bit_of(cw_request request) {
    return 1u << (unsigned)request;
}

cw_text cw_body_of(cw_cart *cart) {
    return cw_text_in(cart->send + CW_HEAD_BYTES, CW_SEND_BYTES - CW_HEAD_BYTES);
}

static bool put_credential(cw_cart *cart, cw_text *head, const char *method, const char *path,
                           const uint8_t *body, size_t body_length, uint32_t now_ms) {
    if (!cart->sign) {
        cw_put(head, "X-API-Key: ");
        cw_put(head, cart->key);
        cw_put(head, "\r\n");
        return !head->is_full;
    }
    uint8_t drawn[8];
    char nonce[17];
    for (size_t at = 0; at < sizeof drawn; at++) {
        drawn[at] = (uint8_t)(cart->port.random(cart->port.user) >> 24);
    }
    cw_text text = cw_text_in(nonce, sizeof nonce);
    cw_put_hex(&text, drawn, sizeof drawn);
    return cw_put_signature(head, cart->secret, cart->device_id, method, path,
                            cw_unix(cart, now_ms), nonce, body, body_length);
}

size_t cw_credential(cw_cart *cart, const char *method, const char *path, const uint8_t *body,
                     size_t body_length, uint32_t now_ms, char *out, size_t room) {
    cw_text head = cw_text_in(out, room);
    if (cart->key[0] == '\0' ||
        !put_credential(cart, &head, method, path, body, body_length, now_ms)) {
        return 0;
    }
    return head.length;
}

bool cw_frame(cw_cart *cart, const char *method, const char *path, size_t body_length,
              uint32_t now_ms) {
    const bool has_body = method[0] == 'P';
    char *body = cart->send + CW_HEAD_BYTES;
    cw_text head = cw_text_in(cart->send, CW_HEAD_BYTES);
    cw_put(&head, method);
    cw_put(&head, " ");
    cw_put(&head, path);
    cw_put(&head, " HTTP/1.1\r\nHost: ");
    cw_put(&head, cart->host);
    cw_put(&head, ":");
    cw_put_number(&head, cart->tcp_port);
    cw_put(&head, "\r\nUser-Agent: cartwright-cart/" CW_VERSION "\r\n");
    if (cart->request != CW_REQUEST_ENROLL &&
        !put_credential(cart, &head, method, path, (const uint8_t *)body, body_length, now_ms)) {
        return false;
    }
    if (has_body) {
        cw_put(&head, "Content-Type: application/json\r\nContent-Length: ");
        cw_put_number(&head, (int64_t)body_length);
        cw_put(&head, "\r\n");
    }
    cw_put(&head, "\r\n");
    if (head.is_full) {
        return false;
    }
    memmove(cart->send + head.length, body, body_length);
    cart->send_length = head.length + body_length;
    cart->send_done = 0;
    return true;
}

static bool frame_text(cw_cart *cart, const char *path, const cw_text *body, uint32_t now_ms) {
    return !body->is_full && cw_frame(cart, "POST", path, body->length, now_ms);
}

static bool frame_single(cw_cart *cart, uint32_t now_ms) {
    const cw_entry *entry = cw_queue_at(&cart->queue, 0);
    cw_text body = cw_body_of(cart);
    cw_put_event(&body, &cart->queue, entry, false, now_ms);
    cart->request = CW_REQUEST_SINGLE;
    cart->first_index = entry->index;
    cart->sent_count = 1;
    return frame_text(cart, cw_event_path(entry->event.kind), &body, now_ms);
}

/* As many events as fit, in order. */
static bool frame_batch(cw_cart *cart, uint32_t now_ms) {
    static const char end[] = "]}";
    const uint32_t waiting = cw_queue_waiting(&cart->queue);
    cw_text body = cw_body_of(cart);
    /* Room for the end is kept back. */
    body.room -= sizeof end - 1;
    cw_put(&body, "{");
    cw_put_text_member(&body, "boot_id", cart->queue.boot_id);
    cw_put_name(&body, "events");
    cw_put(&body, "[");
    cart->request = CW_REQUEST_BATCH;
    cart->first_index = cw_queue_at(&cart->queue, 0)->index;
    cart->sent_count = 0;
    while (cart->sent_count < waiting && cart->sent_count < cart->batch_limit) {
        const cw_entry *entry = cw_queue_at(&cart->queue, cart->sent_count);
        const size_t before = body.length;
        if (entry->is_lost || entry->is_doubtful) {
            break;
        }
        if (cart->sent_count > 0) {
            cw_put(&body, ",");
        }
        cw_put_event(&body, &cart->queue, entry, true, now_ms);
        if (body.is_full) {
            body.is_full = false;
            body.length = before;
            break;
        }
        cart->sent_count += 1;
    }
    body.room += sizeof end - 1;
    cw_put(&body, end);
    return cart->sent_count > 0 && frame_text(cart, "/cart/esp32/events", &body, now_ms);
}

static bool frame_events(cw_cart *cart, uint32_t now_ms) {
    while (cw_queue_waiting(&cart->queue) > 0 && cw_queue_at(&cart->queue, 0)->is_lost) {
        cw_queue_acknowledge(&cart->queue, &cart->port, 1);
        /* A batch may not skip a number; one alone may. */
        cart->ask_alone = true;
    }
    if (cw_queue_waiting(&cart->queue) == 0) {
        cart->ask_alone = false;
        return false;
    }
    if (cart->ask_alone || cw_queue_waiting(&cart->queue) == 1 ||
        cw_queue_at(&cart->queue, 0)->is_doubtful) {
        return frame_single(cart, now_ms);
    }
    return frame_batch(cart, now_ms);
}

static bool frame_enroll(cw_cart *cart, uint32_t now_ms) {
    cw_text body = cw_body_of(cart);
    cw_put(&body, "{");
    cw_put_text_member(&body, "pairing_code", cart->enroll_code);
    if (cart->enroll_mac[0] != '\0') {
        cw_put_text_member(&body, "mac", cart->enroll_mac);
    }
    if (cart->enroll_chip[0] != '\0') {
        cw_put_text_member(&body, "chip", cart->enroll_chip);
    }
    cw_put_text_member(&body, "claim", cart->enroll_claim);
    cw_put(&body, "}");
    return frame_text(cart, "/cart/esp32/enroll", &body, now_ms);
}

static bool frame_want(cw_cart *cart, cw_request request, uint32_t now_ms) {
    char path[48];
    cw_text text = cw_text_in(path, sizeof path);
    cw_text body = cw_body_of(cart);
    cart->request = request;
    switch (request) {
    case CW_REQUEST_ENROLL:
        return frame_enroll(cart, now_ms);
    case CW_REQUEST_HEALTHY:
        cw_put(&body, "{");
        if (cart->firmware[0] != '\0') {
            cw_put_text_member(&body, "version", cart->firmware);
        }
        cw_put(&body, "}");
        return frame_text(cart, "/cart/esp32/healthy", &body, now_ms);
    case CW_REQUEST_TARE:
        cw_put(&body, "{");
        cw_put_number_member(&body, "seconds", cart->tare_s);
        cw_put(&body, "}");
        return frame_text(cart, "/cart/esp32/tare", &body, now_ms);
    case CW_REQUEST_PLACE:
        cw_put(&body, cart->place);
        return frame_text(cart, "/cart/esp32/location", &body, now_ms);
    case CW_REQUEST_CART:
        cw_put(&text, "/cart/esp32/cart?offset=");
        cw_put_number(&text, cart->cart_offset);
        return cw_frame(cart, "GET", path, 0, now_ms);
    case CW_REQUEST_TIME:
        return cw_frame(cart, "GET", "/cart/esp32/time", 0, now_ms);
    case CW_REQUEST_HEARTBEAT:
        cw_put_heartbeat(&body, cart);
        return frame_text(cart, "/cart/esp32/heartbeat", &body, now_ms);
    case CW_REQUEST_WEIGHT:
        cw_put(&body, "{");
        cw_put_number_member(&body, "cart_weight", cart->weight_g == CW_NONE ? 0 : cart->weight_g);
        cw_put(&body, "}");
        cart->weight_sent_g = cart->weight_g;
        return frame_text(cart, "/cart/esp32/heartbeat", &body, now_ms);
    case CW_REQUEST_NONE:
    case CW_REQUEST_SINGLE:
    case CW_REQUEST_BATCH:
    default:
        return false;
    }
}

/* The most urgent of what is asked for. */
static cw_request first_want(uint32_t wants) {
    for (unsigned request = CW_REQUEST_ENROLL; request <= CW_REQUEST_WEIGHT; request++) {
        if ((wants & (1u << request)) != 0) {
            return (cw_request)request;
        }
    }
    return CW_REQUEST_NONE;
}

cw_request cw_choose(cw_cart *cart, uint32_t now_ms) {
    uint32_t wants = cart->wants;
    const bool may_speak = cart->key[0] != '\0' && !cart->is_stopped;
    if (!may_speak) {
        wants &= bit_of(CW_REQUEST_ENROLL);
    }
    const cw_request want = first_want(wants);
    const bool has_events = may_speak && cw_queue_waiting(&cart->queue) > 0;
    cart->sent_wants = 0;
    /* In turns: neither a long queue nor a busy scale holds the other up. */
    if (has_events && (want == CW_REQUEST_NONE || !cart->had_event_turn)) {
        cart->had_event_turn = true;
        if (frame_events(cart, now_ms)) {
            return cart->request;
        }
    }
    cart->had_event_turn = false;
    if (want == CW_REQUEST_NONE) {
        return CW_REQUEST_NONE;
    }
    /* Asked for again while it is under way, it is sent again. */
    cart->wants &= ~bit_of(want);
    cart->sent_wants = bit_of(want);
    return frame_want(cart, want, now_ms) ? want : CW_REQUEST_NONE;
}
