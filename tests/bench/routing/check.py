"""Re-walks answers of `cartwright route`: check.py DIR [--answers DIR] [--program PROGRAM...]

For each NAME.map.json in DIR, answers are read from NAME.answers.json or asked of PROGRAM, which
is called with the map's and the requests' files in the place of {map} and {requests}. Each answer
is walked edge by edge on the ground of its request and compared with NAME.best.json.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import ground

# Two places nearer than this, in metres, are the same.
SAME_M = 1e-6


class Wrong(Exception):
    """What an answer gets wrong."""


def ensure(is_true, complaint):
    if not is_true:
        raise Wrong(complaint)


def check(store, request, answer, best=None):
    """Raises `Wrong` unless the answer is a legal walk that adds up and serves the request.

    `best` is the length of a walk that is known: no bound may lie above it.
    """
    here = ground.Ground(store, request)
    if "error" in answer:
        ensure(set(answer["error"]) >= {"code", "detail"}, "an error without code or detail")
        if answer["error"]["code"] == "no-walk":
            ensure(best is None, f"refused, but {best} m is a walk")
        return
    _stops(here, request, answer)
    length = _numbers(answer)
    _path(answer)
    at = [v for v in _vertices(here, answer["path"][0]) if v == here.start]
    ensure(at, "it begins beside the start")
    for number, segment in enumerate(answer["segments"]):
        at = _walk(here, segment, at, number)
        if segment["stop"] is not None:
            at = [vertex for vertex in at if vertex == here.stops[segment["stop"]]]
            ensure(at, f"segments[{number}] ends beside its stop")
    has_end = bool(answer["segments"]) and answer["segments"][-1]["stop"] is None
    ensure(has_end == (here.ends is not None), "the leg to the end is missing or too much")
    ensure(here.ends is None or any(vertex in here.ends for vertex in at), "no legal end")
    last = [vertex[1] for vertex in at if vertex[0] == "node"]
    ensure(answer["end"] in (last or [None]), "`end` is not where the walk ends")
    if best is not None:
        bound = ground.ticks(answer["lower_bound"])
        ensure(bound <= ground.ticks(best), f"the bound {bound} is above {best} m, a known walk")
    return length


def _stops(here, request, answer):
    """Each stop is there once, as it was sent; the groups rise; what is left out had to be."""
    served = [stop["index"] for stop in answer["stops"]]
    left = [stop["index"] for stop in answer["unreachable"]]
    ensure(sorted(served + left) == list(range(len(request["stops"]))), "stops lost or doubled")
    for stop in answer["stops"]:
        sent = request["stops"][stop["index"]]
        ensure(all(stop.get(k) == v for k, v in sent.items()), "a stop is not as it was sent")
    groups = [request["stops"][index].get("group") or 0 for index in served]
    ensure(groups == sorted(groups), "groups do not rise")
    for stop in answer["unreachable"]:
        ensure(not here.can_serve(stop["index"]), f"stops[{stop['index']}] could be served")
        ensure(stop["reason"], "left out without a reason")


def _numbers(answer):
    """The distances add up to the last tick; a proof is one. Returns the length in ticks."""
    total = 0
    for number, segment in enumerate(answer["segments"]):
        leg = ground.ticks(segment["distance"])
        total += leg
        if number < len(answer["stops"]):
            stop = answer["stops"][number]
            ensure(segment["stop"] == stop["index"], "segments and stops differ")
            ensure(ground.ticks(stop["leg_distance"]) == leg, "a leg_distance is not its segment's")
            ensure(ground.ticks(stop["distance_so_far"]) == total, "distance_so_far is off")
        else:
            ensure(segment["stop"] is None, "more segments than stops")
    extra = len(answer["segments"]) - len(answer["stops"])
    ensure(extra in (0, 1), "there are fewer or more segments than legs")
    length, bound = ground.ticks(answer["distance"]), ground.ticks(answer["lower_bound"])
    ensure(length == total, f"distance is {length} ticks, the segments make {total}")
    ensure(0 <= bound <= length, "the bound is above the distance")
    ensure(not answer["optimal"] or bound == length, "called optimal without a proof")
    ensure(isinstance(answer["method"], str) and answer["method"], "without a method")
    return length


def _path(answer):
    """The path is its segments, one after the other."""
    path = answer["path"][:1]
    ensure(path, "the path is empty")
    for number, segment in enumerate(answer["segments"]):
        ensure(segment["path"] and segment["path"][0] == path[-1], f"segments[{number}]: a jump")
        path = path + segment["path"][1:]
    ensure(path == answer["path"], "the path is not the sum of its segments")


def _vertices(here, point):
    """Everything on the ground that a point of a path can stand for."""
    def is_there(vertex):
        x, y, floor = here.point(vertex)
        near = abs(point["x"] - x) < SAME_M and abs(point["y"] - y) < SAME_M
        return near and point["floor"] == floor

    if point["node"] is not None:
        ensure(point["node"] in here.store.nodes, f"no node {point['node']!r}")
        vertex = ("node", point["node"])
        ensure(is_there(vertex), f"{point['node']!r} is elsewhere")
        return [vertex]
    return [vertex for vertex in here.coordinates if is_there(vertex)]


def _walk(here, segment, begin, number):
    """Where a walk along a segment can end at just the cost that is claimed."""
    reached = {(vertex, 0) for vertex in begin}
    for step, point in enumerate(segment["path"][1:], 1):
        reached = {
            (vertex, cost + more)
            for vertex in _vertices(here, point)
            for before, cost in reached
            for more in here.step(before, vertex)
        }
        ensure(reached, f"segments[{number}].path[{step}] is no legal step")
    claimed = ground.ticks(segment["distance"])
    found = sorted({cost for _, cost in reached})
    ends = [vertex for vertex, cost in reached if cost == claimed]
    ensure(ends, f"segments[{number}] claims {claimed} ticks, its path makes {found}")
    return ends


def ask(program, map_file, requests_file):
    """The answers of a program, in the order of the requests."""
    files = {"{map}": str(map_file), "{requests}": str(requests_file)}
    command = [files.get(word, word) for word in program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{' '.join(command)}: no JSON\n{done.stderr[-2000:]}") from None


def load(folder, name, part):
    """One of a store's files."""
    return json.loads((folder / f"{name}.{part}.json").read_text())


