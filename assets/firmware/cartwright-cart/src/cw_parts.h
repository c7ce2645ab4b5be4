/*
 * The memory of a cart. Included by cartwright_cart.h so that a program can own one; its members
 * are the library's own business.
 */
#ifndef CW_PARTS_H
#define CW_PARTS_H

#ifdef __cplusplus
extern "C" {
#endif

#define CW_BOOT_CHARS 16
#define CW_CLAIM_CHARS 32

/* One waiting event. */
typedef struct cw_entry {
    cw_event event;
    /* Its place in the order of all events of this store, from 1; never given twice. */
    uint32_t index;
    /* The session it was scanned in; 0: not known. */
    uint32_t session;
    uint32_t at_ms;
    /* Whether it was read from the store: its age is not known. */
    bool is_old;
    /* Whether its record was unreadable: it is skipped. */
    bool is_lost;
    /* Whether it may have been carried out already. In a batch the shop passes over what it knows,
     * refused or not; alone such an event gets its first answer again, so that is how it is sent. */
    bool is_doubtful;
} cw_entry;

/*
 * The events in a ring. `index` is theirs for ever; the number that the shop sees is
 * index - base, so that a new boot_id renumbers everything that waits with a single write.
 */
typedef struct cw_queue {
    cw_entry ring[CW_QUEUE_EVENTS];
    /* Ties event records to this store: records of an erased one are not taken for its own. */
    uint32_t store_id;
    /* Which of the two copies of the state is newer. */
    uint32_t revision;
    char boot_id[CW_BOOT_CHARS + 1];
    uint32_t base;
    /* The last index that was acknowledged, and the next to be given. */
    uint32_t acked;
    uint32_t next;
} cw_queue;

typedef enum cw_phase {
    CW_PHASE_IDLE = 0,
    CW_PHASE_OPENING,
    CW_PHASE_SENDING,
    CW_PHASE_RECEIVING
} cw_phase;

/* Reads one answer as it comes in. */
typedef struct cw_response {
    uint8_t part;
    bool has_length;
    bool is_closing;
    bool is_complete;
    bool is_broken;
    int16_t status;
    uint32_t retry_after_s;
    size_t body_expected;
    size_t body_length;
    size_t line_length;
    uint32_t head_bytes;
    char line[128];
    char body[CW_ANSWER_BYTES + 1];
} cw_response;

typedef enum cw_request {
    CW_REQUEST_NONE = 0,
    CW_REQUEST_SINGLE,
    CW_REQUEST_BATCH,
    CW_REQUEST_ENROLL,
    CW_REQUEST_HEALTHY,
    CW_REQUEST_TARE,
    CW_REQUEST_PLACE,
    CW_REQUEST_CART,
    CW_REQUEST_TIME,
    CW_REQUEST_HEARTBEAT,
    CW_REQUEST_WEIGHT
} cw_request;

typedef struct cw_cart {
    cw_port port;
    cw_listener listener;
    void *listener_user;

    char host[CW_HOST_MAX + 1];
    uint16_t tcp_port;
    char key[CW_KEY_MAX + 1];
    uint8_t secret[32];
    uint32_t device_id;
    bool sign;
    uint32_t heartbeat_ms;

    cw_queue queue;

    /* The exchange under way. */
    cw_phase phase;
    cw_request request;
    uint32_t begun_ms;
    bool is_open;
    /* Whether the connection served a request before: then its end is no failure. */
    bool is_reused;
    bool has_received;
    uint32_t first_index;
    uint32_t sent_count;
    uint32_t sent_wants;
    size_t send_length;
    size_t send_done;
    char send[CW_SEND_BYTES];
    cw_response response;

    /* Waiting after a failure. */
    bool is_waiting;
    uint32_t wait_until_ms;
    uint32_t failures;
    uint32_t corrections;
    uint32_t batch_limit;
    bool is_online;
    bool is_known_offline;
    bool is_stopped;
    bool ask_alone;
    bool had_event_turn;
    /* The code of a refusal that came in a batch, of the event at the head. */
    char refusal_code[32];
    int16_t refusal_status;

    /* What is asked for: one bit per kind of request. */
    uint32_t wants;
    uint32_t heartbeat_due_ms;
    uint32_t sleep_s;
    uint32_t tare_s;
    uint32_t cart_offset;
    char place[96];
    char enroll_code[24];
    char enroll_mac[24];
    char enroll_chip[24];
    /* Proves a repeat to be ours when the answer with the key was lost. */
    char enroll_claim[CW_CLAIM_CHARS + 1];

    int32_t battery_pct;
    int32_t rssi_dbm;
    int32_t free_heap_bytes;
    char firmware[24];
    int32_t weight_g;
    int32_t weight_sent_g;
    uint32_t weight_every_ms;
    uint32_t weight_due_ms;

    bool has_session;
    uint32_t session;
    bool has_time;
    uint32_t unix_s;
    uint32_t unix_at_ms;
} cw_cart;

#ifdef __cplusplus
}
#endif

#endif
