/*
 * A trolley: barcode scanner, scale and display, over Wi-Fi, to a Cartwright shop.
 *
 *   GM65 scanner   TX -> GPIO16, RX -> GPIO17 (9600 8N1)
 *   HX711 scale    DT -> GPIO4, SCK -> GPIO5
 *   LCD 16x2       I2C backpack at 0x27, SDA 21, SCL 22
 *   button         GPIO0 (BOOT): short: the next scan takes an item out; 3 s: checkout;
 *                  held while starting: the settings again
 *
 * Libraries: WiFiManager (tzapu), HX711 (bogde), LiquidCrystal_I2C. On the first start, or with the
 * button held, join the network "Cartwright-Cart" with a phone: it asks for the shop's address
 * (empty: it is searched for) and the pairing code of the admin page.
 */
#include <CartwrightCart.h>
#include <HX711.h>
#include <LiquidCrystal_I2C.h>
#include <WiFiManager.h>

static const char FIRMWARE[] = "1.0.0";
static const int SCANNER_RX = 16;
static const int SCANNER_TX = 17;
static const int SCALE_DATA = 4;
static const int SCALE_CLOCK = 5;
static const int BUTTON = 0;
/* What the scale reads for one gram: put a known weight on it, divide. */
static const float SCALE_PER_GRAM = 420.0f;
static const uint32_t WEIGH_EVERY_MS = 200;
static const uint32_t MESSAGE_MS = 3000;
static const uint32_t LONG_PRESS_MS = 3000;

CartwrightCart cart;
LiquidCrystal_I2C lcd(0x27, 16, 2);
HX711 scale;

static char code[CW_CODE_MAX + 1];
static size_t codeLength = 0;
static bool isCodeTooLong = false;
static bool isTakingOut = false;
static bool isFirmwareWaiting = false;
static bool isHealthTold = false;
static uint32_t messageUntil = 0;
static uint32_t pressedAt = 0;
static uint32_t weighedAt = 0;
static char total[17] = "";
static char cartCode[17] = "";

static void show(const char *first, const char *second) {
    lcd.clear();
    lcd.print(first);
    lcd.setCursor(0, 1);
    lcd.print(second);
    messageUntil = millis() + MESSAGE_MS;
}

static void showIdle() {
    char second[17];
    const uint32_t waiting = cw_waiting(cart.core());
    if (waiting > 0) {
        snprintf(second, sizeof second, "%lu waiting", (unsigned long)waiting);
    } else {
        snprintf(second, sizeof second, "Total %s", total);
    }
    lcd.clear();
    lcd.print(isTakingOut ? "Take out: scan" : cartCode[0] != '\0' ? cartCode : "Scan an item");
    lcd.setCursor(0, 1);
    lcd.print(second);
    messageUntil = 0;
}

static void heard(const cw_news *news) {
    switch (news->topic) {
    case CW_NEWS_ACCEPTED:
        if (news->answer->total[0] != '\0') {
            strlcpy(total, news->answer->total, sizeof total);
        }
        if (news->event->kind == CW_CHECKOUT) {
            show("Pay at the till", news->answer->code);
        } else if (!news->answer->batched) {
            show(news->answer->lcd, total);
        }
        break;
    case CW_NEWS_REFUSED:
        /* It is not in the cart: say so until it is put back or scanned again. */
        show(news->answer->lcd[0] != '\0' ? news->answer->lcd : "Not taken", news->event->code);
        break;
    case CW_NEWS_STATUS:
        strlcpy(total, news->status->total, sizeof total);
        break;
    case CW_NEWS_SESSION:
        snprintf(cartCode, sizeof cartCode, news->status->paired ? "Welcome" : "Code %s",
                 news->status->cart_code);
        break;
    case CW_NEWS_ENROLLED:
        show("Enrolled", "");
        break;
    case CW_NEWS_OFFLINE:
        show("No network", "Scans are kept");
        break;
    case CW_NEWS_STOPPED:
        show("Key refused", news->answer->code);
        break;
    case CW_NEWS_FIRMWARE:
        isFirmwareWaiting = true;
        break;
    default:
        break;
    }
}

