/*
 * When to try again. Full jitter: trolleys that lost the shop at the same moment come back spread
 * over the whole wait. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
#include "cw_internal.h"

uint32_t cw_backoff_ms(uint32_t failures, uint32_t random) {
    uint32_t cap = CW_BACKOFF_FIRST_MS;
    for (uint32_t at = 1; at < failures && cap < CW_BACKOFF_MOST_MS; at++) {
        cap *= 2;
    }
    if (cap > CW_BACKOFF_MOST_MS) {
        cap = CW_BACKOFF_MOST_MS;
    }
    return (uint32_t)((uint64_t)random * (cap + 1u) >> 32);
}

bool cw_is_due(uint32_t now_ms, uint32_t then_ms) {
    return now_ms - then_ms < 0x80000000u;
}
