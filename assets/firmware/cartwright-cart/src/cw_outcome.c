/*
 * What an answer means. Nothing counts as an answer to an event unless it names the event's
 * number: a captive portal's page, another server's 404 or a late answer use up nothing.
 */
#include "cw_internal.h"

#include <string.h>

/* Signed requests that are corrected and sent again at once, in a row. */
#define CORRECTIONS_MAX 3u

void cw_tell_news(cw_cart *cart, const cw_news *news) {
    if (cart->listener != NULL) {
        cart->listener(cart->listener_user, news);
    }
}

void cw_tell(cw_cart *cart, cw_topic topic, const cw_event *event, const cw_answer *answer) {
    cw_news news;
    memset(&news, 0, sizeof news);
    news.topic = topic;
    news.event = event;
    news.answer = answer;
    cw_tell_news(cart, &news);
}

void cw_learn_time(cw_cart *cart, uint32_t unix_s, uint32_t now_ms) {
    const bool is_first = !cart->has_time;
    cart->has_time = true;
    cart->unix_s = unix_s;
    cart->unix_at_ms = now_ms;
    if (is_first) {
        cw_tell(cart, CW_NEWS_TIME, NULL, NULL);
    }
}

static void mark_doubtful(cw_cart *cart, uint32_t count) {
    for (uint32_t at = 0; at < count && at < cw_queue_waiting(&cart->queue); at++) {
        cw_queue_at(&cart->queue, at)->is_doubtful = true;
    }
}

void cw_doubt(cw_cart *cart) {
    if (cart->request == CW_REQUEST_BATCH && cart->send_done > 0) {
        mark_doubtful(cart, cart->sent_count);
    }
}

void cw_abandon(cw_cart *cart) {
    cart->wants |= cart->sent_wants;
    cart->sent_wants = 0;
    cart->request = CW_REQUEST_NONE;
    cart->phase = CW_PHASE_IDLE;
    if (cart->is_open) {
        cart->port.close(cart->port.user);
        cart->is_open = false;
    }
}

/* The request did not get through, or not now: it is made again later. */
void cw_failed(cw_cart *cart, uint32_t now_ms, uint32_t retry_after_ms) {
    cw_abandon(cart);
    if (cart->failures < 1000) {
        cart->failures += 1;
    }
    cart->is_waiting = true;
    cart->wait_until_ms =
        now_ms + retry_after_ms +
        cw_backoff_ms(cart->failures, cart->port.random(cart->port.user));
    /* One lost packet is not the end of the world; two failures in a row are worth saying. */
    if (cart->failures >= 2 && !cart->is_known_offline) {
        cart->is_known_offline = true;
        cart->is_online = false;
        cw_tell(cart, CW_NEWS_OFFLINE, NULL, NULL);
    }
}

static void gone_well(cw_cart *cart) {
    cart->failures = 0;
    cart->corrections = 0;
    cart->is_known_offline = false;
    if (!cart->is_online) {
        cart->is_online = true;
        cw_tell(cart, CW_NEWS_ONLINE, NULL, NULL);
    }
}

static void problem(cw_cart *cart, uint32_t now_ms, const cw_answer *answer) {
    cw_failed(cart, now_ms, 0);
    cw_tell(cart, CW_NEWS_PROBLEM, NULL, answer);
}

/* 401: corrected and sent again, or the end until there is another key. */
static void refused_key(cw_cart *cart, uint32_t now_ms, const cw_answer *answer) {
    uint32_t unix_s = 0;
    const cw_response *response = &cart->response;
    bool is_corrected = false;
    if (strcmp(answer->code, "clock-skew") == 0 && cart->sign &&
        cw_json_number(response->body, response->body_length, "unix", &unix_s)) {
        cw_learn_time(cart, unix_s, now_ms);
        is_corrected = true;
    } else if (strcmp(answer->code, "replayed") == 0 && cart->sign) {
        is_corrected = true;
    } else if (strcmp(answer->code, "signature-required") == 0 && !cart->sign &&
               cart->device_id != 0) {
        cart->sign = true;
        is_corrected = true;
    } else {
        cw_abandon(cart);
        cart->is_stopped = true;
        cart->is_online = false;
        cw_tell(cart, CW_NEWS_STOPPED, NULL, answer);
        return;
    }
    cart->corrections += 1;
    if (is_corrected && cart->corrections <= CORRECTIONS_MAX) {
        cart->wants |= cart->sent_wants;
        cart->sent_wants = 0;
        return;
    }
    problem(cart, now_ms, answer);
}

