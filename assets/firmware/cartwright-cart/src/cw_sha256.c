/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104) with a secret of 32 bytes. */
#include "cw_internal.h"

#include <string.h>

static const uint32_t ROUND[64] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u,
    0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu,
    0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu,
    0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau, 0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
    0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu,
    0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
    0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u, 0x19a4c116u,
    0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u,
    0xc67178f2u};

static uint32_t rotated(uint32_t word, unsigned bits) {
    return (word >> bits) | (word << (32u - bits));
}

static void digest_block(cw_sha256 *hash) {
    uint32_t w[64];
    uint32_t s[8];
    for (size_t at = 0; at < 16; at++) {
        const uint8_t *bytes = hash->block + at * 4;
        w[at] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                (uint32_t)bytes[3];
    }
    for (size_t at = 16; at < 64; at++) {
        const uint32_t early = w[at - 15];
        const uint32_t late = w[at - 2];
        w[at] = w[at - 16] + (rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)) + w[at - 7] +
                (rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10));
    }
    memcpy(s, hash->state, sizeof s);
    for (size_t at = 0; at < 64; at++) {
        const uint32_t high = s[7] + (rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)) +
                              ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUND[at] + w[at];
        const uint32_t low = (rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)) +
                             ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += high;
        s[0] = high + low;
    }
    for (size_t at = 0; at < 8; at++) {
        hash->state[at] += s[at];
    }
}

void cw_sha256_begin(cw_sha256 *hash) {
    static const uint32_t first[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                                      0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
    memcpy(hash->state, first, sizeof first);
    hash->length = 0;
    memset(hash->block, 0, sizeof hash->block);
}

void cw_sha256_add(cw_sha256 *hash, const void *bytes, size_t length) {
    const uint8_t *from = bytes;
    for (size_t at = 0; at < length; at++) {
        hash->block[hash->length % 64u] = from[at];
        hash->length += 1;
        if (hash->length % 64u == 0) {
            digest_block(hash);
        }
    }
}

void cw_sha256_end(cw_sha256 *hash, uint8_t digest[32]) {
    static const uint8_t one = 0x80;
    static const uint8_t zero = 0;
    const uint64_t bits = hash->length * 8u;
    uint8_t size[8];
    for (size_t at = 0; at < 8; at++) {
        size[at] = (uint8_t)(bits >> (56u - 8u * at));
    }
    cw_sha256_add(hash, &one, 1);
    while (hash->length % 64u != 56u) {
        cw_sha256_add(hash, &zero, 1);
    }
    cw_sha256_add(hash, size, sizeof size);
    for (size_t at = 0; at < 32; at++) {
        digest[at] = (uint8_t)(hash->state[at / 4] >> (24u - 8u * (at % 4)));
    }
}

void cw_sha256_of(const void *bytes, size_t length, uint8_t digest[32]) {
    cw_sha256 hash;
    cw_sha256_begin(&hash);
    cw_sha256_add(&hash, bytes, length);
    cw_sha256_end(&hash, digest);
}

void cw_hmac_sha256(const uint8_t secret[32], const void *bytes, size_t length,
                    uint8_t digest[32]) {
    uint8_t pad[64];
    cw_sha256 hash;
    for (size_t at = 0; at < sizeof pad; at++) {
        pad[at] = (uint8_t)((at < 32 ? secret[at] : 0u) ^ 0x36u);
    }
    cw_sha256_begin(&hash);
    cw_sha256_add(&hash, pad, sizeof pad);
    cw_sha256_add(&hash, bytes, length);
    cw_sha256_end(&hash, digest);
    for (size_t at = 0; at < sizeof pad; at++) {
        pad[at] = (uint8_t)(pad[at] ^ 0x36u ^ 0x5cu);
    }
    cw_sha256_begin(&hash);
    cw_sha256_add(&hash, pad, sizeof pad);
    cw_sha256_add(&hash, digest, 32);
    cw_sha256_end(&hash, digest);
}
