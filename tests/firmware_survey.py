#!/usr/bin/env python3
"""What the firmware of eleven published smart carts sends, byte for byte as it sends it.

    tests/firmware_survey.py BASE_URL CREDENTIALS

CREDENTIALS is an admin's token, or `username:password`. The shop must run already; products and
one trolley a firmware are added, and the trolleys revoked at the end. Only raw sockets are used:
HTTP libraries would tidy up what firmware sends. The paths are those of this shop's protocol, the
rest (headers, line ends, hand-built JSON, retries, time-outs) is each firmware's own. Of every
answer it is checked that the firmware's parser could use it, and of every cart that nothing was
charged twice.
"""

import json
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request

TIME_OUT_S = 5.0
ADD = "/cart/esp32/add_item"
REMOVE = "/cart/esp32/remove_item"
HEARTBEAT = "/cart/esp32/heartbeat"
CART = "/cart/esp32/cart"

checks = 0


class Failed(Exception):
    """Something that a firmware would stumble over."""


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        raise Failed(what)


class Admin:
    """The shop's owner: adds products and trolleys, and looks into carts."""

    def __init__(self, base_url, credentials):
        self.base_url = base_url.rstrip("/")
        self.token = credentials
        if ":" in credentials:
            username, password = credentials.split(":", 1)
            answer = self.ask("POST", "/auth/login", {"username": username, "password": password})
            self.token = answer["access_token"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if not (path == "/auth/login"):
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=TIME_OUT_S) as answer:
            return json.load(answer)

    def product(self, **fields):
        """A product whose codes are free: another run may have left its own."""
        return self.ask("POST", "/products", fields)["id"]


class Answer:
    def __init__(self, raw):
        head, separator, self.body = raw.partition(b"\r\n\r\n")
        check(separator, f"no end of the header in {raw!r}")
        lines = head.decode("ascii").split("\r\n")
        self.version, status, _ = lines[0].split(" ", 2)
        self.status = int(status)
        # ArduinoHttpClient compares names by case.
        self.headers = dict(line.split(": ", 1) for line in lines[1:])
        self.raw = raw

    @property
    def json(self):
        return json.loads(self.body)


class Trolley:
    """A trolley's board, with its key and perhaps a connection that it keeps."""

    all = []

    def __init__(self, admin, name, **profile):
        added = admin.ask("POST", "/devices", {"name": name[:60]})
        self.id, self.key, self.admin = added["id"], added["key"], admin
        if profile:
            admin.ask("PATCH", f"/devices/{self.id}", profile)
        address = urllib.parse.urlsplit(admin.base_url)
        self.host, self.port = address.hostname, address.port or 80
        self.kept = None
        Trolley.all.append(self)

    def revoke(self):
        if self.kept:
            self.kept.close()
        self.admin.ask("DELETE", f"/devices/{self.id}")

    def connect(self, time_out_s=TIME_OUT_S):
        stream = socket.create_connection((self.host, self.port), timeout=time_out_s)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    def exchange(self, pieces, keep=False, time_out_s=TIME_OUT_S, pause_s=0.0, buffer=255):
        """Sends pieces, each a packet of its own, and reads one answer."""
        stream = self.kept or self.connect(time_out_s)
        stream.settimeout(time_out_s)
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(pause_s)
            stream.sendall(piece)
        answer = read_answer(stream, "HEAD" if pieces[0].startswith(b"HEAD") else "")
        if keep:
            self.kept = stream
        else:
            stream.close()
            self.kept = None
        for_small_buffers(answer, buffer)
        return answer

    def lost(self, pieces):
        """Sends a request whose answer is lost on the way back: the shop did its work."""
        stream = self.connect()
        for piece in pieces:
            stream.sendall(piece)
        read_answer(stream, "")
        stream.close()

    def cart(self):
        """Units and lines of the cart, by the plainest request there is."""
        request = f"GET {CART} HTTP/1.1\r\nHost: s\r\nX-API-Key: {self.key}\r\nConnection: close\r\n\r\n"
        stream = self.connect()
        stream.sendall(request.encode())
        answer = read_answer(stream, "")
        stream.close()
        check(len(answer.body) <= 1024, "a page of the cart is larger than 1 KiB")
        return answer.json

    def holds(self, units, what):
        found = self.cart()
        check(found["items"] == units, f"{what}: the cart holds {found['items']}, not {units}: {found}")


