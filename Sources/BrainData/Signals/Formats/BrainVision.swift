public import Foundation

/// BrainVision Core: a header (`.vhdr`), markers (`.vmrk`) and samples in a file of their own.
///
/// Brain Products, *BrainVision Core Data Format 1.0*.
public struct BrainVision: RecordingFormat {
    public let name = "BrainVision"
    public let endings = [".vhdr", ".ahdr", ".vmrk"]

    public init() {}

    public func headerFile(for file: URL) -> URL {
        file.pathExtension.lowercased() == "vmrk" ? file.deletingPathExtension().appendingPathExtension("vhdr") : file
    }

    public func recognises(_ beginning: Data) -> Bool {
        let start = String(decoding: beginning.prefix(64), as: UTF8.self).lowercased()
        return start.contains("data exchange header file") && (start.contains("brain") || start.contains("vision"))
    }

    public func open(_ file: FileBytes, limit: Int) throws(SignalError) -> Recording {
        try file.checkParsed(file.raw.count, limit: limit)
        let header = try BrainVisionHeader(file)
        var log = header.log
        var channels = header.channels
        let data = try sibling(header.dataFile, of: file, ending: "eeg", &log)
        let source: any SampleSource
        if let text = header.text {
            source = try text.samples(data, header, limit: limit)
        } else {
            source = try binary(data, header, &log)
        }
        Channel.distinguish(&channels, &log)
        var recording = Recording(format: "BrainVision", path: file.path, channels: channels, source: source)
        if let name = header.markerFile {
            let text = try sibling(name, of: file, ending: "vmrk", &log)
            try text.checkParsed(text.raw.count, limit: limit)
            let markers = try BrainVisionMarkers(text, rate: header.rate, channels: channels.count, &log)
            (recording.events, recording.start) = (markers.events, markers.start)
        }
        recording.repairs = log.repairs
        return recording
    }

    /// A file that the header names, or, where that is not there, the one of the header's own name.
    private func sibling(
        _ name: String, of file: FileBytes, ending: String, _ log: inout RepairLog
    ) throws(SignalError) -> FileBytes {
        let stem = file.url.deletingPathExtension().lastPathComponent
        let own = "\(stem).\(ending)"
        let full = name.replacing("$b", with: stem)
        do throws(ImagingError) { return try file.sibling(full) } catch {
            guard case .missing = error, let other = try? file.sibling(own) else { throw SignalError(error) }
            log.add("name of a file", found: "“\(full)”, which is not there", used: own)
            return other
        }
    }

    private func binary(
        _ data: FileBytes, _ header: BrainVisionHeader, _ log: inout RepairLog
    ) throws(SignalError) -> StoredSamples {
        let (width, channels) = (header.number.bytes, header.channels.count)
        let count = data.raw.count / (width * channels)
        if data.raw.count % (width * channels) != 0 {
            log.add(
                "end of the samples", found: "\(data.raw.count % (width * channels)) bytes of an unfinished sample",
                used: "the whole samples before")
        }
        if let announced = header.points, announced != count {
            log.add("number of samples", found: "\(announced)", used: "\(count), from the file's size")
        }
        var rows: [StoredSamples.Row] = []
        for (n, gain) in header.gains.enumerated() {
            var row = StoredSamples.Row(
                number: header.number, start: n * width, perRecord: max(1, count), sampleStride: width * channels,
                count: count, gain: gain)
            if header.isVectorised { (row.start, row.sampleStride) = (n * width * count, width) }
            rows.append(row)
        }
        return try StoredSamples(data.raw, order: header.order, rows: rows, path: data.path)
    }
}
