import Foundation

/// One event of TensorBoard's log, in the wire format of protocol buffers.
///
/// The fields are those of TensorFlow's `event.proto` and `summary.proto`: `Event { double wall_time = 1; int64 step = 2;
/// string file_version = 3; Summary summary = 5 }`, `Summary { repeated Value value = 1 }`, `Value { string tag = 1;
/// float simple_value = 2; Image image = 4 }`, `Image { int32 height = 1; width = 2; colorspace = 3;
/// bytes encoded_image_string = 4 }`.
struct EventRecord {
    /// The message.
    let bytes: [UInt8]

    /// The first record of every file.
    static func version(at time: Double) -> EventRecord {
        EventRecord(bytes: double(time, field: 1) + data(Array("brain.Event:2".utf8), field: 3))
    }

    /// Numbers of one step by their tags, such as `loss`.
    static func scalars(_ values: [(tag: String, value: Double)], step: Int, at time: Double) -> EventRecord {
        let summary = values.flatMap { tag, value in
            data(data(Array(tag.utf8), field: 1) + float(Float(value), field: 2), field: 1)
        }
        return event(summary, step: step, at: time)
    }

    /// A picture in colour, as a PNG file.
    static func image(
        _ tag: String, png: Data, width: Int, height: Int, step: Int, at time: Double
    ) -> EventRecord {
        let image = count(height, field: 1) + count(width, field: 2) + count(3, field: 3) + data([UInt8](png), field: 4)
        return event(data(data(Array(tag.utf8), field: 1) + data(image, field: 4), field: 1), step: step, at: time)
    }

    private static func event(_ summary: [UInt8], step: Int, at time: Double) -> EventRecord {
        EventRecord(bytes: double(time, field: 1) + count(step, field: 2) + data(summary, field: 5))
    }

    /// The step that a message speaks of, 0 where it names none; nil where it is no event.
    static func step(of bytes: ArraySlice<UInt8>) -> Int? {
        var rest = bytes
        while !rest.isEmpty {
            guard let key = varint(&rest) else { return nil }
            switch key & 7 {
            case 0:
                guard let value = varint(&rest) else { return nil }
                if key >> 3 == 2 { return Int(truncatingIfNeeded: value) }
            case 1: rest = rest.dropFirst(8)
            case 2:
                guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
                rest = rest.dropFirst(Int(length))
            case 5: rest = rest.dropFirst(4)
            default: return nil
            }
        }
        return 0
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest): ([UInt8], UInt64) = ([], value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func count(_ value: Int, field: UInt64) -> [UInt8] {
        varint(field << 3) + varint(UInt64(bitPattern: Int64(value)))
    }

    private static func double(_ value: Double, field: UInt64) -> [UInt8] {
        varint(field << 3 | 1) + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }

    private static func float(_ value: Float, field: UInt64) -> [UInt8] {
        varint(field << 3 | 5) + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }

    private static func data(_ bytes: [UInt8], field: UInt64) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }
}
