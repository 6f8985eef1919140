public import Foundation

/// EEGLAB's `.set`: a MATLAB structure with channels, events and samples, or with the name of the `.fdt` that holds them.
///
/// Delorme & Makeig, *EEGLAB*, J. Neurosci. Methods 134, 2004. Epochs are read one after the other, a segment each.
public struct EEGLAB: RecordingFormat {
    public let name = "EEGLAB"
    public let endings = [".set"]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool { false }  // a `.set` begins like any MATLAB file

    public func open(_ file: FileBytes, limit: Int) throws(SignalError) -> Recording {
        let fields = try EEGLABFields(try MATFile(file, limit: limit), path: file.path)
        let rate = try fields.positive("srate")
        var log = RepairLog()
        let count = try fields.count("nbchan")
        let (points, trials) = (
            try fields.count("pnts"), fields.value("trials")?.number == nil ? 1 : try fields.count("trials")
        )
        var channels = try EEGLABChannels.read(fields.value("chanlocs"), count: count, rate: rate, &log)
        let (source, samples) = try samples(fields, file, count: count, points: points, trials: trials, limit, &log)
        Channel.distinguish(&channels, &log)
        var recording = Recording(format: "EEGLAB", path: file.path, channels: channels, source: source)
        recording.events = EEGLABChannels.events(fields.value("event"), rate: rate, &log)
        if trials > 1, points > 0 {
            let seconds = Double(points) / rate
            recording.segments = (0..<samples / points).map {
                .init(onset: Double($0) * seconds, position: Double($0) * seconds)
            }
        }
        (recording.subject, recording.comment) = (
            fields.value("subject")?.text ?? "", fields.value("setname")?.text ?? ""
        )
        recording.repairs = log.repairs
        return recording
    }

    private func samples(
        _ fields: EEGLABFields, _ file: FileBytes, count: Int, points: Int, trials: Int, _ limit: Int,
        _ log: inout RepairLog
    ) throws(SignalError) -> (source: any SampleSource, count: Int) {
        let (announced, overflow) = points.multipliedReportingOverflow(by: trials)
        guard !overflow else { throw .malformed(path: file.path, expected: "samples", found: "\(points) × \(trials)") }
        if case .numbers(let numbers)? = fields.value("data"), numbers.count > 0 {
            guard numbers.size[0] == count else {
                throw .malformed(path: file.path, expected: "\(count) rows of samples", found: "\(numbers.size[0])")
            }
            let found = numbers.count / count
            if found != announced { log.add("number of samples", found: "\(announced)", used: "\(found), the data's") }
            return (try matrix(numbers.bytes, numbers.number, numbers.order, count, found, file.path), found)
        }
        guard let name = fields.value("data")?.text ?? fields.value("datfile")?.text, !name.isEmpty else {
            throw .malformed(path: file.path, expected: "samples or the name of a file with them", found: "neither")
        }
        let data = try sibling(name, of: file, &log)
        let found = data.raw.count / (4 * count)
        if found < announced {
            log.add("number of samples", found: "\(announced)", used: "\(found), from the file's size")
        }
        let used = min(found, announced)
        if data.url.pathExtension.lowercased() == "dat" {  // older files keep each channel together
            let rows = (0..<count).map {
                StoredSamples.Row(
                    number: .float32, start: 4 * $0 * found, perRecord: max(1, used), sampleStride: 4, count: used)
            }
            return (try StoredSamples(data.raw, order: .little, rows: rows, path: data.path), used)
        }
        return (try matrix(data.raw, .float32, .little, count, used, data.path), used)
    }

    private func matrix(
        _ bytes: Data, _ number: StoredNumber, _ order: ByteOrder, _ channels: Int, _ samples: Int, _ path: String
    ) throws(SignalError) -> StoredSamples {
        let rows = (0..<channels).map {
            StoredSamples.Row(
                number: number, start: $0 * number.bytes, perRecord: max(1, samples),
                sampleStride: channels * number.bytes, count: samples)
        }
        return try StoredSamples(bytes, order: order, rows: rows, path: path)
    }

    /// The file that holds the samples; a `.set` that was renamed still names the old one.
    private func sibling(_ name: String, of file: FileBytes, _ log: inout RepairLog) throws(SignalError) -> FileBytes {
        let own = file.url.deletingPathExtension().lastPathComponent + ".fdt"
        do throws(ImagingError) { return try file.sibling(name) } catch {
            guard let other = try? file.sibling(own) else { throw SignalError(error) }
            log.add("name of the samples' file", found: "“\(name)”", used: own)
            return other
        }
    }
}

/// The fields of the structure `EEG`, which newer versions write as variables of their own.
struct EEGLABFields {
    private let fields: [String: MATValue]
    let path: String

    init(_ file: MATFile, path: String) throws(SignalError) {
        self.path = path
        if let eeg = file.variables["EEG"]?.structure {
            guard eeg.count == 1 else {
                throw .unsupported(path: path, what: "it holds \(eeg.count) data sets: save them one by one")
            }
            fields = Dictionary(
                eeg.fields.map { ($0, eeg.value($0)) }.compactMap { name, value in value.map { (name, $0) } }
            ) { first, _ in first }
        } else if file.variables["nbchan"] != nil {
            fields = file.variables
        } else {
            throw .unsupported(path: path, what: "it is a MATLAB file without EEGLAB's structure EEG")
        }
    }

    func value(_ name: String) -> MATValue? { fields[name] }

    func positive(_ name: String) throws(SignalError) -> Double {
        guard let number = fields[name]?.number, number.isFinite, number > 0 else {
            throw .malformed(path: path, expected: "a field \(name) above 0", found: "none")
        }
        return number
    }

    func count(_ name: String) throws(SignalError) -> Int {
        guard let number = fields[name]?.number, let count = Int(exactly: number), count >= (name == "nbchan" ? 1 : 0),
            count <= (name == "nbchan" ? 65_536 : 1 << 40)
        else { throw .malformed(path: path, expected: "a whole number in the field \(name)", found: "another") }
        return count
    }
}
