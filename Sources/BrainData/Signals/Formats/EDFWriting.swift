public import Foundation

/// EDF+ is written to the letter: printable ASCII in the header, a time-stamped start in every record, records of whole
/// samples, values in 16 bits between the ends of their own range.
extension EDF: WritableRecordingFormat {
    public func files(for recording: Recording, at url: URL) throws(SignalError) -> RecordingFiles {
        guard url.pathExtension.lowercased() == "edf" else {
            throw .unwritable(path: url.path, why: "BDF is only read; write .edf or .vhdr")
        }
        let layout = try EDFLayout(recording, path: url.path)
        var notes = layout.notes
        var scales: [EDFScale] = []
        for n in recording.channels.indices {
            scales.append(try EDFScale(recording, channel: n, path: url.path))
        }
        if let step = scales.filter({ !$0.isExact }).map(\.step).max() {
            notes.append(
                "values were rounded to 16 bits, in steps of at most \(String(format: "%.3g", step)) of their unit")
        }
        let annotations = EDFAnnotations(recording, layout)
        var bytes = EDFHeaderText(recording, layout, scales, annotations.width, &notes).bytes
        let headerLength = bytes.count
        let recordBytes = 2 * layout.samples.reduce(0, +) + annotations.width
        bytes.append(Data(count: recordBytes * layout.records))
        var offset = headerLength
        for (n, scale) in scales.enumerated() {
            try put(recording, n, scale, layout, offset, recordBytes, &bytes)
            offset += 2 * layout.samples[n]
        }
        for (record, field) in annotations.fields.enumerated() {
            let place = offset + record * recordBytes
            bytes.replaceSubrange(place..<place + field.count, with: field)
        }
        return RecordingFiles(files: [(url, bytes)], notes: notes)
    }

    private func put(
        _ recording: Recording, _ channel: Int, _ scale: EDFScale, _ layout: EDFLayout, _ start: Int,
        _ recordBytes: Int,
        _ bytes: inout Data
    ) throws(SignalError) {
        let (count, perRecord) = (recording.count(of: channel), layout.samples[channel])
        let values = try recording.samples(channel, 0..<count)
        bytes.withUnsafeMutableBytes { target in
            for n in 0..<layout.records * perRecord {
                // The last record is filled up with the last value.
                let stored = scale.digital(values[min(n, count - 1)])
                let place = start + n / perRecord * recordBytes + n % perRecord * 2
                target.storeBytes(of: stored.littleEndian, toByteOffset: place, as: Int16.self)
            }
        }
    }
}

/// How long a record is, so that every channel has whole samples in it and gaps lie between records.
struct EDFLayout {
    var seconds: Double
    var secondsText: String
    /// Samples of each channel in a record.
    var samples: [Int]
    var records: Int
    var notes: [String] = []

    private static let mostBytes = 61_440  // the standard's own recommendation

    init(_ recording: Recording, path: String) throws(SignalError) {
        let channels = recording.channels
        guard let rate = channels.first?.rate, rate > 0, rate.isFinite else {
            throw .unwritable(path: path, why: "it has no channels")
        }
        let counts = channels.indices.map(recording.count)
        let borders = recording.segments.dropFirst().map(\.position)
        var best: (score: Double, layout: (Double, String, [Int]))?
        for first in 1...max(1, Int(min(rate * 60, 30_720))) {
            guard let found = Self.fit(first, channels, borders) else { continue }
            let isWhole = zip(counts, found.samples).allSatisfy { $0 % $1 == 0 }
            let size = 2 * found.samples.reduce(0, +)
            // Whole records first, then records that are not too large, then those near a second.
            let score = (isWhole ? 0 : 100) + (size > Self.mostBytes ? 1000 : 0) + abs(log2(found.seconds))
            if best.map({ score < $0.score }) ?? true { best = (score, found) }
        }
        guard let best else {
            throw .unwritable(
                path: path, why: "no length of record holds whole samples of every channel: resample, or write .vhdr")
        }
        (seconds, secondsText, samples) = best.layout
        records = zip(counts, samples).map { ($0 + $1 - 1) / $1 }.max() ?? 0
        if zip(counts, samples).contains(where: { $0 != records * $1 }) {
            notes.append("the last record is filled up with the last values")
        }
        if counts.contains(0) { records = 0 }
    }

