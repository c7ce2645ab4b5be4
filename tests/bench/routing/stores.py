"""Stores and shopping lists from a seed: warehouses, supermarkets, open floors, one-way aisles."""

import math


def metres(value):
    """A length as a person would write it down."""
    return round(value, 2)


class Builder:
    """Gathers the parts of a map."""

    def __init__(self, name):
        self.source = {"name": name, "unit": "m", "nodes": [], "edges": [], "sections": []}
        self.source["locations"] = []
        self.at = {}

    def node(self, name, x, y, floor=0, kind="junction"):
        if name in self.at:
            return name
        self.at[name] = (x, y)
        node = {"id": name, "x": metres(x), "y": metres(y), "kind": kind}
        if floor:
            node["floor"] = floor
        self.source["nodes"].append(node)
        return name

    def edge(self, one, other, aisle=None, **more):
        edge = {"from": one, "to": other, **more}
        if aisle:
            edge["aisle"] = aisle
        self.source["edges"].append(edge)
        return edge

    def location(self, name, one, other, offset):
        place = {"id": name, "from": one, "to": other, "offset": metres(offset)}
        self.source["locations"].append(place)
        return name

    def node_ids(self, kind=None):
        return [n["id"] for n in self.source["nodes"] if kind in (None, n["kind"])]


