public import NeuralNet

/// A network that tells of what class a subject is by the time series of brain regions, or by how regions go together.
public protocol FunctionalNetwork: StagedNetwork {
    /// Classes that it tells apart.
    var classes: Int { get }

    /// - Parameter x: `[batch, frame, region]` of time series or `[batch, region, region]` of connectivity, as the network says.
    /// - Returns: one logit a class, `[batch, class]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor

    /// How much attention every region, and every frame, receives.
    ///
    /// - Parameter x: as for ``callAsFunction(_:)``.
    func attention(_ x: Tensor) throws(NetworkError) -> AttentionShares
}

/// The shares of attention that a subject's regions and frames receive: what all tokens take from one, as the mean over those
/// that ask (queries), over heads and over layers.
///
/// A subject's shares add up to 1; where all tokens are heeded alike, each of `n` has `1 / n`. They tell where the network looked,
/// not why it decided: compare them between classes, and with those of a network that was trained on shuffled labels.
public struct AttentionShares: Sendable {
    /// `[batch, region]`.
    public let regions: Tensor
    /// `[batch, frame]`; nil of networks on connectivity.
    public let frames: Tensor?
}

extension Tensor {
    /// Of weights of attention, `[batch, head, query, key]`, the mean that each key receives, `[batch, key]`.
    func received() throws(NetworkError) -> Tensor { try mean(along: [1, 2]) }

    /// The mean of tensors of one shape.
    ///
    /// - Precondition: there is one at least.
    static func mean(of tensors: [Tensor]) throws(NetworkError) -> Tensor {
        var sum = tensors[0]
        for tensor in tensors.dropFirst() { sum = try sum + tensor }
        return try sum.scaled(by: 1 / Double(tensors.count))
    }
}

/// What the networks on functional scans check of their input.
struct FunctionalInput {
    let x: Tensor

    /// - Throws: ``NetworkError/input(expected:found:)`` unless it is `[batch, rows, columns]`.
    init(_ x: Tensor, rows: Int, columns: Int, type: ElementType) throws(NetworkError) {
        let shape = x.shape
        guard shape.count == 3, shape[0] > 0, shape[1] == rows, shape[2] == columns else {
            throw .input(expected: "[batch, \(rows), \(columns)]", found: shape)
        }
        self.x = try x.converted(to: type)
    }
}

/// What the configurations of networks on functional scans have in common.
enum FunctionalSizes {
    static func check(regions: Int, classes: Int, dropout: Double) throws(NetworkError) {
        guard (2...4096).contains(regions), (2...4096).contains(classes) else {
            throw .configuration("regions is \(regions) and classes \(classes), one of them not from 2 to 4096")
        }
        guard (0..<1).contains(dropout) else { throw .configuration("dropout is \(dropout), not from 0 to below 1") }
    }

    static func check(width: Int, heads: Int, blocks: Int) throws(NetworkError) {
        guard (1...65536).contains(width), (1...4096).contains(heads), (1...1024).contains(blocks) else {
            throw .configuration("width is \(width), heads \(heads) and blocks \(blocks), one of them out of range")
        }
        guard width % heads == 0 else { throw .configuration("\(heads) heads do not divide a width of \(width)") }
    }
}

/// The perceptron of one hidden layer that decides on what was pooled.
struct ClassHead: Layer {
    private let widening, deciding: Linear
    private let dropout: Dropout

    /// - Parameter weights: holds `0` and `3`.
    init(_ weights: Weights, from width: Int, hidden: Int, classes: Int, dropout: Double) throws(NetworkError) {
        widening = try Linear(weights[0], from: width, to: hidden)
        deciding = try Linear(weights[3], from: hidden, to: classes)
        self.dropout = Dropout(rate: dropout)
    }

    /// - Parameter x: `[batch, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try deciding(dropout(widening(x).gelu())) }
}

/// The perceptron of a block, four times as wide inside, behind a layer norm and added to what came in.
struct TokenPerceptron: Layer {
    private let norm: LayerNorm
    private let widening, narrowing: Linear
    private let dropout: Dropout

    /// - Parameter weights: holds `norm2`, `fc1` and `fc2`.
    init(_ weights: Weights, width: Int, dropout: Double) throws(NetworkError) {
        norm = try LayerNorm(weights["norm2"], width: width)
        widening = try Linear(weights["fc1"], from: width, to: 4 * width)
        narrowing = try Linear(weights["fc2"], from: 4 * width, to: width)
        self.dropout = Dropout(rate: dropout)
    }

    /// - Parameter x: `[…, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try x + dropout(narrowing(dropout(widening(norm(x)).gelu())))
    }
}
