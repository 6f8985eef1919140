public import Foundation

/// EDF, EDF+ and their 24-bit kin BDF and BDF+, continuous and with gaps.
///
/// Kemp et al., *A simple format for exchange of digitized polygraphic recordings*, Electroencephalogr. Clin.
/// Neurophysiol. 82, 1992; Kemp & Olivan, *European data format “plus”*, Clin. Neurophysiol. 114, 2003; BDF: BioSemi.
public struct EDF: RecordingFormat {
    public let name = "EDF/BDF"
    public let endings = [".edf", ".bdf", ".rec"]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool {
        if beginning.starts(with: [0xFF] + Array("BIOSEMI".utf8)) { return true }
        return beginning.count >= 256 && beginning.starts(with: Array("0       ".utf8))
    }

    public func open(_ file: FileBytes, limit: Int) throws(SignalError) -> Recording {
        var header = try EDFHeader(file.reader)
        let lists = header.signals.filter(\.isAnnotations).reduce(0) { $0 + $1.samples * header.sampleBytes }
        try file.checkParsed(lists * header.records, limit: limit)
        let times = EDFTimes(file.raw, &header)
        var log = header.log
        var channels: [Channel] = []
        var rows: [StoredSamples.Row] = []
        for signal in header.signals where !signal.isAnnotations {
            channels.append(channel(signal, header, &log))
            let scale = channels.last?.scale
            rows.append(
                StoredSamples.Row(
                    number: header.isBDF ? .int24 : .int16, start: header.length + signal.offset,
                    perRecord: signal.samples, sampleStride: header.sampleBytes, recordStride: header.recordBytes,
                    count: signal.samples * header.records, gain: scale?.gain ?? 1, offset: scale?.offset ?? 0))
        }
        Channel.distinguish(&channels, &log)
        let source = try StoredSamples(file.raw, order: .little, rows: rows, path: file.path)
        var recording = Recording(format: header.format, path: file.path, channels: channels, source: source)
        (recording.events, recording.segments) = (times.events, times.segments)
        recording.start = header.start?.addingTimeInterval(times.first)
        (recording.subject, recording.comment) = (header.subject, header.comment)
        recording.repairs = log.repairs
        return recording
    }

    private func channel(_ signal: EDFHeader.Signal, _ header: EDFHeader, _ log: inout RepairLog) -> Channel {
        let unit = Channel.unit(signal.unit)
        var channel = Channel(
            name: signal.label, kind: Channel.kind(name: signal.label, unit: unit), unit: unit,
            rate: Double(signal.samples) / header.secondsPerRecord)
        channel.filtering = signal.filtering
        channel.scale = signal.scale
        if signal.scale == nil {
            log.add(
                "range of \(signal.label.isEmpty ? "a channel" : signal.label)", found: signal.ranges,
                used: "the stored integers as they are", kind: "range")
        }
        return channel
    }
}
