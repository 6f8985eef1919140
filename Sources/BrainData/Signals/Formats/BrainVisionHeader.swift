import Foundation

/// The lines of a BrainVision file: fields by section, names in lower case.
struct SectionedText {
    private(set) var sections: [String: [(name: String, value: String)]] = [:]
    /// Whether the text was no UTF-8.
    private(set) var isLatin: Bool

    init(_ bytes: Data) {
        let utf8 = String(data: bytes, encoding: .utf8)
        isLatin = utf8 == nil
        let text = utf8 ?? String(data: bytes, encoding: .isoLatin1) ?? ""
        var section = ""
        for raw in text.split(whereSeparator: \.isNewline) {
            let line = raw.trimmingBlanks
            if line.hasPrefix("[") {
                section = line.dropFirst().prefix { $0 != "]" }.lowercased()
            } else if section == "comment" || line.isEmpty || line.hasPrefix(";") {
                continue
            } else if let equals = line.firstIndex(of: "=") {
                let name = line[..<equals].trimmingBlanks.lowercased()
                sections[section, default: []].append((name, line[line.index(after: equals)...].trimmingBlanks))
            }
        }
    }

    subscript(_ section: String, _ name: String) -> String? {
        sections[section]?.first { $0.name == name }.map(\.value).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Fields `prefix1`, `prefix2`, … by their number.
    func numbered(_ section: String, _ prefix: String) -> [(number: Int, value: String)] {
        (sections[section] ?? []).compactMap { field in
            guard field.name.hasPrefix(prefix), let number = Int(field.name.dropFirst(prefix.count)) else { return nil }
            return (number, field.value)
        }
    }
}

/// What a `.vhdr` file says.
struct BrainVisionHeader {
    var dataFile: String
    var markerFile: String?
    var rate: Double
    var channels: [Channel]
    /// A sample's value is the stored number times this.
    var gains: [Double]
    var number = StoredNumber.int16
    var order = ByteOrder.little
    var isVectorised: Bool
    var points: Int?
    /// Set where the samples are text.
    var text: BrainVisionText?
    var log = RepairLog()

    init(_ file: FileBytes) throws(SignalError) {
        guard file.raw.count <= 1 << 26 else {
            throw .unsupported(path: file.path, what: "a BrainVision header of more than 64 MB")
        }
        let fields = SectionedText(file.raw)
        if fields.isLatin { log.add("text", found: "bytes that are no UTF-8", used: "Latin-1") }
        func common(_ name: String) -> String? { fields["common infos", name] }
        dataFile = common("datafile") ?? "$b.eeg"
        markerFile = common("markerfile")
        points = common("datapoints").flatMap { Int($0) }
        isVectorised = common("dataorientation")?.uppercased() == "VECTORIZED"
        if let type = common("datatype"), type.uppercased() != "TIMEDOMAIN" {
            throw .unsupported(path: file.path, what: "data of type \(type); TIMEDOMAIN is read")
        }
        guard let interval = common("samplinginterval")?.decimal, interval > 0 else {
            throw .malformed(
                path: file.path, expected: "a SamplingInterval above 0",
                found: common("samplinginterval").map { "“\($0)”" } ?? "none")
        }
        rate = 1e6 / interval
        guard let count = common("numberofchannels").flatMap({ Int($0) }), (1...65_536).contains(count) else {
            throw .malformed(
                path: file.path, expected: "a NumberOfChannels from 1 to 65536",
                found: common("numberofchannels").map { "“\($0)”" } ?? "none")
        }
        channels = (1...count).map { Channel(name: "\($0)", rate: 1e6 / interval) }
        gains = [Double](repeating: 1, count: count)
        switch common("dataformat")?.uppercased() ?? "BINARY" {
        case "BINARY": try readBinary(fields, file.path)
        case "ASCII": text = BrainVisionText(fields)
        case let other: throw .unsupported(path: file.path, what: "samples in the form \(other)")
        }
        readChannels(fields)
        readPositions(fields)
    }

    private mutating func readBinary(_ fields: SectionedText, _ path: String) throws(SignalError) {
        let name = fields["binary infos", "binaryformat"] ?? "INT_16"
        switch name.uppercased() {
        case "INT_16": number = .int16
        case "UINT_16": number = .uint16
        case "INT_32": number = .int32
        case "IEEE_FLOAT_32": number = .float32
        case "IEEE_FLOAT_64": number = .float64
        default: throw .unsupported(path: path, what: "samples of the BinaryFormat \(name)")
        }
        order = fields["binary infos", "usebigendianorder"]?.uppercased() == "YES" ? .big : .little
    }

    /// `Ch1=name,reference,resolution,unit`; a comma inside a name is `\1`.
    private mutating func readChannels(_ fields: SectionedText) {
        for (number, value) in fields.numbered("channel infos", "ch") where channels.indices.contains(number - 1) {
            let parts = value.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.replacing("\\1", with: ",").trimmingBlanks
            }
            let n = number - 1
            channels[n].name = parts[0]
            if parts.count > 1, !parts[1].isEmpty { channels[n].reference = parts[1] }
            if parts.count > 2, !parts[2].isEmpty {
                if let gain = parts[2].decimal, gain != 0 {
                    gains[n] = gain
                } else {
                    log.add("resolution of \(parts[0])", found: "“\(parts[2])”", used: "1", kind: "resolution")
                }
            }
            if parts.count > 3, !parts[3].isEmpty { channels[n].unit = Channel.unit(parts[3]) }
            channels[n].kind = Channel.kind(name: channels[n].name, unit: channels[n].unit)
        }
    }

    /// `Ch1=radius,theta,phi` in degrees: theta from the vertex, negative on the left, phi from the right ear.
    private mutating func readPositions(_ fields: SectionedText) {
        for (number, value) in fields.numbered("coordinates", "ch") where channels.indices.contains(number - 1) {
            let numbers = value.split(separator: ",").compactMap { String($0).decimal }
            guard numbers.count == 3, numbers[0] > 0 else { continue }
            let (theta, phi) = (numbers[1] * .pi / 180, numbers[2] * .pi / 180)
            let radius = numbers[0] == 1 ? Montage.headRadius : numbers[0]
            channels[number - 1].position = SIMD3(sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)) * radius
        }
    }
}
