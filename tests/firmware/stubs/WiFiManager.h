#pragma once
#include "WiFi.h"
class WiFiManagerParameter {
public:
    WiFiManagerParameter(const char *id, const char *label, const char *value, int length);
    const char *getValue() const;
};
class WiFiManager {
public:
    bool addParameter(WiFiManagerParameter *parameter);
    void setConfigPortalTimeout(unsigned long seconds);
    bool startConfigPortal(const char *name);
    bool autoConnect(const char *name);
};
