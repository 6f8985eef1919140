/// A stretch of a recording in memory: channels of one rate, one row each.
public struct Signal: Sendable, Equatable {
    public var channels: [Channel]
    /// Samples a second, in hertz.
    public let rate: Double
    /// Samples of a row.
    public let count: Int
    /// The values `[channel, time]`, time varying fastest, each row in its channel's unit.
    public var values: [Double]

    /// - Precondition: `values` holds `count` samples for each channel.
    public init(channels: [Channel], rate: Double, count: Int, values: [Double]) {
        precondition(values.count == channels.count * count, "\(values.count) values for \(channels.count) × \(count)")
        (self.channels, self.rate, self.count, self.values) = (channels, rate, count, values)
    }

    /// Rows as they are, with channels named by number.
    ///
    /// - Precondition: the rows are equally long.
    public init(rows: [[Double]], rate: Double) {
        let channels = rows.indices.map { Channel(name: "\($0 + 1)", rate: rate) }
        self.init(channels: channels, rate: rate, count: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }

    /// The samples of one channel.
    public func row(_ channel: Int) -> [Double] { Array(values[channel * count..<(channel + 1) * count]) }

    /// The rows of some channels.
    public func picking(_ picked: [Int]) -> Signal {
        Signal(channels: picked.map { channels[$0] }, rate: rate, count: count, values: picked.flatMap(row))
    }

    /// The place of a channel by its name, letter case aside.
    public func index(of name: String) -> Int? {
        channels.firstIndex { $0.name == name } ?? channels.firstIndex { $0.name.lowercased() == name.lowercased() }
    }

    /// The same channels with every row put through `change`, which may alter the length of all alike.
    func mappingRows(rate: Double? = nil, _ change: ([Double]) -> [Double]) -> Signal {
        let rows = channels.indices.map { change(row($0)) }
        var changed = channels
        for n in changed.indices { changed[n].rate = rate ?? self.rate }
        return Signal(
            channels: changed, rate: rate ?? self.rate, count: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }
}
