extension Signal {
    /// What every EEG channel is measured against.
    public enum Reference: Sendable, Equatable {
        /// The mean of all good EEG channels.
        case average
        /// The mean of some channels, by name.
        case channels([String])
    }

    /// The EEG channels measured against another reference; channels of other kinds stay as they are.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` for a name that is not there, or where no channel is left to average.
    public func referenced(to reference: Reference) throws(SignalError) -> Signal {
        let electrodes = channels.indices.filter { channels[$0].kind == .eeg }
        let sources: [Int]
        let name: String
        switch reference {
        case .average: (sources, name) = (electrodes.filter { !channels[$0].isBad }, "average")
        case .channels(let names):
            sources = try names.map { wanted throws(SignalError) in
                guard let n = index(of: wanted) else {
                    throw .mismatch(
                        "no channel is called “\(wanted)”: there are \(channels.map(\.name).joined(separator: ", "))")
                }
                return n
            }
            name = names.joined(separator: "+")
        }
        guard !sources.isEmpty else { throw .mismatch("no channel is left to be the reference") }
        var mean = [Double](repeating: 0, count: count)
        for source in sources { for t in 0..<count { mean[t] += values[source * count + t] } }
        let share = 1 / Double(sources.count)
        var copy = self
        for channel in electrodes {
            for t in 0..<count { copy.values[channel * count + t] -= mean[t] * share }
            copy.channels[channel].reference = name
        }
        return copy
    }

    /// Differences of two channels each, such as `[("C3", "C4")]`, named “C3-C4”.
    public func bipolar(_ pairs: [(String, String)]) throws(SignalError) -> Signal {
        var (made, rows) = ([Channel](), [Double]())
        for (first, second) in pairs {
            guard let a = index(of: first), let b = index(of: second) else {
                throw .mismatch("no channels are called “\(first)” and “\(second)”")
            }
            var channel = channels[a]
            (channel.name, channel.reference, channel.position) = ("\(first)-\(second)", second, nil)
            made.append(channel)
            rows += zip(row(a), row(b)).map { $0 - $1 }
        }
        return Signal(channels: made, rate: rate, count: count, values: rows)
    }
}
