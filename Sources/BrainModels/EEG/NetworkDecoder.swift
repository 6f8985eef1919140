public import BrainData
import Foundation
public import NeuralNet

/// A trained network and what its trials go through before it.
public struct NetworkDecoder: TrialDecoder {
    /// Everything but the weights, as a decoder's file holds it.
    public struct Description: Codable, Sendable, Equatable {
        public let network: TrialNetworkKind
        public let configuration: CardSettings
        public let classes: [String]
        public let preparation: TrialPreparation

        public init(
            network: TrialNetworkKind, configuration: CardSettings, classes: [String], preparation: TrialPreparation
        ) {
            (self.network, self.configuration) = (network, configuration)
            (self.classes, self.preparation) = (classes, preparation)
        }
    }

    public let description: Description
    public let tensors: any TensorFile
    private let network: any Layer
    public var classes: [String] { description.classes }

    /// - Parameter tensors: exactly those of the network.
    public init(_ description: Description, _ tensors: any TensorFile) throws(NetworkError) {
        (self.description, self.tensors) = (description, tensors)
        let weights = Weights(tensors)
        let json: Data
        do { json = try description.configuration.json() } catch { throw .configuration("\(error)") }
        network = try description.network.build(weights, json)
        try weights.finish()
    }

    public func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        guard epochs.trials > 0 else { return [] }
        let trials = try description.preparation(epochs)
        do throws(NetworkError) {
            var rows: [[Double]] = []
            for start in stride(from: 0, to: trials.trials, by: 64) {
                rows += try answers(trials, start..<min(start + 64, trials.trials))
            }
            return rows
        } catch { throw .mismatch(error.description) }
    }

    private func answers(_ trials: Epochs, _ range: Range<Int>) throws(NetworkError) -> [[Double]] {
        let size = trials.channels.count * trials.count
        let values = trials.values[range.lowerBound * size..<range.upperBound * size].map { Float($0) }
        let answer = try Engine.run { () throws(NetworkError) in
            let x = try Tensor(values, shape: [range.count, 1, trials.channels.count, trials.count])
            return try network(x).softmax(along: 1).doubles()
        }
        guard answer.count == range.count * classes.count else {
            throw .configuration("the network answers \(answer.count / range.count) classes of \(classes.count)")
        }
        return range.indices.map { row in
            let first = (row - range.lowerBound) * classes.count
            return Array(answer[first..<first + classes.count])
        }
    }
}