static void taken(cw_result result) {
    switch (result) {
    case CW_OK:
        show("...", code);
        break;
    case CW_FULL:
        show("Please wait", "then scan again");
        break;
    case CW_NOT_SAVED:
        show("Memory error", "Scan again");
        break;
    default:
        show("Unreadable", "Scan again");
        break;
    }
}

/* A code ends with CR, LF or both. */
static void readScanner() {
    while (Serial2.available() > 0) {
        const char byte = (char)Serial2.read();
        if (byte != '\r' && byte != '\n') {
            if (codeLength + 1 < sizeof code) {
                code[codeLength++] = byte;
            } else {
                isCodeTooLong = true;
            }
            continue;
        }
        code[codeLength] = '\0';
        if (isCodeTooLong) {
            taken(CW_BAD_EVENT);
        } else if (strncmp(code, "cartwright:", 11) == 0) {
            /* The QR code of the admin page. */
            show("Enrolling", cart.configure(code) ? "" : "not understood");
        } else if (codeLength > 0 && cart.isConfigured()) {
            taken(isTakingOut ? cart.unscan(code) : cart.scan(code));
            isTakingOut = false;
        }
        codeLength = 0;
        isCodeTooLong = false;
    }
}

static void readButton() {
    const bool isPressed = digitalRead(BUTTON) == LOW;
    const uint32_t now = millis();
    if (isPressed && pressedAt == 0) {
        pressedAt = now == 0 ? 1 : now;
    } else if (!isPressed && pressedAt != 0) {
        if (now - pressedAt >= LONG_PRESS_MS && cart.isConfigured()) {
            taken(cart.checkout());
        } else {
            isTakingOut = !isTakingOut;
            showIdle();
        }
        pressedAt = 0;
    }
}

static void readScale() {
    const uint32_t now = millis();
    if (now - weighedAt >= WEIGH_EVERY_MS && scale.is_ready()) {
        weighedAt = now;
        cart.setWeight((int32_t)scale.get_units(1));
    }
}

/* Network, shop and pairing code, by a phone. */
static void askSettings(bool isForced) {
    WiFiManager manager;
    WiFiManagerParameter address("address", "Shop, as http://192.168.1.10:8080", "", 64);
    WiFiManagerParameter pairing("pairing", "Pairing code", "", 16);
    manager.addParameter(&address);
    manager.addParameter(&pairing);
    manager.setConfigPortalTimeout(180);
    show("Settings: join", "Cartwright-Cart");
    const bool isOnline = isForced ? manager.startConfigPortal("Cartwright-Cart")
                                   : manager.autoConnect("Cartwright-Cart");
    if (isOnline && strlen(address.getValue()) > 0) {
        cart.configure(address.getValue());
    }
    if (isOnline && !cart.isConfigured()) {
        cart.discover();
    }
    if (isOnline && strlen(pairing.getValue()) > 0) {
        cart.enroll(pairing.getValue());
    }
}

/* A new image counts only once confirmFirmware says so; else the next start goes back. */
extern "C" bool verifyRollbackLater() {
    return true;
}

void setup() {
    pinMode(BUTTON, INPUT_PULLUP);
    Serial2.begin(9600, SERIAL_8N1, SCANNER_RX, SCANNER_TX);
    lcd.init();
    lcd.backlight();
    scale.begin(SCALE_DATA, SCALE_CLOCK);
    scale.set_scale(SCALE_PER_GRAM);
    scale.tare();
    cart.onNews(heard);
    cart.begin(FIRMWARE);
    askSettings(digitalRead(BUTTON) == LOW || !cart.isConfigured());
}

void loop() {
    readScanner();
    readButton();
    readScale();
    cart.poll();
    if (!isHealthTold && cw_online(cart.core())) {
        /* Scanner, scale and shop work: that is the self-test. */
        isHealthTold = true;
        cart.confirmFirmware();
    }
    if (isFirmwareWaiting && cw_waiting(cart.core()) == 0 && !cw_busy(cart.core())) {
        isFirmwareWaiting = false;
        show("Updating", "please wait");
        cart.updateFirmware();
    }
    if (messageUntil != 0 && (int32_t)(millis() - messageUntil) >= 0) {
        showIdle();
    }
}