static void want_heartbeat(cw_cart *cart) {
    cart->wants |= 1u << (unsigned)CW_REQUEST_HEARTBEAT;
}

/* The event at the head is done with. It is told before that is written down: after a power cut
 * in between it is told twice, rather than never. */
static void finish_head(cw_cart *cart, cw_topic topic, const cw_answer *answer, bool is_last) {
    const cw_event event = cw_queue_at(&cart->queue, 0)->event;
    cw_queue_acknowledge(&cart->queue, NULL, 1);
    if (event.kind == CW_CHECKOUT || strcmp(answer->code, "session-ended") == 0) {
        want_heartbeat(cart);
    }
    cw_tell(cart, topic, &event, answer);
    if (is_last) {
        cw_queue_acknowledge(&cart->queue, &cart->port, 0);
    }
    if (is_last && cw_queue_waiting(&cart->queue) == 0) {
        cw_tell(cart, CW_NEWS_EMPTY, NULL, NULL);
    }
}

static void gap(cw_cart *cart, uint32_t now_ms, const cw_answer *answer) {
    uint32_t expect = 0;
    const cw_response *response = &cart->response;
    const cw_entry *head = cw_queue_at(&cart->queue, 0);
    if (!cw_json_number(response->body, response->body_length, "expect", &expect) ||
        expect == 0 || expect >= cw_queue_seq(&cart->queue, head->index)) {
        /* It expects what it was sent, or what was never sent: no gap at all. */
        problem(cart, now_ms, answer);
        return;
    }
    cart->ask_alone = false;
    cart->refusal_code[0] = '\0';
    if (cw_queue_rewind(&cart->queue, &cart->port, expect)) {
        return;
    }
    /* Everything that waits is above what the shop has seen, so none of it was applied. */
    if (cw_queue_new_boot(&cart->queue, &cart->port)) {
        cw_tell(cart, CW_NEWS_NEW_BOOT, NULL, NULL);
    } else {
        problem(cart, now_ms, answer);
    }
}

static bool is_refusal(const cw_answer *answer) {
    return !answer->success && answer->code[0] != '\0' &&
           (answer->status == 400 || answer->status == 404 || answer->status == 409);
}

static void single_answered(cw_cart *cart, uint32_t now_ms, cw_answer *answer) {
    const cw_response *response = &cart->response;
    const uint32_t expected = cw_queue_seq(&cart->queue, cart->first_index);
    uint32_t seq = 0;
    const bool has_seq = cw_json_number(response->body, response->body_length, "seq", &seq);
    const bool is_ours = has_seq ? seq == expected : answer->success && answer->duplicate;
    if (is_refusal(answer) && strcmp(answer->code, "gap") == 0) {
        gap(cart, now_ms, answer);
        return;
    }
    if (!is_ours || !((answer->success && answer->status == 200) || is_refusal(answer))) {
        problem(cart, now_ms, answer);
        return;
    }
    const bool is_known_refusal = cart->refusal_code[0] != '\0';
    if (answer->success && is_known_refusal && answer->duplicate && answer->product_id == 0) {
        /* The batch said that it is refused; the words are not kept any more. */
        answer->success = false;
        answer->status = cart->refusal_status;
        cw_copy(answer->code, sizeof answer->code, cart->refusal_code);
    }
    cart->ask_alone = false;
    cart->refusal_code[0] = '\0';
    finish_head(cart, answer->success ? CW_NEWS_ACCEPTED : CW_NEWS_REFUSED, answer, true);
}

