#!/usr/bin/env python3
"""summarize.py FILE...: medians over the rounds of result lines, with least and most, as Markdown."""

import collections
import json
import statistics
import sys

COLUMNS = (
    ("p50 us", "p50_us"), ("p99 us", "p99_us"), ("max us", "max_us"),
    ("server CPU s/10k", "server_cpu_s_per_10k"), ("client CPU s", "client_cpu_s"),
    ("client min", "client_min"), ("client max", "client_max"))


def read(paths):
    groups = collections.defaultdict(list)
    for path in paths:
        with open(path) as file:
            for line in file:
                result = json.loads(line)
                groups[result["system"], result["workload"], result.get("c", 0)].append(result)
    return groups


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values):
    if not values:
        return ""
    return f"{number(statistics.median(values))} ({number(min(values))}..{number(max(values))})"


def of(results, key):
    return [result[key] for result in results if result.get(key) is not None]


def print_load(groups):
    print("| system | workload | c | n | ops/s | " + " | ".join(name for name, _ in COLUMNS) +
          " | RSS MB | errors |")
    print("|---" * (len(COLUMNS) + 7) + "|")
    for (system, workload, clients), results in sorted(groups.items()):
        if not of(results, "ops_per_s"):
            continue
        cells = [system, workload, str(clients), str(len(results)),
                 spread(of(results, "ops_per_s"))]
        for _, key in COLUMNS:
            values = of(results, key)
            cells.append(number(statistics.median(values)) if values else "")
        memory = of(results, "rss_mb")
        cells.append("/".join(f"{value:.0f}" for value in memory[-1]) if memory else "")
        cells.append(str(sum(of(results, "errors"))))
        print("| " + " | ".join(cells) + " |")


def print_failovers(groups):
    for (system, workload, _), results in sorted(groups.items()):
        gaps = of(results, "first_write_after_kill_s")
        if gaps:
            print(f"\n{system}, {workload}, {len(gaps)} times: seconds to the next write "
                  f"{spread(gaps)}, longest gap {spread(of(results, 'longest_gap_s'))}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    groups = read(sys.argv[1:])
    print_load(groups)
    print_failovers(groups)


if __name__ == "__main__":
    main()
