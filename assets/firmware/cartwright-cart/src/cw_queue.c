/*
 * The events that wait, and how they outlive a power cut.
 *
 * Slots 0 and 1 hold the state in turn: a cut while one is written leaves the other. The slots
 * behind them are the ring: an event is written to its slot before it counts as scanned, and a
 * slot is used again only when the event in it was acknowledged. Every record ends with a CRC: a
 * torn one was never scanned.
 *
 * After a restart boot_id and numbers go on: what was sent but not acknowledged is sent again
 * under the same number, and the shop knows it. An acknowledgement that was not written in time
 * does no harm: a repeat is answered like the first.
 */
#include "cw_internal.h"

#include <string.h>

#define STATE_BYTES 40u
#define EVENT_BYTES 36u
#define STATE_MARK 0x53u
#define EVENT_MARK 0x45u
#define FORMAT 1u

uint32_t cw_crc32(const uint8_t *bytes, size_t length) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t at = 0; at < length; at++) {
        crc ^= bytes[at];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

static void put32(uint8_t *to, uint32_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16);
    to[3] = (uint8_t)(value >> 24);
}

static uint32_t take32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

/* Two's complement both ways, whatever the compiler makes of a cast. */
static int32_t signed_of(uint32_t value) {
    return value < 0x80000000u ? (int32_t)value : -(int32_t)(UINT32_MAX - value) - 1;
}

static bool is_intact(const uint8_t *record, size_t length, uint8_t mark, size_t least) {
    return length >= least && record[0] == mark && record[1] == FORMAT &&
           take32(record + length - 4) == cw_crc32(record, length - 4);
}

static bool is_persistent(const cw_port *port) {
    return port->save != NULL && port->load != NULL;
}

static size_t load(const cw_port *port, uint16_t slot, uint8_t *record) {
    const size_t length = port->load(port->user, slot, record, CW_RECORD_BYTES);
    return length <= CW_RECORD_BYTES ? length : 0;
}

static bool save_state(cw_queue *queue, const cw_port *port) {
    uint8_t record[STATE_BYTES];
    const uint32_t revision = queue->revision + 1;
    if (!is_persistent(port)) {
        return true;
    }
    record[0] = STATE_MARK;
    record[1] = FORMAT;
    record[2] = 0;
    record[3] = 0;
    put32(record + 4, revision);
    put32(record + 8, queue->store_id);
    memcpy(record + 12, queue->boot_id, CW_BOOT_CHARS);
    put32(record + 28, queue->base);
    put32(record + 32, queue->acked);
    put32(record + 36, cw_crc32(record, STATE_BYTES - 4));
    if (!port->save(port->user, (uint16_t)(revision & 1u), record, STATE_BYTES)) {
        /* The other copy may be the older one now: the next try writes the same slot again. */
        return false;
    }
    queue->revision = revision;
    return true;
}

static bool load_state(cw_queue *queue, const cw_port *port) {
    bool is_found = false;
    for (uint16_t slot = 0; slot < 2; slot++) {
        uint8_t record[CW_RECORD_BYTES];
        const size_t length = load(port, slot, record);
        if (length != STATE_BYTES || !is_intact(record, length, STATE_MARK, STATE_BYTES)) {
            continue;
        }
        const uint32_t revision = take32(record + 4);
        if (is_found && !cw_is_due(revision, queue->revision)) {
            continue;
        }
        is_found = true;
        queue->revision = revision;
        queue->store_id = take32(record + 8);
        memcpy(queue->boot_id, record + 12, CW_BOOT_CHARS);
        queue->boot_id[CW_BOOT_CHARS] = '\0';
        queue->base = take32(record + 28);
        queue->acked = take32(record + 32);
    }
    return is_found && queue->acked >= queue->base;
}

static uint16_t slot_of(uint32_t index) {
    return (uint16_t)(2u + (index - 1u) % CW_QUEUE_EVENTS);
}

static cw_entry *entry_of(cw_queue *queue, uint32_t index) {
    return &queue->ring[(index - 1u) % CW_QUEUE_EVENTS];
}

