/* The port to the ESP32; empty for every other chip, so that the core stays portable. */
#if defined(ARDUINO_ARCH_ESP32)

#include "../../CartwrightCart.h"

#include <ESPmDNS.h>
#include <HTTPClient.h>
#include <HTTPUpdate.h>
#include <WiFiUdp.h>
#include <esp_ota_ops.h>
#include <esp_random.h>
#include <string.h>

/* The UDP port where a shop answers "cartwright?". */
static const uint16_t DISCOVERY_PORT = 8266;
static const uint32_t DISCOVERY_WAIT_MS = 1000;
static const uint32_t HEALTH_EVERY_MS = 5000;

static const char SETTINGS[] = "cartwright";
/* One key a slot: the flash library spreads its writes over a partition, and each is whole or
 * not there. 66 slots of 87 bytes need a partition of 20 KB or more; the usual one has that. */
static const char STORE[] = "cartwright-q";

static void slotName(uint16_t slot, char name[8]) {
    name[0] = 's';
    name[1] = (char)('0' + slot / 100 % 10);
    name[2] = (char)('0' + slot / 10 % 10);
    name[3] = (char)('0' + slot % 10);
    name[4] = '\0';
}

/* ---- What the core asks of a port ---- */

int CartwrightCart::open(void *user, const char *host, uint16_t port) {
    CartwrightCart *it = static_cast<CartwrightCart *>(user);
    if (WiFi.status() != WL_CONNECTED) {
        return -1;
    }
    if (!it->client_.connect(host, port, CONNECT_TIMEOUT_MS)) {
        return -1;
    }
    it->client_.setNoDelay(true);
    return 1;
}

int CartwrightCart::send(void *user, const uint8_t *bytes, size_t length) {
    CartwrightCart *it = static_cast<CartwrightCart *>(user);
    if (!it->client_.connected()) {
        return -1;
    }
    const size_t sent = it->client_.write(bytes, length);
    return sent == 0 ? -1 : (int)sent;
}

int CartwrightCart::receive(void *user, uint8_t *bytes, size_t room) {
    CartwrightCart *it = static_cast<CartwrightCart *>(user);
    const int waiting = it->client_.available();
    if (waiting > 0) {
        return it->client_.read(bytes, (size_t)waiting < room ? (size_t)waiting : room);
    }
    return it->client_.connected() ? 0 : -1;
}

void CartwrightCart::close(void *user) {
    static_cast<CartwrightCart *>(user)->client_.stop();
}

uint32_t CartwrightCart::random(void *) {
    return esp_random();
}

bool CartwrightCart::save(void *user, uint16_t slot, const uint8_t *bytes, size_t length) {
    char name[8];
    slotName(slot, name);
    return static_cast<CartwrightCart *>(user)->store_.putBytes(name, bytes, length) == length;
}

size_t CartwrightCart::load(void *user, uint16_t slot, uint8_t *bytes, size_t room) {
    CartwrightCart *it = static_cast<CartwrightCart *>(user);
    char name[8];
    slotName(slot, name);
    const size_t length = it->store_.getBytesLength(name);
    return length == 0 || length > room ? 0 : it->store_.getBytes(name, bytes, length);
}

void CartwrightCart::heard(void *user, const cw_news *news) {
    CartwrightCart *it = static_cast<CartwrightCart *>(user);
    if (news->topic == CW_NEWS_ENROLLED) {
        it->settings_.putString("key", news->enrolled->key);
        it->settings_.putUInt("device", news->enrolled->device_id);
    }
    if (it->listener_ != nullptr) {
        it->listener_(news);
    }
}

/* ---- Settings ---- */

bool CartwrightCart::begin(const char *firmware, uint16_t heartbeat_s) {
    firmware_ = firmware;
    heartbeat_s_ = heartbeat_s;
    settings_.begin(SETTINGS, false);
    store_.begin(STORE, false);
    return start();
}

bool CartwrightCart::start() {
    const String host = settings_.getString("host", "");
    const String key = settings_.getString("key", "");
    cw_config config = {};
    config.host = host.c_str();
    config.port = settings_.getUShort("port", 80);
    config.key = key.c_str();
    config.device_id = settings_.getUInt("device", 0);
    config.sign = settings_.getBool("sign", false) && config.device_id != 0;
    config.heartbeat_s = heartbeat_s_;
    config.listener = heard;
    config.listener_user = this;
    cw_port port = {};
    port.user = this;
    port.open = open;
    port.send = send;
    port.receive = receive;
    port.close = close;
    port.random = random;
    port.save = save;
    port.load = load;
    is_begun_ = host.length() > 0 && cw_begin(&cart_, &config, &port, millis()) == CW_OK;
    if (is_begun_) {
        cw_set_firmware(&cart_, firmware_.c_str());
    }
    return is_begun_;
}

