/* The headers of a signed request: the key itself never travels. */
#include "cw_internal.h"

bool cw_put_signature(cw_text *head, const uint8_t secret[32], uint32_t device_id,
                      const char *method, const char *path, uint32_t unix_s, const char *nonce,
                      const uint8_t *body, size_t body_length) {
    char room[256];
    uint8_t digest[32];
    cw_text message = cw_text_in(room, sizeof room);
    cw_put(&message, method);
    cw_put(&message, "\n");
    cw_put(&message, path);
    cw_put(&message, "\n");
    cw_put_number(&message, unix_s);
    cw_put(&message, "\n");
    cw_put(&message, nonce);
    cw_put(&message, "\n");
    cw_sha256_of(body_length == 0 ? (const uint8_t *)"" : body, body_length, digest);
    cw_put_hex(&message, digest, sizeof digest);
    cw_hmac_sha256(secret, room, message.length, digest);

    cw_put(head, "X-Device-Id: ");
    cw_put_number(head, device_id);
    cw_put(head, "\r\nX-Time: ");
    cw_put_number(head, unix_s);
    cw_put(head, "\r\nX-Nonce: ");
    cw_put(head, nonce);
    cw_put(head, "\r\nX-Signature: ");
    cw_put_hex(head, digest, sizeof digest);
    cw_put(head, "\r\n");
    return !message.is_full && !head->is_full;
}
