"""Cartwright's walks beside those of LKH, OR-tools and VROOM: one run, one thread, one table.

Everybody gets the same stores and lists. Cartwright's time runs from the parsed map to the
answer with its polyline, as it says itself; the others are given their matrix ready made. Every
answer of Cartwright is re-walked. Leaves with 1 when one is illegal, or longer than LKH's best.
"""

import argparse
import json
import pathlib
import time

import check
import generate
import ground
import peers
import plot


def percentile(values, percent):
    """The smallest value that so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def solvers(budget_ms):
    """Name -> what finds an order and its length."""
    return {
        "LKH, 1 run": lambda problem: peers.lkh(problem, 1),
        "LKH, best of 10": lambda problem: peers.lkh(problem, 10),
        f"OR-tools, {budget_ms} ms": lambda problem: peers.ortools(problem, budget_ms),
        "VROOM": peers.vroom_walk,
    }


def measure(folder, options):
    """A record for each request: class, stops, and (length, milliseconds, proven) by solver."""
    records, illegal = [], 0
    for name, source, listed in generate.stores_at(options.scale, options.only):
        files = []
        for part, value in (("map", source), ("requests", listed)):
            files.append(folder / f"{name}.{part}.json")
            files[-1].write_text(json.dumps(value))
        store = ground.Map(source)
        for request, answer in zip(listed, check.ask(options.program, *files), strict=True):
            problem = ground.Problem(ground.Ground(store, request), request)
            found = {}
            for solver, solve in solvers(options.peer_ms).items():
                begun = time.perf_counter()
                length = solve(problem)[1] if len(problem.cities) > 1 else None
                found[solver] = (length, (time.perf_counter() - begun) * 1000, False)
            known = [length for length, _, _ in found.values() if length is not None]
            best = min(known, default=None)
            try:
                length = check.check(
                    store, request, answer, best and best / ground.TICKS_PER_METRE
                )
            except check.Wrong as wrong:
                illegal += 1
                print(f"{name}, {len(request['stops'])} stops: {wrong}")
                continue
            if length is not None:
                ms = answer["elapsed_us"] / 1000
                found["Cartwright"] = (length, ms, answer["optimal"])
                kind = name.rsplit("-", 1)[0]
                records.append({"kind": kind, "stops": len(request["stops"]), "found": found})
    return records, illegal


def table(records):
    """Prints a line for each class and number of stops; returns how many walks are too long."""
    kinds = list(dict.fromkeys(record["kind"] for record in records))
    print(
        f"{'class':8} {'stops':>5} {'cases':>5} {'proven':>7} {'longer than LKH':>16} {'gap to':>7} "
        f"{'milliseconds':>31}"
    )
    print(
        f"{'':8} {'':5} {'':5} {'':7} {'1 run':>8}{'10 runs':>8} {'best':>7} "
        f"{'p50':>7} {'p95':>7} {'p99':>7} {'most':>7}"
    )
    total = 0
    for kind in kinds:
        for stops in sorted({r["stops"] for r in records if r["kind"] == kind}):
            cases = [r["found"] for r in records if (r["kind"], r["stops"]) == (kind, stops)]
            own = [found["Cartwright"] for found in cases]
            longer = [
                sum(f[peer][0] is not None and f["Cartwright"][0] > f[peer][0] for f in cases)
                for peer in ("LKH, 1 run", "LKH, best of 10")
            ]
            total += longer[1]
            times = [ms for _, ms, _ in own]
            proven = 100 * sum(is_proven for _, _, is_proven in own) / len(own)
            gap = sum(plot.gap(found, "Cartwright") for found in cases) / len(cases)
            print(
                f"{kind:8} {stops:5} {len(cases):5} {proven:6.0f}% {longer[0]:8}{longer[1]:8} "
                f"{gap:6.2f}% " + " ".join(f"{percentile(times, p):7.1f}" for p in (50, 95, 99, 100))
            )
    return total


def others(records):
    """Prints what the others made of the same requests."""
    print(f"\n{'':20} {'cases':>5} {'best':>6} {'gap':>7} {'p50 ms':>8} {'p95 ms':>8} {'most ms':>8}")
    for solver in records[0]["found"]:
        cases = [r["found"] for r in records if r["found"][solver][0] is not None]
        if not cases:
            continue
        gaps = [plot.gap(found, solver) for found in cases]
        times = [found[solver][1] for found in cases]
        print(
            f"{solver:20} {len(cases):5} {100 * sum(g == 0 for g in gaps) / len(gaps):5.0f}% "
            f"{sum(gaps) / len(gaps):6.2f}% "
            + " ".join(f"{percentile(times, p):8.1f}" for p in (50, 95, 100))
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for stores and plot")
    parser.add_argument("--scale", type=int, default=1, help="how many stores of each class")
    parser.add_argument("--only", choices=generate.CLASSES)
    parser.add_argument("--peer-ms", type=int, default=500, help="time for OR-tools")
    parser.add_argument("--program", nargs=argparse.REMAINDER, required=True)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    records, illegal = measure(options.folder, options)
    if not records:
        raise SystemExit("no request was answered")
    longer = table(records)
    others(records)
    picture = options.folder / "routing.svg"
    plot.draw(records, picture)
    print(f"\n{picture}: length and time against the number of stops")
    print(f"{len(records)} requests, {illegal} illegal answers, {longer} longer than LKH's best of 10")
    raise SystemExit(1 if illegal or longer else 0)


if __name__ == "__main__":
    main()
