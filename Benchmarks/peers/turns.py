"""Rounds in which every peer takes its turn, and how far other processes disturbed it."""
import statistics
import sys
import time

import machine


def others(peer, work):
    """What the work answers, and the share of the machine's processors that other processes had meanwhile."""
    all_before, own_before, began = machine.busy_seconds(), peer.busy_seconds(), time.perf_counter()
    answer = work()
    elapsed = time.perf_counter() - began
    if all_before is None:
        return answer, None
    used = machine.busy_seconds() - all_before - (peer.busy_seconds() - own_before)
    return answer, max(0, used / elapsed / machine.cores())


def measure(running, rounds, passes):
    """By peer: the median seconds of every turn, and the share that others had. The order moves on round by round."""
    turns = {peer.name: {"seconds": [], "others": []} for peer in running}
    for number in range(rounds):
        first = number % len(running)
        for peer in running[first:] + running[:first]:
            seconds, share = others(peer, lambda: peer.turn(passes))
            turns[peer.name]["seconds"].append(statistics.median(seconds))
            turns[peer.name]["others"].append(share)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return turns
