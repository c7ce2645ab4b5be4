#ifndef STUB_WIFI_CLIENT_H
#define STUB_WIFI_CLIENT_H
#include "Arduino.h"
class WiFiClient {
public:
    int connect(const char *host, uint16_t port, int32_t timeout_ms);
    uint8_t connected();
    size_t write(const uint8_t *bytes, size_t length);
    int available();
    int read(uint8_t *bytes, size_t room);
    void stop();
    int setNoDelay(bool is_wanted);
};
#endif
