import BrainModels
import NeuralNet

/// A registration network in training: its weights, the optimiser's moments, and one step.
struct RegistrationLearner {
    /// The numbers of one step, ready for the engine.
    struct Batch: Sendable {
        /// Moving, then fixed; i varying fastest.
        let images: [Float]
        /// The structures' shares of the cells at half resolution.
        let moving, fixed: [Float]
        /// Channels of these.
        let structures: Int
        let places: (moving: [Float], fixed: [Float])?

        init(_ pair: RegistrationPair) {
            (images, structures) = (pair.images, pair.structures)
            (moving, fixed, places) = (pair.shares(of: pair.moving), pair.shares(of: pair.fixed), pair.places)
        }
    }

    let weights: Weights
    let optimiser: AdamW
    let network: RegistrationNetwork
    private let experiment: Experiment
    private var settings: RegistrationSettings { experiment.registration }

    /// Starts afresh, or from a checkpoint and the steps it has seen.
    init(_ experiment: Experiment, from checkpoint: (file: Safetensors, step: Int)? = nil) throws(NetworkError) {
        self.experiment = experiment
        weights = try experiment.weights(from: checkpoint)
        network = try RegistrationNetwork(weights["model"], experiment.registration)
        optimiser = try experiment.optimiser(of: weights, from: checkpoint)
    }

    /// Moves the weights by one pair.
    ///
    /// - Returns: the loss; where it is no finite number the weights stay as they were.
    func learn(from batch: Batch, at step: Int, rate: Double) throws(NetworkError) -> Double {
        var random = SplitMix(seed: experiment.seed, name: "depth \(step)")
        return try Engine.training(&random) { () throws(NetworkError) in
            let value = try loss(of: batch)
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }

    /// The loss of one pair, to be called on the engine's thread.
    func loss(of batch: Batch) throws(NetworkError) -> Tensor {
        let weights = settings.loss
        let images = try tensor(batch.images, channels: 2, step: 1)
        let fields = try network.fields(images, symmetric: weights.symmetric)
        var value = try RegistrationLoss.diffusion(fields.rough).scaled(by: weights.smoothness)
        if weights.dice > 0 && batch.structures > 0 {
            value = try value + overlap(of: batch, fields).scaled(by: weights.dice)
        }
        if weights.correlation > 0 {
            let warped = try fields.whole().warp(images.narrowed(1, from: 0, length: 1))
            let alike = try RegistrationLoss.localCorrelation(warped, images.narrowed(1, from: 1, length: 1))
            value = try value + alike.scaled(by: weights.correlation)
        }
        guard let places = batch.places, weights.correspondence > 0 else { return value }
        return try value + missed(places, batch, fields).scaled(by: weights.correspondence)
    }

    /// 1 − Dice of the structures, there and, where known, back.
    private func overlap(of batch: Batch, _ fields: RegistrationNetwork.Fields) throws(NetworkError) -> Tensor {
        let moving = try tensor(batch.moving, channels: batch.structures, step: 2)
        let fixed = try tensor(batch.fixed, channels: batch.structures, step: 2)
        let smooth = (moving: try smoothed(moving), fixed: try smoothed(fixed))
        func missing(_ field: FlowField, _ from: (Tensor, Tensor), _ to: (Tensor, Tensor)) throws(NetworkError)
            -> Tensor
        {
            let sharp = try RegistrationLoss.dice(field.warp(from.0), to.0, squares: false)
            return try (sharp + RegistrationLoss.dice(field.warp(from.1), to.1)).scaled(by: 0.5)
        }
        let there = try missing(fields.there, (moving, smooth.moving), (fixed, smooth.fixed))
        guard let back = fields.back else { return there }
        return try (there + missing(back, (fixed, smooth.fixed), (moving, smooth.moving))).scaled(by: 0.5)
    }

    /// The squared distance to where the tissue truly went, averaged over the fixed brain's structures.
    private func missed(
        _ places: (moving: [Float], fixed: [Float]), _ batch: Batch, _ fields: RegistrationNetwork.Fields
    ) throws(NetworkError) -> Tensor {
        let inside = try tensor(batch.fixed, channels: batch.structures, step: 2).sum(along: [1], keepingAxes: true)
        let found = try fields.there.warp(tensor(places.moving, channels: 3, step: 2))
        let apart = try found - tensor(places.fixed, channels: 3, step: 2)
        let distances = try (apart.squared().sum(along: [1], keepingAxes: true) * inside).sum()
        return try distances / inside.sum().scaled(by: 1, plus: 1)
    }

    /// Structures blurred over a few voxels: they pull on each other from farther away, and reading them between voxels blurs
    /// them hardly more.
    private func smoothed(_ structures: Tensor) throws(NetworkError) -> Tensor {
        try structures.averagePooled(kernel: 3, stride: 1, padding: 1)
            .averagePooled(kernel: 3, stride: 1, padding: 1)
    }

    private func tensor(_ values: [Float], channels: Int, step: Int) throws(NetworkError) -> Tensor {
        let size = settings.size.map { $0 / step }
        return try Tensor(values, shape: [1, channels, size[2], size[1], size[0]]).permuted([0, 1, 4, 3, 2])
            .contiguous()
    }
}
