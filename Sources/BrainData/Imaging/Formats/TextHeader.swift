import Foundation

/// The lines of text at the beginning of an NRRD or MetaImage file: fields by name, and where they end.
struct TextHeader {
    /// Values by field, the field's name in lower case without blanks.
    private(set) var fields: [String: String] = [:]
    /// Bytes up to the first one of the data.
    private(set) var length = 0
    let path: String

    /// - Parameters:
    ///   - separator: stands between a field and its value.
    ///   - skips: says of a line whether it holds no field.
    ///   - ends: says of a line whether it is the header's last.
    /// - Returns: whether the last line was found, and the header.
    static func read(
        _ beginning: Data, path: String, separator: Character, skips: (Substring) -> Bool, ends: (Substring) -> Bool
    ) throws(ImagingError) -> (isWhole: Bool, header: TextHeader) {
        var header = TextHeader(path: path)
        for bytes in beginning.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            header.length += bytes.count + 1
            if bytes.isEmpty, header.length > beginning.count { break }  // no line: the end of what there is
            let text = String(decoding: bytes, as: UTF8.self)
            let line = text[...].hasSuffix("\r") ? text.dropLast() : text[...]
            if !line.isEmpty, !skips(line) { try header.take(line, separator) }
            if ends(line) { return (true, header) }
        }
        return (false, header)
    }

    private mutating func take(_ line: Substring, _ separator: Character) throws(ImagingError) {
        guard let place = line.firstIndex(of: separator) else {
            throw .malformed(path: path, expected: "a line with “\(separator)”", found: "“\(line.prefix(60))”")
        }
        let name = line[..<place].lowercased().filter { !$0.isWhitespace }
        fields[name] = line[line.index(after: place)...].trimmingCharacters(in: .whitespaces)
    }

    /// The value of the first of these fields that is there.
    subscript(_ names: String...) -> String? { names.lazy.compactMap { fields[$0] }.first }

    func required(_ name: String) throws(ImagingError) -> String {
        guard let value = fields[name] else {
            throw .malformed(path: path, expected: "the field “\(name)”", found: "a header without it")
        }
        return value
    }

    /// Whole numbers with blanks between them; nil where something else is among them.
    static func integers(_ text: String) -> [Int]? {
        let words = text.split(whereSeparator: \.isWhitespace)
        let numbers = words.compactMap { Int($0) }
        return numbers.count == words.count ? numbers : nil
    }

    /// Numbers with blanks between them; nil where something else is among them.
    static func numbers(_ text: String) -> [Double]? {
        let words = text.split { $0.isWhitespace || $0 == "," }
        let numbers = words.compactMap { Double($0) }
        return numbers.count == words.count ? numbers : nil
    }
}

extension FileBytes {
    /// A file that a header names, which has to lie in the header's own folder.
    ///
    /// - Throws: ``ImagingError/unsupported(path:what:)`` if the name leads out of the folder.
    func sibling(_ name: String) throws(ImagingError) -> FileBytes {
        let plain = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        let leads = plain.contains { $0 == "/" || $0 == "\\" || $0 == "\0" }
        guard !plain.isEmpty, !leads, plain != ".", plain != ".." else {
            throw .unsupported(path: path, what: "its data file “\(name)” is not in the header's own folder")
        }
        return try FileBytes(url.deletingLastPathComponent().appendingPathComponent(plain))
    }
}

extension Affine {
    /// The same voxels in a world whose axes are turned about where `signs` is −1.
    func turned(_ signs: SIMD3<Double>) -> Affine {
        Affine(i: i * signs, j: j * signs, k: k * signs, origin: origin * signs)
    }

    /// From millimetres left, posterior and superior to right, anterior and superior, or back.
    static let leftPosterior = SIMD3<Double>(-1, -1, 1)

    /// Whether every number is finite and the axes span space.
    var placesVoxels: Bool { inverse != nil && length(origin).isFinite }
}
