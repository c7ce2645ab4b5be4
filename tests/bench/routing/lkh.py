"""LKH (Helsgaun's Lin-Kernighan heuristic) through elkai, on the matrices of `ground.Problem`.

A walk with an open end is not a round trip. Where the legs cost the same both ways, an extra
city stands for the end: the edge between it and the start is forced by making all other edges
of the two dearer, and the matrix stays symmetric, which LKH likes best. Otherwise the way to the
nearest end is the cost of going back to the start, and forbidden steps cost a fortune.
"""

import functools
import itertools
import math

import elkai

# LKH multiplies by 100 and works in 32 bits.
LARGEST = 9_000_000
# Orders of so few cities are all tried.
FEW = 3


def solve(problem, runs):
    """The best order found in so many runs, and its length; (None, None) without a walk."""
    cities = range(1, len(problem.cities))
    if not problem.is_possible:
        return None, None
    if len(cities) <= FEW:
        orders = [(problem.length(order), order) for order in itertools.permutations(cities)]
        orders = [found for found in orders if found[0] is not None]
        length, order = min(orders, default=(None, None))
        return (None if order is None else list(order)), length
    matrix, end = _matrix(problem)
    tour = elkai.DistanceMatrix(matrix).solve_tsp(runs=runs)[:-1]
    order = _order(tour, end)
    length = problem.length(order)
    if length is None and end is not None:
        return None, None
    return (None, None) if length is None else (order, length)


def _order(tour, end):
    begin = tour.index(0)
    turned = tour[begin:] + tour[:begin]
    if end is None:
        return turned[1:]
    if turned[1] == end:
        turned = [0] + turned[:0:-1]
    return [city for city in turned[1:] if city != end]


def _matrix(problem):
    cost = problem.cost
    size = len(cost)
    cities = range(1, size)
    known = [leg for row in cost for leg in row if leg]
    unit = functools.reduce(math.gcd, known, 0) or 1
    is_symmetric = len(problem.ranks) == 1 and all(
        cost[a][b] is not None and cost[a][b] == cost[b][a] for a in cities for b in cities if a < b
    )
    scale = max(unit, -(-max(known, default=1) * (3 if is_symmetric else 6) // LARGEST))
    units = [[None if leg is None else round(leg / scale) for leg in row] for row in cost]
    longest = max((leg for row in units for leg in row if leg is not None), default=1)
    if not is_symmetric:
        fortune = LARGEST if longest < LARGEST // 6 else longest * 6
        return [
            [0 if a == b else fortune if units[a][b] is None else units[a][b] for b in range(size)]
            for a in range(size)
        ], None
    surcharge = longest * 2 + 1
    matrix = [[0] * (size + 1) for _ in range(size + 1)]
    for a in cities:
        for b in cities:
            matrix[a][b] = 0 if a == b else units[a][b]
        matrix[0][a] = matrix[a][0] = surcharge + units[0][a]
        matrix[size][a] = matrix[a][size] = surcharge + units[a][0]
    return matrix, size
