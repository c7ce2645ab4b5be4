"""Other solvers on the matrices of `ground.Problem`: LKH (through elkai), OR-tools and VROOM.

Each gets the same whole numbers and answers with an order of the cities; lengths are added up
here. A walk with an open end is not a round trip, which is what LKH is for. Where the legs cost
the same both ways, an extra city stands for the end: the edge between it and the start is forced
by making all other edges of the two dearer, and the matrix stays symmetric, which LKH likes best.
Otherwise the way to the nearest end is the cost of going back to the start, and forbidden steps
cost a fortune.
"""

import functools
import itertools
import math

import elkai
import numpy
import vroom
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

# LKH multiplies by 100 and works in 32 bits.
LARGEST = 9_000_000
# Orders of so few cities are all tried.
FEW = 3


def lkh(problem, runs):
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


def _with_end(problem, fortune):
    """The matrix with a city more, the end; forbidden steps cost a fortune."""
    rows = [
        [0] + [fortune if leg is None else leg for leg in row[1:]]
        + [fortune if row[0] is None else row[0]]
        for row in problem.cost
    ]
    for number in range(len(rows)):
        rows[number][number] = 0
    return rows + [[0] * (len(rows) + 1)]


def ortools(problem, budget_ms):
    """Guided local search for so many milliseconds."""
    rows = _with_end(problem, 10**9)
    manager = pywrapcp.RoutingIndexManager(len(rows), 1, [0], [len(rows) - 1])
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(rows))
    search = pywrapcp.DefaultRoutingSearchParameters()
    first, guided = routing_enums_pb2.FirstSolutionStrategy, routing_enums_pb2.LocalSearchMetaheuristic
    search.first_solution_strategy = first.PATH_CHEAPEST_ARC
    search.local_search_metaheuristic = guided.GUIDED_LOCAL_SEARCH
    search.time_limit.FromMilliseconds(budget_ms)
    found = routing.SolveWithParameters(search)
    if not found:
        return None, None
    order, at = [], found.Value(routing.NextVar(routing.Start(0)))
    while not routing.IsEnd(at):
        order.append(manager.IndexToNode(at))
        at = found.Value(routing.NextVar(at))
    return order, problem.length(order)


def vroom_walk(problem):
    """VROOM at its highest level, on one thread; in centimetres, as it takes 32 bits."""
    rows = _with_end(problem, 10**9)
    whole = numpy.array([[round(leg / 100) for leg in row] for row in rows], dtype=numpy.uint32)
    task = vroom.Input()
    task.set_durations_matrix(profile="walk", matrix_input=whole)
    task.add_vehicle([vroom.Vehicle(1, start=0, end=len(rows) - 1, profile="walk")])
    task.add_job([vroom.Job(city, location=city) for city in range(1, len(problem.cities))])
    steps = task.solve(exploration_level=5, nb_threads=1).routes
    order = [int(city) for city in steps["location_index"][1:-1]]
    return (order, problem.length(order)) if len(order) == len(problem.cities) - 1 else (None, None)
