#ifndef STUB_WIFI_UDP_H
#define STUB_WIFI_UDP_H
#include "Arduino.h"
class WiFiUDP {
public:
    uint8_t begin(uint16_t port);
    int beginPacket(IPAddress to, uint16_t port);
    size_t write(const uint8_t *bytes, size_t length);
    int endPacket();
    int parsePacket();
    int read(char *bytes, size_t room);
    void stop();
};
#endif
