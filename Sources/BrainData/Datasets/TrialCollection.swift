public import Foundation

/// Trials of several people and days, as decoders are compared on: by subject and session.
public struct TrialCollection: Sendable {
    /// The trials of one person on one day, or of one run.
    public struct Session: Sendable {
        public let subject, name: String
        public let epochs: Epochs

        public init(subject: String, name: String, epochs: Epochs) {
            (self.subject, self.name, self.epochs) = (subject, name, epochs)
        }
    }

    /// In the order of subjects, then of names.
    public let sessions: [Session]

    public init(_ sessions: [Session]) {
        self.sessions = sessions.sorted { ($0.subject, $0.name) < ($1.subject, $1.name) }
    }

    public var subjects: [String] { Set(sessions.map(\.subject)).sorted() }

    /// The sessions of a subject.
    public subscript(subject: String) -> [Session] { sessions.filter { $0.subject == subject } }

    /// All trials of some sessions, one after the other.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` where channels, rates or lengths differ.
    public static func joined(_ sessions: [Session]) throws(SignalError) -> Epochs {
        guard let first = sessions.first else { throw .mismatch("there are no sessions to take trials from") }
        for one in sessions {
            guard one.epochs.channels.map(\.name) == first.epochs.channels.map(\.name),
                one.epochs.rate == first.epochs.rate, one.epochs.count == first.epochs.count
            else {
                throw .mismatch(
                    "\(one.subject) \(one.name) has other channels, another rate or longer trials than \(first.subject) "
                        + first.name)
            }
        }
        return Epochs(
            channels: first.epochs.channels, rate: first.epochs.rate, start: first.epochs.start,
            count: first.epochs.count, labels: sessions.flatMap(\.epochs.labels),
            values: sessions.flatMap(\.epochs.values))
    }
}

extension TrialCollection {
    /// How trials are cut out of recordings.
    public struct Cutting: Sendable {
        /// Events to take and what their trials are called.
        public var labels: [String: String]
        /// Seconds from the event.
        public var window: ClosedRange<Double>
        /// A band in hertz that the whole recording goes through first, forwards alone as a stream does.
        public var causalBand: ClosedRange<Double>?
        /// Samples a second of trials in files that do not tell, `.ts`.
        public var rate: Double?
        public var limit = Int.max

        public init(
            labels: [String: String], window: ClosedRange<Double>, causalBand: ClosedRange<Double>? = nil,
            rate: Double? = nil
        ) {
            (self.labels, self.window, self.causalBand, self.rate) = (labels, window, causalBand, rate)
        }
    }

    /// Reads all sessions below a folder: those of BCI Competition IV 2b (`B0101T.mat`), trials of sktime and aeon that are
    /// parted already (`Blink_TRAIN.ts`, `Blink_TEST.ts`), or recordings whose events are cut.
    ///
    /// Subject and session come from names of BIDS (`sub-01_ses-02`, `run-` without a session), of PhysioNet (`S001R04`), of
    /// parted trials (`Blink`, `TRAIN`), or else from the folder and the file.
    public static func open(_ folder: URL, _ cutting: Cutting) throws(SignalError) -> TrialCollection {
        let files = try recordings(in: folder)
        var sessions: [Session] = []
        for file in files {
            let (subject, name) = place(of: file)
            if file.pathExtension.lowercased() == "mat" {
                let epochs = try MotorImagerySession.read(file, limit: cutting.limit)
                sessions.append(Session(subject: subject, name: name, epochs: epochs))
                continue
            }
            if file.pathExtension.lowercased() == "ts" {
                guard let rate = cutting.rate else {
                    throw .mismatch("\(file.lastPathComponent) does not tell its samples a second: name them")
                }
                let epochs = try TimeSeriesFile.read(file, rate: rate, limit: cutting.limit)
                sessions.append(Session(subject: subject, name: name, epochs: epochs))
                continue
            }
            let epochs = try trials(of: BIDSRecording.open(file, limit: cutting.limit), cutting)
            guard epochs.trials > 0 else { continue }
            sessions.append(Session(subject: subject, name: name, epochs: epochs))
        }
        guard !sessions.isEmpty else {
            throw .mismatch(
                "no recording in \(folder.path) has an event called \(cutting.labels.keys.sorted().joined(separator: " or "))"
            )
        }
        return TrialCollection(sessions)
    }

    /// The trials of one recording: its EEG channels, put through the causal band where there is one, and cut.
    public static func trials(of recording: Recording, _ cutting: Cutting) throws(SignalError) -> Epochs {
        let eeg = recording.mainChannels.filter { recording.channels[$0].kind == .eeg }
        guard !eeg.isEmpty else { throw .mismatch("the recording holds no channel of EEG") }
        var picked = recording.picking(eeg)
        if let band = cutting.causalBand {
            let filter = try CausalFilter.band(band, rate: picked.channels[0].rate)
            picked = Recording(
                filter.whole(try picked.signal(limit: cutting.limit)), events: recording.events,
                segments: recording.segments)
        }
        return try Epochs.cut(picked, labels: cutting.labels, window: cutting.window).epochs
    }

    private static func recordings(in folder: URL) throws(SignalError) -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
            throw .missing(path: folder.path)
        }
        guard isFolder.boolValue else { return [folder] }
        guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            throw .missing(path: folder.path)
        }
        var files: [URL] = []
        for case let url as URL in found {
            let name = url.lastPathComponent
            let isSession =
                name.wholeMatch(of: /B\d{4}[TE]\.mat/) != nil || name.wholeMatch(of: /.+_(TRAIN|TEST)\.ts/) != nil
            if isSession || ["edf", "bdf", "gdf", "vhdr", "set"].contains(url.pathExtension.lowercased()) {
                files.append(url)
            }
        }
        guard !files.isEmpty else {
            throw .mismatch("\(folder.path) holds neither recordings nor sessions such as B0101T.mat")
        }
        return files.sorted { $0.path < $1.path }
    }

    static func place(of file: URL) -> (subject: String, session: String) {
        let name = file.deletingPathExtension().lastPathComponent
        if let match = name.wholeMatch(of: /B(\d\d)(\d\d[TE])/) { return (String(match.1), String(match.2)) }
        if let match = name.wholeMatch(of: /(.+)_(TRAIN|TEST)/) { return (String(match.1), String(match.2)) }
        if let match = name.wholeMatch(of: /(S\d+)(R\d+)/) { return (String(match.1), String(match.2)) }
        if let subject = name.firstMatch(of: /sub-([A-Za-z0-9]+)/) {
            let session = name.firstMatch(of: /ses-([A-Za-z0-9]+)/) ?? name.firstMatch(of: /run-([A-Za-z0-9]+)/)
            return (String(subject.1), session.map { String($0.1) } ?? name)
        }
        return (file.deletingLastPathComponent().lastPathComponent, name)
    }
}
