/// What a pickle describes. Containers are numbers of places in ``PickleObjects``: a pickle may put one into itself, and
/// nothing here is then kept alive forever, nor taken down level by level.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case string(String)
    /// A value that no tensor depends on: a floating-point number, bytes, a huge integer, the name of a type.
    case other
    case sequence(Int)
    case dictionary(Int)
    case callable(PickleCallable)
    case storageType(ElementType)
    case storage(Int)
    case tensor(Int)

    /// What it is, for a sentence.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool, .integer, .other: "a plain value"
        case .string: "a text"
        case .sequence: "a list or tuple"
        case .dictionary: "a dictionary"
        case .callable, .storageType: "a class"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }
}

/// The functions that a pickle may ask for. Each is done here; none is looked up by its name anywhere.
enum PickleCallable {
    case orderedDictionary, size, set, rebuildTensor, rebuildParameter

    /// The short list of everything from Python that a checkpoint may name, without which it is refused.
    static func named(_ module: String, _ name: String) throws(FileFault) -> PickleValue {
        switch (module, name) {
        case ("collections", "OrderedDict"): return .callable(.orderedDictionary)
        case ("torch", "Size"): return .callable(.size)
        case ("builtins", "set"), ("__builtin__", "set"), ("builtins", "frozenset"), ("__builtin__", "frozenset"):
            return .callable(.set)
        case ("torch._utils", "_rebuild_tensor_v2"): return .callable(.rebuildTensor)
        case ("torch._utils", "_rebuild_parameter"): return .callable(.rebuildParameter)
        case ("torch.storage", "UntypedStorage"): return .storageType(.uint8)
        case ("torch.storage", "TypedStorage"): return .other
        case ("torch", _):
            if let type = ElementType(storage: name) { return .storageType(type) }
            if typeNames.contains(name) { return .other }
        default: break
        }
        throw FileFault(
            "it asks for \(quoted(module + "." + name)), which is not needed to describe tensors; nothing was run. "
                + "Save the weights alone: torch.save(model.state_dict(), path)")
    }

    private static let typeNames: Set = [
        "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "float",
        "double",
        "half", "long", "int", "short",
    ]
}

extension ElementType {
    /// The type of the numbers in one of PyTorch's storage classes.
    fileprivate init?(storage name: String) {
        switch name {
        case "FloatStorage": self = .float32
        case "DoubleStorage": self = .float64
        case "HalfStorage": self = .float16
        case "BFloat16Storage": self = .bfloat16
        case "LongStorage": self = .int64
        case "IntStorage": self = .int32
        case "ShortStorage": self = .int16
        case "CharStorage": self = .int8
        case "ByteStorage": self = .uint8
        case "BoolStorage": self = .bool
        default: return nil
        }
    }
}

/// The containers and tensors of one pickle.
struct PickleObjects {
    /// Numbers that lie in a record of the archive, `data/<key>`.
    struct Storage {
        let type: ElementType
        let key: String
        let count: Int
    }

    struct Tensor {
        let storage: Storage
        let layout: StridedLayout
    }

    var sequences: [[PickleValue]] = []
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [Storage] = []
    var tensors: [Tensor] = []

    mutating func add(sequence: [PickleValue]) -> PickleValue {
        sequences.append(sequence)
        return .sequence(sequences.count - 1)
    }

    mutating func addDictionary() -> PickleValue {
        dictionaries.append([])
        return .dictionary(dictionaries.count - 1)
    }

    /// Refuses what holds itself, or lies deeper than any checkpoint: what follows may then walk without counting.
    func checkNesting(of top: PickleValue) throws(FileFault) {
        enum State: UInt8 { case fresh, open, done }
        var lists = Array(repeating: State.fresh, count: sequences.count)
        var maps = Array(repeating: State.fresh, count: dictionaries.count)
        func walk(_ value: PickleValue, _ depth: Int) throws(FileFault) {
            let state: State
            switch value {
            case .sequence(let index): state = lists[index]
            case .dictionary(let index): state = maps[index]
            default: return
            }
            if state == .done { return }
            guard state == .fresh else { throw FileFault("its pickle holds a container that holds itself") }
            guard depth < 100 else { throw FileFault("its pickle nests containers more than 100 deep") }
            if case .sequence(let index) = value {
                lists[index] = .open
                for element in sequences[index] { try walk(element, depth + 1) }
                lists[index] = .done
            } else if case .dictionary(let index) = value {
                maps[index] = .open
                for (key, element) in dictionaries[index] {
                    try walk(key, depth + 1)
                    try walk(element, depth + 1)
                }
                maps[index] = .done
            }
        }
        try walk(top, 0)
    }
}