def warehouse(random, name, aisles, blocks, on_nodes):
    """Parallel aisles between `blocks + 1` cross aisles, with a depot at the front.

    Picks stand on nodes, or along the edges of the aisles; their places are returned.
    """
    b = Builder(name)
    pitch = random.choice((2.4, 3.0, 4.0, 5.0))
    bay = random.choice((0.9, 1.0, 1.3))
    bays = random.choice((10, 15, 25, 45)) // blocks
    height = bays * bay + 2
    for row in range(blocks + 1):
        for aisle in range(aisles):
            b.node(f"c{row}-{aisle}", aisle * pitch, row * height)
            if aisle:
                b.edge(f"c{row}-{aisle - 1}", f"c{row}-{aisle}", f"Cross {row}")
    places = []
    for aisle in range(aisles):
        for block in range(blocks):
            bottom, top = f"c{block}-{aisle}", f"c{block + 1}-{aisle}"
            label, last = f"A{aisle + 1}", bottom
            for number in range(bays):
                offset = 1 + (number + 0.5) * bay
                if on_nodes:
                    here = b.node(
                        f"p{block}-{aisle}-{number}", aisle * pitch, block * height + offset,
                        kind="shelf",
                    )
                    b.edge(last, here, label)
                    last = here
                    places.append({"node": here})
                else:
                    here = b.location(f"{label}-{block}-{number}", bottom, top, offset)
                    places.append({"location": here})
            b.edge(last, top, label)
    front = random.choice((0, aisles // 2, aisles - 1))
    b.node("depot", front * pitch, -1.5, kind="entrance")
    b.edge("depot", f"c0-{front}")
    return b.source, places


def supermarket(random, name, aisles, crossings, bays, grid=None, floor=0, builder=None, tag=""):
    """Aisles of shelves between cross aisles, tills along the front, an entrance at the corner.

    With `grid` = (columns, rows) an open department of so many crossings stands to the right.
    """
    b = builder or Builder(name)
    pitch, bay = random.choice((2.2, 2.5, 3.0)), random.choice((0.6, 0.8, 1.0))
    rows = (crossings - 1) * bays
    here = lambda aisle, row: f"{tag}a{aisle}-{row}"
    for aisle in range(aisles):
        for row in range(rows + 1):
            is_crossing = row % bays == 0
            kind = "junction" if is_crossing else "shelf"
            b.node(here(aisle, row), aisle * pitch, row * bay, floor, kind)
            if row:
                b.edge(here(aisle, row - 1), here(aisle, row), f"{tag}A{aisle + 1}")
            if aisle and is_crossing:
                b.edge(here(aisle - 1, row), here(aisle, row), f"{tag}Cross {row // bays + 1}")
    if grid:
        open_floor(b, here, (aisles, pitch), (rows, bay, bays), grid, floor, tag)
    if floor == 0:
        tills = max(2, aisles // 4)
        for till in range(tills):
            aisle = 1 + till * (aisles - 2) // tills
            b.node(f"till{till + 1}", aisle * pitch, -3.0, kind="checkout")
            b.edge(here(aisle, 0), f"till{till + 1}")
        b.node("door", -2.0, -1.0, kind="entrance")
        b.edge("door", here(0, 0))
    return b


def open_floor(b, here, across, along, grid, floor, tag):
    """A department without shelves in straight lines: everything joins its neighbours."""
    (aisles, pitch), (rows, bay, bays) = across, along
    columns, lines = grid
    left = (aisles - 1) * pitch + 2.0
    up = rows * bay / max(1, lines - 1)
    spot = lambda column, line: f"{tag}g{column}-{line}"
    for column in range(columns):
        for line in range(lines):
            b.node(spot(column, line), left + column * 2.2, line * up, floor, "shelf")
            if line:
                b.edge(spot(column, line - 1), spot(column, line), f"{tag}Produce")
            if column:
                b.edge(spot(column - 1, line), spot(column, line), f"{tag}Produce")
    for crossing in range(0, rows + 1, bays):
        line = min(lines - 1, round(crossing * bay / up))
        b.edge(here(aisles - 1, crossing), spot(0, line), f"{tag}Produce")


def shelf_places(random, b, count):
    """`count` places: shelves, some of them along an edge beside the shelf."""
    shelves = b.node_ids("shelf")
    edges = [e for e in b.source["edges"] if "aisle" in e and "Cross" not in e["aisle"]]
    places = []
    for number in range(count):
        if random.random() < 0.6:
            places.append({"node": random.choice(shelves)})
            continue
        edge = random.choice(edges)
        (ax, ay), (bx, by) = b.at[edge["from"]], b.at[edge["to"]]
        offset = math.hypot(bx - ax, by - ay) * random.choice((0.25, 0.5, 0.75))
        name = f"{edge['aisle']}-{len(b.source['locations'])}"
        places.append({"location": b.location(name, edge["from"], edge["to"], offset)})
    return places


def make_one_way(random, b, share, is_sound):
    """Makes a share of the aisles one-way; `is_sound` alternates them, so that all stay in reach."""
    aisles = sorted({e["aisle"] for e in b.source["edges"] if "aisle" in e})
    chosen = {aisle for aisle in aisles if random.random() < share}
    up = True
    turned = {}
    for aisle in aisles:
        if aisle in chosen and not (is_sound and ("Cross" in aisle or "Produce" in aisle)):
            turned[aisle] = up if is_sound else random.random() < 0.5
            up = not up
    for edge in b.source["edges"]:
        aisle = edge.get("aisle")
        if aisle is None and not is_sound:
            # A door to come in by, tills to leave by.
            edge["one_way"] = True
        if aisle in turned and "Cross" not in aisle or aisle in turned and not is_sound:
            edge["one_way"] = True
            if not turned[aisle]:
                edge["from"], edge["to"] = edge["to"], edge["from"]


def close_some(random, b, count):
    """Closes whole stretches: a spill, a pallet, a shelf that is being filled."""
    edges = [e for e in b.source["edges"] if "aisle" in e]
    for edge in random.sample(edges, count):
        edge[random.choice(("closed", "closed", "hours"))] = True
        if edge.get("hours"):
            edge["hours"] = "09:00-18:00"


def bend(random, b, count):
    """Makes a floor plan of straight lines an irregular one: gaps, dead ends and short cuts."""
    edges = b.source["edges"]
    for _ in range(count):
        gap = random.randrange(len(edges))
        if "aisle" in edges[gap] and is_whole(b, edges[:gap] + edges[gap + 1 :]):
            del edges[gap]
    names = b.node_ids()
    for _ in range(count):
        one = random.choice(names)
        (x, y), near = b.at[one], []
        for other in names:
            (ox, oy) = b.at[other]
            if other != one and abs(ox - x) < 3.5 and 0 < abs(oy - y) < 3.5 and ox != x:
                near.append(other)
        if near:
            b.edge(one, random.choice(near), "Short cut")


def is_whole(b, edges):
    """Whether all nodes hang together."""
    root = {name: name for name in b.at}

    def find(name):
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for edge in edges:
        root[find(edge["from"])] = find(edge["to"])
    return len({find(name) for name in b.at}) == 1


def two_floors(random, name):
    """Two supermarkets one above the other, joined by lifts and stairs."""
    b = supermarket(random, name, 10, 3, 10)
    supermarket(random, name, 10, 2, 14, floor=1, builder=b, tag="u")
    for number, aisle in enumerate((0, 5, 9)):
        kind = ("stairs", "lift", "stairs")[number]
        seconds = {"stairs": 12.5, "lift": 35.0}[kind]
        b.edge(f"a{aisle}-0", f"ua{aisle}-0", kind=kind, length=5.0, seconds=seconds)
    return b
