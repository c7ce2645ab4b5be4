"""Length and time against the number of stops, as a picture."""

import statistics

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402 (the back end is chosen first)

# Cases with a number of stops between two of these are drawn together.
STEPS = (0, 7, 12, 17, 25, 40, 75, 150, 10_000)


def gap(found, solver):
    """By how many per cent a walk is longer than the shortest that anybody found."""
    best = min(length for length, _, _ in found.values() if length is not None)
    length = found[solver][0]
    return 0.0 if best == 0 else 100 * (length - best) / best


def draw(records, file):
    """Writes the picture: the mean gap above, the median time below (a band up to the p95)."""
    solvers = list(records[0]["found"])
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 8))
    for solver in sorted(solvers, key=lambda name: name == "Cartwright"):
        xs, gaps, middles, highs = [], [], [], []
        for low, high in zip(STEPS, STEPS[1:]):
            cases = [
                r for r in records
                if low < r["stops"] <= high and r["found"][solver][0] is not None
            ]
            if not cases:
                continue
            times = sorted(r["found"][solver][1] for r in cases)
            xs.append(statistics.mean(r["stops"] for r in cases))
            gaps.append(statistics.mean(gap(r["found"], solver) for r in cases))
            middles.append(statistics.median(times))
            highs.append(times[min(len(times) - 1, len(times) * 95 // 100)])
        width = 2.5 if solver == "Cartwright" else 1.2
        (line,) = above.plot(xs, gaps, marker="o", linewidth=width, label=solver)
        below.plot(xs, middles, marker="o", linewidth=width, color=line.get_color(), label=solver)
        below.fill_between(xs, middles, highs, color=line.get_color(), alpha=0.12)
    above.set_ylabel("longer than the best known, %")
    above.set_yscale("symlog", linthresh=0.1)
    above.set_ylim(bottom=0)
    below.set_ylabel("time, ms (median; band to p95)")
    below.set_yscale("log")
    below.set_xlabel("stops")
    below.set_xscale("log")
    below.set_xticks([5, 10, 20, 50, 100, 200, 300], [5, 10, 20, 50, 100, 200, 300])
    for panel in (above, below):
        panel.grid(alpha=0.3)
    above.legend()
    figure.tight_layout()
    figure.savefig(file)
    pyplot.close(figure)
