/* As much of the Arduino core for the ESP32 as the port and the example name: to check syntax and
 * types on a computer. It runs nothing. */
#ifndef STUB_ARDUINO_H
#define STUB_ARDUINO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ESP_ARDUINO_VERSION_MAJOR 3
#define LOW 0
#define INPUT_PULLUP 5
#define SERIAL_8N1 0x800001c

uint32_t millis();
void delay(uint32_t milliseconds);
void pinMode(uint8_t pin, uint8_t mode);
int digitalRead(uint8_t pin);
size_t strlcpy(char *to, const char *from, size_t room);

class String {
public:
    String(const char *text = "");
    const char *c_str() const;
    unsigned int length() const;
};

class IPAddress {
public:
    IPAddress(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
    String toString() const;
};

class HardwareSerial {
public:
    void begin(unsigned long baud, uint32_t config, int8_t rx, int8_t tx);
    int available();
    int read();
};
extern HardwareSerial Serial2;

class EspClass {
public:
    uint32_t getFreeHeap();
    const char *getChipModel();
};
extern EspClass ESP;

#endif
