public import NeuralNet

/// Tells the age from a scan that three transformers see along its three axes; a small perceptron weighs what they say.
///
///     scan [batch, 1, i, j, k] ─ slices along i, j and k as channels ─ 3 × ViT ─ three ages ─ perceptron ─ [batch, 4]
///
/// Triamese-ViT-style, after Zhang & Jiang, *Triamese-ViT: A 3D-Aware Method for Robust Brain Age Estimation from MRIs*, 2024,
/// [arXiv:2401.09475](https://arxiv.org/abs/2401.09475), whose sizes were not in what could be read; these are chosen here.
public struct TriameseTransformer: Layer {
    /// The sizes of the network; as they stand, for scans of 2 mm in MNI space.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Voxels along i, j and k.
        public var sides = [91, 109, 91]
        /// Voxels along each side of a patch; sides that it does not divide are padded with zeros at the far end.
        public var patch = 13
        /// Features of a token.
        public var width = 384
        public var depth = 6
        public var heads = 8
        /// Features of the perceptron.
        public var hidden = 9

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            sides = try c.value(.sides, or: standard.sides)
            patch = try c.value(.patch, or: standard.patch)
            width = try c.value(.width, or: standard.width)
            depth = try c.value(.depth, or: standard.depth)
            heads = try c.value(.heads, or: standard.heads)
            hidden = try c.value(.hidden, or: standard.hidden)
        }

        /// The sides after padding.
        var whole: [Int] { sides.map { ($0 + patch - 1) / patch * patch } }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard sides.count == 3, ([patch, hidden] + sides).allSatisfy({ (1...2048).contains($0) }) else {
                throw .configuration("sides has three numbers, and with patch and hidden they are 1 to 2048")
            }
        }
    }

    public let configuration: Configuration
    private let views: [VisionTransformer]
    private let widening, narrowing: Linear

    /// - Parameter weights: holds `views`, each a ``VisionTransformer``, and `fusion`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        configuration = c
        views = try (0..<3).map { (axis) throws(NetworkError) in
            var view = VisionTransformer.Configuration()
            (view.inputs, view.patch, view.width, view.depth, view.heads) =
                (c.sides[axis], c.patch, c.width, c.depth, c.heads)
            view.sides = (0..<3).filter { $0 != axis }.map { c.whole[$0] }
            view.classes = 1
            return try VisionTransformer(weights["views"][axis], view)
        }
        widening = try Linear(weights["fusion"]["fc1"], from: 3, to: c.hidden)
        narrowing = try Linear(weights["fusion"]["fc2"], from: c.hidden, to: 1)
    }

    /// - Parameter x: `[batch, 1, i, j, k]`, the sides of the configuration.
    /// - Returns: `[batch, 4]`: the age, then what each view says, which the loss may hold to the truth as well.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let c = configuration
        guard x.shape.count == 5, x.shape[1] == 1, Array(x.shape.suffix(3)) == c.sides else {
            throw .input(expected: "[batch, 1, \(c.sides[0]), \(c.sides[1]), \(c.sides[2])]", found: x.shape)
        }
        return try Engine.run { () throws(NetworkError) in
            let volume = try x.selecting(0, along: 1)
            let seen = try (0..<3).map { (axis) throws(NetworkError) in
                let others = (0..<3).filter { $0 != axis }
                let plane = try volume.permuted([0, axis + 1] + others.map { $0 + 1 })
                return try views[axis](plane.padded([(0, 0)] + others.map { (0, c.whole[$0] - c.sides[$0]) }))
            }
            let ages = try Tensor.joined(seen, along: 1)
            return try narrowing(widening(ages).gelu()).appending(ages, along: 1)
        }
    }
}
