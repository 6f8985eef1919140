/// What stands before the numbers of a `.npy` file: their type, byte order, axis order and shape.
///
/// The header is a Python dictionary written out as text. Only the three entries of the format are read, by their own
/// grammar; nothing is evaluated.
struct NumPyHeader {
    let entry: TensorEntry
    let firstAxisFastest: Bool
    let mostSignificantFirst: Bool

    /// - Parameter file: the whole file; afterwards stands at the first number.
    init(_ file: inout ByteCursor) throws(FileFault) {
        guard file.remaining >= 10, try file.take(6).elementsEqual([0x93] + Array("NUMPY".utf8)) else {
            throw FileFault("it does not begin like a .npy file")
        }
        let version = try file.number(UInt8.self)
        _ = try file.number(UInt8.self)
        let length: Int
        switch version {
        case 1: length = Int(try file.number(UInt16.self))
        case 2, 3: length = Int(try file.number(UInt32.self))
        default: throw FileFault("expected version 1, 2 or 3 of the .npy format, found \(version)")
        }
        guard length <= 65536 else { throw FileFault("expected a header of at most 65536 bytes, found \(length)") }
        guard let text = String(validating: try file.take(length), as: UTF8.self) else {
            throw FileFault("its header is no text")
        }
        var literal = PythonLiteral(text)
        let fields = try literal.dictionary()
        guard case .text(let descr)? = fields["descr"] else {
            throw FileFault("expected one type for all numbers, found a record of several or none")
        }
        guard case .truth(let fortran)? = fields["fortran_order"], case .numbers(let shape)? = fields["shape"],
            fields.count == 3
        else { throw FileFault("expected the entries descr, fortran_order and shape, found others") }
        entry = TensorEntry(type: try NumPyHeader.type(descr), shape: shape)
        firstAxisFastest = fortran
        mostSignificantFirst = descr.hasPrefix(">")
    }

    private static func type(_ descr: String) throws(FileFault) -> ElementType {
        if descr.dropFirst().first == "O" {
            throw FileFault("it holds Python objects, which would have to run; save numbers")
        }
        guard let order = descr.first, "<>|=".contains(order),
            let found = ElementType.numPyNames.first(where: { $0.1 == descr.dropFirst() })
        else {
            let known = ElementType.numPyNames.map(\.1).joined(separator: ", ")
            throw FileFault("the type \(quoted(descr)) is none of \(known); convert it with astype")
        }
        return found.0
    }

    /// The bytes before the numbers of an array with the last axis fastest: version 1, a multiple of 64.
    static func bytes(for entry: TensorEntry) throws(FileFault) -> [UInt8] {
        guard let name = ElementType.numPyNames.first(where: { $0.0 == entry.type })?.1 else {
            throw FileFault("NumPy has no type \(entry.type); convert the tensor to float32 first")
        }
        let sizes = entry.shape.map(String.init).joined(separator: ", ")
        let shape = entry.shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
        let order = entry.type.bytes == 1 ? "|" : "<"
        var text = Array("{'descr': '\(order)\(name)', 'fortran_order': False, 'shape': \(shape), }".utf8)
        text += Array(repeating: UInt8(ascii: " "), count: (64 - (10 + text.count + 1) % 64) % 64)
        text.append(UInt8(ascii: "\n"))
        guard let length = UInt16(exactly: text.count) else { throw FileFault("its shape has too many axes") }
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + withUnsafeBytes(of: length.littleEndian, Array.init) + text
    }
}

extension ElementType {
    fileprivate static let numPyNames: [(ElementType, String)] = [
        (.float32, "f4"), (.float64, "f8"), (.float16, "f2"), (.int64, "i8"), (.int32, "i4"), (.int16, "i2"),
        (.int8, "i1"), (.uint8, "u1"), (.bool, "b1"),
    ]
}

/// The corner of Python's grammar that headers of `.npy` files use.
private struct PythonLiteral {
    enum Value {
        case text(String), truth(Bool), numbers([Int])
        /// A list, which describes a record; its content is of no use here.
        case record
    }

    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func dictionary() throws(FileFault) -> [String: Value] {
        var fields: [String: Value] = [:]
        try expect("{")
        while !skip("}") {
            let key = try text()
            try expect(":")
            let value = try value()
            guard fields.updateValue(value, forKey: key) == nil else {
                throw FileFault("the entry \(quoted(key)) of its header occurs twice")
            }
            if case .record = value { return fields }
            if !skip(",") {
                try expect("}")
                break
            }
        }
        guard rest.allSatisfy(\.isWhitespace) else { throw FileFault("its header goes on after its end") }
        return fields
    }

    private mutating func value() throws(FileFault) -> Value {
        blanks()
        switch rest.first {
        case "'", "\"": return .text(try text())
        case "(": return .numbers(try numbers())
        case "[": return .record
        default:
            for (word, truth) in [("True", true), ("False", false)] where rest.hasPrefix(word) {
                rest.removeFirst(word.count)
                return .truth(truth)
            }
            throw unexpected("a value")
        }
    }

    private mutating func text() throws(FileFault) -> String {
        blanks()
        guard let quote = rest.first, "'\"".contains(quote), let end = rest.dropFirst().firstIndex(of: quote) else {
            throw unexpected("a text")
        }
        let text = rest[rest.index(after: rest.startIndex)..<end]
        guard !text.contains("\\") else { throw FileFault("a text of its header holds an escape") }
        rest = rest[rest.index(after: end)...]
        return String(text)
    }

    private mutating func numbers() throws(FileFault) -> [Int] {
        var numbers: [Int] = []
        try expect("(")
        while !skip(")") {
            blanks()
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits) else { throw unexpected("a size of 0 or more with at most 63 bits") }
            numbers.append(number)
            rest = rest[digits.endIndex...]
            // Python 2 wrote long numbers with an L.
            if rest.first == "L" { rest.removeFirst() }
            if !skip(",") {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private mutating func blanks() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func skip(_ wanted: Character) -> Bool {
        blanks()
        guard rest.first == wanted else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func expect(_ wanted: Character) throws(FileFault) {
        guard skip(wanted) else { throw unexpected("\"\(wanted)\"") }
    }

    private func unexpected(_ wanted: String) -> FileFault {
        FileFault("expected \(wanted) in its header, found \(quoted(String(rest.prefix(12))))")
    }
}
