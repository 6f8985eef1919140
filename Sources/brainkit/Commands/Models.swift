import ArgumentParser

struct Models: ParsableCommand {}
