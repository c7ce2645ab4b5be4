#ifndef STUB_HTTP_CLIENT_H
#define STUB_HTTP_CLIENT_H
#include "Arduino.h"
class HTTPClient {
public:
    void addHeader(const String &name, const String &value, bool first = false, bool replace = true);
};
#endif
