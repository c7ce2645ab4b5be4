"""A map as one request may walk it, read from the two JSON files alone.

Written without a look at the solver: what the format says is here a second time, in another
language, so that a mistake in one of the two shows as a difference. Lengths are whole ticks of
0.1 mm.
"""

import heapq
import math

TICKS_PER_METRE = 10_000
METRES_PER_SECOND = 1.2
# Nearer than this, in metres, two edges are equally near.
TIE_M = 1e-9


def ticks(metres):
    """Metres as whole ticks, rounded half away from zero."""
    scaled = metres * 10_000.0
    whole = math.floor(scaled)
    return whole + 1 if scaled - whole >= 0.5 else whole


class NoPlace(Exception):
    """A stop has no place to stand on."""


class Edge:
    """An edge with its cost and what bars it."""

    def __init__(self, source, nodes):
        self.ends = (source["from"], source["to"])
        a, b = nodes[self.ends[0]], nodes[self.ends[1]]
        length = source.get("length")
        if length is None:
            length = math.hypot(b["x"] - a["x"], b["y"] - a["y"])
        self.length = ticks(length)
        self.cost = self.length + ticks((source.get("seconds") or 0.0) * METRES_PER_SECOND)
        self.one_way = source.get("one_way", False)
        self.closed = source.get("closed", False)
        self.is_walk = source.get("kind", "walk") == "walk"
        self.width = source.get("width_m")
        self.hours = source.get("hours")

    def is_open(self, minute, min_width):
        """Whether a request of that minute and width may use it."""
        if self.closed:
            return False
        if self.hours and minute is not None:
            first, last = (int(t[:2]) * 60 + int(t[3:]) for t in self.hours.split("-"))
            inside = first <= minute < last if first < last else minute >= first or minute < last
            if not inside:
                return False
        if min_width is not None and self.width is not None:
            return ticks(self.width) >= ticks(min_width)
        return True


class Map:
    """A parsed map: what all requests share."""

    def __init__(self, source):
        self.nodes = {node["id"]: node for node in source["nodes"]}
        self.edges = [Edge(edge, self.nodes) for edge in source.get("edges", [])]
        self.locations = {place["id"]: place for place in source.get("locations", [])}
        self.checkouts = [n["id"] for n in source["nodes"] if n.get("kind") == "checkout"]
        self.by_ends = {}
        for number, edge in enumerate(self.edges):
            self.by_ends.setdefault(edge.ends, number)

    def floor(self, node):
        return self.nodes[node].get("floor", 0)


