internal import NeuralNet

/// One block of the encoder that S3T and EEG-Conformer share: attention and a perceptron, each behind a layer norm and added
/// to what came in. Scores are divided by the root of the whole width, as both are published.
struct TrialEncoderBlock: Layer {
    private let attentionNorm, perceptronNorm: LayerNorm
    private let keys, queries, values, projection, widening, narrowing: Linear
    private let dropout: Dropout
    private let heads, width: Int
    private let isCausal: Bool

    /// - Parameters:
    ///   - weights: holds `0.fn.0`, `0.fn.1.{keys,queries,values,projection}`, `1.fn.0` and `1.fn.1.{0,3}`.
    ///   - causal: whether a token attends to itself and earlier ones alone.
    init(
        _ weights: Weights, width: Int, heads: Int, dropout: Double, causal: Bool = false
    ) throws(NetworkError) {
        let first = weights[0]["fn"], second = weights[1]["fn"]
        attentionNorm = try LayerNorm(first[0], width: width)
        keys = try Linear(first[1]["keys"], from: width, to: width)
        queries = try Linear(first[1]["queries"], from: width, to: width)
        values = try Linear(first[1]["values"], from: width, to: width)
        projection = try Linear(first[1]["projection"], from: width, to: width)
        perceptronNorm = try LayerNorm(second[0], width: width)
        widening = try Linear(second[1][0], from: width, to: 4 * width)
        narrowing = try Linear(second[1][3], from: 4 * width, to: width)
        (self.dropout, self.heads, self.width) = (Dropout(rate: dropout), heads, width)
        isCausal = causal
    }

    /// - Parameter x: `[batch, token, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let tokens = try attentionNorm(x)
        let mixed = try queries(tokens).attending(
            to: keys(tokens), values(tokens), heads: heads, scale: Double(width).squareRoot()
        ) { scores throws(NetworkError) in
            try dropout((isCausal ? scores.maskingLaterTokens() : scores).softmax(along: 3))
        }
        let attended = try x + dropout(projection(mixed))
        return try attended + dropout(narrowing(dropout(widening(perceptronNorm(attended)).gelu())))
    }
}

extension Tensor {
    /// Scores `[…, token, token]` with −∞ where a row's token comes before the column's, so that softmax gives it no weight.
    func maskingLaterTokens() throws(NetworkError) -> Tensor {
        let tokens = shape[shape.count - 1]
        let mask = (0..<tokens * tokens).map { $0 % tokens > $0 / tokens ? -Float.infinity : 0 }
        return try self + Tensor(mask, shape: [tokens, tokens]).converted(to: type).moved(to: device)
    }
}

extension [TrialEncoderBlock] {
    /// What the blocks, one after the other, make of the tokens along a map, `[batch, width, 1, token]`: `[batch, token, width]`.
    func encoded(_ map: Tensor) throws(NetworkError) -> Tensor {
        var tokens = try map.reshaped([map.shape[0], map.shape[1], -1]).permuted([0, 2, 1])
        for block in self { tokens = try block(tokens) }
        return tokens
    }
}
