public import BrainData
public import BrainModels
import Evaluation

/// How well decoders do, by the rules of MOABB (Jayaram & Barachant, *MOABB: trustworthy algorithm benchmarking for BCIs*, J.
/// Neural Eng. 15, 2018): what they are tested on took no part in their training.
public struct TrialBenchmark: Sendable {
    /// Which trials train and which test.
    public enum Rule: String, Codable, Sendable, CaseIterable {
        /// Sessions 1 to 3 of a subject train, 4 and 5 test.
        case competition = "bci-iv-2b"
        /// Five parts of each session, each tested by a decoder of the other four.
        case withinSession = "within-session"
        /// Each session of a subject, tested by a decoder of the others.
        case crossSession = "cross-session"
        /// Each subject, tested by a decoder of the others.
        case crossSubject = "cross-subject"
        /// What a data set's own division says: `NAME_TRAIN.ts` trains, `NAME_TEST.ts` tests.
        case givenSplit = "given-split"
    }

    /// One training and its test.
    public struct Fold: Sendable {
        public let subject, session: String
        public let training, test: Epochs
    }

    /// What came out for one subject.
    public struct Subject: Codable, Sendable {
        public let subject: String
        public let trials: Int
        /// Of each seed; a classical decoder has one.
        public let accuracies: [Double]
        public let accuracy: Double
        /// Of the baseline on the same trials.
        public let baseline: Double?
    }

    /// Model against baseline, trial by trial.
    public struct Comparison: Codable, Sendable {
        public let baseline: String
        public let meanDifference, lower, upper: Double
        /// Of Wilcoxon's signed-rank test of the trials' differences, two-sided.
        public let probability: Double
    }

    /// What a benchmark says.
    public struct Result: Codable, Sendable {
        public let `protocol`, model: String
        public let seeds: Int
        public let subjects: [Subject]
        /// The mean over subjects.
        public let mean: Double
        /// The 95 % interval of the share of right answers, by resampling the trials of all subjects.
        public let lower, upper: Double
        public let comparison: Comparison?
        public let seconds: Double
    }

    /// The folds of a protocol.
    public static func folds(_ kind: Rule, _ data: TrialCollection, seed: UInt64 = 1) throws(SignalError) -> [Fold] {
        var folds: [Fold] = []
        for subject in data.subjects {
            let own = data[subject]
            switch kind {
            case .competition:
                folds.append(try divided(own, "T", "E", needing: "sessions 01T to 03T and 04E or 05E"))
            case .givenSplit:
                folds.append(try divided(own, "TRAIN", "TEST", needing: "NAME_TRAIN.ts and NAME_TEST.ts"))
            case .withinSession:
                for session in own {
                    for (training, test) in parts(of: session.epochs, count: 5, seed: seed) {
                        folds.append(
                            Fold(
                                subject: subject, session: session.name, training: session.epochs.picking(training),
                                test: session.epochs.picking(test)))
                    }
                }
            case .crossSession:
                guard own.count > 1 else { throw .mismatch("subject \(subject) has one session, and two are needed") }
                for session in own {
                    folds.append(
                        Fold(
                            subject: subject, session: session.name,
                            training: try TrialCollection.joined(own.filter { $0.name != session.name }),
                            test: session.epochs))
                }
            case .crossSubject:
                guard data.subjects.count > 1 else { throw .mismatch("there is one subject, and two are needed") }
                folds.append(
                    Fold(
                        subject: subject, session: "all",
                        training: try TrialCollection.joined(data.sessions.filter { $0.subject != subject }),
                        test: try TrialCollection.joined(own)))
            }
        }
        return folds
    }

    /// Sessions of a subject whose names end in one way train, those that end in another test.
    private static func divided(
        _ own: [TrialCollection.Session], _ trains: String, _ tests: String, needing: String
    ) throws(SignalError) -> Fold {
        let training = own.filter { $0.name.hasSuffix(trains) }, test = own.filter { $0.name.hasSuffix(tests) }
        guard let subject = own.first?.subject, !training.isEmpty, !test.isEmpty else {
            throw .mismatch("subject \(own.first?.subject ?? "?") lacks sessions: this protocol needs \(needing)")
        }
        return Fold(
            subject: subject, session: tests, training: try TrialCollection.joined(training),
            test: try TrialCollection.joined(test))
    }

