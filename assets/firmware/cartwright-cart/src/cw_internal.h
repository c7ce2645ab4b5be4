/* What the files of the library share; no program includes it. */
#ifndef CW_INTERNAL_H
#define CW_INTERNAL_H

#include "cartwright_cart.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- cw_text.c: writing into fixed room ---- */

/* A text that grows up to its room; `is_full` once something did not fit. Always ends with NUL. */
typedef struct cw_text {
    char *start;
    size_t room;
    size_t length;
    bool is_full;
} cw_text;

cw_text cw_text_in(char *start, size_t room);
void cw_put(cw_text *text, const char *more);
void cw_put_bytes(cw_text *text, const char *bytes, size_t length);
void cw_put_number(cw_text *text, int64_t number);
void cw_put_hex(cw_text *text, const uint8_t *bytes, size_t length);
/* Reads digits up to `most`; false when there is none, something else or too much. */
bool cw_read_number(const char *bytes, size_t length, uint32_t most, uint32_t *number);
/* Copies printable ASCII, at most room - 1; what is left out is cut off. */
void cw_copy(char *to, size_t room, const char *from);
/* Seconds since 1970 of "2026-09-24T10:11:12Z"; false for anything else. */
bool cw_read_time(const char *bytes, size_t length, uint32_t *unix_s);

/* ---- cw_json.c ---- */

typedef enum cw_json_kind {
    CW_JSON_NONE = 0,
    CW_JSON_TEXT,
    CW_JSON_NUMBER,
    CW_JSON_TRUE,
    CW_JSON_FALSE,
    CW_JSON_NULL,
    CW_JSON_OBJECT,
    CW_JSON_LIST
} cw_json_kind;

/* A value where it stands in the answer; a text without its quotes. */
typedef struct cw_json {
    cw_json_kind kind;
    const char *start;
    size_t length;
} cw_json;

/* Whether the bytes are one object, nested at most 8 deep, and nothing else. */
bool cw_json_object(const char *bytes, size_t length);
/* A member of an object; CW_JSON_NONE when it has none of that name. */
cw_json cw_json_member(const char *bytes, size_t length, const char *name);
/* The next value of a list: `*at` begins at 0. False at its end. */
bool cw_json_next(cw_json list, size_t *at, cw_json *value);
/* The member as a text of ASCII, cut to the room; empty when it is none. */
void cw_json_text(const char *bytes, size_t length, const char *name, char *to, size_t room);
/* A number as it was written, for amounts; empty when it is none. */
void cw_json_amount(const char *bytes, size_t length, const char *name, char *to, size_t room);
bool cw_json_true(const char *bytes, size_t length, const char *name);
bool cw_json_number(const char *bytes, size_t length, const char *name, uint32_t *number);
/* Writes "name": with a comma before it unless it is the first. */
void cw_put_name(cw_text *text, const char *name);
void cw_put_text_member(cw_text *text, const char *name, const char *value);
void cw_put_number_member(cw_text *text, const char *name, int64_t value);

/* ---- cw_sha256.c ---- */

typedef struct cw_sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} cw_sha256;

void cw_sha256_begin(cw_sha256 *hash);
void cw_sha256_add(cw_sha256 *hash, const void *bytes, size_t length);
void cw_sha256_end(cw_sha256 *hash, uint8_t digest[32]);
void cw_sha256_of(const void *bytes, size_t length, uint8_t digest[32]);
void cw_hmac_sha256(const uint8_t secret[32], const void *bytes, size_t length,
                    uint8_t digest[32]);

/* ---- cw_sign.c ---- */

/* The X- headers of a signed request; false when they do not fit. */
bool cw_put_signature(cw_text *head, const uint8_t secret[32], uint32_t device_id,
                      const char *method, const char *path, uint32_t unix_s, const char *nonce,
                      const uint8_t *body, size_t body_length);

/* ---- cw_http.c ---- */

void cw_response_begin(cw_response *response);
void cw_response_feed(cw_response *response, const uint8_t *bytes, size_t length);
/* The other side closed: that ends a body without a length. */
void cw_response_closed(cw_response *response);

/* ---- cw_backoff.c ---- */

/* Full jitter: a wait drawn from 0 to the cap of that many failures in a row. */
uint32_t cw_backoff_ms(uint32_t failures, uint32_t random);
/* Whether `now` is at or after `then`; right across the wrap of the counter. */
bool cw_is_due(uint32_t now_ms, uint32_t then_ms);

/* ---- cw_queue.c ---- */

uint32_t cw_crc32(const uint8_t *bytes, size_t length);
/* Reads the store; the number of events whose records were unreadable goes to `lost`. */
bool cw_queue_begin(cw_queue *queue, const cw_port *port, uint32_t *lost);
cw_result cw_queue_push(cw_queue *queue, const cw_port *port, const cw_event *event,
                        uint32_t session, uint32_t now_ms);
uint32_t cw_queue_waiting(const cw_queue *queue);
/* The nth waiting event, from 0. */
cw_entry *cw_queue_at(cw_queue *queue, uint32_t nth);
/* The number that the shop sees. */
uint32_t cw_queue_seq(const cw_queue *queue, uint32_t index);
/* The first `count` are acknowledged. */
void cw_queue_acknowledge(cw_queue *queue, const cw_port *port, uint32_t count);
/* The shop expects this number: true when it is still there, and next now. */
bool cw_queue_rewind(cw_queue *queue, const cw_port *port, uint32_t seq);
/* A new boot_id for all that waits; false when the store could not write it: nothing changed. */
bool cw_queue_new_boot(cw_queue *queue, const cw_port *port);

/* ---- cw_protocol.c: bodies and answers ---- */

const char *cw_event_path(cw_kind kind);
void cw_put_event(cw_text *body, const cw_queue *queue, const cw_entry *entry, bool in_batch,
                  uint32_t now_ms);
void cw_put_heartbeat(cw_text *body, const cw_cart *cart);
void cw_read_answer(const cw_response *response, cw_answer *answer);
bool cw_read_status(const cw_response *response, cw_status *status);

/* ---- cw_exchange.c: one request and its answer ---- */

/* Puts head and body together in cart->send; false when they do not fit. */
bool cw_frame(cw_cart *cart, const char *method, const char *path, size_t body_length,
              uint32_t now_ms);
/* Where bodies are written, and their room. */
#define CW_HEAD_BYTES 512
cw_text cw_body_of(cw_cart *cart);
/* Chooses the next request and frames it; CW_REQUEST_NONE when there is nothing to say. */
cw_request cw_choose(cw_cart *cart, uint32_t now_ms);

/* ---- cw_outcome.c: what an answer means ---- */

void cw_answered(cw_cart *cart, uint32_t now_ms);
/* A batch went out, and what became of it is not known. */
void cw_doubt(cw_cart *cart);
/* Closes, and puts back what was asked for. */
void cw_abandon(cw_cart *cart);
void cw_failed(cw_cart *cart, uint32_t now_ms, uint32_t retry_after_ms);
void cw_tell(cw_cart *cart, cw_topic topic, const cw_event *event, const cw_answer *answer);
void cw_tell_news(cw_cart *cart, const cw_news *news);
void cw_learn_time(cw_cart *cart, uint32_t unix_s, uint32_t now_ms);

#define CW_SEQ_MAX 2147483647u

#ifdef __cplusplus
}
#endif

#endif