static bool save_event(const cw_queue *queue, const cw_port *port, const cw_entry *entry) {
    uint8_t record[CW_RECORD_BYTES];
    const size_t code_length = strlen(entry->event.code);
    if (!is_persistent(port)) {
        return true;
    }
    record[0] = EVENT_MARK;
    record[1] = FORMAT;
    record[2] = (uint8_t)entry->event.kind;
    record[3] = (uint8_t)entry->event.by;
    put32(record + 4, queue->store_id);
    put32(record + 8, entry->index);
    put32(record + 12, entry->event.product_id);
    put32(record + 16, (uint32_t)entry->event.quantity);
    put32(record + 20, (uint32_t)entry->event.weight_g);
    put32(record + 24, (uint32_t)entry->event.cart_weight_g);
    put32(record + 28, entry->session);
    memcpy(record + 32, entry->event.code, code_length);
    put32(record + 32 + code_length, cw_crc32(record, 32 + code_length));
    return port->save(port->user, slot_of(entry->index), record, EVENT_BYTES + code_length);
}

/* Reads a slot of the ring; whether it has an intact record of any store goes to `is_some`. */
static bool load_event(const cw_queue *queue, const cw_port *port, uint16_t slot, cw_entry *entry,
                       bool *is_some) {
    uint8_t record[CW_RECORD_BYTES];
    const size_t length = load(port, slot, record);
    if (!is_intact(record, length, EVENT_MARK, EVENT_BYTES) ||
        length - EVENT_BYTES > CW_CODE_MAX) {
        return false;
    }
    *is_some = true;
    memset(entry, 0, sizeof *entry);
    entry->index = take32(record + 8);
    if (take32(record + 4) != queue->store_id || entry->index == 0 ||
        slot_of(entry->index) != slot || record[2] < CW_ADD || record[2] > CW_CHECKOUT ||
        record[3] < CW_BARCODE || record[3] > CW_PRODUCT) {
        return false;
    }
    entry->event.kind = (cw_kind)record[2];
    entry->event.by = (cw_by)record[3];
    entry->event.product_id = take32(record + 12);
    entry->event.quantity = signed_of(take32(record + 16));
    entry->event.weight_g = signed_of(take32(record + 20));
    entry->event.cart_weight_g = signed_of(take32(record + 24));
    entry->session = take32(record + 28);
    memcpy(entry->event.code, record + 32, length - EVENT_BYTES);
    entry->is_old = true;
    entry->is_doubtful = true;
    return true;
}

static void draw_boot_id(cw_queue *queue, const cw_port *port) {
    uint8_t bytes[CW_BOOT_CHARS / 2];
    for (size_t at = 0; at < sizeof bytes; at += 4) {
        put32(bytes + at, port->random(port->user));
    }
    cw_text text = cw_text_in(queue->boot_id, sizeof queue->boot_id);
    cw_put_hex(&text, bytes, sizeof bytes);
}

static void begin_anew(cw_queue *queue, const cw_port *port) {
    queue->store_id = port->random(port->user);
    queue->base = 0;
    queue->acked = 0;
    draw_boot_id(queue, port);
}

/* What waits behind the last acknowledged event that was written down. */
static void find_pending(cw_queue *queue, uint32_t last, uint32_t *lost) {
    queue->next = last + 1;
    if (last - queue->acked > CW_QUEUE_EVENTS) {
        queue->acked = last - CW_QUEUE_EVENTS;
    }
    for (uint32_t index = queue->acked + 1; index <= last; index++) {
        cw_entry *entry = entry_of(queue, index);
        if (entry->index == index) {
            continue;
        }
        if (last + 1 - index >= CW_QUEUE_EVENTS) {
            /* Its slot was used again, perhaps by a write that was cut: so it was acknowledged. */
            queue->acked = index;
            continue;
        }
        memset(entry, 0, sizeof *entry);
        entry->index = index;
        entry->is_lost = true;
        *lost += 1;
    }
}

