public import Foundation

/// GDF, the general data format of BioSig, versions 1 and 2: every number type, one for each channel, and a table of
/// events behind the samples.
///
/// Schlögl, *GDF: a general dataformat for biosignals*, [arXiv:cs/0608052](https://arxiv.org/abs/cs/0608052), 2006, and
/// the tables of version 2.
public struct GDF: RecordingFormat {
    public let name = "GDF"
    public let endings = [".gdf"]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool { beginning.starts(with: Array("GDF ".utf8)) }

    public func open(_ file: FileBytes, limit: Int) throws(SignalError) -> Recording {
        var header = try GDFHeader(file.reader)
        var (channels, rows): ([Channel], [StoredSamples.Row]) = ([], [])
        for signal in header.signals where signal.samples > 0 {
            channels.append(signal.channel(secondsPerRecord: header.secondsPerRecord, &header.log))
            let scale = channels.last?.scale
            rows.append(
                StoredSamples.Row(
                    number: signal.number, start: header.length + signal.offset, perRecord: signal.samples,
                    sampleStride: signal.number.bytes, recordStride: header.recordBytes,
                    count: signal.samples * header.records, gain: scale?.gain ?? 1, offset: scale?.offset ?? 0))
        }
        Channel.distinguish(&channels, &header.log)
        let source = try StoredSamples(file.raw, order: .little, rows: rows, path: file.path)
        let rate = channels.map(\.rate).max() ?? 1
        let table = header.length + header.records * header.recordBytes
        try file.checkParsed(file.raw.count - table, limit: limit)
        let events = try GDFEvents(
            file.reader, at: table, version: header.version, rate: rate,
            &header.log)
        var recording = Recording(
            format: String(format: "GDF %.2f", header.version), path: file.path, channels: channels, source: source)
        (recording.events, recording.start) = (events.events, header.start)
        (recording.subject, recording.comment) = (header.subject, header.comment)
        recording.repairs = header.log.repairs
        return recording
    }
}
