/*
 * The core as a real client on this computer: sockets for Wi-Fi, a file for flash.
 *
 *   host_cart HOST PORT KEY DEVICE_ID SIGN STORE SCRIPT SEED
 *
 * SCRIPT has one event a line: add, remove or set, then p and a product's id or b and a barcode,
 * then a quantity; or checkout. The store knows how many of them were taken, so that the program
 * may be killed at any moment and started again. It kills itself at random in the middle of a
 * write, too. It ends with 0 when every line was taken and acknowledged.
 */
#define _POSIX_C_SOURCE 200809L

#include "cw_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLOT_BYTES (CW_RECORD_BYTES + 2)
#define LINES_MAX 2000

typedef struct host {
    int socket;
    int store;
    uint32_t dice;
    uint32_t accepted;
    uint32_t refused;
    uint32_t batched;
    bool is_failed;
} host;

static uint32_t dice(host *it) {
    it->dice ^= it->dice << 13;
    it->dice ^= it->dice >> 17;
    it->dice ^= it->dice << 5;
    return it->dice;
}

static int host_open(void *user, const char *name, uint16_t port) {
    host *it = user;
    if (it->socket < 0) {
        struct sockaddr_in address;
        memset(&address, 0, sizeof address);
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        if (inet_pton(AF_INET, name, &address.sin_addr) != 1) {
            return -1;
        }
        it->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (it->socket < 0 || fcntl(it->socket, F_SETFL, O_NONBLOCK) != 0) {
            return -1;
        }
        if (connect(it->socket, (const struct sockaddr *)&address, sizeof address) == 0) {
            return 1;
        }
        if (errno != EINPROGRESS) {
            close(it->socket);
            it->socket = -1;
            return -1;
        }
    }
    struct pollfd ready = {it->socket, POLLOUT, 0};
    if (poll(&ready, 1, 0) == 0) {
        return 0;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(it->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        close(it->socket);
        it->socket = -1;
        return -1;
    }
    return 1;
}

static int host_send(void *user, const uint8_t *bytes, size_t length) {
    const host *it = user;
    const ssize_t sent = send(it->socket, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    return (int)sent;
}

static int host_receive(void *user, uint8_t *bytes, size_t room) {
    const host *it = user;
    const ssize_t taken = recv(it->socket, bytes, room, 0);
    if (taken < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    return taken == 0 ? -1 : (int)taken;
}

static void host_close(void *user) {
    host *it = user;
    if (it->socket >= 0) {
        close(it->socket);
        it->socket = -1;
    }
}

static uint32_t host_random(void *user) {
    uint32_t drawn = 0;
    FILE *source = fopen("/dev/urandom", "rb");
    if (source == NULL || fread(&drawn, sizeof drawn, 1, source) != 1) {
        drawn = dice(user);
    }
    if (source != NULL) {
        fclose(source);
    }
    return drawn;
}

static bool host_save(void *user, uint16_t slot, const uint8_t *bytes, size_t length) {
    host *it = user;
    uint8_t record[SLOT_BYTES];
    memset(record, 0, sizeof record);
    record[0] = (uint8_t)length;
    record[1] = (uint8_t)(length >> 8);
    memcpy(record + 2, bytes, length);
    const off_t at = (off_t)slot * SLOT_BYTES;
    if (dice(it) % 150 == 0) {
        /* The power goes in the middle of this write. */
        const size_t part = dice(it) % (length + 2);
        (void)!pwrite(it->store, record, part, at);
        kill(getpid(), SIGKILL);
    }
    return pwrite(it->store, record, length + 2, at) == (ssize_t)(length + 2);
}

static size_t host_load(void *user, uint16_t slot, uint8_t *bytes, size_t room) {
    const host *it = user;
    uint8_t record[SLOT_BYTES];
    const ssize_t taken = pread(it->store, record, sizeof record, (off_t)slot * SLOT_BYTES);
    if (taken < 2) {
        return 0;
    }
    const size_t length = (size_t)record[0] | (size_t)record[1] << 8;
    if (length > room || length + 2 > (size_t)taken) {
        return 0;
    }
    memcpy(bytes, record + 2, length);
    return length;
}

static void heard(void *user, const cw_news *news) {
    host *it = user;
    switch (news->topic) {
    case CW_NEWS_ACCEPTED:
        it->accepted += 1;
        it->batched += news->answer->batched ? 1u : 0u;
        break;
    case CW_NEWS_REFUSED:
        it->refused += 1;
        printf("refused %s %s: %s\n", news->event->code, news->answer->code,
               news->answer->message);
        fflush(stdout);
        break;
    case CW_NEWS_LOST:
    case CW_NEWS_STOPPED:
    case CW_NEWS_NEW_BOOT:
        printf("topic %d: %s\n", (int)news->topic,
               news->answer == NULL ? "" : news->answer->code);
        it->is_failed = true;
        break;
    default:
        break;
    }
}

static uint32_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static size_t read_script(const char *path, cw_event events[LINES_MAX]) {
    char line[160];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file) != NULL && count < LINES_MAX) {
        char word[16];
        char by[2];
        char code[64];
        int quantity = 0;
        if (strncmp(line, "checkout", 8) == 0) {
            events[count] = cw_event_of(CW_CHECKOUT, CW_BARCODE, NULL);
        } else if (sscanf(line, "%15s %1s %63s %d", word, by, code, &quantity) == 4) {
            const cw_kind kind = word[0] == 'a' ? CW_ADD : word[0] == 'r' ? CW_REMOVE : CW_SET;
            events[count] = cw_event_of(kind, by[0] == 'p' ? CW_PRODUCT : CW_BARCODE, code);
            events[count].product_id = (uint32_t)strtoul(code, NULL, 10);
            events[count].quantity = quantity;
        } else {
            fprintf(stderr, "no event: %s", line);
            exit(2);
        }
        count += 1;
    }
    fclose(file);
    return count;
}

int main(int argc, char **argv) {
    static cw_cart cart;
    static cw_event events[LINES_MAX];
    host it = {.socket = -1};
    if (argc != 9) {
        fprintf(stderr, "host_cart HOST PORT KEY DEVICE_ID SIGN STORE SCRIPT SEED\n");
        return 2;
    }
    it.dice = (uint32_t)strtoul(argv[8], NULL, 10) * 2654435761u + 1u;
    it.store = open(argv[6], O_RDWR | O_CREAT, 0600);
    if (it.store < 0) {
        perror(argv[6]);
        return 2;
    }
    const size_t count = read_script(argv[7], events);
    const cw_port port = {&it,        host_open,   host_send, host_receive,
                          host_close, host_random, host_save, host_load};
    const cw_config config = {
        .host = argv[1],
        .port = (uint16_t)strtoul(argv[2], NULL, 10),
        .key = argv[3],
        .device_id = (uint32_t)strtoul(argv[4], NULL, 10),
        .sign = argv[5][0] == '1',
        .heartbeat_s = 1,
        .listener = heard,
        .listener_user = &it,
    };
    if (cw_begin(&cart, &config, &port, now_ms()) != CW_OK) {
        fprintf(stderr, "a setting is unusable\n");
        return 2;
    }
    uint32_t due = now_ms();
    while (!it.is_failed) {
        const uint32_t now = now_ms();
        /* What the store took before is not scanned again. */
        const size_t taken = cart.queue.next - 1u;
        if (taken >= count && cw_waiting(&cart) == 0) {
            printf("done: %u accepted, %u of them in batches, %u refused\n", it.accepted,
                   it.batched, it.refused);
            return 0;
        }
        if (taken < count && cw_is_due(now, due)) {
            const cw_result result = cw_push(&cart, &events[taken], now);
            if (result != CW_OK && result != CW_FULL) {
                fprintf(stderr, "event %zu was not taken: %d\n", taken, (int)result);
                return 3;
            }
            /* Bursts and pauses: some go alone, some wait together. */
            due = now + (dice(&it) % 4 == 0 ? dice(&it) % 150 : dice(&it) % 8);
        }
        cw_poll(&cart, now);
        fflush(stdout);
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    return 4;
}
