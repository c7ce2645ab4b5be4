#ifndef STUB_ESP_MDNS_H
#define STUB_ESP_MDNS_H
#include "Arduino.h"
class MDNSResponder {
public:
    bool begin(const char *name);
    void end();
    int queryService(const char *service, const char *protocol);
    IPAddress address(int at);
    uint16_t port(int at);
};
extern MDNSResponder MDNS;
#endif