    private static func fit(
        _ first: Int, _ channels: [Channel], _ borders: [Double]
    ) -> (seconds: Double, text: String, samples: [Int])? {
        let exact = Double(first) / channels[0].rate
        let text = EDFText.shortest(exact)
        guard text.utf8.count <= 8, let seconds = Double(text), seconds > 0 else { return nil }
        var samples: [Int] = []
        for channel in channels {
            let count = (channel.rate * seconds).rounded()
            guard count >= 1, abs(count / seconds - channel.rate) <= 1e-9 * channel.rate else { return nil }
            samples.append(Int(count))
        }
        for border in borders where abs((border / seconds).rounded() * seconds - border) > 1e-6 { return nil }
        return (seconds, text, samples)
    }
}

/// The integers of one channel and the values they stand for.
struct EDFScale {
    /// The file's own range where every value comes back as it was, else the range of the values.
    let ends: DigitalScale
    let texts: [String]
    /// Volts are written as microvolts, for which eight characters are enough.
    let factor: Double
    let unit: String
    let isExact: Bool

    /// The distance between two values that can be told apart.
    var step: Double { abs(ends.gain) }

    init(_ recording: Recording, channel n: Int, path: String) throws(SignalError) {
        let channel = recording.channels[n]
        let values = try recording.samples(n, 0..<recording.count(of: n))
        guard values.allSatisfy(\.isFinite) else {
            throw .unwritable(
                path: path, why: "\(channel.name) holds values that are no numbers, which EDF+ cannot store")
        }
        if let scale = channel.scale, let texts = Self.texts(of: scale), Self.keeps(values, scale) {
            (ends, self.texts, factor, unit, isExact) = (scale, texts, 1, channel.unit, true)
            return
        }
        let converts = channel.voltsPerUnit != nil && channel.unit != "µV"
        factor = converts ? (channel.voltsPerUnit ?? 1) * 1e6 : 1
        unit = converts ? "µV" : channel.unit
        let (least, most) = ((values.min() ?? 0) * factor, (values.max() ?? 0) * factor)
        let room = least == most ? max(1, abs(least) * 1e-3) : 0
        guard let low = EDFText.number(least - room, rounded: .down),
            let high = EDFText.number(most + room, rounded: .up), let from = Double(low), let to = Double(high),
            from < to
        else {
            throw .unwritable(path: path, why: "values of \(channel.name) do not fit into EDF+'s eight characters")
        }
        ends = DigitalScale(physicalLow: from, physicalHigh: to, digitalLow: -32768, digitalHigh: 32767)
        texts = [low, high, "-32768", "32767"]
        isExact = false
    }

    func digital(_ value: Double) -> Int16 {
        Int16(clamping: Int(((value * factor - ends.offset) / ends.gain).rounded()))
    }

    private static func texts(of scale: DigitalScale) -> [String]? {
        guard (-32768...32767).contains(scale.digitalLow), (-32768...32767).contains(scale.digitalHigh),
            scale.digitalLow < scale.digitalHigh
        else { return nil }
        let ends = [scale.physicalLow, scale.physicalHigh, scale.digitalLow, scale.digitalHigh]
        let texts = ends.map(EDFText.shortest)
        return zip(texts, ends).allSatisfy { $0.utf8.count <= 8 && Double($0) == $1 } ? texts : nil
    }

    private static func keeps(_ values: [Double], _ scale: DigitalScale) -> Bool {
        values.allSatisfy { value in
            let stored = (value - scale.offset) / scale.gain
            return abs(stored - stored.rounded()) < 1e-3 && stored > -32768.5 && stored < 32767.5
        }
    }
}
