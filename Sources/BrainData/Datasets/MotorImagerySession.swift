public import Foundation

/// Trials of BCI Competition IV, data set 2b, as one MATLAB file a session: `data` of time × channel × trial and `label`.
///
/// Leeb et al., IEEE Trans. Neural Syst. Rehabil. Eng. 15, 2007: three bipolar channels at 250 Hz, label 1 the left hand and
/// 2 the right. Sessions 1 to 3 (`B0X01T` to `B0X03T`) train, 4 and 5 (`B0X04E`, `B0X05E`) test.
public enum MotorImagerySession {
    private static let channels = ["C3", "Cz", "C4"]
    private static let classes: [Double: String] = [1: "left", 2: "right"]

    /// The trials of a session. Values that are no numbers, marks of lost samples, become zero.
    public static func read(_ file: URL, limit: Int = .max) throws(SignalError) -> Epochs {
        let mat = try MATFile(file, wanted: ["data", "label"], limit: limit)
        guard let data = mat.variables["data"]?.numbers, data.size.count == 3, data.size[1] == channels.count,
            let codes = mat.variables["label"]?.numbers?.values(), codes.count == data.size[2]
        else {
            throw .malformed(
                path: file.path, expected: "data of time × 3 × trial and a label a trial", found: "another layout")
        }
        let labels = try codes.map { code throws(SignalError) in
            guard let name = classes[code] else {
                throw .malformed(path: file.path, expected: "labels 1 and 2", found: "\(code)")
            }
            return name
        }
        // MATLAB's first axis varies fastest: time, then channel, then trial, which is our order.
        return Epochs(
            channels: channels.map { Channel(name: $0, rate: 250) }, rate: 250, start: 0, count: data.size[0],
            labels: labels,
            values: data.values().map { $0.isFinite ? $0 : 0 })
    }

    /// The sessions of a subject, by their numbers.
    ///
    /// - Throws: ``SignalError/missing(path:)`` where a session is not there.
    public static func sessions(_ numbers: [Int], subject: Int, in folder: URL) throws(SignalError) -> Epochs {
        var (parts, values) = ([Epochs](), [Double]())
        for number in numbers {
            let name = String(format: "B%02d%02d%@.mat", subject, number, number <= 3 ? "T" : "E")
            parts.append(try read(folder.appendingPathComponent(name)))
            values += parts.last?.values ?? []
        }
        guard let first = parts.first, parts.allSatisfy({ $0.count == first.count }) else {
            throw .mismatch("the sessions of subject \(subject) have trials of several lengths, or none were asked for")
        }
        return Epochs(
            channels: first.channels, rate: first.rate, start: first.start, count: first.count,
            labels: parts.flatMap(\.labels), values: values)
    }
}
