public import NeuralNet

/// A network on slices that can be looked into at its last map of features: what Grad-CAM needs.
public protocol MappedNetwork: Layer {
    /// Views, rows and columns of that map for an input of a shape; one view where the network sees all of them at once.
    func mapGrid(of shape: [Int]) -> [Int]

    /// The network's answer, with its last map handed out on the way.
    ///
    /// - Parameter looking: gets the map, `[batch, place, feature]`, view by view and row by row, and gives what the network goes on
    ///   with.
    func answer(
        _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor
}

/// A network whose class token gathers the answer by attention to places: what attention rollout needs.
public protocol AttentiveNetwork: MappedNetwork {
    /// What every place gave to the class token, `[batch, row, column]` or `[batch, view, row, column]`, on the grid of the last map.
    func rollout(_ x: Tensor) throws(NetworkError) -> Tensor
}

extension MappedNetwork {
    /// Where the evidence for a number of the answer lies: features of the last map, each weighed by the mean over its view of the
    /// number's gradient, summed.
    ///
    /// Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization*, ICCV 2017,
    /// [arXiv:1610.02391](https://arxiv.org/abs/1610.02391), equations 1 and 2, before the rectifier.
    ///
    /// - Parameters:
    ///   - x: one item, `[1, view, row, column]`.
    ///   - number: which of the answer's.
    /// - Returns: one number a place of ``mapGrid(of:)``.
    func evidence(_ x: Tensor, for number: Int) throws(NetworkError) -> [Float] {
        try Engine.recordingGradients { () throws(NetworkError) in
            var seen: Tensor?
            let answer = try answer(x) { (map) throws(NetworkError) in
                let leaf = try map.parameter()
                seen = leaf
                return leaf
            }
            try answer.narrowed(1, from: number, length: 1).sum().backward()
            guard let seen, let gradient = try seen.gradient() else {
                throw .configuration("the network's answer does not hang on its last map")
            }
            let views = mapGrid(of: x.shape)[0], features = seen.shape[2]
            let shape = [views, seen.shape[1] / views, features]
            let shares = try gradient.reshaped(shape).mean(along: [1], keepingAxes: true)
            return try (seen.detached().reshaped(shape) * shares).sum(along: [2]).floats()
        }
    }
}