def read_answer(stream, method):
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = stream.recv(4096)
        if not piece:
            raise Failed(f"the connection ended within the header: {raw!r}")
        raw += piece
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    lengths = [line[16:] for line in head.split("\r\n") if line.startswith("Content-Length: ")]
    check(len(lengths) == 1, f"one Content-Length, in title case: {head}")
    whole = len(head) + 4 + (0 if method == "HEAD" else int(lengths[0]))
    while len(raw) < whole:
        piece = stream.recv(4096)
        if not piece:
            raise Failed("the body ended before its length")
        raw += piece
    check(len(raw) == whole, f"more came than was announced: {raw[whole:]!r}")
    return Answer(raw)


def for_small_buffers(answer, buffer):
    """What every one of these parsers relies on."""
    check(answer.status != 204 and not 300 <= answer.status < 400, f"status {answer.status}")
    check("Transfer-Encoding" not in answer.headers, "chunked")
    check("Content-Encoding" not in answer.headers, "compressed")
    check(answer.headers.get("Content-Type") == "application/json", answer.headers.get("Content-Type"))
    check(len(answer.body) <= buffer, f"{len(answer.body)} bytes for a buffer of {buffer}: {answer.body!r}")
    check(answer.body.isascii(), f"not ASCII: {answer.body!r}")
    literal = b'"success":true' if answer.status < 400 else b'"success":false'
    check(literal in answer.body, f"{literal!r} is not in {answer.body!r}")
    members = answer.json
    flat = all(not isinstance(value, (dict, list)) for value in members.values())
    check(flat, f"not flat: {answer.body!r}")
    if "lcdMessage" in members:
        line = members["lcdMessage"]
        check(0 < len(line) <= 16 and line.isprintable(), f"a display cannot show {line!r}")


