/// A part of a network: it holds weights and turns one tensor into another.
///
/// Layers are immutable values. A layer is built from its place in a checkpoint and from the sizes that it needs, in that
/// order: `Linear(weights["head"], from: 768, to: 3)`. Drawn afresh, weights start as PyTorch's own layers do.
public protocol Layer: Sendable {
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor
}
