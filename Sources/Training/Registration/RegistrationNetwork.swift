import BrainModels
import NeuralNet

/// A form of TransMorph that learns.
enum RegistrationNetwork: Sendable {
    case displacement(TransMorph)
    case diffeomorphic(TransMorphDiff)

    /// What the losses are computed from.
    struct Fields {
        /// At half resolution, in its voxels.
        let there: FlowField
        /// The inverse of that, where asked for and known.
        let back: FlowField?
        /// What is to be smooth.
        let rough: Tensor
        /// At full resolution.
        let whole: () throws(NetworkError) -> FlowField
    }

    init(_ weights: Weights, _ settings: RegistrationSettings) throws(NetworkError) {
        switch settings.model {
        case .displacement: self = .displacement(try TransMorph(weights, settings.network.network))
        case .diffeomorphic: self = .diffeomorphic(try TransMorphDiff(weights, settings.network))
        }
    }

    /// - Parameters:
    ///   - images: `[1, 2, i, j, k]`, sides multiples of 32.
    ///   - symmetric: asks for the way back too, which a velocity gives and displacements do not.
    func fields(_ images: Tensor, symmetric: Bool) throws(NetworkError) -> Fields {
        switch self {
        case .displacement(let network):
            let field = try network.features(images).displacements
            let half = try field.averagePooled(kernel: 2, stride: 2).scaled(by: 0.5)
            return Fields(there: FlowField(half), back: nil, rough: field) { () throws(NetworkError) in FlowField(field)
            }
        case .diffeomorphic(let network):
            let velocity = try network.velocity(images), squarings = network.configuration.squarings
            let there = try FlowField(velocity: velocity, squarings: squarings)
            let back = symmetric ? try FlowField(velocity: velocity.scaled(by: -1), squarings: squarings) : nil
            return Fields(there: there, back: back, rough: velocity) { () throws(NetworkError) in
                FlowField(try there.displacements.doubled().scaled(by: 2))
            }
        }
    }

    /// The field at full resolution, as the network answers.
    func field(_ images: Tensor) throws(NetworkError) -> FlowField {
        switch self {
        case .displacement(let network): FlowField(try network(images))
        case .diffeomorphic(let network): FlowField(try network(images))
        }
    }
}
