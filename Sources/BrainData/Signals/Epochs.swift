/// Stretches of equal length cut out of recordings, one a trial, each with a label.
public struct Epochs: Sendable, Equatable {
    public var channels: [Channel]
    /// Samples a second, in hertz.
    public let rate: Double
    /// Seconds from the event to the first sample; negative where the stretch begins before it.
    public let start: Double
    /// Samples of a stretch.
    public let count: Int
    /// One a trial.
    public var labels: [String]
    /// The values `[trial, channel, time]`, time varying fastest.
    public var values: [Double]

    /// - Precondition: `values` holds `count` samples for each channel of each trial.
    public init(channels: [Channel], rate: Double, start: Double, count: Int, labels: [String], values: [Double]) {
        precondition(
            values.count == labels.count * channels.count * count,
            "\(values.count) values for \(labels.count) × \(channels.count) × \(count)")
        (self.channels, self.rate, self.start, self.count) = (channels, rate, start, count)
        (self.labels, self.values) = (labels, values)
    }

    /// Trials.
    public var trials: Int { labels.count }

    /// One trial.
    public func signal(_ trial: Int) -> Signal {
        let size = channels.count * count
        return Signal(
            channels: channels, rate: rate, count: count, values: Array(values[trial * size..<(trial + 1) * size]))
    }

    /// Some of the trials, in the order asked for.
    public func picking(_ trials: [Int]) -> Epochs {
        let size = channels.count * count
        return Epochs(
            channels: channels, rate: rate, start: start, count: count, labels: trials.map { labels[$0] },
            values: trials.flatMap { values[$0 * size..<($0 + 1) * size] })
    }

    /// The different labels, in order.
    public var classes: [String] { Set(labels).sorted() }

    /// Every trial put through `change`, which may alter length, rate and channels of all alike.
    public func mapping(_ change: (Signal) throws(SignalError) -> Signal) throws(SignalError) -> Epochs {
        var changed: [Signal] = []
        for trial in 0..<trials { changed.append(try change(signal(trial))) }
        guard let first = changed.first else { return self }
        return Epochs(
            channels: first.channels, rate: first.rate, start: start, count: first.count, labels: labels,
            values: changed.flatMap(\.values))
    }
}
