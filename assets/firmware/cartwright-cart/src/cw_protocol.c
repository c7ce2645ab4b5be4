/* The bodies that are sent, and what is read from answers. */
#include "cw_internal.h"

#include <string.h>

const char *cw_event_path(cw_kind kind) {
    switch (kind) {
    case CW_REMOVE:
        return "/cart/esp32/remove_item";
    case CW_SET:
        return "/cart/esp32/update_item";
    case CW_CHECKOUT:
        return "/cart/esp32/checkout";
    case CW_ADD:
    default:
        return "/cart/esp32/add_item";
    }
}

static const char *kind_word(cw_kind kind) {
    switch (kind) {
    case CW_REMOVE:
        return "remove";
    case CW_SET:
        return "set";
    case CW_CHECKOUT:
        return "checkout";
    case CW_ADD:
    default:
        return "add";
    }
}

static void put_known(cw_text *body, const char *name, int32_t value) {
    if (value != CW_NONE) {
        cw_put_number_member(body, name, value);
    }
}

void cw_put_event(cw_text *body, const cw_queue *queue, const cw_entry *entry, bool in_batch,
                  uint32_t now_ms) {
    const cw_event *event = &entry->event;
    cw_put(body, "{");
    if (in_batch) {
        cw_put_text_member(body, "type", kind_word(event->kind));
    } else {
        cw_put_text_member(body, "boot_id", queue->boot_id);
    }
    cw_put_number_member(body, "seq", cw_queue_seq(queue, entry->index));
    if (event->kind != CW_CHECKOUT) {
        if (event->by == CW_PRODUCT) {
            cw_put_number_member(body, "product_id", event->product_id);
        } else {
            cw_put_text_member(body, event->by == CW_UID ? "uid" : "barcode", event->code);
        }
        put_known(body, "quantity", event->quantity);
        put_known(body, "weight", event->weight_g);
        put_known(body, "cart_weight", event->cart_weight_g);
    }
    /* A fresh scan belongs to whoever holds the trolley now, even if a phone was paired a second
     * ago. One that waited belongs to the session it was made in, and to no later shopper. */
    if (entry->session != 0 && (entry->is_old || now_ms - entry->at_ms >= CW_FRESH_MS)) {
        cw_put_number_member(body, "session", (int64_t)entry->session - 1);
    }
    cw_put(body, "}");
}

void cw_put_heartbeat(cw_text *body, const cw_cart *cart) {
    cw_put(body, "{");
    put_known(body, "battery_pct", cart->battery_pct);
    put_known(body, "rssi", cart->rssi_dbm);
    put_known(body, "free_heap", cart->free_heap_bytes);
    put_known(body, "cart_weight", cart->weight_g);
    if (cart->firmware[0] != '\0') {
        cw_put_text_member(body, "firmware", cart->firmware);
    }
    if (cart->sleep_s > 0) {
        cw_put_number_member(body, "sleep_s", cart->sleep_s);
    }
    cw_put(body, "}");
}

void cw_read_answer(const cw_response *response, cw_answer *answer) {
    const char *body = response->body;
    const size_t length = response->body_length;
    memset(answer, 0, sizeof *answer);
    answer->status = response->status;
    answer->success = cw_json_true(body, length, "success");
    answer->duplicate = cw_json_true(body, length, "duplicate");
    cw_json_text(body, length, "code", answer->code, sizeof answer->code);
    cw_json_text(body, length, "message", answer->message, sizeof answer->message);
    cw_json_text(body, length, "lcdMessage", answer->lcd, sizeof answer->lcd);
    (void)cw_json_number(body, length, "product_id", &answer->product_id);
    (void)cw_json_number(body, length, "quantity", &answer->quantity);
    (void)cw_json_number(body, length, "items", &answer->items);
    (void)cw_json_number(body, length, "min_age", &answer->min_age);
    (void)cw_json_number(body, length, "order_id", &answer->order_id);
    cw_json_amount(body, length, "price", answer->price, sizeof answer->price);
    cw_json_amount(body, length, "total", answer->total, sizeof answer->total);
    cw_json_text(body, length, "check", answer->check, sizeof answer->check);
    cw_json_text(body, length, "check_hint", answer->check_hint, sizeof answer->check_hint);
}

bool cw_read_status(const cw_response *response, cw_status *status) {
    const char *body = response->body;
    const size_t length = response->body_length;
    memset(status, 0, sizeof *status);
    status->paired = cw_json_true(body, length, "paired");
    status->firmware = cw_json_true(body, length, "firmware");
    cw_json_text(body, length, "cart_code", status->cart_code, sizeof status->cart_code);
    (void)cw_json_number(body, length, "cart_version", &status->cart_version);
    (void)cw_json_number(body, length, "items", &status->items);
    cw_json_amount(body, length, "total", status->total, sizeof status->total);
    return cw_json_number(body, length, "session", &status->session);
}
