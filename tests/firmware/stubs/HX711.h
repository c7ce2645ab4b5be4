#pragma once
#include "Arduino.h"
class HX711 {
public:
    void begin(uint8_t data, uint8_t clock, uint8_t gain = 128);
    bool is_ready();
    void set_scale(float scale = 1.f);
    void tare(uint8_t times = 10);
    float get_units(uint8_t times = 1);
};