static void batch_answered(cw_cart *cart, uint32_t now_ms, cw_answer *answer) {
    const cw_response *response = &cart->response;
    const uint32_t first = cw_queue_seq(&cart->queue, cart->first_index);
    uint32_t acked = 0;
    uint32_t seq = 0;
    if (answer->status == 413) {
        cart->batch_limit = cart->batch_limit > 1 ? cart->batch_limit / 2 : 1;
        problem(cart, now_ms, answer);
        return;
    }
    if (!cw_json_number(response->body, response->body_length, "acked", &acked) ||
        acked > cart->sent_count ||
        (acked > 0 &&
         (!cw_json_number(response->body, response->body_length, "seq", &seq) ||
          seq != first + acked - 1u))) {
        cw_doubt(cart);
        problem(cart, now_ms, answer);
        return;
    }
    const bool is_gap = strcmp(answer->code, "gap") == 0;
    /* The last one acknowledged is the refused one. It stays, and is asked for alone: that
     * brings its words for the display, and uses up nothing. */
    const bool is_refused = is_refusal(answer) && !is_gap && acked > 0;
    const bool is_progress = acked > 0;
    cw_answer each = *answer;
    each.success = true;
    each.batched = true;
    each.status = 200;
    each.code[0] = '\0';
    for (uint32_t left = is_refused ? acked - 1u : acked; left > 0; left--) {
        finish_head(cart, CW_NEWS_ACCEPTED, &each, left == 1);
    }
    if (is_refused) {
        cw_copy(cart->refusal_code, sizeof cart->refusal_code, answer->code);
        cart->refusal_status = answer->status;
        cart->ask_alone = true;
        /* A network that doubles the batch has the shop go on behind the refused one, and
         * nobody hears that answer: what it may have refused is asked for alone as well. */
        mark_doubtful(cart, cart->sent_count - (acked - 1u));
    } else if (is_gap && !is_progress) {
        gap(cart, now_ms, answer);
    } else if (!is_gap && (!answer->success || !is_progress)) {
        problem(cart, now_ms, answer);
    }
}

static bool has_waiting_checkout(cw_cart *cart) {
    for (uint32_t at = 0; at < cw_queue_waiting(&cart->queue); at++) {
        if (cw_queue_at(&cart->queue, at)->event.kind == CW_CHECKOUT) {
            return true;
        }
    }
    return false;
}

static void heartbeat_answered(cw_cart *cart, uint32_t now_ms) {
    const cw_response *response = &cart->response;
    cw_status status;
    uint32_t unix_s = 0;
    cw_news news;
    if (!cw_read_status(response, &status)) {
        return;
    }
    const cw_json time = cw_json_member(response->body, response->body_length, "time");
    if (time.kind == CW_JSON_TEXT && cw_read_time(time.start, time.length, &unix_s)) {
        cw_learn_time(cart, unix_s, now_ms);
    }
    const bool is_changed = status.session != cart->session;
    cart->session = status.session;
    /* Behind a checkout that waits comes another session, whose number is not known yet. */
    cart->has_session = status.session < UINT32_MAX && !has_waiting_checkout(cart);
    memset(&news, 0, sizeof news);
    news.status = &status;
    news.topic = CW_NEWS_STATUS;
    cw_tell_news(cart, &news);
    if (is_changed) {
        news.topic = CW_NEWS_SESSION;
        cw_tell_news(cart, &news);
    }
    if (status.firmware) {
        news.topic = CW_NEWS_FIRMWARE;
        cw_tell_news(cart, &news);
    }
}

static void cart_answered(cw_cart *cart) {
    const cw_response *response = &cart->response;
    const cw_json lines = cw_json_member(response->body, response->body_length, "lines");
    uint32_t next = 0;
    const bool has_next = cw_json_number(response->body, response->body_length, "next", &next) &&
                          next > cart->cart_offset;
    size_t at = 0;
    cw_json value;
    cw_line line;
    cw_news news;
    bool has_line = false;
    memset(&news, 0, sizeof news);
    news.topic = CW_NEWS_LINE;
    news.line = &line;
    memset(&line, 0, sizeof line);
    line.index = cart->cart_offset;
    while (cw_json_next(lines, &at, &value)) {
        if (has_line) {
            cw_tell_news(cart, &news);
            line.index += 1;
        }
        has_line = true;
        line.product_id = 0;
        line.quantity = 0;
        (void)cw_json_number(value.start, value.length, "product_id", &line.product_id);
        (void)cw_json_number(value.start, value.length, "quantity", &line.quantity);
        cw_json_text(value.start, value.length, "name", line.name, sizeof line.name);
        cw_json_amount(value.start, value.length, "total", line.total, sizeof line.total);
    }
    line.last = !has_next;
    /* An empty cart is one line of nothing. */
    cw_tell_news(cart, &news);
    if (has_next && (cart->wants & (1u << (unsigned)CW_REQUEST_CART)) == 0) {
        cart->cart_offset = next;
        cart->wants |= 1u << (unsigned)CW_REQUEST_CART;
    } else {
        cart->cart_offset = 0;
    }
}

