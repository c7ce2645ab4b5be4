#!/usr/bin/env python3
"""NDCG@10 of SQLite FTS5 on the files that `cargo bench --bench relevance` reads.

usage: peers.py DIR     (products.csv, queries.csv, labels.csv)
"""
import collections
import csv
import math
import random
import re
import sqlite3
import string
import sys

csv.field_size_limit(1 << 24)
ROUNDS = 5


def rows(name):
    with open(f"{sys.argv[1]}/{name}", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ndcg(found, grades):
    def gain(values):
        return sum(value / math.log2(place + 2) for place, value in enumerate(values[:10]))
    return gain([grades.get(sku, 0) for sku in found]) / gain(sorted(grades.values(), reverse=True))


def misspell(query, dice):
    words = query.split(" ")
    long = [at for at, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return None
    at = dice.choice(long)
    before = word = words[at]
    while word == before:
        letter, spot = dice.choice(string.ascii_lowercase), dice.randrange(len(before))
        word = dice.choice([
            before[:spot] + letter + before[spot:],
            before[:spot] + before[spot + 1:],
            before[:spot] + letter + before[spot + 1:],
            before[:spot] + before[spot:spot + 2][::-1] + before[spot + 2:],
        ])
    words[at] = word
    return " ".join(words)


def main():
    products = rows("products.csv")
    grades = collections.defaultdict(dict)
    for row in rows("labels.csv"):
        grades[row["query_id"]][row["sku"]] = float(row["grade"])
    queries = [(row["query"], grades[row["query_id"]], row.get("kind") == "misspelt")
               for row in rows("queries.csv") if any(grades[row["query_id"]].values())]
    for fields, columns in (
        ("all fields", [name for name in products[0] if name != "sku"]),
        ("names", ["name"]),
    ):
        names = ", ".join(f"c{number}" for number in range(len(columns)))
        db = sqlite3.connect(":memory:")
        db.execute(f"create virtual table shelf using fts5(sku unindexed, {names}, "
                   "tokenize='porter unicode61')")
        marks = ", ".join("?" * (len(columns) + 1))
        db.executemany(f"insert into shelf values ({marks})",
                       ([row["sku"], *(row[name] for name in columns)] for row in products))

        def find(query):
            words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query))
            asked = "select sku from shelf where shelf match ? order by rank limit 10"
            return [sku for (sku,) in db.execute(asked, (words,))] if words else []

        dice = random.Random(7)
        clean, misspelt, as_clean, nothing, edits = 0, 0, 0, 0, 0
        for query, graded, is_misspelt in queries:
            score = ndcg(find(query), graded)
            clean += score
            for _ in range(0 if is_misspelt else ROUNDS):
                slip = misspell(query, dice)
                if slip is None:
                    continue
                found = find(slip)
                misspelt, as_clean = misspelt + ndcg(found, graded), as_clean + score
                nothing, edits = nothing + (not found), edits + 1
        print(f"FTS5, {fields:<18} {clean / len(queries):>7.4f} {misspelt / edits:>9.4f} "
              f"{100 * misspelt / as_clean:>5.1f}% {100 * nothing / edits:>7.2f}%")


main()