def names(folder, prefix=""):
    """The stores of a folder."""
    files = sorted(folder.glob(f"{prefix}*.map.json"))
    return [file.name.removesuffix(".map.json") for file in files]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--answers", type=pathlib.Path)
    parser.add_argument("--prefix", default="", help="only stores whose names begin so")
    parser.add_argument("--improve", action="store_true", help="keep what is shorter than known")
    parser.add_argument("--program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    bad = 0
    for name in names(options.dir, options.prefix):
        store, listed = ground.Map(load(options.dir, name, "map")), load(options.dir, name, "requests")
        if options.program:
            files = (options.dir / f"{name}.{part}.json" for part in ("map", "requests"))
            answers = ask(options.program, *files)
        else:
            answers = load(options.answers or options.dir, name, "answers")
        try:
            best = load(options.dir, name, "best")
        except FileNotFoundError:
            best = [None] * len(listed)
        for index, (request, answer) in enumerate(zip(listed, answers, strict=True)):
            label = f"{name}[{index}] {len(request['stops'])} stops"
            try:
                length = check(store, request, answer, best[index])
            except Wrong as wrong:
                bad += 1
                print(f"{label}: ILLEGAL: {wrong}")
                continue
            if length is None:
                if best[index] is not None or answer["error"]["code"] != "no-walk":
                    print(f"{label}: refused: {answer['error']['detail']}")
                continue
            if options.improve and (best[index] is None or length < ground.ticks(best[index])):
                print(f"{label}: {best[index]} m were known, now {answer['distance']}")
                best[index] = answer["distance"]
                (options.dir / f"{name}.best.json").write_text(json.dumps(best))
            longer = 0 if best[index] is None else length - ground.ticks(best[index])
            if longer > 0 or not answer["optimal"]:
                gap = 100 * longer / max(1, length - longer)
                print(
                    f"{label}: {answer['method']}, {answer['elapsed_us'] / 1000:.0f} ms, "
                    f"{'proven' if answer['optimal'] else 'not proven'}, "
                    + (f"LONGER by {gap:.3f} %" if longer > 0 else "as short as known")
                )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
