public import Foundation

/// EEG recordings of a BIDS data set, with what their sidecars say.
public enum BIDSRecording {
    private static let endings = ["edf", "bdf", "vhdr", "set"]

    /// The recordings below a folder, `sub-*/[ses-*/]eeg/*_eeg.{edf,bdf,vhdr,set}`, by name.
    public static func recordings(in folder: URL) throws(SignalError) -> [URL] {
        guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            throw .missing(path: folder.path)
        }
        var files: [URL] = []
        for case let url as URL in found where endings.contains(url.pathExtension.lowercased()) {
            if let name = BIDSName(url.lastPathComponent), name.suffix == "eeg" { files.append(url) }
        }
        guard !files.isEmpty else {
            throw .mismatch("the data set \(folder.path) has no sub-*/[ses-*/]eeg/*_eeg.{edf,bdf,vhdr,set}")
        }
        return files.sorted { $0.path < $1.path }
    }

    /// Opens a recording and puts in what `channels.tsv`, `events.tsv`, `electrodes.tsv` and `eeg.json` say, which goes
    /// before what the file says of itself.
    ///
    /// A file without a name of BIDS is opened as it is.
    public static func open(_ file: URL, limit: Int = .max) throws(SignalError) -> Recording {
        var recording = try RecordingFile.open(file, limit: limit)
        guard let sidecars = BIDSSidecars(of: file) else { return recording }
        if let reference = try sidecars.metadata("eeg")["EEGReference"] as? String {
            for n in recording.channels.indices where recording.channels[n].kind == .eeg {
                recording.channels[n].reference = recording.channels[n].reference ?? reference
            }
        }
        if let table = try sidecars.table("channels") { apply(channels: table, to: &recording) }
        if let table = try sidecars.table("electrodes") {
            apply(electrodes: table, try sidecars.metadata("coordsystem"), to: &recording)
        }
        if let table = try sidecars.table("events") { recording.events = events(table, &recording) }
        return recording
    }

    private static func apply(channels table: TextTable, to recording: inout Recording) {
        var described = Set<Int>()
        for line in 0..<table.count {
            guard let name = table[line, "name"], let n = recording.index(of: name) else {
                let name = table[line, "name"] ?? "none"
                recording.repair(
                    "channels.tsv", found: "“\(name)”, which is not in the file", used: "the file's channels")
                continue
            }
            described.insert(n)
            if let type = table[line, "type"] { recording.channels[n].kind = Channel.kind(bids: type) }
            if let reference = table[line, "reference"] { recording.channels[n].reference = reference }
            recording.channels[n].isBad = table[line, "status"]?.lowercased() == "bad"
            guard let unit = table[line, "units"].map(Channel.unit) else { continue }
            if recording.channels[n].unit.isEmpty {
                recording.channels[n].unit = unit
            } else if unit != recording.channels[n].unit {
                recording.repair(
                    "unit of \(name)", found: "\(unit) in channels.tsv",
                    used: "\(recording.channels[n].unit), the file's")
            }
        }
        let missing = recording.channels.indices.filter { !described.contains($0) }
        if let first = missing.first {
            recording.repair(
                "channels.tsv",
                found: "\(missing.count) channels not described, such as \(recording.channels[first].name)",
                used: "what the file says of them")
        }
    }

    /// Positions in millimetres: CapTrak's axes are ours, those of EEGLAB and CTF point to the nose and the left ear.
    private static func apply(electrodes table: TextTable, _ system: [String: Any], to recording: inout Recording) {
        let name = (system["EEGCoordinateSystem"] as? String ?? "").lowercased()
        let noseFirst = name.hasPrefix("eeglab") || name.hasPrefix("ctf")
        let millimetres: Double? =
            switch (system["EEGCoordinateUnits"] as? String ?? "").lowercased() {
            case "mm": 1
            case "cm": 10
            case "m": 1000
            default: nil
            }
        for line in 0..<table.count {
            guard let name = table[line, "name"], let n = recording.index(of: name), let x = table[line, "x"]?.decimal,
                let y = table[line, "y"]?.decimal, let z = table[line, "z"]?.decimal
            else { continue }
            let length = (x * x + y * y + z * z).squareRoot()
            let scale = millimetres ?? (length < 1.5 ? 1000 : length < 30 ? 10 : 1)
            recording.channels[n].position = (noseFirst ? SIMD3(-y, x, z) : SIMD3(x, y, z)) * scale
        }
    }

    private static func events(_ table: TextTable, _ recording: inout Recording) -> [Event] {
        var events: [Event] = []
        for line in 0..<table.count {
            guard let onset = table[line, "onset"]?.decimal else {
                recording.repair("events.tsv", found: "line \(line + 2) without an onset", used: "the other lines")
                continue
            }
            let label = table[line, "trial_type"] ?? table[line, "value"] ?? "event"
            let duration = table[line, "duration"]?.decimal ?? 0
            events.append(Event(onset: onset, duration: max(0, duration), label: label))
        }
        return events.sorted { $0.onset < $1.onset }
    }
}

extension Recording {
    mutating func repair(_ field: String, found: String, used: String) {
        if let place = repairs.firstIndex(where: { $0.field == field }) {
            repairs[place].count += 1
        } else {
            repairs.append(Repair(field: field, found: found, used: used))
        }
    }
}
