import BrainData
import Foundation
import TestSupport
import Testing

/// The commands on trials, streams and pages, run as a user runs them.
@Suite struct EEGTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for (n, name) in ["S001R04.edf", "S001R08.edf"].enumerated() {
            let recording = ToyTrials.recording(ToyTrials.make(trials: 16, seed: UInt64(n + 1)))
            _ = try RecordingFile.write(recording, to: folder.file(name))
        }
    }

    private var data: String { folder.url.path }
    private static let labels = ["--label", "T1=left", "--label", "T2=right", "--window", "0:2"]

    private func train(_ model: String, _ more: String..., to name: String) throws -> Command {
        try Command(
            ["eeg", "train", "--data", data, "--model", model, "-o", folder.file(name).path, "--threads", "1"]
                + Self.labels + more)
    }

    @Test func aBenchmarkSaysAccuracyAndTest() throws {
        let run = try Command(
            ["eeg", "benchmark", "--protocol", "cross-session", "--data", data, "--model", "csp-lda", "--json"]
                + Self.labels)
        #expect(run.status == 0)
        let object = try run.object()
        #expect(object["protocol"] as? String == "cross-session" && object["model"] as? String == "csp-lda")
        #expect(try #require(object["mean"] as? Double) > 0.8)
        #expect((object["comparison"] as? [String: Any])?["baseline"] as? String == "band-power")
        let subjects = try #require(object["subjects"] as? [[String: Any]])
        #expect(subjects.count == 1 && subjects[0]["trials"] as? Int == 32)
        let text = try Command(
            [
                "eeg", "benchmark", "--protocol", "within-session", "--data", data, "--model", "riemannian",
                "--baseline", "none",
            ]
                + Self.labels)
        #expect(text.status == 0 && text.output.contains("subject S001: ") && text.output.contains("95 % interval"))
        #expect(!text.output.contains("against"))
    }

    @Test func trialsKeepTheirOwnDivision() throws {
        let rows = (0..<12).map { n in
            (0..<3).map { c in
                (0..<96).map { t in
                    let strong = (n % 2 == 0) == (c == 0) ? 3.0 : 1.0
                    return "\(strong * sin(Double(t * 10 + n) * 0.0981) + 0.1 * cos(Double(t * t * (c + 2)) * 0.37))"
                }.joined(separator: ",")
            }.joined(separator: ":") + (n % 2 == 0 ? ":left" : ":right")
        }
        let text = Data((["@classLabel true left right", "@data"] + rows).joined(separator: "\n").utf8)
        let sets = try TemporaryFolder()
        for name in ["Hands_TRAIN.ts", "Hands_TEST.ts"] { _ = try sets.write(text, to: name) }
        let words = ["eeg", "benchmark", "--protocol", "given-split", "--data", sets.url.path, "--model", "riemannian"]
        let run = try Command(words + ["--frequency", "64", "--baseline", "none", "--json"])
        #expect(run.status == 0)
        let subjects = try #require(try run.object()["subjects"] as? [[String: Any]])
        #expect(subjects.count == 1 && subjects[0]["subject"] as? String == "Hands")
        #expect(subjects[0]["trials"] as? Int == 12 && subjects[0]["accuracy"] as? Double == 1)
        let silent = try Command(words)
        #expect(silent.status == 65 && silent.isOneSentence && silent.errors.contains("samples a second"))
        #expect(try Command(words + ["--frequency", "0"]).status == 64)
    }

    @Test func networksAreTrainedOncePerSeed() throws {
        let run = try Command(
            [
                "eeg", "benchmark", "--protocol", "cross-session", "--data", data, "--model", "eegnet", "--seeds", "2",
                "--epochs",
                "2", "--band", "4:28", "--json", "--threads", "1",
            ] + Self.labels)
        #expect(run.status == 0)
        let subjects = try #require(try run.object()["subjects"] as? [[String: Any]])
        #expect((subjects[0]["accuracies"] as? [Double])?.count == 2)
        #expect(run.errors.contains("seed 2"))
    }

    @Test func eventsAreDecodedIntoTables() throws {
        #expect(try train("csp-lda", to: "hands").status == 0)
        let csv = folder.file("a.csv"), tsv = folder.file("a_events.tsv")
        let run = try Command(
            "eeg", "decode", "-i", folder.file("S001R08.edf").path, "--decoder", folder.file("hands").path, "-o",
            csv.path,
            "--events-tsv", tsv.path, "--json")
        #expect(run.status == 0)
        let lines = try String(contentsOf: csv, encoding: .utf8).split(whereSeparator: \.isNewline)
        #expect(lines[0] == "onset,event,class,p_left,p_right" && lines.count == 17)
        #expect(lines[1].hasPrefix("0.000000,T1,left,"))
        let rows = try String(contentsOf: tsv, encoding: .utf8).split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(rows[0] == ["onset", "duration", "trial_type", "value", "probability_left", "probability_right"])
        #expect(rows.count == 17 && rows[2][0...3] == ["2.000000", "2.000000", "right", "T2"])
        let decisions = try #require(try run.object()["decisions"] as? [[String: Any]])
        #expect(decisions.count == 16)
    }

    @Test func aStreamSaysWhatDecodingSays() throws {
        let trained = try train("eegnet", "--causal-band", "4:28", "--band", "none", "--epochs", "1", to: "net")
        #expect(trained.status == 0)
        let recording = try RecordingFile.open(folder.file("S001R08.edf"))
        let signal = try recording.picking(recording.mainChannels).signal()
        let text = (0..<signal.count).map { t in
            signal.channels.indices.map { "\(signal.values[$0 * signal.count + t])" }.joined(separator: " ")
        }.joined(separator: "\n")
        let file = try folder.write(Data(text.utf8), to: "samples.txt")
        let csv = folder.file("w.csv")
        let offline = try Command(
            "eeg", "decode", "-i", folder.file("S001R08.edf").path, "--decoder", folder.file("net").path, "-o",
            csv.path,
            "--every", "250", "--json", "--threads", "1")
        let stream = try Command(
            "eeg", "stream", "--decoder", folder.file("net").path, "--input", file.path, "--every", "250", "--idle",
            "0",
            "--json")
        #expect(offline.status == 0 && stream.status == 0)
        func answers(_ run: Command) throws -> [[Double]] {
            try #require(try run.object()["decisions"] as? [[String: Any]]).map { one in
                try [#require(one["onset"] as? Double)] + #require(one["probabilities"] as? [Double])
            }
        }
        let found = try answers(stream)
        #expect(found.count == (16 * 128 - 128) / 16 + 1)
        #expect(try found == answers(offline))
        let times = try #require(try stream.object()["milliseconds"] as? [String: Double])
        #expect(try #require(times["p50"]) > 0 && times["p50"] ?? 9 <= times["p99"] ?? 0)
        let lines = try Command(
            "eeg", "stream", "--decoder", folder.file("net").path, "--input", file.path, "--every", "1000", "--idle",
            "0")
        #expect(lines.output.hasPrefix("seconds,class,p_left,p_right,ms\n2.000,"))
        #expect(lines.errors.contains("latency p50"))
    }

    @Test func samplesThatAreNoneAreRefused() throws {
        #expect(try train("band-power", to: "hands").status == 0)
        for (name, bytes) in [("words", "1 2 x\n"), ("two", "1 2\n"), ("nan", "1 2 nan\n")] {
            let file = try folder.write(Data(bytes.utf8), to: name)
            let run = try Command(
                "eeg", "stream", "--decoder", folder.file("hands").path, "--input", file.path, "--idle", "0")
            #expect(run.status == 65 && run.isOneSentence && run.errors.contains("line 1"))
        }
        let numbers = try folder.write(Data(repeating: 0xFF, count: 24), to: "raw")
        let raw = try Command(
            "eeg", "stream", "--decoder", folder.file("hands").path, "--input", numbers.path, "--idle", "0", "--format",
            "float32")
        #expect(raw.status == 65 && raw.isOneSentence)
        let nothing = try Command("eeg", "stream", "--decoder", folder.file("hands").path)
        #expect(nothing.status == 0 && nothing.errors.contains("0 samples"))
    }

    @Test func aPageShowsTheRecording() throws {
        let page = folder.file("page.html")
        let run = try Command("eeg", "inspect", folder.file("S001R04.edf").path, "-o", page.path)
        #expect(run.status == 0 && run.output == page.path + "\n")
        let html = try String(contentsOf: page, encoding: .utf8)
        for part in ["Traces", "Spectra", ">T1<", "Repairs", "research use only", ">Cz<"] {
            #expect(html.contains(part))
        }
        #expect(
            !html.contains("http://")
                || html.components(separatedBy: "http://").dropFirst().allSatisfy { $0.hasPrefix("www.w3.org") })
        let golden = Command.root.appendingPathComponent("Tests/BrainDataTests/Golden/recordings")
        let broken = try Command("eeg", "inspect", golden.appendingPathComponent("broken.edf").path, "-o", page.path)
        #expect(broken.status == 0)
        #expect(try String(contentsOf: page, encoding: .utf8).contains("oddities"))
    }

    private static let faults: [(arguments: [String], status: Int32)] = [
        (["benchmark", "--protocol", "best", "--data", "."], Int32(64)),
        (["benchmark", "--protocol", "cross-session", "--data", "/nowhere", "--model", "eegnet"], 66),
        (["benchmark", "--protocol", "cross-session", "--data", ".", "--model", "svm"], 64),
        (["train", "--data", "/nowhere", "--model", "csp-lda", "-o", "/tmp/brainkit-none"], 66),
        (["decode", "-i", "/nowhere.edf", "--decoder", "/nowhere", "-o", "/tmp/x.csv"], 66),
        (["decode", "-i", "a", "--decoder", "b", "-o", "c", "--every", "0"], 64),
        (["stream", "--decoder", "/nowhere"], 66), (["inspect", "/nowhere.edf", "-o", "/tmp/x.html"], 66),
        (["inspect", "a.edf", "-o", "/nowhere/x.html"], 73), (["stream", "--decoder", "a", "--format", "xml"], 64),
    ]

    @Test(arguments: faults)
    func faultsHaveTheirCodes(arguments: [String], status: Int32) throws {
        let run = try Command(["eeg"] + arguments)
        #expect(run.status == status, "\(run.errors)")
    }
}
