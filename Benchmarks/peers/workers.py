"""Peers that take turns. Each keeps a warm process of its own, which waits on a pipe without using the processor."""
import json
import multiprocessing
import resource
import shlex
import subprocess
import sys
import time
import traceback

import numpy

import machine

WARM_UP = 2     # and one for the logits: ONNX Runtime plans its memory in the first pass, allocates it in the second
REST = 0.3      # seconds after a turn, in which the engine's threads stop waiting actively


def serve(pipe, engine, folder, threads, precision, settings):
    """What a worker's process does: answers a file with its logits, a number with the seconds of so many passes."""
    try:
        forward = engine(folder, threads, precision, **settings)
        for _ in range(WARM_UP):
            forward()
        pipe.send("ready")
        while (order := pipe.recv()) is not None:
            pipe.send(timed(forward, order) if isinstance(order, int) else numpy.save(order, forward()))
    except (KeyboardInterrupt, EOFError):
        pass
    except Exception:
        pipe.send(RuntimeError(traceback.format_exc()))


def timed(forward, passes):
    forward()
    seconds = []
    for _ in range(passes):
        began = time.perf_counter()
        forward()
        seconds.append(time.perf_counter() - began)
    return seconds


class Worker:
    """An engine in a process of its own."""

    def __init__(self, name, precision, engine, **settings):
        self.name, self.precision, self.engine, self.settings = name, precision, engine, settings

    def start(self, folder, threads):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        arguments = (other, self.engine, folder, threads, self.precision, self.settings)
        self.process = context.Process(target=serve, args=arguments, daemon=True)
        self.process.start()
        other.close()
        self.answer()
        time.sleep(REST)

    def answer(self):
        try:
            answer = self.pipe.recv()
        except EOFError:
            sys.exit(f"{self.name} ended without a word; there may be too little memory.")
        if isinstance(answer, Exception):
            sys.exit(f"{self.name} failed: {answer}")
        return answer

    def logits(self, file):
        self.pipe.send(file)
        self.answer()

    def turn(self, passes):
        self.pipe.send(passes)
        seconds = self.answer()
        time.sleep(REST)
        return seconds

    def busy_seconds(self):
        return machine.busy_seconds(self.process.pid)

    def stop(self):
        self.pipe.send(None)
        self.process.join()


class Brainkit:
    """The built command. Each turn is a process, which warms up by itself: two passes that do not count."""

    def __init__(self, binary, precision):
        self.name, self.precision, self.binary = f"brainkit {precision}", precision, binary

    def start(self, folder, threads):
        self.patch = folder / "patch.npy"
        self.choice = ["--model", "eoformer", "--weights", folder / "weights.safetensors",
                       "--threads", threads, "--precision", self.precision, "--device", "cpu"]

    def run(self, *command):
        command = [str(word) for word in (self.binary, *command, *self.choice)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def logits(self, file):
        self.run("forward", "--input", self.patch, "--output", file)

    def turn(self, passes):
        return json.loads(self.run("bench", "patch", "--repeats", passes, "--json"))["seconds"]

    def busy_seconds(self):
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def stop(self):
        pass
