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
        let places: (moving: [Float], fixed: [Float])?

        init(_ pair: RegistrationPair) {
            images = pair.images
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
        let fields = try network.coarseFields(
            tensor(batch.images, channels: 2, step: 1), symmetric: weights.symmetric)
        let (moving, fixed) = (
            try tensor(batch.moving, channels: BrainStructure.compared.count, step: 2),
            try tensor(batch.fixed, channels: BrainStructure.compared.count, step: 2)
        )
        var value = try RegistrationLoss.diffusion(fields.rough).scaled(by: weights.smoothness)
        let share = fields.back == nil ? weights.dice : weights.dice / 2
        value = try value + RegistrationLoss.dice(fields.there.warp(moving), fixed).scaled(by: share)
        if let back = fields.back {
            value = try value + RegistrationLoss.dice(back.warp(fixed), moving).scaled(by: share)
        }
        guard let places = batch.places, weights.correspondence > 0 else { return value }
        let missed = try fields.there.warp(tensor(places.moving, channels: 3, step: 2))
            - tensor(places.fixed, channels: 3, step: 2)
        // Cells that lie wholly inside the structures, of which the shares sum to 1.
        let inside = try fixed.sum(along: [1], keepingAxes: true)
        let distances = try (missed.squared().sum(along: [1], keepingAxes: true) * inside).sum()
        let mean = try distances / inside.sum().scaled(by: 1, plus: 1)
        return try value + mean.scaled(by: weights.correspondence)
    }

    private func tensor(_ values: [Float], channels: Int, step: Int) throws(NetworkError) -> Tensor {
        let size = settings.size.map { $0 / step }
        return try Tensor(values, shape: [1, channels, size[2], size[1], size[0]]).permuted([0, 1, 4, 3, 2])
            .contiguous()
    }
}

/// A form of TransMorph that learns.
enum RegistrationNetwork: Sendable {
    case displacement(TransMorph)
    case diffeomorphic(TransMorphDiff)

    /// Fields at half resolution, in its voxels.
    struct CoarseFields {
        let there: FlowField
        /// Its inverse, where asked for and known.
        let back: FlowField?
        /// What is to be smooth.
        let rough: Tensor
    }

    init(_ weights: Weights, _ settings: RegistrationSettings) throws(NetworkError) {
        switch settings.model {
        case .displacement: self = .displacement(try TransMorph(weights, settings.network.network))
        case .diffeomorphic: self = .diffeomorphic(try TransMorphDiff(weights, settings.network))
        }
    }

    /// - Parameter symmetric: asks for the way back too, which a velocity gives and a displacement does not.
    func coarseFields(_ images: Tensor, symmetric: Bool) throws(NetworkError) -> CoarseFields {
        switch self {
        case .displacement(let network):
            let field = try network.features(images).displacements
            let half = try field.averagePooled(kernel: 2, stride: 2).scaled(by: 0.5)
            return CoarseFields(there: FlowField(half), back: nil, rough: field)
        case .diffeomorphic(let network):
            let velocity = try network.velocity(images), squarings = network.configuration.squarings
            let back = symmetric ? try FlowField(velocity: velocity.scaled(by: -1), squarings: squarings) : nil
            return CoarseFields(
                there: try FlowField(velocity: velocity, squarings: squarings), back: back, rough: velocity)
        }
    }

    /// The field at full resolution.
    func field(_ images: Tensor) throws(NetworkError) -> FlowField {
        switch self {
        case .displacement(let network): FlowField(try network(images))
        case .diffeomorphic(let network): FlowField(try network(images))
        }
    }
}
