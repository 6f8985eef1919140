import BrainData
import Foundation
import TestSupport
import Testing

/// Random damage gives a recording or a ``SignalError``: no crash, no wait, no memory beyond the cap.
///
/// `BRAINKIT_MUTATIONS` sets how many files of each kind are tried; 10,000 is what `scripts/mutate-recordings` asks for.
@Suite(.serialized) struct RecordingMutationTests {
    static let count = ProcessInfo.processInfo.environment["BRAINKIT_MUTATIONS"].flatMap { Int($0) } ?? 250
    static let limit = 2_000_000

    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// The bytes that are changed, and the file that is opened.
    @Test(arguments: [
        ("plus.edf", "plus.edf"), ("gaps.edf", "gaps.edf"), ("plus.bdf", "plus.bdf"), ("old.gdf", "old.gdf"),
        ("new.gdf", "new.gdf"), ("vector.vhdr", "vector.vhdr"), ("vector.vmrk", "vector.vhdr"),
        ("text.eeg", "text.vhdr"),
        ("inline.set", "inline.set"), ("beside.set", "beside.set"), ("beside.set", "plain.mat"),
        ("inline.set", "packed.mat"),
    ]) func damageNeverCrashes(changed: String, opened: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: RecordingGolden.file("").path) {
            try FileManager.default.copyItem(at: RecordingGolden.file(name), to: folder.file(name))
        }
        let isMAT = opened.hasSuffix("mat")
        let target = folder.file(isMAT ? opened : changed)
        let sound = try Data(contentsOf: RecordingGolden.file(changed))
        var dice = FormatFuzzTests.Dice(state: (changed + opened).utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })
        var (read, refused, slowest) = (0, 0, 0.0)
        let before = Self.peakMegabytes()
        for _ in 0..<Self.count {
            try replace(target, Self.damage(sound, &dice))
            let start = Self.seconds()
            do throws(SignalError) {
                if isMAT { try readVariables(target) } else { try readRecording(folder.file(opened)) }
                read += 1
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
            slowest = max(slowest, Self.seconds() - start)
        }
        #expect(read + refused == Self.count)
        #expect(refused > 0 || changed.hasSuffix("vmrk"))  // damaged markers are left out, the rest is read
        #expect(slowest < 1, "\(changed): \(slowest)")
        let grown = Self.peakMegabytes() - before
        #expect(grown < 300)
        guard ProcessInfo.processInfo.environment["BRAINKIT_MUTATIONS"] != nil else { return }
        let milliseconds = (slowest * 1000).rounded()
        print("\(changed) as \(opened): \(read) read, \(refused) refused, slowest \(milliseconds) ms, +\(grown) MB")
    }

    private func readRecording(_ file: URL) throws(SignalError) {
        let recording = try RecordingFile.open(file, limit: Self.limit)
        for n in recording.channels.indices {
            _ = try recording.picking([n]).signal(limit: Self.limit)
        }
        _ = try recording.triggers()
        for event in recording.events {
            _ = recording.sample(at: event.onset, rate: recording.channels.first?.rate ?? 1)
        }
    }

    private func readVariables(_ file: URL) throws(SignalError) {
        let mat = try MATFile(file, limit: Self.limit)
        for value in mat.variables.values {
            _ = (value.number, value.text, value.structure?.count, value.numbers?.values().count)
        }
    }

    private static func damage(_ sound: Data, _ dice: inout FormatFuzzTests.Dice) -> Data {
        var bytes = sound
        for _ in 0..<Int.random(in: 1...8, using: &dice) {
            let place = Int.random(in: 0..<bytes.count, using: &dice)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &dice)
            case 2: bytes[place] = Array("0123456789-+., \0\u{14}".utf8).randomElement(using: &dice) ?? 0
            default:
                let end = min(bytes.count, place + Int.random(in: 1...8, using: &dice))
                for n in place..<end { bytes[n] = [0, 0xFF, 0x7F].randomElement(using: &dice) ?? 0 }
            }
        }
        switch Int.random(in: 0..<8, using: &dice) {
        case 0: return bytes.prefix(Int.random(in: 0...bytes.count, using: &dice))
        case 1:
            let from = Int.random(in: 0..<bytes.count, using: &dice)
            return bytes + bytes.suffix(from: from)
        default: return bytes
        }
    }

    private func replace(_ file: URL, _ bytes: Data) throws {
        let handle = try #require(fopen(file.path, "w"))
        defer { fclose(handle) }
        #expect(bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, handle) } == bytes.count)
    }

    /// Processor time of this thread: a busy machine is no fault of the reader.
    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func peakMegabytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1000
    }
}
