#pragma once
#include "Arduino.h"
class LiquidCrystal_I2C {
public:
    LiquidCrystal_I2C(uint8_t address, uint8_t columns, uint8_t rows);
    void init();
    void backlight();
    void clear();
    void setCursor(uint8_t column, uint8_t row);
    size_t print(const char *text);
};
