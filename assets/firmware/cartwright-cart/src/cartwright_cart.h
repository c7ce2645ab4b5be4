/*
 * cartwright_cart: what a trolley's firmware needs to talk to a Cartwright shop.
 *
 * Every scan is charged exactly once, whatever the network, the shop or the battery does: an event
 * is written to flash before it counts as scanned, carries a number (boot_id and seq), and is sent
 * until the shop has acknowledged that number.
 *
 * Portable C99: no heap, no globals, no Arduino headers, nothing of libc beyond string.h. The
 * memory is one `struct cw_cart` that the caller owns; nothing here ever waits: call `cw_poll`
 * from the main loop. One cart belongs to one task at a time; several carts may exist.
 *
 * The protocol is one page: http://<appliance>/docs/devices
 */
#ifndef CARTWRIGHT_CART_H
#define CARTWRIGHT_CART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_VERSION "1.0.0"

/* ---- Sizes. Set any of them for the whole build: -DCW_QUEUE_EVENTS=128 ---- */

/* Events that wait while the shop is out of reach; also the slots of the store. */
#ifndef CW_QUEUE_EVENTS
#define CW_QUEUE_EVENTS 64
#endif
/* Longest barcode or tag uid. */
#ifndef CW_CODE_MAX
#define CW_CODE_MAX 47
#endif
/* Most events in one request; the shop takes 256. */
#ifndef CW_BATCH_MAX
#define CW_BATCH_MAX 32
#endif
/* One whole request; a batch is as long as fits. */
#ifndef CW_SEND_BYTES
#define CW_SEND_BYTES 2048
#endif
/* The body of one answer; the longest, a page of the cart, has 1 KiB. */
#ifndef CW_ANSWER_BYTES
#define CW_ANSWER_BYTES 1152
#endif
#ifndef CW_HOST_MAX
#define CW_HOST_MAX 63
#endif
#ifndef CW_KEY_MAX
#define CW_KEY_MAX 79
#endif

/* ---- Times in milliseconds ---- */

/* One request, from opening the connection to the last byte of the answer. */
#ifndef CW_TIMEOUT_MS
#define CW_TIMEOUT_MS 6000u
#endif
/* Waits grow from here, doubled with every failure in a row, each drawn at random up to that. */
#ifndef CW_BACKOFF_FIRST_MS
#define CW_BACKOFF_FIRST_MS 500u
#endif
#ifndef CW_BACKOFF_MOST_MS
#define CW_BACKOFF_MOST_MS 30000u
#endif
/* A Retry-After beyond this is taken for this. */
#ifndef CW_RETRY_AFTER_MOST_MS
#define CW_RETRY_AFTER_MOST_MS 300000u
#endif
/* An event that is older than this when it is sent says which session it was scanned in. */
#ifndef CW_FRESH_MS
#define CW_FRESH_MS 15000u
#endif

#if CW_QUEUE_EVENTS < 2 || CW_QUEUE_EVENTS > 256
#error "CW_QUEUE_EVENTS is 2 to 256"
#endif
#if CW_BATCH_MAX < 1 || CW_BATCH_MAX > 256
#error "CW_BATCH_MAX is 1 to 256"
#endif
#if CW_SEND_BYTES < 1024 || CW_ANSWER_BYTES < 512
#error "CW_SEND_BYTES is at least 1024 and CW_ANSWER_BYTES at least 512"
#endif
#if CW_CODE_MAX < 14 || CW_CODE_MAX > 127
#error "CW_CODE_MAX is 14 to 127"
#endif

/* A number that is not known or not to be sent. */
#define CW_NONE INT32_MIN

/* ---- The store: one slot is one small record ---- */

#define CW_SLOTS (CW_QUEUE_EVENTS + 2)
/* Most bytes of a record. */
#define CW_RECORD_BYTES (40 + CW_CODE_MAX)

/* ---- What happened to an item ---- */

typedef enum cw_kind {
    CW_ADD = 1,
    CW_REMOVE = 2,
    CW_SET = 3,
    CW_CHECKOUT = 4
} cw_kind;

typedef enum cw_by {
    CW_BARCODE = 1,
    CW_UID = 2,
    CW_PRODUCT = 3
} cw_by;

/* One event. `cw_event_of` makes one with everything optional left out. */
typedef struct cw_event {
    cw_kind kind;
    cw_by by;
    /* The barcode or uid; trailing CR, LF, NUL and blanks are taken off. */
    char code[CW_CODE_MAX + 1];
    uint32_t product_id;
    /* Units; CW_NONE: one, or what the shop makes of the barcode. */
    int32_t quantity;
    /* This item's grams, or CW_NONE. */
    int32_t weight_g;
    /* What the scale reads with it, or CW_NONE. */
    int32_t cart_weight_g;
} cw_event;

typedef enum cw_result {
    CW_OK = 0,
    /* The queue is full: tell the shopper to wait, and scan again. Nothing was taken. */
    CW_FULL,
    /* The store could not write it: it does not count as scanned. */
    CW_NOT_SAVED,
    /* Empty, too long, or with characters that no code has. */
    CW_BAD_EVENT,
    /* A setting that cannot be used: an empty host, a key too long. */
    CW_BAD_SETTING
} cw_result;

