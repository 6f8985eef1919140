public import Foundation

/// Labelled series of sktime and aeon, `.ts`: a header of `@` lines, then one trial a line, its channels parted by colons
/// and its label last.
public enum TimeSeriesFile {
    /// Reads all trials.
    ///
    /// - Parameters:
    ///   - rate: samples a second; the format does not tell.
    ///   - limit: the most memory to take, in bytes.
    /// - Throws: ``SignalError/unsupported(path:what:)`` for time stamps and for trials of several lengths. A missing
    ///   value, `?`, becomes no number (NaN).
    public static func read(_ url: URL, rate: Double, limit: Int = .max) throws(SignalError) -> Epochs {
        let file = try SignalError.rethrown { () throws(ImagingError) in try FileBytes(url, expecting: "trials") }
        try file.checkParsed(file.raw.count, limit: limit)
        var (isData, isLabelled) = (false, false)
        var trials = Trials(path: file.path)
        for bytes in file.raw.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            if isData {
                try trials.add(bytes, isLabelled: isLabelled)
                continue
            }
            let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            switch words.first?.lowercased() {
            case "@data": isData = true
            case "@classlabel": isLabelled = words.dropFirst().first?.lowercased() == "true"
            case "@targetlabel": isLabelled = isLabelled || words.dropFirst().first?.lowercased() == "true"
            case "@timestamps" where words.dropFirst().first?.lowercased() == "true":
                throw .unsupported(path: file.path, what: "its values carry time stamps of their own")
            default: continue
            }
        }
        guard isData else { throw .malformed(path: file.path, expected: "a line @data", found: "none") }
        let channels = (0..<trials.channels).map { Channel(name: "\($0 + 1)", unit: "", rate: rate) }
        return Epochs(
            channels: channels, rate: rate, start: 0, count: trials.count, labels: trials.labels, values: trials.values)
    }

    private struct Trials {
        let path: String
        var (channels, count) = (0, 0)
        var labels: [String] = []
        var values: [Double] = []

        init(path: String) { self.path = path }

        mutating func add(_ line: Data, isLabelled: Bool) throws(SignalError) {
            var parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let label = isLabelled ? parts.popLast().map { String(decoding: $0, as: UTF8.self).trimmingBlanks } : ""
            if labels.isEmpty { channels = parts.count }
            guard parts.count == channels, channels > 0 else {
                throw .malformed(
                    path: path, expected: "\(channels) channels in trial \(labels.count + 1)", found: "\(parts.count)")
            }
            for part in parts {
                let before = values.count
                for word in part.split(separator: UInt8(ascii: ",")) { values.append(try number(word)) }
                if count == 0 { count = values.count - before }
                guard values.count - before == count else {
                    throw .unsupported(
                        path: path,
                        what: "trial \(labels.count + 1) has \(values.count - before) samples, others \(count)")
                }
            }
            labels.append(label ?? "")
        }

        private func number(_ word: Data) throws(SignalError) -> Double {
            let text = String(decoding: word, as: UTF8.self).trimmingBlanks
            if text == "?" || text.lowercased() == "nan" { return .nan }
            guard let number = text.decimal else {
                throw .malformed(path: path, expected: "numbers", found: "“\(text.prefix(20))”")
            }
            return number
        }
    }
}
