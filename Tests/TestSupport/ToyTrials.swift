public import BrainData
import Foundation

/// Trials of two kinds that differ as imagined hands do: where a rhythm is weaker.
public enum ToyTrials {
    /// - Parameters:
    ///   - contrast: how much weaker the rhythm is over one side, from 0 to 1.
    ///   - seed: of the noise.
    public static func make(
        trials: Int, channels: [String] = ["C3", "Cz", "C4"], samples: Int = 128, rate: Double = 64,
        contrast: Double = 0.8, seed: UInt64 = 1
    ) -> Epochs {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-52 - 1
        }
        var values: [Double] = []
        let labels = (0..<trials).map { $0 % 2 == 0 ? "left" : "right" }
        for label in labels {
            let phase = noise() * .pi
            for channel in channels.indices {
                let isWeak = label == "left" ? channel == channels.count - 1 : channel == 0
                let gain = isWeak ? 1 - contrast : 1
                for t in 0..<samples {
                    values.append(10 * gain * sin(2 * .pi * 10 * Double(t) / rate + phase) + 6 * noise())
                }
            }
        }
        return Epochs(
            channels: channels.map { Channel(name: $0, rate: rate) }, rate: rate, start: 0, count: samples,
            labels: labels,
            values: values)
    }

    /// A recording of the trials one after the other, with an event at the begin of each: `T1` left, `T2` right.
    public static func recording(_ epochs: Epochs) -> Recording {
        let (count, channels) = (epochs.count, epochs.channels.count)
        var values = [Double](repeating: 0, count: epochs.values.count)
        let whole = epochs.trials * count
        for trial in 0..<epochs.trials {
            for channel in 0..<channels {
                for t in 0..<count {
                    values[channel * whole + trial * count + t] =
                        epochs.values[(trial * channels + channel) * count + t]
                }
            }
        }
        let events = epochs.labels.enumerated().map { n, label in
            Event(
                onset: Double(n * count) / epochs.rate, duration: Double(count) / epochs.rate,
                label: label == "left" ? "T1" : "T2")
        }
        return Recording(
            Signal(channels: epochs.channels, rate: epochs.rate, count: whole, values: values), events: events)
    }
}
