/// Reads the little JSON that stands before the numbers of a safetensors file: objects, strings, lists of whole numbers.
struct HeaderScanner {
    private let json: UnsafeRawBufferPointer
    private var position = 0

    init(_ json: UnsafeRawBufferPointer) { self.json = json }

    /// An object; `member` reads the value that follows each key.
    mutating func object(
        _ member: (inout HeaderScanner, String) throws(FileFault) -> Void
    ) throws(FileFault) {
        try expect("{")
        if skip("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while skip(",")
        try expect("}")
    }

    /// A list of whole numbers of 0 or more.
    mutating func numbers() throws(FileFault) -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        if skip("]") { return numbers }
        repeat { numbers.append(try number()) } while skip(",")
        try expect("]")
        return numbers
    }

    /// Only blanks may follow.
    mutating func end() throws(FileFault) {
        guard peek() == nil else { throw unexpected("the end of the header") }
    }

    mutating func string() throws(FileFault) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < json.count {
            let byte = json[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw FileFault("the text before byte \(position) of the header is no UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape().utf8)
            case 0..<32: throw FileFault("a text of the header holds the control character \(byte)")
            default: text.append(byte)
            }
        }
        throw FileFault("a text of the header does not end")
    }

    private mutating func number() throws(FileFault) -> Int {
        guard let first = peek(), (48...57).contains(first) else { throw unexpected("a whole number of 0 or more") }
        var value = 0
        let start = position
        while position < json.count, (48...57).contains(json[position]) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(Int(json[position]) - 48)
            guard !overflow, !carried else { throw FileFault("a number of the header needs more than 63 bits") }
            value = sum
            position += 1
        }
        guard first != 48 || position == start + 1 else { throw FileFault("a number of the header begins with 0") }
        return value
    }

    private mutating func escape() throws(FileFault) -> String {
        guard position < json.count else { throw FileFault("a text of the header does not end") }
        position += 1
        switch json[position - 1] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw FileFault("a text of the header holds an unknown escape")
        }
    }

    /// The four hexadecimal digits of an escape, or the eight of a surrogate pair.
    private mutating func unicode() throws(FileFault) -> String {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), json.count - position >= 2, json[position] == UInt8(ascii: "\\"),
            json[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw FileFault("a text of the header holds half a surrogate pair")
        }
        return text
    }

    private mutating func codeUnit() throws(FileFault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < json.count, let digit = Character(UnicodeScalar(json[position])).hexDigitValue else {
                throw FileFault("a text of the header holds an unfinished escape")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// The next byte that is no blank.
    private mutating func peek() -> UInt8? {
        while position < json.count, [32, 9, 10, 13].contains(json[position]) { position += 1 }
        return position < json.count ? json[position] : nil
    }

    private mutating func skip(_ wanted: UnicodeScalar) -> Bool {
        guard peek() == UInt8(ascii: wanted) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ wanted: UnicodeScalar) throws(FileFault) {
        guard skip(wanted) else { throw unexpected("\"\(wanted)\"") }
    }

    private mutating func unexpected(_ wanted: String) -> FileFault {
        let found = peek().map { quoted(String(UnicodeScalar($0))) } ?? "its end"
        return FileFault("expected \(wanted) at byte \(position) of the header, found \(found)")
    }
}
