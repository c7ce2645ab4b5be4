#ifndef STUB_PREFERENCES_H
#define STUB_PREFERENCES_H
#include "Arduino.h"
class Preferences {
public:
    bool begin(const char *name, bool readOnly = false, const char *partition = nullptr);
    bool clear();
    size_t putString(const char *key, const char *value);
    String getString(const char *key, String fallback = String());
    size_t putUInt(const char *key, uint32_t value);
    uint32_t getUInt(const char *key, uint32_t fallback = 0);
    size_t putUShort(const char *key, uint16_t value);
    uint16_t getUShort(const char *key, uint16_t fallback = 0);
    size_t putBool(const char *key, bool value);
    bool getBool(const char *key, bool fallback = false);
    size_t putBytes(const char *key, const void *value, size_t length);
    size_t getBytesLength(const char *key);
    size_t getBytes(const char *key, void *to, size_t room);
};
#endif
