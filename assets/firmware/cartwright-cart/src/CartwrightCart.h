/*
 * The port to the ESP32 with the Arduino core: Wi-Fi, flash, updates and finding the shop around
 * the portable core of cartwright_cart.h.
 *
 *   CartwrightCart cart;
 *   void setup() { cart.onNews(heard); cart.begin("1.0.0"); }
 *   void loop() { cart.poll(); if (scanned) cart.scan(code); }
 *
 * Address and key are kept in flash by the port; the sketch brings them in once, by
 * `configure` and `enroll`.
 */
#ifndef CARTWRIGHT_CART_PORT_H
#define CARTWRIGHT_CART_PORT_H

#include <Arduino.h>
#include <Preferences.h>
#include <WiFi.h>
#include <WiFiClient.h>

#include "cartwright_cart.h"

class CartwrightCart {
public:
    typedef void (*Listener)(const cw_news *news);

    /* Milliseconds that opening a connection may hold up the loop. */
    static const int32_t CONNECT_TIMEOUT_MS = 1500;

    /* Called with everything that the shop says. Set it before begin. */
    void onNews(Listener listener) { listener_ = listener; }

    /* Reads address, key and waiting scans from flash. False while there is no address: ask for
     * one, call configure. `firmware` is this image's version. */
    bool begin(const char *firmware, uint16_t heartbeat_s = 30);

    /* Where the shop is; kept in flash. "http://192.168.1.10:8080" or what a QR code said. */
    bool configure(const char *address);
    bool isConfigured() const { return is_begun_; }
    /* The shop by multicast DNS, then by a UDP datagram. Waits up to two seconds; both fail on
     * some networks: the address that was typed in always works. */
    bool discover();

    /* Gets a key for a pairing code of the admin page, or for the text of its QR code. */
    bool enroll(const char *pairing_code);
    bool isEnrolled() const { return is_begun_ && cart_.key[0] != '\0'; }
    /* Requests are signed from now on, and the key never travels. */
    bool sign(bool is_wanted);
    /* Forgets address and key; waiting scans stay. */
    void forget();

    /* Call it in every loop. Waits only while a connection is opened. */
    void poll();

    cw_result scan(const char *barcode) { return cw_scan(&cart_, barcode, millis()); }
    cw_result unscan(const char *barcode) { return cw_unscan(&cart_, barcode, millis()); }
    cw_result scanTag(const char *uid) { return cw_scan_tag(&cart_, uid, millis()); }
    cw_result push(const cw_event &event) { return cw_push(&cart_, &event, millis()); }
    cw_result checkout() { return cw_checkout(&cart_, millis()); }

    void setWeight(int32_t grams) { cw_set_weight(&cart_, grams); }
    void setBattery(int32_t percent) { battery_pct_ = percent; }
    void tare(uint32_t seconds) { cw_want_tare(&cart_, seconds); }

    /* Fetches the image that waits and restarts into it. Only while no scan waits; returns false
     * when there is none or it failed. Blocks while it loads. */
    bool updateFirmware();
    /* After a good self-test: keeps the new image, and tells the shop. */
    void confirmFirmware();

    /* Everything else of the core. */
    cw_cart *core() { return &cart_; }

private:
    cw_cart cart_;
    WiFiClient client_;
    Preferences settings_;
    Preferences store_;
    Listener listener_ = nullptr;
    String firmware_;
    uint16_t heartbeat_s_ = 30;
    int32_t battery_pct_ = CW_NONE;
    uint32_t health_at_ms_ = 0;
    bool is_begun_ = false;

    bool start();
    bool useAddress(const cw_address &address);

    static int open(void *user, const char *host, uint16_t port);
    static int send(void *user, const uint8_t *bytes, size_t length);
    static int receive(void *user, uint8_t *bytes, size_t room);
    static void close(void *user);
    static uint32_t random(void *user);
    static bool save(void *user, uint16_t slot, const uint8_t *bytes, size_t length);
    static size_t load(void *user, uint16_t slot, uint8_t *bytes, size_t room);
    static void heard(void *user, const cw_news *news);
};

#endif
