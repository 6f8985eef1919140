import Foundation

/// Makes zip archives and pickles by the byte, sound ones and others.
enum PickleWriter {
    struct Record {
        var name: String
        var bytes: [UInt8]
        var method: UInt16 = 0
        var flags: UInt16 = 0
        /// What the directory says of the size, if not the truth.
        var claimed: UInt32?
    }

    /// A zip archive without compression whose records lie in the folder `a`.
    static func archive(_ records: [Record]) -> Data {
        var file = Data(), directory = Data()
        for record in records {
            let name = Data(("a/" + record.name).utf8)
            let size = record.claimed ?? UInt32(record.bytes.count)
            let common =
                [20, record.flags, record.method, 0, 0].map(le16).reduce(Data(), +)
                + [0, size, size].map(le32).reduce(Data(), +) + le16(UInt16(name.count)) + le16(0)
            directory +=
                le32(0x0201_4B50) + le16(20) + common + [0, 0, 0].map(le16).reduce(Data(), +) + le32(0)
                + le32(UInt32(file.count)) + name
            file += le32(0x0403_4B50) + common + name + record.bytes
        }
        let end =
            le32(0x0605_4B50) + le16(0) + le16(0) + le16(UInt16(records.count)) + le16(UInt16(records.count))
            + le32(UInt32(directory.count)) + le32(UInt32(file.count)) + le16(0)
        return file + directory + end
    }

    /// The archive of torch.save around a pickle and the storages `0`, `1`, ….
    static func checkpoint(_ pickle: [UInt8], storages: [[UInt8]] = [], more: [Record] = []) -> Data {
        archive(
            [Record(name: "data.pkl", bytes: pickle), Record(name: "byteorder", bytes: Array("little".utf8))]
                + storages.enumerated().map { Record(name: "data/\($0)", bytes: $1) }
                + [Record(name: "version", bytes: Array("3\n".utf8))] + more)
    }

    static func le16(_ value: UInt16) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
    static func le32(_ value: UInt32) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }

    // Pieces of pickles

    static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    static func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }
    static func number(_ number: Int) -> [UInt8] { [0x8A, 8] + withUnsafeBytes(of: number.littleEndian, Array.init) }
    static func tuple(_ parts: [[UInt8]]) -> [UInt8] { Array("(".utf8) + parts.joined() + Array("t".utf8) }

    static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int) -> [UInt8] {
        tuple([text("storage"), global("torch", type), text(key), text("cpu"), number(count)]) + Array("Q".utf8)
    }

    static func tensor(_ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]) -> [UInt8] {
        let hooks = global("collections", "OrderedDict") + Array(")R".utf8)
        let arguments = [storage, number(offset), tuple(shape.map(number)), tuple(strides.map(number)), [0x89], hooks]
        return global("torch._utils", "_rebuild_tensor_v2") + tuple(arguments) + Array("R".utf8)
    }

    static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
        Array("}(".utf8) + items.flatMap { text($0.0) + $0.1 } + Array("u".utf8)
    }

    /// A whole pickle of protocol 2.
    static func pickle(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }
}
