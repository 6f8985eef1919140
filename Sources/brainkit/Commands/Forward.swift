import ArgumentParser

struct Forward: ParsableCommand {}
