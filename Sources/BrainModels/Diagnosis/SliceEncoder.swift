import NeuralNet

/// A residual network that sees each view of a brain for itself, all with the same weights: a stem and three stages, together
/// sixteen times coarser than the slices.
struct SliceEncoder: Sendable {
    private let stem: PlanarConvolution
    private let stemNorm: BatchNorm
    private let stages: [BasicBlock]
    private let features: Int
    private let type: ElementType

    /// - Parameters:
    ///   - weights: holds `conv1`, `bn1` and `layer1` … `layer3`.
    ///   - channels: features of the stem and the three stages.
    init(_ weights: Weights, channels: [Int]) throws(NetworkError) {
        stem = try PlanarConvolution(
            weights["conv1"], from: 1, to: channels[0], kernel: (3, 3), stride: (2, 2), padding: (1, 1), bias: false)
        stemNorm = try BatchNorm(weights["bn1"], features: channels[0])
        stages = try (1..<4).map { (n) throws(NetworkError) in
            try BasicBlock(weights["layer\(n)"], from: channels[n - 1], to: channels[n])
        }
        (features, type) = (channels[3], weights.type)
    }

    /// - Parameters:
    ///   - x: `[batch, view, row, column]`.
    ///   - shape: views, rows and columns that are expected.
    /// - Returns: `[batch, place, feature]`, view by view and row by row.
    func callAsFunction(_ x: Tensor, expecting shape: [Int]) throws(NetworkError) -> Tensor {
        let s = x.shape
        guard s.count == 4, Array(s.dropFirst()) == shape else {
            throw .input(expected: "[batch, \(shape[0]), \(shape[1]), \(shape[2])]", found: s)
        }
        var map = try x.converted(to: type).reshaped([s[0] * s[1], 1, s[2], s[3]])
        map = try stemNorm(stem(map)).relu()
        for stage in stages { map = try stage(map) }
        let places = map.shape[2] * map.shape[3]
        return try map.reshaped([s[0], s[1], features, places]).permuted([0, 1, 3, 2])
            .reshaped([s[0], s[1] * places, features])
    }
}

/// Two convolutions beside a way round them, the map halved: He et al., *Deep Residual Learning for Image Recognition*, CVPR
/// 2016, [arXiv:1512.03385](https://arxiv.org/abs/1512.03385), figure 2, with torchvision's names.
struct BasicBlock: Layer {
    private let first, second, shortcut: PlanarConvolution
    private let norms: [BatchNorm]

    /// - Parameter weights: holds `conv1`, `bn1`, `conv2`, `bn2` and `downsample`.
    init(_ weights: Weights, from input: Int, to output: Int) throws(NetworkError) {
        first = try PlanarConvolution(
            weights["conv1"], from: input, to: output, kernel: (3, 3), stride: (2, 2), padding: (1, 1), bias: false)
        second = try PlanarConvolution(
            weights["conv2"], from: output, to: output, kernel: (3, 3), padding: (1, 1), bias: false)
        shortcut = try PlanarConvolution(
            weights["downsample"][0], from: input, to: output, kernel: (1, 1), stride: (2, 2), bias: false)
        let places = [weights["bn1"], weights["bn2"], weights["downsample"][1]]
        norms = try places.map { (place) throws(NetworkError) in try BatchNorm(place, features: output) }
    }

    /// - Parameter x: `[batch, input, row, column]`.
    /// - Returns: `[batch, output, row / 2, column / 2]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let mixed = try norms[1](second(norms[0](first(x)).relu()))
        return try (mixed + norms[2](shortcut(x))).relu()
    }
}
