extension PickleObjects {
    /// Does one of the few functions that a checkpoint may ask for.
    mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(FileFault) -> PickleValue {
        guard case .callable(let callable) = function, case .sequence(let index) = arguments else {
            throw FileFault("it calls \(function.kind)")
        }
        let arguments = sequences[index]
        switch (callable, arguments.count) {
        case (.orderedDictionary, 0): return addDictionary()
        case (.size, 1), (.set, 1):
            guard case .sequence = arguments[0] else { throw FileFault("expected a list, found \(arguments[0].kind)") }
            return arguments[0]
        case (.rebuildTensor, 6), (.rebuildTensor, 7): return try tensor(arguments)
        case (.rebuildParameter, 3):
            guard case .tensor = arguments[0] else { throw FileFault("expected a tensor, found \(arguments[0].kind)") }
            return arguments[0]
        default: throw FileFault("it calls \(callable) with \(arguments.count) arguments")
        }
    }

    /// A storage from its persistent name: `("storage", class, key, device, count)`.
    mutating func storage(_ name: PickleValue) throws(FileFault) -> PickleValue {
        guard case .sequence(let index) = name, sequences[index].count >= 5,
            case .string("storage") = sequences[index][0], case .storageType(let type) = sequences[index][1],
            case .string(let key) = sequences[index][2], case .integer(let count) = sequences[index][4], count >= 0
        else { throw FileFault("expected a storage with its type, name and size, found something else") }
        storages.append(Storage(type: type, key: key, count: count))
        return .storage(storages.count - 1)
    }

    /// A tensor from `(storage, offset, size, stride, gradients, hooks)`.
    private mutating func tensor(_ arguments: [PickleValue]) throws(FileFault) -> PickleValue {
        guard case .storage(let index) = arguments[0], case .integer(let offset) = arguments[1] else {
            throw FileFault("expected a tensor with its storage and offset, found \(arguments[0].kind)")
        }
        guard tensors.count < Unpickler.mostTensors else {
            throw FileFault("it has more than \(Unpickler.mostTensors) tensors")
        }
        let storage = storages[index]
        let entry = TensorEntry(type: storage.type, shape: try integers(arguments[2]))
        let layout = try StridedLayout(
            entry, strides: try integers(arguments[3]), offset: offset, available: storage.count)
        tensors.append(Tensor(storage: storage, layout: layout))
        return .tensor(tensors.count - 1)
    }

    private func integers(_ value: PickleValue) throws(FileFault) -> [Int] {
        guard case .sequence(let index) = value, sequences[index].count <= 64 else {
            throw FileFault("expected a size or stride of at most 64 axes, found \(value.kind)")
        }
        var integers: [Int] = []
        for element in sequences[index] {
            guard case .integer(let integer) = element else {
                throw FileFault("expected whole numbers in a size or stride, found \(element.kind)")
            }
            integers.append(integer)
        }
        return integers
    }
}
