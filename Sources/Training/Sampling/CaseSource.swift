import BrainData
import BrainModels
import Foundation
public import NeuralNet
import Synchronization

/// Where patches come from. The case of a patch hangs on the step and the generator alone, so that a resumed training is given
/// the very cases that an uninterrupted one would have been given.
public protocol CaseSource: Sendable {
    /// The case to cut a patch of a step from.
    func draw(at step: Int, _ random: inout SplitMix) throws -> PreparedCase
}

/// Cases that all stay in memory, each as likely as the others.
public struct FixedCases: CaseSource {
    private let cases: [PreparedCase]

    /// - Precondition: there is a case.
    public init(_ cases: [PreparedCase]) {
        precondition(!cases.isEmpty, "there is no case to draw from")
        self.cases = cases
    }

    public func draw(at step: Int, _ random: inout SplitMix) -> PreparedCase {
        cases[Int(random.uniform() * Double(cases.count))]
    }
}

/// A few cases in memory out of many, or out of endlessly many: at step s the cases numbered from s / refresh onwards, `pool`
/// of them. They are made when a patch first wants them, on the thread that makes patches.
public final class CasePool: CaseSource {
    private let pool, refresh: Int
    private let make: @Sendable (_ number: Int) throws -> PreparedCase
    private let made = Mutex<[Int: PreparedCase]>([:])

    /// - Parameters:
    ///   - pool: cases kept, above zero.
    ///   - refresh: steps between exchanges of one case, above zero.
    ///   - make: the case of a number, from 0 upwards; always the same for the same number.
    public init(pool: Int, refresh: Int, _ make: @escaping @Sendable (_ number: Int) throws -> PreparedCase) {
        precondition(pool > 0 && refresh > 0, "a pool of \(pool) that is refreshed every \(refresh) steps")
        (self.pool, self.refresh, self.make) = (pool, refresh, make)
    }

    public func draw(at step: Int, _ random: inout SplitMix) throws -> PreparedCase {
        let first = step / refresh
        let number = first + Int(random.uniform() * Double(pool))
        return try made.withLock { made in
            made = made.filter { $0.key >= first }
            if let known = made[number] { return known }
            let fresh = try make(number)
            made[number] = fresh
            return fresh
        }
    }

    /// Cases in memory now.
    var count: Int { made.withLock { $0.count } }

    /// Makes cases up as the pool needs them.
    static func synthesising(_ experiment: Experiment) throws -> CasePool {
        let synthetic = experiment.data.synthetic
        let maps = try HeadMap.maps(in: URL(fileURLWithPath: synthetic.labelMaps))
        let synthesiser = Synthesiser(maps, synthetic.settings, seed: experiment.seed)
        let contract = experiment.data.input
        let task = experiment.task
        return CasePool(pool: synthetic.pool, refresh: synthetic.refresh) { number in
            switch task {
            case .tumour, .registration: try synthesiser.preparedCase(number, for: contract)
            case .brain: try synthesiser.preparedHead(number, for: contract)
            }
        }
    }

    /// Reads labelled patients as the pool needs them: all of them in an order drawn anew for every round.
    static func reading(
        _ cases: [TumourCase], _ experiment: Experiment, _ extractor: BrainExtractor? = nil
    ) -> CasePool {
        let (contract, seed) = (experiment.data.input, experiment.seed)
        return CasePool(pool: experiment.sampling.pool, refresh: experiment.sampling.refresh) { number in
            var random = SplitMix(seed: seed, name: "round \(number / cases.count)")
            let order = cases.indices.shuffled(using: &random)
            return try PreparedCase(cases[order[number % cases.count]], for: contract, extractor: extractor)
        }
    }
}

/// Draws from one source or, with some probability, from another: made-up cases among real ones.
public struct MixedCases: CaseSource {
    private let main, other: any CaseSource
    private let share: Double

    /// - Parameter share: how likely a patch comes from `other`.
    public init(_ main: any CaseSource, with share: Double, of other: any CaseSource) {
        (self.main, self.share, self.other) = (main, share, other)
    }

    public func draw(at step: Int, _ random: inout SplitMix) throws -> PreparedCase {
        try random.uniform() < share ? other.draw(at: step, &random) : main.draw(at: step, &random)
    }
}