    /// Parts of equal shares of the classes; each tests once.
    static func parts(of epochs: Epochs, count: Int, seed: UInt64) -> [(training: [Int], test: [Int])] {
        var random = Shuffle(state: seed)
        var part = [Int](repeating: 0, count: epochs.trials)
        for label in epochs.classes {
            let own = epochs.labels.indices.filter { epochs.labels[$0] == label }.shuffled(using: &random)
            for (n, trial) in own.enumerated() { part[trial] = n % count }
        }
        return (0..<count).compactMap { n in
            let test = part.indices.filter { part[$0] == n }
            return test.isEmpty ? nil : (part.indices.filter { part[$0] != n }, test)
        }
    }

    private struct Shuffle: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// Trains and tests.
    ///
    /// - Parameters:
    ///   - seeds: trainings of each fold, with the seeds from 1; classical decoders are trained once.
    ///   - train: makes a decoder of training trials and a seed.
    ///   - progress: is told each fold's subject, session, seed and share of right answers.
    public static func run(
        _ kind: Rule, model: TrialModel, baseline: TrialModel?, data: TrialCollection, seeds: Int,
        train: (Epochs, UInt64) throws -> any TrialDecoder,
        progress: ((Fold, UInt64, Double) -> Void)? = nil
    ) throws -> Result {
        let clock = ContinuousClock.now
        let folds = try folds(kind, data)
        let count = model.network == nil ? 1 : max(1, seeds)
        var own = [String: [[Double]]](), theirs = [String: [Double]]()
        for fold in folds {
            var right: [[Double]] = []
            for seed in 1...UInt64(count) {
                right.append(try correct(train(fold.training, seed), fold.test))
                progress?(fold, seed, mean(right[right.count - 1]) ?? 0)
            }
            let rows = own[fold.subject] ?? Array(repeating: [], count: count)
            own[fold.subject] = zip(rows, right).map { $0 + $1 }
            guard let baseline else { continue }
            theirs[fold.subject, default: []] += try correct(
                baseline.train(on: fold.training, seed: 1), fold.test)
        }
        return summary(kind, model, baseline, own, theirs, seeds: count, seconds: (.now - clock) / .seconds(1))
    }

    /// One where the most probable class is the trial's, else zero.
    private static func correct(_ decoder: any TrialDecoder, _ test: Epochs) throws(SignalError) -> [Double] {
        zip(try decoder.labels(test), test.labels).map { $0 == $1 ? 1 : 0 }
    }

    private static func summary(
        _ kind: Rule, _ model: TrialModel, _ baseline: TrialModel?, _ own: [String: [[Double]]],
        _ theirs: [String: [Double]], seeds: Int, seconds: Double
    ) -> Result {
        let names = own.keys.sorted()
        let subjects = names.map { name in
            let rows = own[name] ?? []
            let shares = rows.map { mean($0) ?? 0 }
            return Subject(
                subject: name, trials: rows.first?.count ?? 0, accuracies: shares, accuracy: mean(shares) ?? 0,
                baseline: theirs[name].flatMap { mean($0) })
        }
        func overSeeds(_ name: String) -> [Double] {
            let rows = own[name] ?? []
            return (rows.first ?? []).indices.map { trial in mean(rows.map { $0[trial] }) ?? 0 }
        }
        let trials = names.flatMap(overSeeds)
        let interval = bootstrapInterval(ofMean: trials) ?? (0, 0)
        var comparison: Comparison?
        if let baseline {
            let differences = zip(trials, names.flatMap { theirs[$0] ?? [] }).map { $0 - $1 }
            let spread = bootstrapInterval(ofMean: differences) ?? (0, 0)
            comparison = Comparison(
                baseline: baseline.rawValue, meanDifference: mean(differences) ?? 0, lower: spread.lower,
                upper: spread.upper, probability: Wilcoxon(differences).probability)
        }
        return Result(
            protocol: kind.rawValue, model: model.rawValue, seeds: seeds, subjects: subjects,
            mean: mean(subjects.map(\.accuracy)) ?? 0, lower: interval.lower, upper: interval.upper,
            comparison: comparison, seconds: seconds)
    }
}
