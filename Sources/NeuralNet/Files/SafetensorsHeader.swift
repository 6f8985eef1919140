/// The table of contents of a safetensors file, as it says itself.
///
/// Only the one shape of JSON that the format knows is read, so that a name that occurs twice, a negative or a
/// fractional number is an error rather than whatever a general reader makes of it.
struct SafetensorsHeader {
    struct Tensor {
        let entry: TensorEntry
        let range: Range<Int>
    }

    private(set) var tensors: [String: Tensor] = [:]
    private(set) var metadata: [String: String] = [:]

    init(_ json: UnsafeRawBufferPointer) throws(FileFault) {
        var scanner = HeaderScanner(json)
        var metadataSeen = false
        try scanner.object { (scanner: inout HeaderScanner, name: String) throws(FileFault) in
            if name == "__metadata__" {
                guard !metadataSeen else { throw FileFault("\"__metadata__\" occurs twice") }
                metadataSeen = true
                metadata = try SafetensorsHeader.metadata(&scanner)
                return
            }
            guard tensors[name] == nil else { throw FileFault("the tensor \(quoted(name)) occurs twice") }
            do throws(FileFault) { tensors[name] = try SafetensorsHeader.tensor(&scanner) } catch {
                throw FileFault("tensor \(quoted(name)): " + error.why)
            }
        }
        try scanner.end()
    }

    private static func metadata(_ scanner: inout HeaderScanner) throws(FileFault) -> [String: String] {
        var metadata: [String: String] = [:]
        try scanner.object { (scanner: inout HeaderScanner, key: String) throws(FileFault) in
            guard metadata[key] == nil else { throw FileFault("the note \(quoted(key)) occurs twice") }
            metadata[key] = try scanner.string()
        }
        return metadata
    }

    private static func tensor(_ scanner: inout HeaderScanner) throws(FileFault) -> Tensor {
        var type: ElementType?, shape: [Int]?, offsets: [Int]?
        try scanner.object { (scanner: inout HeaderScanner, key: String) throws(FileFault) in
            switch key {
            case "dtype" where type == nil:
                let name = try scanner.string()
                guard let known = ElementType(safetensors: name) else {
                    throw FileFault("the type \(quoted(name)) is none of \(ElementType.allSafetensors)")
                }
                type = known
            case "shape" where shape == nil: shape = try scanner.numbers()
            case "data_offsets" where offsets == nil: offsets = try scanner.numbers()
            default: throw FileFault("the field \(quoted(key)) is unknown or occurs twice")
            }
        }
        guard let type, let shape, let offsets else {
            throw FileFault("expected dtype, shape and data_offsets, found fewer")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw FileFault("expected data_offsets [begin, end], found \(offsets.prefix(4))")
        }
        return Tensor(entry: TensorEntry(type: type, shape: shape), range: offsets[0]..<offsets[1])
    }
}

extension ElementType {
    /// The format's own names, in the order in which its first library lays the types into a file.
    private static let safetensorsNames: [(ElementType, String)] = [
        (.int64, "I64"), (.float64, "F64"), (.float32, "F32"), (.int32, "I32"), (.bfloat16, "BF16"), (.float16, "F16"),
        (.int16, "I16"), (.int8, "I8"), (.uint8, "U8"), (.bool, "BOOL"),
    ]

    init?(safetensors name: String) {
        guard let found = ElementType.safetensorsNames.first(where: { $0.1 == name }) else { return nil }
        self = found.0
    }

    static var allSafetensors: String { safetensorsNames.map(\.1).joined(separator: ", ") }

    /// The type's name in a safetensors file, and its place in the order of tensors: wide numbers first.
    var safetensors: (rank: Int, name: String) {
        let rank = ElementType.safetensorsNames.firstIndex { $0.0 == self } ?? 0
        return (rank, ElementType.safetensorsNames[rank].1)
    }
}