class Ground:
    """The vertices a request can be at, and what it costs to go from one to the next.

    A vertex is ("node", id), ("on", edge, offset) or ("off", x, y, floor).
    """

    def __init__(self, store, request):
        self.store = store
        at = request.get("at")
        minute = None if at is None else int(at[11:13]) * 60 + int(at[14:16])
        self.is_open = [e.is_open(minute, request.get("min_width_m")) for e in store.edges]
        # Places inside an edge, by edge; and what hangs on what by a stretch.
        self.inside = {}
        self.stretches = {}
        self.coordinates = {}
        self.start = self._start(request["start"])
        self.stops, self.reasons = [], {}
        for index, stop in enumerate(request["stops"]):
            try:
                self.stops.append(self._stop(stop))
            except NoPlace as reason:
                self.stops.append(None)
                self.reasons[index] = str(reason)
        if request.get("return_to_start"):
            self.ends = [self.start]
        elif request.get("ends") is None:
            self.ends = [("node", node) for node in store.checkouts]
        else:
            self.ends = [("node", node) for node in request["ends"]] or None
        self.arcs = self._arcs()
        self.rows = {}

    def point(self, vertex):
        """Where a vertex is: x, y, floor."""
        if vertex[0] == "node":
            node = self.store.nodes[vertex[1]]
            return node["x"], node["y"], node.get("floor", 0)
        return self.coordinates[vertex]

    def distances(self, source):
        """Dijkstra from a vertex: a dict of all it reaches; kept for the next call."""
        if source in self.rows:
            return self.rows[source]
        best, done = {source: 0}, {}
        queue = [(0, 0, source)]
        count = 0
        while queue:
            cost, _, vertex = heapq.heappop(queue)
            if vertex in done:
                continue
            done[vertex] = cost
            for other, length in self.arcs.get(vertex, ()):
                new = cost + length
                if other not in done and new < best.get(other, math.inf):
                    best[other] = new
                    count += 1
                    heapq.heappush(queue, (new, count, other))
        self.rows[source] = done
        return done

    def to_end(self, vertex):
        """How far it is to the nearest end; infinite without one, 0 where any place is an end."""
        if self.ends is None:
            return 0
        reached = self.distances(vertex)
        return min((reached.get(end, math.inf) for end in self.ends), default=math.inf)

    def can_serve(self, index):
        """Whether the start reaches a stop and the stop an end."""
        stop = self.stops[index]
        return (
            stop is not None
            and stop in self.distances(self.start)
            and self.to_end(stop) < math.inf
        )

    def step(self, one, other):
        """All that one step from a vertex to another can cost; empty when it cannot be walked."""
        if "off" in (one[0], other[0]):
            hangs = self.stretches.get(one) == (other, self._stretch(one)) or (
                self.stretches.get(other) == (one, self._stretch(other))
            )
            return {self._stretch(one if one[0] == "off" else other)} if hangs else set()
        costs = set()
        for number in self._edges_at(one) & self._edges_at(other):
            edge = self.store.edges[number]
            if not self.is_open[number]:
                continue
            for a in self._offsets(number, one):
                for b in self._offsets(number, other):
                    if a <= b or not edge.one_way:
                        costs.add(abs(b[1] - a[1]))
        return costs

    def _stretch(self, vertex):
        return self.stretches[vertex][1] if vertex in self.stretches else None

    def _edges_at(self, vertex):
        if vertex[0] == "on":
            return {vertex[1]}
        if not hasattr(self, "_touching"):
            self._touching = {}
            for number, edge in enumerate(self.store.edges):
                for end in edge.ends:
                    self._touching.setdefault(end, set()).add(number)
        return self._touching.get(vertex[1], set())

    def _offsets(self, number, vertex):
        """Where on an edge a vertex is. The first number orders places at the same offset."""
        if vertex[0] == "on":
            return [(1, vertex[2])]
        edge = self.store.edges[number]
        first = [(0, 0)] if edge.ends[0] == vertex[1] else []
        return first + ([(2, edge.cost)] if edge.ends[1] == vertex[1] else [])

    def _start(self, start):
        if isinstance(start, str):
            return ("node", start)
        try:
            return self._join(start["x"], start["y"], start.get("floor", 0))
        except NoPlace:
            vertex = ("off", start["x"], start["y"], start.get("floor", 0))
            self.coordinates[vertex] = vertex[1:]
            return vertex

    def _stop(self, stop):
        if stop.get("node") is not None:
            return ("node", stop["node"])
        if stop.get("location") is not None:
            return self._location(self.store.locations[stop["location"]])
        return self._join(stop["x"], stop["y"], stop.get("floor") or 0)

    def _location(self, place):
        if place.get("node") is not None:
            return ("node", place["node"])
        ends = (place["from"], place["to"])
        number, turned = self.store.by_ends.get(ends), False
        if number is None:
            number, turned = self.store.by_ends[ends[::-1]], True
        edge = self.store.edges[number]
        offset = min(ticks(place["offset"]), edge.length)
        offset = edge.length - offset if turned else offset
        # Metres of length; the waiting is spread evenly over the edge.
        if edge.length:
            offset = (offset * edge.cost + edge.length // 2) // edge.length
        return self._on(number, offset, offset / edge.cost if edge.cost else 0.0)

    def _on(self, number, offset, share):
        edge = self.store.edges[number]
        if offset <= 0:
            return ("node", edge.ends[0])
        if offset >= edge.cost:
            return ("node", edge.ends[1])
        vertex = ("on", number, offset)
        if vertex not in self.coordinates:
            a, b = (self.store.nodes[end] for end in edge.ends)
            x, y = (a[k] + (b[k] - a[k]) * share for k in "xy")
            nearer = a if share < 0.5 else b
            self.coordinates[vertex] = (x, y, nearer.get("floor", 0))
            self.inside.setdefault(number, set()).add(offset)
        return vertex

    def _join(self, x, y, floor):
        """The nearest point of an open walk edge with both ends on the floor."""
        best = None
        for number, edge in enumerate(self.store.edges):
            a, b = (self.store.nodes[end] for end in edge.ends)
            if not (self.is_open[number] and edge.is_walk):
                continue
            if a.get("floor", 0) != floor or b.get("floor", 0) != floor:
                continue
            dx, dy = b["x"] - a["x"], b["y"] - a["y"]
            square = dx * dx + dy * dy
            share = 0.0
            if square:
                share = ((x - a["x"]) * dx + (y - a["y"]) * dy) / square
                share = min(1.0, max(0.0, share))
            away = math.hypot(x - a["x"] - dx * share, y - a["y"] - dy * share)
            if best is None or away < best[0] - TIE_M:
                best = (away, number, share)
        if best is None:
            raise NoPlace(f"floor {floor} has no open walk edge")
        away, number, share = best
        cost = self.store.edges[number].cost
        scaled = cost * share
        offset = math.floor(scaled) + (scaled - math.floor(scaled) >= 0.5)
        foot = self._on(number, min(offset, cost), share)
        if ticks(away) == 0:
            return foot
        vertex = ("off", x + 0.0, y + 0.0, floor)
        self.coordinates[vertex] = (x, y, floor)
        self.stretches[vertex] = (foot, ticks(away))
        return vertex

    def _arcs(self):
        arcs = {}
        for number, edge in enumerate(self.store.edges):
            if not self.is_open[number]:
                continue
            chain = [(("node", edge.ends[0]), 0)]
            for offset in sorted(self.inside.get(number, ())):
                chain.append((("on", number, offset), offset))
            chain.append((("node", edge.ends[1]), edge.cost))
            for (one, a), (other, b) in zip(chain, chain[1:]):
                arcs.setdefault(one, []).append((other, b - a))
                if not edge.one_way:
                    arcs.setdefault(other, []).append((one, b - a))
        for vertex, (foot, length) in self.stretches.items():
            arcs.setdefault(vertex, []).append((foot, length))
            arcs.setdefault(foot, []).append((vertex, length))
        return arcs


class Problem:
    """The matrix of a request: city 0 is the start, the others are places to visit.

    The cost back to city 0 is the way to the nearest end, so that a round trip through the
    cities is a walk. None where no walk leads.
    """

    def __init__(self, ground, request):
        self.groups, self.cities = [None], [ground.start]
        seen = set()
        for index, stop in enumerate(request["stops"]):
            group = stop.get("group") or 0
            if ground.can_serve(index) and (group, ground.stops[index]) not in seen:
                seen.add((group, ground.stops[index]))
                self.groups.append(group)
                self.cities.append(ground.stops[index])
        self.is_possible = ground.to_end(ground.start) < math.inf
        self.ranks = sorted({group for group in self.groups[1:]})
        rank = {group: number for number, group in enumerate(self.ranks)}
        self.rank = [-1] + [rank[group] for group in self.groups[1:]]
        last = len(self.ranks) - 1
        self.cost = []
        for row, vertex in enumerate(self.cities):
            reached = ground.distances(vertex)
            line = [self._leg(reached, row, column) for column in range(len(self.cities))]
            line[0] = ground.to_end(vertex) if self.rank[row] == last else None
            line[0] = None if line[0] == math.inf else line[0]
            self.cost.append(line)

    def _leg(self, reached, row, column):
        if row == column or self.rank[column] - self.rank[row] not in (0, 1):
            return None
        return reached.get(self.cities[column])

    def length(self, order):
        """The length of a walk through all cities, None if it breaks a rule."""
        total, at = 0, 0
        for city in [*order, 0]:
            leg = self.cost[at][city]
            if leg is None:
                return None
            total, at = total + leg, city
        return total
