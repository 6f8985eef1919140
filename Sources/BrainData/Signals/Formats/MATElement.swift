import Foundation

/// Reads one array of a MATLAB file and what is inside it.
struct MATElement {
    private let reader: SignalReader
    private let budget: MATBudget
    private static let classes = [
        1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8", 9: "uint8",
        10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64", 16: "function", 17: "opaque",
    ]
    /// What a value inside another takes in memory, about.
    private static let bytesPerValue = 256
    /// Structures inside structures: no sane file comes near.
    private static let deepest = 32

    init(_ reader: SignalReader, _ budget: MATBudget) { (self.reader, self.budget) = (reader, budget) }

    /// The whole element as a named variable; nil if it is not wanted.
    func variable(_ wanted: Set<String>?) throws(SignalError) -> (name: String, value: MATValue)? {
        let tag = try MATTag(reader, at: 0)
        guard tag.type == 14 else {
            throw .malformed(path: reader.path, expected: "an array", found: "an element of type \(tag.type)")
        }
        let head = try head(tag)
        if let wanted, !wanted.contains(head.name) { return nil }
        return (head.name, try content(head, depth: 0))
    }

    private struct Head {
        var kind: String
        var isLogical, isComplex: Bool
        var size: [Int]
        var name: String
        /// Where the content starts, and where the array ends.
        var place, end: Int
    }

    private func head(_ tag: MATTag) throws(SignalError) -> Head {
        let end = tag.start + tag.count
        guard end <= reader.count else { throw .truncated(path: reader.path, expected: end, found: reader.count) }
        let flags = try MATTag(reader, at: tag.start)
        let word = try reader.integer(at: flags.start, as: UInt32.self)
        guard let kind = Self.classes[Int(word & 0xFF)] else {
            throw .malformed(path: reader.path, expected: "a class of MATLAB", found: "class \(word & 0xFF)")
        }
        var head = Head(
            kind: kind, isLogical: word & 0x200 != 0, isComplex: word & 0x800 != 0, size: [], name: "",
            place: flags.next, end: end)
        guard kind != "opaque" else { return head }
        let axes = try MATTag(reader, at: head.place)
        guard axes.type == 5, axes.count >= 8, axes.count <= 256, axes.count % 4 == 0 else {
            throw .malformed(
                path: reader.path, expected: "the size of an array", found: "an element of type \(axes.type)")
        }
        for n in 0..<axes.count / 4 {
            head.size.append(Int(try reader.integer(at: axes.start + 4 * n, as: Int32.self)))
        }
        guard head.size.allSatisfy({ $0 >= 0 }), ImageHeader.product(head.size) != nil else {
            throw .malformed(path: reader.path, expected: "the size of an array", found: "\(head.size)")
        }
        let name = try MATTag(reader, at: axes.next)
        head.name = try reader.text(at: name.start, count: name.count)
        head.place = name.next
        return head
    }

    private func value(at place: Int, depth: Int) throws(SignalError) -> (value: MATValue, next: Int) {
        let tag = try MATTag(reader, at: place)
        guard tag.type == 14 else {
            throw .malformed(path: reader.path, expected: "an array inside another", found: "type \(tag.type)")
        }
        if tag.count == 0 {
            return (
                .numbers(
                    MATNumbers(
                        size: [0, 0], kind: "double", isComplex: false, number: .float64,
                        order: reader.order, bytes: Data())), tag.next
            )
        }
        return (try content(try head(tag), depth: depth), tag.next)
    }

    private func content(_ head: Head, depth: Int) throws(SignalError) -> MATValue {
        guard depth < Self.deepest else {
            throw .unsupported(path: reader.path, what: "its structures are nested more than \(Self.deepest) deep")
        }
        switch head.kind {
        case "cell": return .cells(size: head.size, try values(head, head.place, head.size.reduce(1, *), depth))
        case "struct", "object": return try structure(head, depth)
        case "char": return .text(try text(head))
        case "sparse", "function", "opaque": return .other(head.kind)
        default: return .numbers(try numbers(head))
        }
    }

    private func values(_ head: Head, _ start: Int, _ count: Int, _ depth: Int) throws(SignalError) -> [MATValue] {
        // Each takes eight bytes at least, so a lying count ends at the end of the array.
        guard count <= (head.end - start) / 8 else {
            throw .truncated(path: reader.path, expected: start + 8 * count, found: head.end)
        }
        try budget.take(count * Self.bytesPerValue, reader.path)
        var (place, values) = (start, [MATValue]())
        for _ in 0..<count {
            let (value, next) = try value(at: place, depth: depth + 1)
            values.append(value)
            place = next
        }
        return values
    }

    private func structure(_ head: Head, _ depth: Int) throws(SignalError) -> MATValue {
        var place = head.place
        if head.kind == "object" { place = try MATTag(reader, at: place).next }  // the class's name
        let width = try MATTag(reader, at: place)
        let length = Int(try reader.integer(at: width.start, as: Int32.self))
        let names = try MATTag(reader, at: width.next)
        guard length > 0, names.count % length == 0, names.start + names.count <= head.end else {
            throw .malformed(path: reader.path, expected: "names of fields", found: "\(names.count) bytes by \(length)")
        }
        var fields: [String] = []
        for n in 0..<names.count / length {
            fields.append(try reader.text(at: names.start + n * length, count: length))
        }
        let (count, overflow) = head.size.reduce(1, *).multipliedReportingOverflow(by: fields.count)
        guard !overflow else { throw .malformed(path: reader.path, expected: "a structure", found: "\(head.size)") }
        let values = try values(head, names.next, count, depth)
        return .structure(MATStructure(size: head.size, fields: fields, values: values))
    }

    private func numbers(_ head: Head) throws(SignalError) -> MATNumbers {
        let tag = try MATTag(reader, at: head.place)
        let count = head.size.reduce(1, *)
        guard let number = Self.number(tag.type) else {
            throw .malformed(path: reader.path, expected: "numbers", found: "an element of type \(tag.type)")
        }
        guard count <= tag.count / number.bytes, tag.start + tag.count <= reader.count else {
            throw .truncated(path: reader.path, expected: tag.start + count * number.bytes, found: reader.count)
        }
        return MATNumbers(
            size: head.size, kind: head.isLogical ? "logical" : head.kind, isComplex: head.isComplex, number: number,
            order: reader.order, bytes: try reader.slice(from: tag.start, count: count * number.bytes))
    }

    private static func number(_ type: Int) -> StoredNumber? {
        let types: [Int: StoredNumber] = [
            1: .int8, 2: .uint8, 3: .int16, 4: .uint16, 5: .int32, 6: .uint32, 7: .float32, 9: .float64, 12: .int64,
            13: .uint64, 16: .uint8, 17: .uint16, 18: .uint32,
        ]
        return types[type]
    }

    /// Characters run down the columns; each row is a text.
    private func text(_ head: Head) throws(SignalError) -> [String] {
        let rows = head.size.first ?? 0
        let columns = head.size.dropFirst().reduce(1, *)
        guard rows > 0, columns > 0 else { return [] }
        let tag = try MATTag(reader, at: head.place)
        if tag.type == 16, rows == 1 { return [try reader.text(at: tag.start, count: tag.count)] }
        let codes = try numbers(head).values()
        return (0..<rows).map { row in
            let units = (0..<columns).map { UInt16(clamping: Int(codes[row + rows * $0])) }
            return String(decoding: units, as: UTF16.self).trimmingBlanks
        }
    }
}