/* ---- What the port supplies ---- */

typedef struct cw_port {
    void *user;
    /* Begins or goes on opening a connection: 1 open, 0 under way (asked again), < 0 failed. */
    int (*open)(void *user, const char *host, uint16_t port);
    /* Gives bytes away without waiting: how many were taken, 0 none now, < 0 broken. */
    int (*send)(void *user, const uint8_t *bytes, size_t length);
    /* Takes what came without waiting: how many, 0 none now, < 0 closed. NULL: the program calls
     * cw_feed and cw_closed itself. */
    int (*receive)(void *user, uint8_t *bytes, size_t room);
    void (*close)(void *user);
    /* 32 random bits, different after every start: esp_random. */
    uint32_t (*random)(void *user);
    /* Writes a slot and returns true when it is on flash. Both NULL: nothing survives a restart,
     * and every start draws a new boot_id. */
    bool (*save)(void *user, uint16_t slot, const uint8_t *bytes, size_t length);
    /* Reads a slot: its length, 0 when it was never written. */
    size_t (*load)(void *user, uint16_t slot, uint8_t *bytes, size_t room);
} cw_port;

/* ---- What the application hears ---- */

typedef enum cw_topic {
    /* An event is in the cart. `answer`: everything known; `lcd` only when it was sent alone. */
    CW_NEWS_ACCEPTED = 1,
    /* An event is refused for good; the queue goes on behind it. `answer.code`, `.message`. */
    CW_NEWS_REFUSED,
    /* How the shop sees the trolley: `status`. */
    CW_NEWS_STATUS,
    /* The session changed: connected, disconnected, checked out. `status`. */
    CW_NEWS_SESSION,
    /* A line of the cart, after cw_want_cart: `line`; `line->last` with the last one. */
    CW_NEWS_LINE,
    /* Enrolled: keep `enrolled->key`. */
    CW_NEWS_ENROLLED,
    /* The shop answers again, or for the first time. */
    CW_NEWS_ONLINE,
    /* It does not; scans go on and wait. */
    CW_NEWS_OFFLINE,
    /* The key is refused: nothing is sent until cw_set_key. `answer.code`. */
    CW_NEWS_STOPPED,
    /* A heartbeat says that a firmware image waits. */
    CW_NEWS_FIRMWARE,
    /* The shop noted the position: `answer.lcd` has the section. */
    CW_NEWS_PLACED,
    /* The shop's clock is known: cw_unix. */
    CW_NEWS_TIME,
    /* A request that is no event was refused or could not be understood. `answer.code`. */
    CW_NEWS_PROBLEM,
    /* A record of the store was unreadable: `event->code` is empty, an item may be missing. */
    CW_NEWS_LOST,
    /* The shop did not know the numbers before these: the waiting events got a new boot_id. */
    CW_NEWS_NEW_BOOT,
    /* The last waiting event was acknowledged. */
    CW_NEWS_EMPTY
} cw_topic;

/* An answer; texts are ASCII, empty when not sent. Amounts are texts as the shop wrote them. */
typedef struct cw_answer {
    int16_t status;
    bool success;
    bool duplicate;
    /* Whether it came in a batch, which says neither product nor display line. */
    bool batched;
    char code[32];
    char message[96];
    char lcd[33];
    uint32_t product_id;
    uint32_t quantity;
    uint32_t items;
    char price[16];
    char total[16];
    uint32_t min_age;
    uint32_t order_id;
    /* ok, unsure, mismatch or learning; what the scale suggests. */
    char check[12];
    char check_hint[24];
} cw_answer;

typedef struct cw_status {
    bool paired;
    uint32_t session;
    char cart_code[16];
    uint32_t cart_version;
    uint32_t items;
    char total[16];
    bool firmware;
} cw_status;

typedef struct cw_line {
    uint32_t index;
    uint32_t product_id;
    char name[41];
    uint32_t quantity;
    char total[16];
    bool last;
} cw_line;

typedef struct cw_enrolled {
    uint32_t device_id;
    char key[CW_KEY_MAX + 1];
} cw_enrolled;

/* Everything pointed to lives until the callback returns. */
typedef struct cw_news {
    cw_topic topic;
    const cw_event *event;
    const cw_answer *answer;
    const cw_status *status;
    const cw_line *line;
    const cw_enrolled *enrolled;
} cw_news;

/* May call cw_push and the other functions, but not cw_poll. */
typedef void (*cw_listener)(void *user, const cw_news *news);

typedef struct cw_config {
    /* Where the shop is: a name or an address, without http://. */
    const char *host;
    uint16_t port;
    /* The key, cwk_...; NULL or empty until enrolled. */
    const char *key;
    /* This trolley's number: needed for signing only. */
    uint32_t device_id;
    /* Whether requests are signed rather than carry the key. */
    bool sign;
    /* Seconds between heartbeats; 0: none by itself. */
    uint16_t heartbeat_s;
    cw_listener listener;
    void *listener_user;
} cw_config;