bool cw_queue_begin(cw_queue *queue, const cw_port *port, uint32_t *lost) {
    bool is_continued = false;
    bool is_some = false;
    uint32_t last = 0;
    memset(queue, 0, sizeof *queue);
    *lost = 0;
    if (is_persistent(port)) {
        is_continued = load_state(queue, port);
    }
    if (!is_continued) {
        begin_anew(queue, port);
    }
    last = queue->acked;
    for (uint16_t at = 0; is_persistent(port) && at < CW_QUEUE_EVENTS; at++) {
        cw_entry entry;
        if (load_event(queue, port, (uint16_t)(at + 2u), &entry, &is_some)) {
            queue->ring[at] = entry;
            if (entry.index > last) {
                last = entry.index;
            }
        }
    }
    if (!is_continued) {
        /* Records without a state: what they were acknowledged under is not known any more. */
        *lost = is_some ? 1 : 0;
        memset(queue->ring, 0, sizeof queue->ring);
        queue->next = 1;
        if (!save_state(queue, port)) {
            queue->revision = 0;
            return false;
        }
        return true;
    }
    find_pending(queue, last, lost);
    return true;
}

cw_result cw_queue_push(cw_queue *queue, const cw_port *port, const cw_event *event,
                        uint32_t session, uint32_t now_ms) {
    cw_entry entry;
    if (cw_queue_waiting(queue) >= CW_QUEUE_EVENTS) {
        return CW_FULL;
    }
    /* An event must never be on flash without the state that says whose it is. */
    if (queue->revision == 0 && !save_state(queue, port)) {
        return CW_NOT_SAVED;
    }
    if (cw_queue_seq(queue, queue->next) >= CW_SEQ_MAX) {
        if (cw_queue_waiting(queue) > 0) {
            return CW_FULL;
        }
        if (!cw_queue_new_boot(queue, port)) {
            return CW_NOT_SAVED;
        }
    }
    memset(&entry, 0, sizeof entry);
    entry.event = *event;
    entry.index = queue->next;
    entry.session = session;
    entry.at_ms = now_ms;
    if (!save_event(queue, port, &entry)) {
        return CW_NOT_SAVED;
    }
    *entry_of(queue, entry.index) = entry;
    queue->next += 1;
    return CW_OK;
}

uint32_t cw_queue_waiting(const cw_queue *queue) {
    return queue->next - 1u - queue->acked;
}

cw_entry *cw_queue_at(cw_queue *queue, uint32_t nth) {
    return entry_of(queue, queue->acked + 1u + nth);
}

uint32_t cw_queue_seq(const cw_queue *queue, uint32_t index) {
    return index - queue->base;
}

void cw_queue_acknowledge(cw_queue *queue, const cw_port *port, uint32_t count) {
    queue->acked += count;
    if (port != NULL) {
        /* If this fails, a restart sends them again, and they are answered as repeats. */
        (void)save_state(queue, port);
    }
}

bool cw_queue_rewind(cw_queue *queue, const cw_port *port, uint32_t seq) {
    const uint32_t index = queue->base + seq;
    if (seq == 0 || index > queue->acked) {
        return false;
    }
    for (uint32_t at = index; at <= queue->acked; at++) {
        const cw_entry *entry = entry_of(queue, at);
        if (entry->index != at || entry->is_lost) {
            return false;
        }
    }
    for (uint32_t at = index; at <= queue->acked; at++) {
        entry_of(queue, at)->is_old = true;
    }
    queue->acked = index - 1u;
    (void)save_state(queue, port);
    return true;
}

bool cw_queue_new_boot(cw_queue *queue, const cw_port *port) {
    char boot_id[CW_BOOT_CHARS + 1];
    const uint32_t base = queue->base;
    memcpy(boot_id, queue->boot_id, sizeof boot_id);
    draw_boot_id(queue, port);
    queue->base = queue->acked;
    if (!save_state(queue, port)) {
        memcpy(queue->boot_id, boot_id, sizeof boot_id);
        queue->base = base;
        return false;
    }
    return true;
}
