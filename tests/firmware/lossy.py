"""Carts of the client library behind a network that loses, doubles, delays and cuts.

    lossy.py SHOP_URL_FILE HOST_CART SCRATCH SEED STAFF PASSWORD DEVICES_JSON

SHOP_URL_FILE names the shop's present address: it is read again for every connection, because the
shop is killed and started again meanwhile. Each cart is killed at random, too. In the end every
cart and every order in the shop has to be what its script says: nothing twice, nothing lost.
"""

import asyncio
import json
import pathlib
import random
import sys
import time
import urllib.error
import urllib.request

EVENTS = 200
PRODUCTS = 12
PATIENCE_S = 120
HEAD_MAX = 16 * 1024

url_file, host_cart, scratch, seed, staff, password, devices_file = sys.argv[1:]
scratch = pathlib.Path(scratch)
seed = int(seed)
counts = {}


def shop():
    return pathlib.Path(url_file).read_text().strip()


def ask(path, headers=None, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    for tries in range(100):
        try:
            request = urllib.request.Request(shop() + path, data, headers)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            # It is being started again.
            time.sleep(0.2)
    raise SystemExit("the shop is gone")


# ---- The network ----


def counted(what):
    counts[what] = counts.get(what, 0) + 1


async def message(reader):
    """One HTTP message with a Content-Length or without a body; b"" at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head + await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def forwarded(request, whole=True):
    """The shop's answer, or b"" when it is not there; half a request gets none."""
    host, port = shop().removeprefix("http://").split(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        counted("shop away")
        return b""
    try:
        writer.write(request if whole else request[: len(request) * 2 // 3])
        await writer.drain()
        return await message(reader) if whole else b""
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def later(request, delay_s):
    await asyncio.sleep(delay_s)
    await forwarded(request)


async def serve(reader, writer, dice, tasks):
    try:
        while request := await message(reader):
            fate = dice.random()
            if fate < 0.04:
                counted("request lost")
                return
            if fate < 0.08:
                counted("request cut")
                await forwarded(request, whole=False)
                return
            if fate < 0.12:
                # It arrives behind requests that were made after it.
                counted("request late")
                tasks.add(asyncio.create_task(later(request, dice.uniform(0.1, 1.5))))
                return
            if fate < 0.24:
                counted("request doubled")
                tasks.add(asyncio.create_task(later(request, dice.uniform(0, 0.6))))
            if fate < 0.34:
                counted("request delayed")
                await asyncio.sleep(dice.uniform(0, 0.25))
            answer = await forwarded(request)
            if not answer:
                return
            fate = dice.random()
            if fate < 0.07:
                counted("answer lost")
                return
            if fate < 0.10:
                counted("answer never")
                await asyncio.sleep(1.0)
                return
            if fate < 0.17:
                counted("answer cut")
                writer.write(answer[: dice.randrange(len(answer))])
                await writer.drain()
                return
            counted("passed")
            if fate < 0.3:
                for at in range(0, len(answer), 37):
                    writer.write(answer[at : at + 37])
                    await writer.drain()
                    await asyncio.sleep(0.001)
            else:
                writer.write(answer)
                await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


# ---- The scripts ----


def script(dice, products):
    """Lines for a cart, and what cart, order and refusals they make."""
    lines, cart, order, refused = [], {}, None, 0
    for number in range(EVENTS):
        product = dice.choice(products)
        by = f"b {product['barcodes'][0]}" if product["barcodes"] else f"p {product['id']}"
        held = cart.get(product["id"], 0)
        kind = dice.random()
        if number == EVENTS // 2:
            lines.append("checkout")
            order, cart = cart, {}
        elif kind < 0.04:
            lines.append("add b 4012345000009 1")
            refused += 1
        elif kind < 0.2 and held > 0:
            units = dice.randint(1, held)
            lines.append(f"remove {by} {units}")
            cart[product["id"]] = held - units
        elif kind < 0.25 and held > 0:
            units = dice.randint(0, 4)
            lines.append(f"set {by} {units}")
            cart[product["id"]] = units
        else:
            units = dice.randint(1, 2)
            lines.append(f"add {by} {units}")
            cart[product["id"]] = held + units
    plain = lambda units: {it: count for it, count in units.items() if count > 0}
    return lines, plain(cart), plain(order), refused


def sellable(product):
    return (
        product["active"]
        and product["unit"] == "each"
        and product["stock"] is not None
        and product["deposit_id"] is None
        and not product["packs"]
        and not product["min_age"]
    )


# ---- The carts ----


async def keep_running(name, arguments, dice):
    """Starts a cart again whenever it was killed, until it says that all is done."""
    starts = 0
    log = scratch / f"{name}.log"
    while True:
        starts += 1
        with log.open("a") as output:
            process = await asyncio.create_subprocess_exec(
                host_cart, *arguments, str(seed * 1000 + starts), stdout=output, stderr=output
            )
        try:
            await asyncio.wait_for(process.wait(), dice.uniform(0.3, 2.5))
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.returncode == 0:
            return starts, log.read_text()
        if process.returncode != -9:
            raise SystemExit(f"{name} ended with {process.returncode}:\n{log.read_text()}")


def units_of_cart(key):
    units, offset = {}, 0
    while offset is not None:
        page = ask(f"/cart/esp32/cart?offset={offset}", {"X-API-Key": key})
        for line in page["lines"]:
            units[line["product_id"]] = units.get(line["product_id"], 0) + line["quantity"]
        offset = page["next"]
    return units


def units_of_orders(device, token):
    orders = ask("/orders?limit=1000", {"Authorization": f"Bearer {token}"})
    return [
        {line["product_id"]: line["quantity"] for line in order["items"]}
        for order in orders
        if order["device_id"] == device["id"]
    ]


async def main():
    devices = json.loads(pathlib.Path(devices_file).read_text())
    products = [it for it in ask("/products?limit=1000") if sellable(it)]
    # The fullest shelves: a checkout must not fail for want of stock.
    products = sorted(products, key=lambda it: -it["stock"])[:PRODUCTS]
    assert len(products) == PRODUCTS, "the demo store has too few products"
    dice = random.Random(seed)
    tasks = set()
    proxy = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, dice, tasks), "127.0.0.1", 0, limit=HEAD_MAX
    )
    port = str(proxy.sockets[0].getsockname()[1])
    models, running = [], []
    for number, device in enumerate(devices):
        lines, cart, order, refused = script(dice, products)
        path = scratch / f"cart{number}.script"
        path.write_text("\n".join(lines) + "\n")
        models.append((cart, order, refused))
        sign = "1" if number == 0 else "0"
        store = scratch / f"cart{number}.store"
        arguments = ["127.0.0.1", port, device["key"], str(device["id"]), sign, store, path]
        running.append(keep_running(f"cart{number}", arguments, random.Random(seed + number)))
    ended = await asyncio.wait_for(asyncio.gather(*running), PATIENCE_S)
    # What is still on its way arrives, too.
    await asyncio.gather(*tasks)
    proxy.close()
    return devices, models, ended


def judge(devices, models, ended):
    token = ask("/auth/login", body={"username": staff, "password": password})["access_token"]
    wrong = 0
    for device, (cart, order, refused), (starts, log) in zip(devices, models, ended, strict=True):
        found = units_of_cart(device["key"]), units_of_orders(device, token)
        # A refusal whose answer was heard just before the power went is heard again.
        told = log.count("refused 4012345000009 not-found")
        others = [line for line in log.splitlines() if "refused" in line[:8] and "not-found" not in line]
        if found != (cart, [order]) or told < refused or others:
            wrong += 1
            print(f"cart {device['id']}: expected {cart} and {order} and {refused} refusals")
            print(f"  found {found} and {told} refusals, others {others}")
        if starts < 2:
            wrong += 1
            print(f"cart {device['id']} was never killed")
    restarts = sum(starts - 1 for starts, _ in ended)
    expected = ["request lost", "request doubled", "request late", "answer lost", "answer cut", "shop away"]
    for fate in expected:
        if not counts.get(fate):
            wrong += 1
            print(f"the network never did this: {fate}")
    print(f"{len(devices)} carts of {EVENTS} events, killed {restarts} times; the network: {counts}")
    return wrong


wrong = judge(*asyncio.run(main()))
raise SystemExit(1 if wrong else 0)
