internal import NeuralNet

/// One of EEGformer's three transformers: an embedding, a class token, a table of positions, and blocks.
struct TokenTransformer: Layer {
    private let embedding, positions, first: Tensor
    private let blocks: [Block]

    /// - Parameters:
    ///   - weights: holds `weight`, `bias` (the positions), `cls` and `tfb`.
    ///   - table: the lengths of the axes before the width, the class token counted in the last.
    ///   - input: the width of what comes in.
    init(
        _ weights: Weights, table: [Int], from input: Int, to width: Int, heads: Int, blocks: Int,
        attention: EEGformer.Attention, dropout: Double
    ) throws(NetworkError) {
        embedding = try weights.tensor(
            "weight", shape: [width, input], start: .uniform(bound: 1 / Float(input).squareRoot()))
        positions = try weights.tensor("bias", shape: table + [width], start: .normal(deviation: 0.02))
        first = try weights.tensor("cls", shape: table.dropLast() + [1, width], start: .normal(deviation: 0.02))
        self.blocks = try (0..<blocks).map { (n) throws(NetworkError) in
            try Block(weights["tfb"][n], width: width, heads: heads, attention: attention, dropout: dropout)
        }
    }

    /// - Parameter x: `[batch, …, token, input]`.
    /// - Returns: `[batch, …, 1 + token, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let tokens = try x.linear(embedding)
        let classToken = try first.expanded(to: [x.shape[0]] + first.shape)
        var z = try Tensor.joined([classToken, tokens], along: tokens.shape.count - 2) + positions
        for block in blocks { z = try block(z) }
        return z
    }
}

extension TokenTransformer {
    /// Attention and a perceptron, each behind a layer norm and added to what came in.
    struct Block: Layer {
        private let projections, output: Tensor
        private let attentionNorm, perceptronNorm: LayerNorm
        private let widening, narrowing: Linear
        private let heads, width: Int
        private let attention: EEGformer.Attention
        private let dropout: Dropout

        /// - Parameter weights: holds `Wqkv`, `[3, heads, width / heads, width]`, `Wo`, `lnorm`, `lnormz` and `mlp`.
        init(
            _ weights: Weights, width: Int, heads: Int, attention: EEGformer.Attention, dropout: Double
        ) throws(NetworkError) {
            let start = Weights.Start.uniform(bound: 1 / Float(width).squareRoot())
            projections = try weights.tensor("Wqkv", shape: [3, heads, width / heads, width], start: start)
            output = try weights.tensor("Wo", shape: [width, width], start: start)
            attentionNorm = try LayerNorm(weights["lnorm"], width: width)
            perceptronNorm = try LayerNorm(weights["lnormz"], width: width)
            widening = try Linear(weights["mlp"]["fc1"], from: width, to: 4 * width)
            narrowing = try Linear(weights["mlp"]["fc2"], from: 4 * width, to: width)
            (self.heads, self.width, self.attention) = (heads, width, attention)
            self.dropout = Dropout(rate: dropout)
        }

        func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
            let axis = x.shape.count - 1
            let all = try attentionNorm(x).linear(projections.reshaped([3 * width, width]))
            func part(_ n: Int) throws(NetworkError) -> Tensor {
                try all.narrowed(axis, from: n * width, length: width)
            }
            let mixed = try part(0).attending(
                to: part(1), part(2), heads: heads, scale: Double(width / heads).squareRoot()
            ) { scores throws(NetworkError) in attention == .softmax ? try scores.softmax(along: 3) : scores }
            let attended = try x + dropout(mixed.linear(output))
            return try attended + dropout(narrowing(widening(perceptronNorm(attended)).gelu()))
        }
    }
}
