import NeuralNet

/// Learned tokens behind those of the input, which adapt a trained network while it stays as it is.
///
/// Jia et al., *Visual Prompt Tuning*, ECCV 2022, [arXiv:2203.12119](https://arxiv.org/abs/2203.12119), section 3.2, the shallow
/// form: before the first block alone.
enum Prompts {
    /// What checkpoints call them.
    static let name = "prompts"

    /// - Returns: `[1, prompt, width]`; nil for none.
    static func tokens(_ weights: Weights, _ count: Int, width: Int) throws(NetworkError) -> Tensor? {
        guard count > 0 else { return nil }
        return try weights.tensor(name, shape: [1, count, width], start: .normal(deviation: 0.02))
    }

    /// - Parameter tokens: `[batch, token, width]`.
    static func append(_ prompts: Tensor?, to tokens: Tensor) throws(NetworkError) -> Tensor {
        guard let prompts else { return tokens }
        let s = prompts.shape
        return try tokens.appending(prompts.expanded(to: [tokens.shape[0], s[1], s[2]]), along: 1)
    }
}