static void enrolled(cw_cart *cart, uint32_t now_ms, const cw_answer *answer) {
    const cw_response *response = &cart->response;
    cw_enrolled result;
    cw_news news;
    memset(&result, 0, sizeof result);
    cw_json_text(response->body, response->body_length, "key", result.key, sizeof result.key);
    if (!cw_json_number(response->body, response->body_length, "device_id", &result.device_id) ||
        cw_set_key(cart, result.key, result.device_id, cart->sign) != CW_OK ||
        result.key[0] == '\0') {
        problem(cart, now_ms, answer);
        return;
    }
    memset(&news, 0, sizeof news);
    news.topic = CW_NEWS_ENROLLED;
    news.enrolled = &result;
    cw_tell_news(cart, &news);
    want_heartbeat(cart);
}

/* Answers to what is no event: a refusal is told, and not repeated. */
static void want_answered(cw_cart *cart, uint32_t now_ms, const cw_answer *answer) {
    const cw_response *response = &cart->response;
    const cw_request request = cart->request;
    uint32_t unix_s = 0;
    if (!answer->success || answer->status != 200) {
        if (answer->success || answer->code[0] == '\0') {
            problem(cart, now_ms, answer);
            return;
        }
        cart->sent_wants = 0;
        cart->cart_offset = 0;
        cw_tell(cart, CW_NEWS_PROBLEM, NULL, answer);
        return;
    }
    cart->sent_wants = 0;
    switch (request) {
    case CW_REQUEST_ENROLL:
        enrolled(cart, now_ms, answer);
        break;
    case CW_REQUEST_CART:
        cart_answered(cart);
        break;
    case CW_REQUEST_TIME:
        if (cw_json_number(response->body, response->body_length, "unix", &unix_s)) {
            cw_learn_time(cart, unix_s, now_ms);
        }
        break;
    case CW_REQUEST_HEARTBEAT:
        cart->sleep_s = 0;
        heartbeat_answered(cart, now_ms);
        break;
    case CW_REQUEST_WEIGHT:
        heartbeat_answered(cart, now_ms);
        break;
    case CW_REQUEST_PLACE:
        cw_tell(cart, CW_NEWS_PLACED, NULL, answer);
        break;
    case CW_REQUEST_HEALTHY:
    case CW_REQUEST_TARE:
    case CW_REQUEST_NONE:
    case CW_REQUEST_SINGLE:
    case CW_REQUEST_BATCH:
    default:
        break;
    }
}

static uint32_t retry_after_ms(const cw_response *response) {
    const uint32_t most_s = CW_RETRY_AFTER_MOST_MS / 1000u;
    return response->retry_after_s > most_s ? CW_RETRY_AFTER_MOST_MS
                                            : response->retry_after_s * 1000u;
}

void cw_answered(cw_cart *cart, uint32_t now_ms) {
    const cw_response *response = &cart->response;
    cw_answer answer;
    cart->phase = CW_PHASE_IDLE;
    cart->is_reused = true;
    if (response->is_closing) {
        cart->port.close(cart->port.user);
        cart->is_open = false;
    }
    cw_read_answer(response, &answer);
    if (!cw_json_object(response->body, response->body_length) ||
        cw_json_member(response->body, response->body_length, "success").kind == CW_JSON_NONE) {
        /* Whoever speaks there, it is not the shop. */
        memset(&answer, 0, sizeof answer);
        answer.status = response->status;
        cw_copy(answer.code, sizeof answer.code, "not-the-shop");
        cw_doubt(cart);
        problem(cart, now_ms, &answer);
        return;
    }
    if (answer.status == 429 || answer.status >= 500) {
        if (answer.status != 429 && answer.status != 503) {
            cw_doubt(cart);
        }
        cw_failed(cart, now_ms, retry_after_ms(response));
        cw_tell(cart, CW_NEWS_PROBLEM, NULL, &answer);
        return;
    }
    if (answer.status == 401 && cart->request != CW_REQUEST_ENROLL) {
        refused_key(cart, now_ms, &answer);
        return;
    }
    const uint32_t failures = cart->failures;
    if (cart->request == CW_REQUEST_SINGLE) {
        single_answered(cart, now_ms, &answer);
    } else if (cart->request == CW_REQUEST_BATCH) {
        batch_answered(cart, now_ms, &answer);
    } else {
        want_answered(cart, now_ms, &answer);
    }
    if (cart->failures == failures) {
        gone_well(cart);
    }
}
