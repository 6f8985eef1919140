import NeuralNet

/// Cuts a picture or a volume into patches that do not overlap and maps each to a token.
struct PatchEmbedding: Layer {
    private let weight, bias: Tensor
    private let patch: [Int]

    /// - Parameters:
    ///   - weights: holds the convolution that does it: `weight`, `[width, inputs, patch…]`, and `bias`.
    ///   - patch: pixels along each side: two numbers for pictures, three for volumes.
    init(_ weights: Weights, from inputs: Int, to width: Int, patch: [Int]) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(patch.reduce(inputs, *)).squareRoot())
        weight = try weights.tensor("weight", shape: [width, inputs] + patch, start: start)
        bias = try weights.tensor("bias", shape: [width], start: start)
        self.patch = patch
    }

    /// - Parameter x: `[batch, channel, side…]`, its sides multiples of the patch's.
    /// - Returns: `[batch, side…, width]`, one token a patch.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (s, axes) = (x.shape, patch.count)
        guard s.count == axes + 2, s[1] == weight.shape[1],
            zip(s.dropFirst(2), patch).allSatisfy({ $0 >= $1 && $0 % $1 == 0 })
        else {
            let sides = patch.map { "n·\($0)" }.joined(separator: ", ")
            throw .input(expected: "[batch, \(weight.shape[1]), \(sides)]", found: s)
        }
        let grid = zip(s.dropFirst(2), patch).map { $0 / $1 }
        let order = [0] + (0..<axes).map { 2 * $0 + 2 } + [1] + (0..<axes).map { 2 * $0 + 3 }
        let cells = try x.reshaped([s[0], s[1]] + zip(grid, patch).flatMap { [$0, $1] }).permuted(order)
            .reshaped([s[0]] + grid + [patch.reduce(s[1], *)])
        return try cells.linear(weight.reshaped([weight.shape[0], -1]), bias)
    }
}
