extension Signal {
    /// Each channel freed of its running mean and divided by its running standard deviation.
    ///
    /// Both are exponentially weighted means over all samples so far whose weights add up to one from the first sample on;
    /// Schirrmeister et al., *Deep learning with convolutional neural networks for EEG decoding*, Hum. Brain Mapp. 38, 2017,
    /// as Braindecode computes it.
    ///
    /// - Parameters:
    ///   - factor: the weight of a new sample.
    ///   - initial: samples at the beginning that are standardised by their own mean and deviation, which tames the
    ///     start; none if nil.
    ///   - epsilon: the least deviation that is divided by.
    public func exponentiallyStandardised(factor: Double = 1e-3, initial: Int? = nil, epsilon: Double = 1e-4) -> Signal
    {
        mappingRows { row in
            var (meanSum, powerSum, weight) = (0.0, 0.0, 0.0)
            var result = row.map { value -> Double in
                meanSum = meanSum * (1 - factor) + value
                weight = weight * (1 - factor) + 1
                let centred = value - meanSum / weight
                powerSum = powerSum * (1 - factor) + centred * centred
                return centred / max(epsilon, (powerSum / weight).squareRoot())
            }
            if let initial = initial.map({ min($0, row.count) }), initial > 0 {
                let block = row.prefix(initial)
                let mean = block.reduce(0, +) / Double(initial)
                let deviation = (block.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(initial)).squareRoot()
                for n in 0..<initial { result[n] = (row[n] - mean) / max(epsilon, deviation) }
            }
            return result
        }
    }
}
