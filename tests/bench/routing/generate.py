"""Writes stores and requests from seeds: generate.py DIR [--scale N] [--only CLASS] [--no-best]

For each store NAME.map.json, NAME.requests.json (an array) and NAME.best.json: the metres of the
best walk that ten runs of LKH find, null where there is no walk. The same arguments write the
same files; a larger scale adds to them.
"""

import argparse
import json
import pathlib
import random as randoms

import ground
import stores

SIZES = (10, 20, 50, 100)


def requests(random, start, pool, sizes, **more):
    """A request for each size, for places out of the pool."""
    return [
        {"start": start, "stops": random.sample(pool, min(size, len(pool))), "budget_ms": 1000, **more}
        for size in sizes
    ]


def picker(random, name, number):
    aisles = (5, 10, 15, 20, 25, 30)[number % 6]
    blocks = 1 + number // 6 % 2
    source, pool = stores.warehouse(random, name, aisles, blocks, number // 12 % 2 == 0)
    listed = requests(random, "depot", pool, (5, 10, 15, 20, 25, 30), return_to_start=True)
    tills = [f"c0-{random.randrange(aisles)}" for _ in range(2)]
    return source, listed + requests(random, "depot", pool, (8, 18, 28), ends=tills)


SHAPES = ((20, 17), (28, 20), (32, 30), (40, 40), (24, 50))


def supermarket(crossings, grid=None):
    def build(random, name, number):
        aisles, bays = SHAPES[number % len(SHAPES)]
        rows = {2: bays * 2 + 10, 3: bays + 8, 4: bays}[crossings]
        if number == 3:
            rows = 4_700 // aisles // (crossings - 1)
        shape = grid and ((6, 8) if number % 3 < 2 else (8, 10 + number % 5))
        b = stores.supermarket(random, name, aisles, crossings, rows, shape)
        pool = stores.shelf_places(random, b, 400)
        if shape:
            pool = random.sample(pool, 100) + [
                {"node": node} for node in b.node_ids("shelf") if node.startswith("g")
            ]
        return b.source, requests(random, "door", pool, SIZES)

    return build


def produce(random, name, number):
    """An open department that can be entered from the last aisle at many places."""
    aisles, bays = SHAPES[number % 3]
    b = stores.supermarket(random, name, aisles, 3, bays + 8, ((8, 6), (6, 8), (7, 7))[number % 3])
    last = [n for n in b.node_ids("shelf") if n.startswith(f"a{aisles - 1}-")]
    for line in range(1, 5):
        near = min(last, key=lambda name: abs(b.at[name][1] - b.at[f"g0-{line}"][1]))
        b.edge(near, f"g0-{line}", "Produce")
    grid = [{"node": node} for node in b.node_ids("shelf") if node.startswith("g")]
    pool = random.sample(stores.shelf_places(random, b, 400), 60) + grid
    return b.source, requests(random, "door", pool, SIZES)


def oneway(random, name, number):
    aisles, bays = SHAPES[number % len(SHAPES)]
    crossings = 2 + number % 3
    b = stores.supermarket(random, name, aisles, crossings, bays, (6, 8) if number % 4 == 3 else None)
    stores.make_one_way(random, b, random.choice((0.3, 0.5, 0.9)), is_sound=number % 4 != 2)
    pool = stores.shelf_places(random, b, 400)
    return b.source, requests(random, "door", pool, (10, 12, 15, 20, 50, 100, 200))


def blocked(random, name, number):
    aisles, bays = SHAPES[number % len(SHAPES)]
    b = stores.supermarket(random, name, aisles, 2 + number % 3, bays)
    if number % 2:
        stores.make_one_way(random, b, 0.4, is_sound=True)
    stores.close_some(random, b, 8 + 4 * (number % 3))
    pool = stores.shelf_places(random, b, 400)
    at = "2026-11-20T20:15:00+01:00"
    sizes = (10, 15, 20, 50, 100)
    return b.source, requests(random, "door", pool, sizes) + requests(random, "door", pool, sizes, at=at)


def groups(random, name, number):
    aisles, bays = SHAPES[number % len(SHAPES)]
    b = stores.supermarket(random, name, aisles, 2 + number % 3, bays)
    if number % 3 == 2:
        stores.make_one_way(random, b, 0.4, is_sound=True)
    pool = stores.shelf_places(random, b, 400)
    listed = requests(random, "door", pool, (10, 12, 20, 50, 100))
    for request in listed:
        count = random.randint(2, 5)
        request["stops"] = [
            {**stop, "group": random.choice((-1, 0, 0, 5, 9)[:count])} for stop in request["stops"]
        ]
    return b.source, listed


def huge(random, name, number):
    if number % 2 == 0:
        b = stores.Builder(name)
        stores.open_floor(b, None, (0, 0.0), (-1, -1.6 * 69, 1), (70, 70), 0, "")
        b.node("door", -2.0, 0.0, kind="entrance")
        b.edge("door", "g0-0")
        b.node("till1", 10.0, -3.0, kind="checkout")
        b.edge("g8-0", "till1")
    else:
        b = stores.supermarket(random, name, 40, 5, 31)
        stores.make_one_way(random, b, 0.6, is_sound=True)
    pool = stores.shelf_places(random, b, 600)
    listed = requests(random, "door", pool, (100, 300))
    for request in listed:
        request["budget_ms"] = 100
    return b.source, listed


def bent(random, name, number):
    aisles, bays = SHAPES[number % len(SHAPES)]
    b = stores.supermarket(random, name, aisles, 2 + number % 3, bays)
    stores.bend(random, b, 6 + 2 * (number % 3))
    pool = stores.shelf_places(random, b, 400)
    return b.source, requests(random, "door", pool, SIZES)


def floors(random, name, number):
    b = stores.two_floors(random, name)
    width = max(x for x, _ in b.at.values())
    pool = stores.shelf_places(random, b, 120)
    for _ in range(40):
        x, y = random.uniform(-3, width + 3), random.uniform(-3, 25)
        pool.append({"x": round(x, 3), "y": round(y, 3), "floor": random.randrange(2)})
    for edge in random.sample(b.source["edges"], 30):
        edge["width_m"] = random.choice((0.7, 0.9, 1.4))
    for edge in random.sample(b.source["edges"], 6):
        edge["hours"] = "08:00-20:00"
    listed = requests(random, "door", pool, (5, 10, 12, 20, 40))
    listed += requests(random, {"x": 7.1, "y": 3.3}, pool, (8, 12, 30), return_to_start=True)
    listed += requests(random, "till1", pool, (10, 30), ends=[])
    listed += requests(random, "door", pool, (10, 30), ends=["till2", "door", "ua3-0"])
    listed += requests(random, "door", pool, (10, 30), at="2026-11-20T21:00:00Z", min_width_m=0.8)
    return b.source, listed


# Class: how it is built, how many stores at scale 1.
CLASSES = {
    "picker": (picker, 12),
    "super2": (supermarket(2), 2),
    "super3": (supermarket(3), 2),
    "super4": (supermarket(4), 2),
    "open": (supermarket(3, grid=True), 2),
    "produce": (produce, 3),
    "oneway": (oneway, 4),
    "blocked": (blocked, 2),
    "groups": (groups, 3),
    "huge": (huge, 2),
    "bent": (bent, 2),
    "floors": (floors, 2),
}


def stores_at(scale, only=None):
    """(name, map, requests) of every store."""
    for kind, (build, count) in CLASSES.items():
        for number in range(count * scale if only in (None, kind) else 0):
            name = f"{kind}-{number + 1:02}"
            yield name, *build(randoms.Random(name), name, number)


def best_known(source, listed):
    """Metres of the best walk of ten runs of LKH, for each request."""
    import peers

    store = ground.Map(source)
    best = []
    for request in listed:
        problem = ground.Problem(ground.Ground(store, request), request)
        _, length = peers.lkh(problem, runs=10)
        best.append(None if length is None else length / ground.TICKS_PER_METRE)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--only", choices=CLASSES)
    parser.add_argument("--no-best", action="store_true")
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    made = list(stores_at(options.scale, options.only))
    for name, source, listed in made:
        for part, value in (("map", source), ("requests", listed)):
            (options.dir / f"{name}.{part}.json").write_text(json.dumps(value))
    for name, source, listed in [] if options.no_best else made:
        file = options.dir / f"{name}.best.json"
        if not file.exists():
            file.write_text(json.dumps(best_known(source, listed)))
            print(name, flush=True)


if __name__ == "__main__":
    main()
