import BrainData
import Foundation
import TestSupport
import Testing

/// MATLAB files made byte by byte, sound ones and ones that lie.
@Suite struct MATHostileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func word(_ value: Int, _ bytes: Int = 4, big: Bool = false) -> Data {
        let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return Data(big ? little.reversed() : little)
    }

    /// An element: its type, length, content, and zeros up to a multiple of eight.
    func element(_ type: Int, _ content: Data, length: Int? = nil, big: Bool = false) -> Data {
        word(type, big: big) + word(length ?? content.count, big: big) + content
            + Data(count: (8 - content.count % 8) % 8)
    }

    func array(
        _ kind: Int, size: [Int], name: String = "x", big: Bool = false, _ content: Data
    ) -> Data {
        let dimensions = size.reduce(Data()) { $0 + word($1, big: big) }
        return element(
            14,
            element(6, word(kind, big: big) + word(0, big: big), big: big) + element(5, dimensions, big: big)
                + element(1, Data(name.utf8), big: big) + content, big: big)
    }

    func file(_ variables: Data, big: Bool = false) throws -> URL {
        let text = Data("MATLAB 5.0 MAT-file".utf8)
        let head = text + Data(repeating: 32, count: 124 - text.count)
        return try folder.write(
            head + (big ? Data([1, 0, 0x4D, 0x49]) : Data([0, 1, 0x49, 0x4D])) + variables, to: "a.mat")
    }

    func refusal(_ variables: Data, limit: Int = .max, at place: SourceLocation = #_sourceLocation) throws
        -> SignalError?
    {
        let file = try file(variables)
        return #expect(throws: SignalError.self, sourceLocation: place) { try MATFile(file, limit: limit) }
    }

    @Test func eitherEndMayComeFirst() throws {
        for big in [false, true] {
            let numbers = element(3, word(-5, 2, big: big) + word(300, 2, big: big), big: big)
            let mat = try MATFile(file(array(10, size: [1, 2], big: big, numbers), big: big))
            #expect(mat.variables["x"]?.numbers?.values() == [-5, 300])
        }
    }

    @Test func shortElementsLieInTheirTags() throws {
        let short = word(2 << 16 | 2) + Data([7, 9, 0, 0])
        #expect(try MATFile(file(array(6, size: [1, 2], short))).variables["x"]?.numbers?.values() == [7, 9])
        let long = word(5 << 16 | 2) + Data([7, 9, 0, 0])
        #expect("\(try #require(try refusal(array(6, size: [1, 2], long))))".contains("short element"))
    }

    @Test func sizesThatCannotBeAreRefused() throws {
        for size in [[-1, 2], [1 << 30, 1 << 30, 1 << 30], [3]] {
            guard case .malformed = try refusal(array(6, size: size, element(9, Data(count: 16)))) else {
                Issue.record("\(size)")
                continue
            }
        }
        for size in [[1, 3], [1000, 1000], [1 << 20, 1 << 20]] {
            guard case .truncated = try refusal(array(6, size: size, element(9, Data(count: 16)))) else {
                Issue.record("\(size)")
                continue
            }
        }
    }

    @Test func aMillionCellsInFewBytesAreRefused() throws {
        for kind in [1, 2] {
            let names = element(5, word(8)) + element(1, Data("abcdefgh".utf8))
            let content = kind == 1 ? Data(count: 32) : names + Data(count: 32)
            guard case .truncated = try refusal(array(kind, size: [1000, 1000], content)) else {
                Issue.record("class \(kind)")
                continue
            }
        }
        // So many that there is room in the file, but not below the limit.
        let cells = (0..<2000).reduce(Data()) { data, _ in data + element(14, Data()) }
        #expect(try MATFile(file(array(1, size: [2000, 1], cells))).variables.count == 1)
        guard case .tooLarge = try refusal(array(1, size: [2000, 1], cells), limit: 100_000) else {
            Issue.record("no limit")
            return
        }
    }

    @Test func cellsInsideCellsHaveABottom() throws {
        var inner = array(6, size: [1, 1], name: "", element(9, Data(count: 8)))
        for _ in 0..<40 { inner = array(1, size: [1, 1], name: "", inner) }
        #expect("\(try #require(try refusal(array(1, size: [1, 1], inner))))".contains("nested"))
    }

    @Test func structuresWithoutFieldsTakeNoMemory() throws {
        let names = element(5, word(8)) + element(1, Data())
        let mat = try MATFile(file(array(2, size: [1 << 20, 1 << 20], names)))
        #expect(mat.variables["x"]?.structure?.count == 0)
        for length in [0, -4, 3] {
            let wrong = element(5, word(length)) + element(1, Data("abcdefgh".utf8))
            guard case .malformed = try refusal(array(2, size: [1, 1], wrong)) else {
                Issue.record("\(length)"); continue
            }
        }
    }

    @Test func packedVariablesThatLieAreRefused() throws {
        // A zlib stream in stored blocks whose first eight bytes announce far more than there is.
        func packed(_ bytes: Data) -> Data {
            let body = Data([0x78, 0x01, 1]) + word(bytes.count, 2) + word(~bytes.count, 2) + bytes
            var (a, b) = (1, 0)
            for byte in bytes { (a, b) = ((a + Int(byte)) % 65_521, (b + a + Int(byte)) % 65_521) }
            return body + word(b << 16 | a, 4, big: true)
        }
        let sound = array(6, size: [1, 1], element(9, Data(count: 8)))
        func stored(_ content: Data) -> Data { word(15) + word(packed(content).count) + packed(content) }
        #expect(try MATFile(file(stored(sound))).variables["x"]?.number == 0)
        var lying = sound
        lying.replaceSubrange(4..<8, with: word(1 << 30))
        guard case .truncated = try refusal(stored(lying)) else { Issue.record("not truncated"); return }
        var damaged = stored(sound)
        damaged[damaged.count - 1] ^= 1
        guard case .malformed = try refusal(damaged) else { Issue.record("not damaged"); return }
    }

    @Test func otherVersionsAreNamed() throws {
        let old = try folder.write(Data(count: 200), to: "old.mat")
        #expect(throws: SignalError.self) { try MATFile(old) }
        let text = Data("MATLAB 7.3 MAT-file, Platform: GLNXA64".utf8)
        let new = try folder.write(text + Data(count: 600), to: "new.mat")
        let error = #expect(throws: SignalError.self) { try MATFile(new) }
        #expect("\(try #require(error))".contains("save(…, '-v7')"))
        for count in [0, 1, 127] {
            #expect(throws: SignalError.self) { try MATFile(folder.write(Data(count: count), to: "short.mat")) }
        }
    }
}
