#ifndef STUB_WIFI_H
#define STUB_WIFI_H
#include "Arduino.h"
typedef enum { WL_CONNECTED = 3 } wl_status_t;
class WiFiClass {
public:
    wl_status_t status();
    int8_t RSSI();
    String macAddress();
};
extern WiFiClass WiFi;
#endif