bool CartwrightCart::useAddress(const cw_address &address) {
    settings_.putString("host", address.host);
    settings_.putUShort("port", address.port);
    if (is_begun_) {
        return cw_set_server(&cart_, address.host, address.port) == CW_OK;
    }
    return start();
}

bool CartwrightCart::configure(const char *address) {
    cw_address read;
    char code[24];
    const size_t length = strlen(address);
    if (cw_read_enrollment(address, length, &read, code, sizeof code)) {
        return useAddress(read) && enroll(code);
    }
    return cw_read_address(address, length, &read) && useAddress(read);
}

bool CartwrightCart::enroll(const char *pairing_code) {
    cw_address address;
    char code[24];
    if (cw_read_enrollment(pairing_code, strlen(pairing_code), &address, code, sizeof code)) {
        if (!useAddress(address)) {
            return false;
        }
        pairing_code = code;
    }
    return is_begun_ && cw_want_enroll(&cart_, pairing_code, WiFi.macAddress().c_str(),
                                       ESP.getChipModel()) == CW_OK;
}

bool CartwrightCart::sign(bool is_wanted) {
    if (!isEnrolled()) {
        return false;
    }
    const String key = settings_.getString("key", "");
    const uint32_t device = settings_.getUInt("device", 0);
    if (cw_set_key(&cart_, key.c_str(), device, is_wanted) != CW_OK) {
        return false;
    }
    settings_.putBool("sign", is_wanted);
    return true;
}

void CartwrightCart::forget() {
    settings_.clear();
    client_.stop();
    is_begun_ = false;
}

bool CartwrightCart::discover() {
    if (WiFi.status() != WL_CONNECTED) {
        return false;
    }
    cw_address address;
    if (MDNS.begin("cartwright-cart")) {
        if (MDNS.queryService("cartwright", "tcp") > 0) {
    #if ESP_ARDUINO_VERSION_MAJOR >= 3
        const String host = MDNS.address(0).toString();
#else
        const String host = MDNS.IP(0).toString();
#endif
            address.port = MDNS.port(0);
            strncpy(address.host, host.c_str(), CW_HOST_MAX);
            address.host[CW_HOST_MAX] = '\0';
            MDNS.end();
            return useAddress(address);
        }
        MDNS.end();
    }
    static const uint8_t question[] = {'c', 'a', 'r', 't', 'w', 'r', 'i', 'g', 'h', 't', '?'};
    WiFiUDP socket;
    bool is_found = false;
    socket.begin(0);
    socket.beginPacket(IPAddress(255, 255, 255, 255), DISCOVERY_PORT);
    socket.write(question, sizeof question);
    socket.endPacket();
    for (const uint32_t begun = millis(); millis() - begun < DISCOVERY_WAIT_MS && !is_found;) {
        char text[128];
        if (socket.parsePacket() > 0) {
            const int length = socket.read(text, sizeof text);
            is_found = length > 0 && cw_read_discovery(text, (size_t)length, &address);
        }
        delay(10);
    }
    socket.stop();
    return is_found && useAddress(address);
}

/* ---- In the loop ---- */

void CartwrightCart::poll() {
    if (!is_begun_) {
        return;
    }
    const uint32_t now = millis();
    if (now - health_at_ms_ >= HEALTH_EVERY_MS) {
        health_at_ms_ = now;
        cw_set_health(&cart_, battery_pct_, WiFi.RSSI(), (int32_t)ESP.getFreeHeap());
    }
    cw_poll(&cart_, now);
}

/* ---- Updates ---- */

bool CartwrightCart::updateFirmware() {
    static const char path[] = "/cart/esp32/firmware";
    if (!isEnrolled() || cw_waiting(&cart_) > 0) {
        return false;
    }
    WiFiClient client;
    httpUpdate.rebootOnUpdate(true);
    const HTTPUpdateResult result = httpUpdate.update(
        client, cart_.host, cart_.tcp_port, path, firmware_, [this](HTTPClient *request) {
            char head[256];
            /* Header lines one by one, as the library takes them. */
            if (cw_credential(&cart_, "GET", path, nullptr, 0, millis(), head, sizeof head) == 0) {
                return;
            }
            for (char *line = head; *line != '\0';) {
                char *value = strstr(line, ": ");
                char *end = strstr(line, "\r\n");
                if (value == nullptr || end == nullptr) {
                    return;
                }
                *value = '\0';
                *end = '\0';
                request->addHeader(line, value + 2);
                line = end + 2;
            }
        });
    return result == HTTP_UPDATE_OK;
}

void CartwrightCart::confirmFirmware() {
    esp_ota_mark_app_valid_cancel_rollback();
    if (is_begun_) {
        cw_want_healthy(&cart_);
    }
}

#endif
