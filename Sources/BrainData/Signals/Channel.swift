/// One row of a recording: an electrode, a pair of them, a trigger line or another sensor.
public struct Channel: Sendable, Equatable, Codable {
    /// What a channel measures.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case eeg, eog, ecg, emg, seeg, ecog, reference, stimulus, other
    }

    /// The name, unique within its recording.
    public var name: String
    public var kind: Kind
    /// The unit of its values, such as “µV”; empty where the file names none.
    public var unit: String
    /// Samples a second, in hertz.
    public var rate: Double
    /// The electrode or scheme that it is measured against, where the file says so.
    public var reference: String?
    /// Where the electrode is, in millimetres: right, anterior and superior of the head's centre.
    public var position: SIMD3<Double>?
    /// Whether someone marked it as unusable.
    public var isBad = false
    /// The filters applied while recording, in the file's own words.
    public var filtering = ""
    /// How the file's integers stand for its values, where they do.
    var scale: DigitalScale?

    public init(name: String, kind: Kind = .eeg, unit: String = "µV", rate: Double) {
        (self.name, self.kind, self.unit, self.rate) = (name, kind, unit, rate)
    }

    /// Volts that one of its unit is, or nil for a unit of something else.
    public var voltsPerUnit: Double? { Self.volts[unit] }

    private static let volts: [String: Double] = ["V": 1, "mV": 1e-3, "µV": 1e-6, "nV": 1e-9]
}

/// The integers of a file and the values that they stand for, by the ends of both ranges.
struct DigitalScale: Sendable, Equatable, Codable {
    var physicalLow, physicalHigh: Double
    var digitalLow, digitalHigh: Double

    var gain: Double { (physicalHigh - physicalLow) / (digitalHigh - digitalLow) }
    var offset: Double { physicalLow - digitalLow * gain }
}

extension Channel {
    /// A unit in one spelling: `uV`, `μV` and `microvolt` are all “µV”.
    static func unit(_ text: String) -> String {
        let plain = text.trimmingBlanks.replacing("μ", with: "µ")
        switch plain.lowercased() {
        case "uv", "µv", "microvolt", "microvolts": return "µV"
        case "mv" where plain != "MV": return "mV"
        case "nv": return "nV"
        case "v", "volt", "volts": return "V"
        default: return plain
        }
    }

    /// What a channel measures, as far as its name and unit tell.
    static func kind(name: String, unit: String) -> Kind {
        let lower = name.lowercased()
        let marks: [(String, Kind)] = [
            ("eog", .eog), ("ecg", .ecg), ("ekg", .ecg), ("emg", .emg), ("seeg", .seeg), ("ecog", .ecog),
            ("status", .stimulus), ("stim", .stimulus), ("trig", .stimulus), ("sti 0", .stimulus),
        ]
        if let mark = marks.first(where: { lower.contains($0.0) }) { return mark.1 }
        return unit.isEmpty || volts[unit] != nil ? .eeg : .other
    }

    /// A kind by BIDS' name for it.
    static func kind(bids: String) -> Kind {
        switch bids.uppercased() {
        case "EEG": .eeg
        case "EOG", "HEOG", "VEOG": .eog
        case "ECG": .ecg
        case "EMG": .emg
        case "SEEG": .seeg
        case "ECOG": .ecog
        case "REF": .reference
        case "TRIG": .stimulus
        default: .other
        }
    }

    /// Gives every channel a name, and a name of its own: those that occur several times are numbered from 0.
    static func distinguish(_ channels: inout [Channel], _ log: inout RepairLog) {
        for n in channels.indices where channels[n].name.isEmpty {
            channels[n].name = "channel \(n + 1)"
            log.add("name of channel \(n + 1)", found: "none", used: channels[n].name, kind: "name")
        }
        var uses: [String: Int] = [:]
        for channel in channels { uses[channel.name, default: 0] += 1 }
        guard uses.count < channels.count else { return }
        var taken = Set(uses.keys)
        var next: [String: Int] = [:]
        for n in channels.indices {
            let name = channels[n].name
            guard uses[name, default: 0] > 1 else { continue }
            var number = next[name, default: 0]
            while !taken.insert("\(name)-\(number)").inserted { number += 1 }
            next[name] = number + 1
            channels[n].name = "\(name)-\(number)"
            log.add("name of channel \(n + 1)", found: "“\(name)” again", used: channels[n].name, kind: "twice")
        }
    }
}

extension StringProtocol {
    /// The text without blanks, line ends and zeros around it.
    var trimmingBlanks: String {
        func isBlank(_ character: Character) -> Bool { character.isWhitespace || character == "\0" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }

    /// A finite number written in decimal, with a point or a comma.
    var decimal: Double? {
        let text = trimmingBlanks.replacing(",", with: ".")
        guard !text.isEmpty, text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) else { return nil }
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }
}
