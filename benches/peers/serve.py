"""The worker's side of the protocol of `compare.py`: the same as `training.rs --serve`."""

import sys
import time


def serve(open_network, modes):
    """`open_network(name, batch)` gives what each function of `modes` takes to do one step."""
    state = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "open":
            state = open_network(words[1], int(words[2]))
            answer = "ready"
        else:
            step, seconds, times = modes[words[0]], float(words[1]), []
            start = time.perf_counter()
            while not times or time.perf_counter() - start < seconds:
                before = time.perf_counter()
                step(state)
                times.append(time.perf_counter() - before)
            answer = " ".join(map(repr, times))
        print(answer, flush=True)
