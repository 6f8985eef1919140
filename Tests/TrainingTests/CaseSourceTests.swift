import BrainData
import BrainModels
import Foundation
import NeuralNet
import Synchronization
import Testing

@testable import Training

@Suite struct CaseSourceTests {
    private func toys() throws -> [PreparedCase] {
        let cohort = try ToyCohort()
        return try TumourDataset.cases(in: cohort.cases).map { try PreparedCase($0, for: TumourInput.Contract()) }
    }

    private final class Numbers: Sendable { let list = Mutex<[Int]>([]) }

    private func names(_ source: any CaseSource, steps: Range<Int>) throws -> [String] {
        try steps.map { step in
            var random = SplitMix(seed: 1, name: "\(step)")
            return try source.draw(at: step, &random).name
        }
    }

    @Test func fixedCasesAllComeUp() throws {
        #expect(Set(try names(FixedCases(toys()), steps: 0..<40)).count == 3)
    }

    @Test func aPoolTakesTheNumbersOfItsStep() throws {
        let toys = try toys()
        let made = Numbers()
        let pool = CasePool(pool: 2, refresh: 5) { number in
            made.list.withLock { $0.append(number) }
            return toys[number % 3]
        }
        for step in 0..<50 {
            let before = made.list.withLock { $0 }
            _ = try names(pool, steps: step..<step + 1)
            let new = made.list.withLock { $0 }.dropFirst(before.count)
            #expect(new.allSatisfy { (step / 5..<step / 5 + 2).contains($0) })
            #expect(pool.count <= 2)
        }
        let all = made.list.withLock { $0 }
        #expect(Set(all).count == all.count, "no case is made twice")
    }

    @Test func aPoolThatStartsLateGivesTheSameCases() throws {
        let toys = try toys()
        func pool() -> CasePool { CasePool(pool: 3, refresh: 2) { toys[$0 * 7 % 3] } }
        let whole = try names(pool(), steps: 0..<30)
        #expect(try names(pool(), steps: 17..<30) == Array(whole[17...]))
    }

    @Test func aPoolOfFilesShowsEveryCaseOnceARound() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 1)
        (experiment.sampling.pool, experiment.sampling.refresh) = (1, 1)
        let source = CasePool.reading(try TumourDataset.cases(in: cohort.cases), experiment)
        let order = try names(source, steps: 0..<9)
        for round in 0..<3 { #expect(Set(order[3 * round..<3 * round + 3]).count == 3) }
    }

    @Test func aShareComesFromTheOtherSource() throws {
        let toys = try toys()
        let mixed = MixedCases(FixedCases([toys[0]]), with: 0.25, of: FixedCases([toys[1]]))
        let others = try names(mixed, steps: 0..<400).filter { $0 == toys[1].name }.count
        #expect((60...140).contains(others))
        #expect(try names(mixed, steps: 3..<9) == names(mixed, steps: 3..<9))
    }

    @Test func aFailingCaseIsTheSamplersError() throws {
        let pool = CasePool(pool: 1, refresh: 1) { _ in throw TrainingError.run("no case") }
        let sampler = PatchSampler(pool, Experiment())
        let batches = Prefetcher(from: 0) { try sampler.batch(at: $0) }
        #expect(throws: TrainingError.run("no case")) { try batches.next() }
    }
}

@Suite struct PrefetcherTests {
    @Test func valuesComeInOrder() throws {
        let values = Prefetcher(from: 5, ahead: 3) { $0 * 2 }
        #expect(try (0..<20).map { _ in try values.next() } == (5..<25).map { $0 * 2 })
    }

    @Test func runsAheadByItsBoundAndNoFurther() throws {
        let calls = Calls()
        let values = Prefetcher(from: 0, ahead: 3) { _ in calls.count.withLock { $0 += 1 } }
        try values.next()
        Thread.sleep(forTimeInterval: 0.2)
        #expect(calls.count.withLock { $0 } == 4)
    }

    @Test func theThreadEndsWithItsPrefetcher() throws {
        weak var watched: Calls?
        func use() throws {
            let calls = Calls()
            watched = calls
            let values = Prefetcher(from: 0, ahead: 2) { _ in calls.count.withLock { $0 += 1 } }
            try values.next()
        }
        try use()
        for _ in 0..<200 where watched != nil { Thread.sleep(forTimeInterval: 0.01) }
        #expect(watched == nil)
    }

    private final class Calls: Sendable { let count = Mutex(0) }
}
