import Foundation
import NeuralNet
import TestSupport
import Testing

/// Zip archives that are none of torch.save's, or lie about what they hold.
@Suite struct PyTorchArchiveTests {
    private typealias W = PickleWriter
    private let folder: TemporaryFolder
    private let pickle = PickleWriter.pickle(
        PickleWriter.dictionary([("w", PickleWriter.tensor(PickleWriter.storage(count: 1), shape: [1], strides: [1]))]))
    init() throws { folder = try TemporaryFolder() }

    private func why(_ file: Data) throws -> String {
        let url = try folder.write(file, to: "a.pth")
        return refusal { _ = try PyTorchCheckpoint(url) }
    }

    private func why(more: [W.Record]) throws -> String {
        try why(W.checkpoint(pickle, storages: [[0, 0, 0, 0]], more: more))
    }

    @Test func withoutMoreItIsSound() throws {
        let url = try folder.write(W.checkpoint(pickle, storages: [[0, 0, 128, 63]]), to: "a.pth")
        #expect(try PyTorchCheckpoint(url).values("w") == [1])
    }

    /// PyTorch's reader inflates `version` while it opens an archive, however large it grows.
    @Test func compressedRecordsAreNeverInflated() throws {
        for name in ["version", "data/9", ".data/serialization_id"] {
            let bomb = W.Record(name: name, bytes: [3, 0], method: 8, claimed: 0xFFFF_FFF0)
            #expect(try why(more: [bomb]).contains("its record \"a/\(name)\" is compressed"))
        }
    }

    @Test func sizesAreComparedWithTheFile() throws {
        let sentence = try why(more: [W.Record(name: "data/9", bytes: [0], claimed: 0x7FFF_FFFF)])
        #expect(sentence.contains("claims 2147483647 bytes, but the whole file has"))
        #expect(try why(more: [W.Record(name: "x", bytes: [0], flags: 1)]).contains("encrypted"))
        // Within the file's size, but past its end from where it lies.
        let file = W.checkpoint(pickle, more: [W.Record(name: "data/0", bytes: [0, 0, 0, 0], claimed: 300)])
        #expect(try !why(file).isEmpty)
    }

    @Test func namesThatOccurTwice() throws {
        #expect(try why(more: [W.Record(name: "data/0", bytes: [1, 1, 1, 1])]).contains("\"data/0\" occurs twice"))
        #expect(try why(more: [W.Record(name: "data.pkl", bytes: pickle)]).contains("\"data.pkl\" occurs twice"))
    }

    @Test func otherArchives() throws {
        let big = W.archive([
            W.Record(name: "data.pkl", bytes: pickle), W.Record(name: "byteorder", bytes: Array("big".utf8)),
            W.Record(name: "data/0", bytes: [0, 0, 0, 0]), W.Record(name: "version", bytes: [51]),
        ])
        #expect(try why(big).contains("byte order \"big\", expected \"little\""))
        let document = W.archive([W.Record(name: "text.xml", bytes: [60]), W.Record(name: "version", bytes: [51])])
        #expect(
            try why(document).contains("without \"data.pkl\", so not of torch.save; it holds \"text.xml\", \"version\"")
        )
        #expect(try why(more: [W.Record(name: "code/main.py", bytes: [])]).contains("TorchScript"))
        #expect(try !why(W.archive([])).isEmpty)
    }

    @Test func cutShortOrAddedTo() throws {
        let whole = try Data(contentsOf: CheckpointGolden.file("training.pt"))
        for count in stride(from: 0, to: whole.count, by: 97) { #expect(try !why(whole.prefix(count)).isEmpty) }
        #expect(try why(whole.dropLast()).contains("cut short, or was added to"))
        #expect(try why(whole + [0]).contains("cut short, or was added to"))
    }
}
