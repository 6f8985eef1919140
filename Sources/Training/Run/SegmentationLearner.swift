import BrainModels
import Foundation
import NeuralNet

/// A network in training: its weights, the optimiser's moments, and one step.
struct SegmentationLearner {
    let weights: Weights
    let network: EoFormer
    let optimiser: AdamW
    private let experiment: Experiment

    /// Starts afresh, or from a checkpoint and the steps it has seen.
    init(_ experiment: Experiment, from checkpoint: (file: Safetensors, step: Int)? = nil) throws(NetworkError) {
        self.experiment = experiment
        weights = try experiment.weights(from: checkpoint)
        network = try EoFormer(weights["model"], experiment.network)
        optimiser = try experiment.optimiser(of: weights, from: checkpoint)
    }

    /// Moves the weights by one batch.
    ///
    /// - Returns: the loss; where it is no finite number the weights stay as they were.
    func learn(from batch: PatchSampler.Batch, at step: Int, rate: Double) throws(NetworkError) -> Double {
        let side = experiment.sampling.patch, count = experiment.sampling.batch
        let loss = experiment.loss
        var random = SplitMix(seed: experiment.seed, name: "depth \(step)")
        return try Engine.training(&random) { () throws(NetworkError) in
            func tensor(_ values: [Float], _ channels: Int) throws(NetworkError) -> Tensor {
                try Tensor(values, shape: [count, channels, side, side, side]).permuted([0, 1, 4, 3, 2]).contiguous()
            }
            let image = try tensor(batch.image, experiment.network.inputs)
            let target = try tensor(batch.target, experiment.network.outputs)
            let value = try loss(network(image), target)
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }
}

extension Experiment {
    /// The weights of a run: of its checkpoint, of the file to go on from, or drawn from the seed. The network stands under
    /// `model`.
    func weights(from checkpoint: (file: Safetensors, step: Int)?) throws(NetworkError) -> Weights {
        if let checkpoint { return Weights(checkpoint.file, trainable: true) }
        guard !start.isEmpty else { return Weights(seed: seed, trainable: true) }
        let file = try TensorFiles.open(URL(fileURLWithPath: start))
        return Weights(PlacedTensors(file, under: "model"), trainable: true)
    }

    /// The optimiser of a network that has taken its weights; one that starts afresh must have taken all.
    func optimiser(
        of weights: Weights, from checkpoint: (file: Safetensors, step: Int)?
    ) throws(NetworkError) -> AdamW {
        guard let checkpoint else {
            try weights.finish()
            return try AdamW(weights.parameters, optimiser.settings)
        }
        return try AdamW(
            weights.parameters, optimiser.settings, from: Weights(checkpoint.file), steps: checkpoint.step)
    }
}

/// A file's tensors under a place of a larger checkpoint.
struct PlacedTensors: TensorFile {
    private let file: any TensorFile
    private let place: String

    init(_ file: any TensorFile, under place: String) { (self.file, self.place) = (file, place) }

    var entries: [String: TensorEntry] {
        Dictionary(uniqueKeysWithValues: file.entries.map { ("\(place).\($0.key)", $0.value) })
    }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        try file.read(String(name.dropFirst(place.count + 1)), into: destination)
    }
}
