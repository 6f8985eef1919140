public import Foundation

/// BrainVision is written as 32-bit floating-point numbers, interleaved, with UTF-8 text around them.
extension BrainVision: WritableRecordingFormat {
    public func files(for recording: Recording, at url: URL) throws(SignalError) -> RecordingFiles {
        guard url.pathExtension.lowercased() == "vhdr" else {
            throw .unwritable(path: url.path, why: "name the header file, .vhdr")
        }
        let stem = url.deletingPathExtension().lastPathComponent
        guard !stem.contains(where: { "\n\r\\".contains($0) }) else {
            throw .unwritable(path: url.path, why: "its name holds characters that a header cannot name")
        }
        let signal = try recording.signal()
        let interval = EDFText.shortest(1e6 / signal.rate)
        var notes: [String] = []
        if recording.segments.count > 1 { notes.append("gaps are kept as markers only") }
        let data = Self.samples(signal)
        if data.rounded { notes.append("values were rounded to single precision") }
        let header = Self.header(signal, stem: stem, interval: interval)
        let markers = Self.markers(recording, rate: signal.rate, stem: stem)
        let base = url.deletingPathExtension()
        return RecordingFiles(
            files: [
                (base.appendingPathExtension("eeg"), data.bytes),
                (base.appendingPathExtension("vmrk"), Data(markers.utf8)), (url, Data(header.utf8)),
            ], notes: notes)
    }

    private static func samples(_ signal: Signal) -> (bytes: Data, rounded: Bool) {
        let (channels, count) = (signal.channels.count, signal.count)
        var bytes = Data(count: 4 * channels * count)
        var rounded = false
        bytes.withUnsafeMutableBytes { target in
            for n in 0..<channels {
                for t in 0..<count {
                    let value = signal.values[n * count + t]
                    let single = Float(value)
                    if Double(single) != value, !value.isNaN { rounded = true }
                    target.storeBytes(
                        of: single.bitPattern.littleEndian, toByteOffset: 4 * (t * channels + n), as: UInt32.self)
                }
            }
        }
        return (bytes, rounded)
    }

    private static func header(_ signal: Signal, stem: String, interval: String) -> String {
        var lines = [
            "Brain Vision Data Exchange Header File Version 1.0", "", "[Common Infos]", "Codepage=UTF-8",
            "DataFile=\(stem).eeg", "MarkerFile=\(stem).vmrk", "DataFormat=BINARY", "DataOrientation=MULTIPLEXED",
            "NumberOfChannels=\(signal.channels.count)", "SamplingInterval=\(interval)", "", "[Binary Infos]",
            "BinaryFormat=IEEE_FLOAT_32", "", "[Channel Infos]",
        ]
        for (n, channel) in signal.channels.enumerated() {
            let parts = [channel.name, channel.reference ?? "", "1", channel.unit].map(coded)
            lines.append("Ch\(n + 1)=" + parts.joined(separator: ","))
        }
        let places = signal.channels.enumerated().compactMap { n, channel in channel.position.map { (n, $0) } }
        if !places.isEmpty { lines += ["", "[Coordinates]"] }
        for (n, place) in places {
            let radius = (place * place).sum().squareRoot()
            guard radius > 0 else { continue }
            let theta = acos(place.z / radius) * 180 / .pi * (place.x < 0 ? -1 : 1)
            let phi = place.x == 0 ? (place.y < 0 ? -90 : 90) : atan(place.y / place.x) * 180 / .pi
            lines.append(
                "Ch\(n + 1)=" + [radius, theta, phi].map { String(format: "%.6f", $0) }.joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func markers(_ recording: Recording, rate: Double, stem: String) -> String {
        var lines = [
            "Brain Vision Data Exchange Marker File, Version 1.0", "", "[Common Infos]", "Codepage=UTF-8",
            "DataFile=\(stem).eeg", "", "[Marker Infos]",
        ]
        var marks = recording.segments.enumerated().map { n, segment in
            let date = n == 0 ? recording.start.map { "," + stamp($0) } ?? "" : ""
            return "New Segment,,\(sample(segment.position, rate)),1,0\(date)"
        }
        for event in recording.events {
            let parts = event.label.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let (kind, text) = parts.count == 2 ? (parts[0], parts[1]) : ("Comment", event.label)
            let position = recording.sample(at: event.onset, rate: rate)
            let start = event.onset < 0 ? sample(event.onset, rate) : position + 1
            let length = Int((event.duration * rate).rounded())
            marks.append("\(coded(kind)),\(coded(text)),\(start),\(length),\(event.channel.map { $0 + 1 } ?? 0)")
        }
        for (n, mark) in marks.enumerated() { lines.append("Mk\(n + 1)=\(mark)") }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func sample(_ seconds: Double, _ rate: Double) -> Int { Int((seconds * rate).rounded()) + 1 }

    private static func coded(_ text: String) -> String {
        text.replacing(",", with: "\\1").replacing("\r\n", with: " ").replacing("\n", with: " ").replacing(
            "\r", with: " ")
    }

    private static func stamp(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let micros = Int((EDFAnnotations.fraction(date) * 1e6).rounded())
        let whole = Date(timeIntervalSince1970: (date.timeIntervalSince1970 + 5e-7).rounded(.down))
        let now = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: whole)
        return String(
            format: "%04d%02d%02d%02d%02d%02d%06d", now.year ?? 0, now.month ?? 1, now.day ?? 1, now.hour ?? 0,
            now.minute ?? 0, now.second ?? 0, micros == 1_000_000 ? 0 : micros)
    }
}
