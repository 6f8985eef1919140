public import BrainData
import Foundation
public import NeuralNet

/// A trained network on slices: says the class of what they show, the age, or both.
public struct SliceModel: Sendable {
    /// What the network answers and how its numbers are to be read: the part of a card's `input` beside the pictures.
    public struct Settings: Codable, Sendable, Equatable {
        public var contract: SliceInput.Contract
        /// In the order of the network's answers; empty for a network that tells ages alone.
        public var classes: [String]
        /// How the number after the classes becomes years; nil for a network that tells none.
        public var age: AgeScale?
        /// Networks whose answers are averaged, `members.0` and so on in the checkpoint; nil for a single one.
        public var members: Int?

        public init(contract: SliceInput.Contract, classes: [String], age: AgeScale? = nil) {
            (self.contract, self.classes, self.age) = (contract, classes, age)
        }

        /// Those of a card.
        ///
        /// - Throws: ``NetworkError/configuration(_:)`` where the model is for something else.
        public static func of(_ card: ModelCard) throws(NetworkError) -> Settings {
            guard card.use == .diagnosis || card.use == .age else {
                throw .configuration("\(card.name) is for \(card.use.command)")
            }
            return try card.input(as: Settings.self)
        }

        /// Numbers that the network has to answer with.
        public var answers: Int { classes.count + (age == nil ? 0 : 1) }
    }

    /// What is said of one brain.
    public struct Answer: Sendable, Equatable {
        /// In the order of the classes, adding up to 1.
        public var probabilities: [Double]
        /// In years, with the interval that holds nine of ten ages in cross-validation.
        public var age: (years: Double, low: Double, high: Double)?

        public static func == (a: Answer, b: Answer) -> Bool {
            a.probabilities == b.probabilities && a.age?.years == b.age?.years && a.age?.low == b.age?.low
                && a.age?.high == b.age?.high
        }
    }

    public let settings: Settings
    let networks: [any Layer]

    /// - Throws: ``NetworkError`` where weights are missing or more than the network has.
    public init(
        network entry: Catalog.Entry, _ configuration: CardSettings, _ settings: Settings, _ tensors: any TensorFile
    ) throws {
        let weights = Weights(tensors), json = try configuration.json()
        guard (1...100).contains(settings.members ?? 1) else {
            throw NetworkError.configuration("\(settings.members ?? 1) members are not from 1 to 100")
        }
        let places = settings.members.map { (0..<$0).map { weights["members"][$0] } } ?? [weights]
        let networks = try places.map { try entry.build($0, json) }
        try weights.finish()
        self.init(networks, settings)
    }

    /// - Throws: ``NetworkError`` where the model is for something else, or its files do not fit together.
    public init(_ model: ShippedModel) throws {
        let card = model.card
        try self.init(
            network: Catalog.entry(named: card.network), card.configuration, Settings.of(card),
            TensorFiles.open(model.weights))
    }

    /// Networks that stand in memory, one or several whose answers are averaged.
    ///
    /// - Precondition: there is at least one.
    public init(_ networks: [any Layer], _ settings: Settings) {
        precondition(!networks.isEmpty, "no network")
        (self.networks, self.settings) = (networks, settings)
    }

    /// What the pictures of one brain show.
    public func answer(_ pictures: [Picture]) throws -> Answer {
        try answers([SliceInput.values(pictures, settings.contract)])[0]
    }

    /// The same of numbers that ``SliceInput`` made.
    public func answers(_ items: [[Float]]) throws(NetworkError) -> [Answer] {
        let (side, views) = (settings.contract.side, settings.contract.views.count)
        var answers: [Answer] = []
        for start in stride(from: 0, to: items.count, by: 32) {
            let part = items[start..<min(start + 32, items.count)]
            let x = try Tensor(part.flatMap { $0 }, shape: [part.count, views, side, side])
            let numbers = try networks.map { (network) throws(NetworkError) in
                try Engine.run { () throws(NetworkError) in try network(x).doubles() }
            }
            for own in numbers where own.count != part.count * settings.answers {
                throw .configuration(
                    "the network answers \(own.count / part.count) numbers, not \(settings.answers)")
            }
            for row in 0..<part.count {
                let from = row * settings.answers
                answers.append(answer(numbers.map { Array($0[from..<from + settings.answers]) }))
            }
        }
        return answers
    }

    /// The mean of what the networks say of one item.
    private func answer(_ numbers: [[Double]]) -> Answer {
        let count = Double(numbers.count)
        var probabilities = [Double](repeating: 0, count: settings.classes.count)
        for own in numbers {
            let logits = own.prefix(settings.classes.count), highest = logits.max() ?? 0
            let powers = logits.map { exp($0 - highest) }, sum = powers.reduce(0, +)
            for (n, power) in powers.enumerated() { probabilities[n] += power / sum / count }
        }
        let number = numbers.reduce(0) { $0 + ($1.last ?? 0) } / count
        return Answer(probabilities: probabilities, age: settings.age.map { $0.years(of: number) })
    }
}

/// How a network's number becomes an age.
public struct AgeScale: Codable, Sendable, Equatable {
    /// Of the training ages, in years.
    public var mean, deviation: Double
    /// Error of the fifth and the ninety-fifth percentile in cross-validation, years to be added to what is said.
    public var low = 0.0, high = 0.0
    /// Networks draw ages to the mean; the line that takes this back, fitted on training subjects that a network had not seen: Cole
    /// et al., *Brain age predicts mortality*, Molecular Psychiatry 23, 2018.
    public var slope = 1.0, intercept = 0.0

    public init(mean: Double, deviation: Double) { (self.mean, self.deviation) = (mean, deviation) }

    /// - Parameter number: what the network says, in deviations from the mean.
    public func years(of number: Double) -> (years: Double, low: Double, high: Double) {
        let years = slope * (mean + deviation * number) + intercept
        return (years, years + low, years + high)
    }

    /// What the network should say for an age.
    public func number(of years: Double) -> Double { (years - mean) / deviation }
}