#include "cw_parts.h"

/* ---- Use ---- */

/* Begins: reads the store, draws a boot_id if there is none. False when a setting is unusable; a
 * store that cannot be written is not fatal, and is told by cw_push. */
cw_result cw_begin(cw_cart *cart, const cw_config *config, const cw_port *port, uint32_t now_ms);

/* Does what can be done now, without waiting. Call it often: every few milliseconds. */
void cw_poll(cw_cart *cart, uint32_t now_ms);

/* For ports without `receive`. */
void cw_feed(cw_cart *cart, const uint8_t *bytes, size_t length, uint32_t now_ms);
void cw_closed(cw_cart *cart, uint32_t now_ms);

/* Takes an event. CW_OK means that it is kept and will be charged exactly once. */
cw_result cw_push(cw_cart *cart, const cw_event *event, uint32_t now_ms);
cw_event cw_event_of(cw_kind kind, cw_by by, const char *code);
cw_result cw_scan(cw_cart *cart, const char *barcode, uint32_t now_ms);
cw_result cw_unscan(cw_cart *cart, const char *barcode, uint32_t now_ms);
cw_result cw_scan_tag(cw_cart *cart, const char *uid, uint32_t now_ms);
cw_result cw_checkout(cw_cart *cart, uint32_t now_ms);

/* Events that are not acknowledged yet, and how many more can be taken. */
uint32_t cw_waiting(const cw_cart *cart);
uint32_t cw_room(const cw_cart *cart);
bool cw_online(const cw_cart *cart);
bool cw_stopped(const cw_cart *cart);
const char *cw_boot_id(const cw_cart *cart);

/* Telemetry of the next heartbeats; CW_NONE for what is not known. The texts are copied. */
void cw_set_health(cw_cart *cart, int32_t battery_pct, int32_t rssi_dbm, int32_t free_heap_bytes);
void cw_set_firmware(cw_cart *cart, const char *version);
/* What the scale reads; goes with every event and heartbeat. */
void cw_set_weight(cw_cart *cart, int32_t cart_weight_g);
/* Sends the scale's reading by itself at most every `every_ms`, when it moved by 2 g or more; 0:
 * never (the default). */
void cw_stream_weight(cw_cart *cart, uint32_t every_ms);

/* Ask for something; the answer comes as news. The last call of a kind counts. */
void cw_want_heartbeat(cw_cart *cart);
/* Tells the shop that nothing is heard from here for so long. */
void cw_want_sleep(cw_cart *cart, uint32_t seconds);
void cw_want_time(cw_cart *cart);
void cw_want_cart(cw_cart *cart);
cw_result cw_want_place_tag(cw_cart *cart, const char *tag);
cw_result cw_want_place_node(cw_cart *cart, const char *node);
/* Centimetres on the map. */
void cw_want_place(cw_cart *cart, int32_t x_cm, int32_t y_cm, int32_t floor);
void cw_want_tare(cw_cart *cart, uint32_t seconds);
/* After an update: the new image works. Send it only after a good self-test. */
void cw_want_healthy(cw_cart *cart);
/* Trades a pairing code for a key. A code works once; a claim that is drawn here and sent along lets
 * this cart, and nobody else, ask again when the answer was lost. */
cw_result cw_want_enroll(cw_cart *cart, const char *pairing_code, const char *mac,
                         const char *chip);
/* Whether something asked for is still to be sent or answered. */
bool cw_busy(const cw_cart *cart);

/* A new key, a new place of the shop. Both let a stopped cart go on. */
cw_result cw_set_key(cw_cart *cart, const char *key, uint32_t device_id, bool sign);
cw_result cw_set_server(cw_cart *cart, const char *host, uint16_t port);

/* Seconds since 1970 by the shop's clock, 0 when not known yet. */
uint32_t cw_unix(const cw_cart *cart, uint32_t now_ms);

/* The credential of a request that the program makes itself (HTTPUpdate, a WebSocket): header
 * lines that end with CR LF. Returns their length, 0 when there is no room or no key. */
size_t cw_credential(cw_cart *cart, const char *method, const char *path, const uint8_t *body,
                     size_t body_length, uint32_t now_ms, char *out, size_t room);

/* ---- Texts that say where a shop is ---- */

typedef struct cw_address {
    char host[CW_HOST_MAX + 1];
    uint16_t port;
} cw_address;

/* "http://192.168.1.10:8080", with or without http:// and a path. HTTPS is not spoken here. */
bool cw_read_address(const char *text, size_t length, cw_address *address);
/* The answer to a datagram "cartwright?": "cartwright 1 http://192.168.1.10:8080\n". */
bool cw_read_discovery(const char *text, size_t length, cw_address *address);
/* The QR text of the admin page: "cartwright:enroll?url=http://...&code=K7QF22MB". */
bool cw_read_enrollment(const char *text, size_t length, cw_address *address, char *code,
                        size_t code_room);

#ifdef __cplusplus
}
#endif

#endif