def arduino(trolley, method, path, body, *headers):
    """arduino-esp32's HTTPClient: no Content-Type unless the sketch adds one."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {trolley.host}:{trolley.port}",
        "User-Agent: ESP32HTTPClient",
        "Accept-Encoding: identity;q=1,chunked;q=0.1,*;q=0",
        "Connection: keep-alive",
        *headers,
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    # The header and the body are written by two calls, hence in two packets.
    return [head] if not body else [head, body]


def added(answer, product, units):
    check(answer.status == 200, f"{answer.status}: {answer.body!r}")
    check(answer.json["product_id"] == product, f"product {product}: {answer.body!r}")
    check(answer.json["items"] == units, f"{units} units: {answer.body!r}")


def iot_smart_cart(admin, goods):
    """ESP32, GM65 scanner: measuredWeight in whole grams, two attempts 700 ms apart."""
    trolley = Trolley(admin, "madhukamethsara/Iot-smart-cart")
    body = f'{{"barcode":"{goods.code}","measuredWeight":1034}}'.encode()
    headers = ("Content-Type: application/json", f"X-API-Key: {trolley.key}")
    request = arduino(trolley, "POST", ADD, body, *headers)
    trolley.lost(request)
    time.sleep(0.7)
    second = trolley.exchange(request, keep=True, buffer=2048)
    added(second, goods.milk, 1)
    check(second.json.get("duplicate") is True, f"the second attempt: {second.body!r}")
    check({"message", "lcdMessage"} <= second.json.keys(), f"for the LCD: {second.body!r}")
    unknown = body.replace(goods.code.encode(), b"9521234567896")
    refused = trolley.exchange(arduino(trolley, "POST", ADD, unknown, *headers), keep=True)
    check(refused.status == 404 and refused.json["message"], refused.body)
    # Its second board reads tags with GET, which has an effect there: the uid comes in the query.
    uid = arduino(trolley, "POST", f"{ADD}?uid={goods.tag}", b"", f"X-API-Key: {trolley.key}")
    added(trolley.exchange(uid), goods.pan, 2)
    trolley.holds(2, "a lost answer and its retry")


def vitmma09(admin, goods):
    """ESP32 with ArduinoHttpClient: hand-built JSON, lower-case uid, the basket's own name."""
    trolley = Trolley(admin, "tallosim/vitmma09-team-project")
    body = f'{{"basketID":"9f1c6a52-7a10-4f8e-8a0d-0d4c1c7f5d11","tagID":"{goods.tag.lower()}"}}'.encode()
    head = (
        f"POST {ADD} HTTP/1.1\r\nHost: {trolley.host}\r\nUser-Agent: Arduino/2.2.0\r\n"
        f"Connection: close\r\nx-api-key: {trolley.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    # That library writes a header's lines one by one.
    pieces = [line + b"\r\n" for line in head.split(b"\r\n")[:-1]] + [body]
    added(trolley.exchange(pieces), goods.pan, 1)
    time.sleep(1.0)
    again = trolley.exchange(pieces)
    check(again.status == 200 and again.json["duplicate"] is True, again.body)
    trolley.holds(1, "a tag that is held before the reader")


def smart_cart_test(admin, goods):
    """ESP8266: three tries 2 s apart, an action, a device's name; TEST_TAG every 30 s."""
    trolley = Trolley(admin, "smart-cart-test")
    headers = ("Content-Type: application/json", f"x-device-key: {trolley.key}")

    def scan(tag):
        body = json.dumps({"rfidTag": tag, "action": "add", "deviceId": "cart_001"}, separators=(",", ":"))
        return arduino(trolley, "POST", ADD, body.encode(), *headers)

    trolley.lost(scan(goods.tag))
    time.sleep(2.0)
    trolley.lost(scan(goods.tag))
    time.sleep(2.0)
    third = trolley.exchange(scan(goods.tag), keep=True, time_out_s=15)
    added(third, goods.pan, 1)
    refused = trolley.exchange(scan("TEST_TAG"), keep=True)
    check(400 <= refused.status < 500, f"TEST_TAG: {refused.status}, and 5xx would be tried again")
    trolley.holds(1, "three tries")
    # Its socket variant sends the event's name and the JSON as two texts: the name alone is none.
    named = trolley.exchange(arduino(trolley, "POST", ADD, b'"nodemcu_rfid_scan"', *headers))
    check(named.status == 400 and named.json["code"] == "malformed-json", named.body)
    trolley.holds(1, "a name without its JSON")


def auto_billing_trolley(admin, goods):
    """ESP8266, EM-18: twelve characters without an end, so garbage comes behind; document of 500."""
    trolley = Trolley(admin, "e-labInnovations/Auto-Billing-Trolley")
    headers = ("Content-Type: application/json", f"X-API-Key: {trolley.key}")
    for number, garbage in enumerate((b"", b"\x03\xff\x90?", b"\x00\xf4\x01", b"\x7f\x80@")):
        body = b'{ "command": "addItem", "rfid":"' + goods.em18.encode() + garbage + b'"}'
        answer = trolley.exchange(arduino(trolley, "POST", ADD, body, *headers), keep=True, buffer=500)
        if number == 0:
            added(answer, goods.lid, 1)
            check(isinstance(answer.json["items"], int), "items is an int there")
        else:
            # The same tag in other bytes: it is in the cart already.
            check(answer.status == 409 and answer.json["code"] == "tag-already-in-cart", answer.body)
    body = b'{ "command": "removeItem", "rfid":"' + goods.em18.encode() + b'\x03\xff"}'
    removed = trolley.exchange(arduino(trolley, "POST", REMOVE, body, *headers))
    check(removed.status == 200 and removed.json["items"] == 0, removed.body)
    trolley.holds(0, "put in and taken out")


def e20_3yp(admin, goods):
    """ESP8266: readBytesUntil leaves a raw carriage return in the text; buffer of 256; 3 tries."""
    trolley = Trolley(admin, "cepdnaclk/e20-3yp-Smart-Shopping-Cart")
    body = b'{"barcode": "' + goods.code.encode() + b'\r"}'
    request = arduino(trolley, "POST", ADD, body, f"X-API-Key: {trolley.key}")
    trolley.lost(request)
    added(trolley.exchange(request, keep=True), goods.milk, 1)
    added(trolley.exchange(request, keep=True), goods.milk, 1)
    # Its scale reports each second, when it moved by more than a gram.
    for grams in (b"0.00", b"12.74", b"-1.02", b"nan"):
        answer = trolley.exchange(
            arduino(trolley, "POST", HEARTBEAT, b'{"weight":' + grams + b"}", f"X-API-Key: {trolley.key}"), keep=True
        )
        check(answer.status == (400 if grams == b"nan" else 200), f"{grams!r}: {answer.body!r}")
    trolley.holds(1, "three tries of one scan")


def shoppad(admin, _goods):
    """ESP32, HX711: kilograms every 100 ms on one connection, an answer within a second."""
    trolley = Trolley(admin, "ahmadra2002KFU/shoppad-interface", weight_unit="kg")
    slowest = 0.0
    for step in range(40):
        body = f'{{"weight":{step * 0.01:.2f}}}'
        request = (
            f"POST {HEARTBEAT} HTTP/1.1\r\nHost: {trolley.host}\r\nContent-Type: application/json\r\n"
            f"X-API-Key: {trolley.key}\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n{body}"
        )
        begun = time.monotonic()
        answer = trolley.exchange([request.encode()], keep=True, time_out_s=1.0)
        slowest = max(slowest, time.monotonic() - begun)
        check(answer.status == 200, f"{answer.status}: {answer.body!r}")
        text = answer.raw.decode("ascii")
        check('"success":true' in text or '"success": true' in text, "the literal text")
        time.sleep(max(0.0, 0.1 - (time.monotonic() - begun)))
    device = admin.ask("GET", f"/devices/{trolley.id}")
    check(device["cart_weight"] == 390, f"0.39 kg: {device['cart_weight']}")
    check(slowest < 1.0, f"one weight took {slowest:.3f} s")
    too_much = trolley.exchange([request.encode().replace(body.encode(), b"\x7b\"weight\":1e9\x7d").replace(
        f"Content-Length: {len(body)}".encode(), b"Content-Length: 14")], keep=True)
    check(too_much.status == 400, too_much.body)
    trolley.holds(0, "weights alone")


def mengbiii(admin, goods):
    """ESP32: a document of 200 bytes; the cart is on the board, and comes in one piece at the end."""
    trolley = Trolley(admin, "Mengbiii/smart-shopping-cart")
    key = f"X-API-Key: {trolley.key}"
    answer = trolley.exchange(arduino(trolley, "GET", "/cart/esp32/time", None, key), keep=True, buffer=200)
    check(answer.json["unix"] > 1_700_000_000, f"needs the time at boot: {answer.body!r}")
    events = [
        {"seq": 1, "type": "add", "rfid": goods.tag, "name": "Pan", "price": 20},
        {"seq": 2, "type": "add", "plu": "", "barcode": goods.plu, "weight": 512.4},
    ]
    body = json.dumps({"customer": "x", "boot_id": "local", "events": events, "timestamp": "2026-11-20T09:00:00"})
    request = arduino(trolley, "POST", "/cart/esp32/events", body.encode(), "Content-Type: application/json", key)
    first = trolley.exchange(request, keep=True, buffer=200)
    check(first.status == 200 and first.json["acked"] == 2, first.body)
    check(trolley.exchange(request, buffer=200).body == first.body, "a repeat is answered alike")
    trolley.holds(2, "a batch and its repeat")


def sanjeevikumar(admin, goods):
    """ESP32-CAM: a multipart form by hand, in three packets; a raw picture by mistake."""
    trolley = Trolley(admin, "Sanjeevikumar-M/Smart-Trolley")
    boundary = "----ESP32CAMBoundary"
    head, tail = f"--{boundary}\r\n", f"--{boundary}--\r\n"
    part = 'Content-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    parts = [
        (head + part % ("trolley_id", "TROLLEY_01")).encode(),
        (head + part % ("barcode", goods.code)).encode(),
        (head + 'Content-Disposition: form-data; name="barcode_image"; filename="a.jpg"\r\n'
         "Content-Type: image/jpeg\r\n\r\n").encode() + b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\r\n" + tail.encode(),
    ]
    length = sum(map(len, parts))
    request = (
        f"POST {ADD} HTTP/1.1\r\nHost: {trolley.host}\r\nX-API-Key: {trolley.key}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()
    added(trolley.exchange([request, *parts], pause_s=0.15), goods.milk, 1)
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 100
    raw = arduino(trolley, "POST", ADD, picture, "Content-Type: image/jpeg", f"X-API-Key: {trolley.key}")
    refused = trolley.exchange(raw)
    check(refused.status == 400, refused.body)
    # The parts as requests of their own, as the published sketch sends them.
    for piece in parts[:1] + parts[2:]:
        alone = arduino(trolley, "POST", ADD, piece, f"X-API-Key: {trolley.key}")
        check(trolley.exchange(alone).status == 400, "a part without an item")
    trolley.holds(1, "one form")


def cart_perception(admin, goods):
    """Raspberry Pi: X-API-Key, barcodes as integers, DELETE with a body, many at once."""
    trolley = Trolley(admin, "Smart-Cart-System/cart-perception")

    def ask(method, path, fields):
        body = json.dumps(fields).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {trolley.host}:{trolley.port}\r\nAccept: */*\r\n"
            f"Accept-Encoding: gzip, deflate, br\r\nUser-Agent: python-requests/2.32\r\n"
            f"Connection: keep-alive\r\nX-API-Key: {trolley.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        return [head + body]

    session = {"sessionID": 71, "barcode": int(goods.upc)}
    trolley.exchange(ask("POST", HEARTBEAT, {"sessionID": 71}), keep=True)
    added(trolley.exchange(ask("POST", ADD, session), keep=True), goods.juice, 1)
    weighed = {"sessionID": 71, "barcode": int(goods.plu), "weight": 250.0}
    added(trolley.exchange(ask("POST", ADD, weighed), keep=True), goods.apples, 2)
    removed = trolley.exchange(ask("DELETE", REMOVE, session), keep=True)
    check(removed.status == 200 and removed.json["items"] == 1, removed.body)
    # Two threads of its own send the same scan at once.
    scan = ask("POST", ADD, {**session, "n": 2})
    threads = [threading.Thread(target=trolley.lost, args=(scan,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trolley.holds(2, "one scan four times at once")


def bluetooth_bridge(admin, goods):
    """nehagajjala07: its board speaks Bluetooth; a phone relays each line by HTTP/1.0."""
    trolley = Trolley(admin, "nehagajjala07-gif/Smart-Trolley-System-ESP32-RFID")
    uid = " " + " ".join(f"{int(goods.tag[at:at + 2], 16):X}" for at in range(0, len(goods.tag), 2))
    body = f"uid={urllib.parse.quote_plus(uid)}\r\n".encode()
    request = (
        f"POST {ADD} HTTP/1.0\r\nX-API-Key: {trolley.key}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    answer = trolley.exchange([request])
    check(answer.version == "HTTP/1.0", f"HTTP/1.0 is answered with {answer.version}")
    added(answer, goods.pan, 1)
    trolley.exchange([request])
    trolley.holds(1, "a line that is relayed twice")


def solenoid_lock(admin, goods):
    """hashira09p: the key alone in Authorization; uid by String(byte, HEX), without zeros."""
    trolley = Trolley(admin, "hashira09p/rfid_solenoid_lock_esp32_code")
    uid = "".join(f"{int(goods.tag[at:at + 2], 16):x}" for at in range(0, len(goods.tag), 2))
    check(len(uid) < len(goods.tag), "this tag has a zero to lose")
    body = f'{{"uid":"{uid}"}}'.encode()
    request = arduino(trolley, "POST", ADD, body, "Content-Type: application/json", f"Authorization: {trolley.key}")
    added(trolley.exchange(request, keep=True), goods.pan, 1)
    padded = request[:-1] + [f'{{"uid":"{goods.tag}"}}'.encode()]
    padded[0] = padded[0].replace(f"Content-Length: {len(body)}".encode(), f"Content-Length: {len(padded[-1])}".encode())
    twice = trolley.exchange(padded, keep=True)
    check(twice.json.get("code") == "tag-already-in-cart", f"one tag in two spellings: {twice.body!r}")
    foreign = request[:1] + [body]
    foreign[0] = foreign[0].replace(trolley.key.encode(), trolley.key[:-1].encode() + b"!")
    check(trolley.exchange(foreign).status == 401, "a key that is none")
    half = [request[0], body[:-5]]
    stream = trolley.connect()
    for piece in half:
        stream.sendall(piece)
    stream.close()
    trolley.holds(1, "half a request")


FIRMWARE = [
    iot_smart_cart, vitmma09, smart_cart_test, auto_billing_trolley, e20_3yp, shoppad,
    mengbiii, sanjeevikumar, cart_perception, bluetooth_bridge, solenoid_lock,
]


class Goods:
    """What is scanned. The codes are made from the time, so that a shop can be surveyed again."""

    def __init__(self, admin):
        number = int(time.time() * 10) % 10_000_000
        self.code = with_check_digit(f"952{number:09d}")
        self.upc = with_check_digit(f"0{number:010d}")
        self.plu = str(100_000 + number % 900_000)
        # Two of the bytes begin with a zero.
        self.tag = f"040A{number & 0xFFFFFF | 0x909090:06X}A1B2"
        self.em18 = f"0800{number & 0xFFFFFFFF:08X}"
        self.milk = admin.product(name="Milk 1 l", price=1.29, stock=100, barcodes=[self.code])
        self.juice = admin.product(name="Juice", price=2.49, stock=100, barcodes=[self.upc])
        self.apples = admin.product(name="Apples", price=2.99, stock=90_000, unit="kg", plu=self.plu)
        self.pan = admin.product(name="Käsepfanne", price=20, stock=10, rfid=[self.tag])
        self.lid = admin.product(name="Lid", price=5, stock=10, rfid=[self.em18])


def with_check_digit(digits):
    total = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    admin = Admin(sys.argv[1], sys.argv[2])
    goods = Goods(admin)
    failed = 0
    for firmware in FIRMWARE:
        begun, before = time.monotonic(), checks
        try:
            firmware(admin, goods)
            print(f"- {firmware.__name__}: {checks - before} checks ({time.monotonic() - begun:.1f} s)")
        except (Failed, OSError, ValueError, KeyError) as error:
            failed += 1
            print(f"FAILED: {firmware.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
    for trolley in Trolley.all:
        trolley.revoke()
    print(f"firmware: {len(FIRMWARE) - failed} of {len(FIRMWARE)}, {checks} checks")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
