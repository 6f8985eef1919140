/// The dictionary of tensors inside whatever a training script saved.
struct StateDict {
    private(set) var tensors: [String: PickleObjects.Tensor] = [:]
    /// The key under which the dictionary lies; empty if the file holds nothing else.
    let place: String
    /// What stood before every name, and was taken off.
    private(set) var prefix = ""
    /// Keys beside the tensors, or beside their dictionary, that were not used.
    private(set) var ignored: [String] = []

    /// Keys under which training scripts of the field put a state dict, the plainest first.
    private static let usualPlaces = [
        "state_dict", "model_state_dict", "model", "network_weights", "net", "network", "weights",
    ]

    init(in top: PickleValue, _ objects: PickleObjects) throws(FileFault) {
        guard case .dictionary(let root) = top else {
            throw FileFault("expected a dictionary of tensors, found \(top.kind); save model.state_dict()")
        }
        let index: Int
        (place, index) = try StateDict.find(root, objects)
        if !place.isEmpty { ignored = objects.keys(of: root).filter { $0 != place } }
        for (key, value) in objects.dictionaries[index] {
            guard case .string(let name) = key, case .tensor(let tensor) = value else {
                ignored.append(objects.text(key))
                continue
            }
            guard tensors.updateValue(objects.tensors[tensor], forKey: name) == nil else {
                throw FileFault("the tensor \(quoted(name)) occurs twice")
            }
        }
        // DataParallel and torch.compile wrap a network in another, and so its names.
        while let wrapper = ["module.", "_orig_mod."].first(where: { wrapper in
            tensors.keys.allSatisfy { $0.hasPrefix(wrapper) }
        }) {
            tensors = Dictionary(
                tensors.map { (String($0.key.dropFirst(wrapper.count)), $0.value) },
                uniquingKeysWith: { first, _ in first })
            prefix += wrapper
        }
    }

    private static func find(_ root: Int, _ objects: PickleObjects) throws(FileFault) -> (place: String, index: Int) {
        var nested: [(place: String, index: Int)] = []
        for (key, value) in objects.dictionaries[root] {
            if case .string(let key) = key, case .dictionary(let index) = value, objects.holdsTensors(index) {
                nested.append((key, index))
            }
        }
        for place in usualPlaces {
            if let found = nested.first(where: { $0.place == place }) { return found }
        }
        if objects.holdsTensors(root) { return ("", root) }
        nested.removeAll { $0.place.hasPrefix("optim") }
        guard let only = nested.first, nested.count == 1 else {
            let keys = (nested.isEmpty ? objects.keys(of: root) : nested.map(\.place)).prefix(8).map(quoted)
            throw FileFault(
                (nested.isEmpty ? "no dictionary of tensors is in it" : "it holds several dictionaries of tensors")
                    + "; its keys are \(keys.joined(separator: ", ")). Save one: torch.save(model.state_dict(), path)")
        }
        return only
    }
}

extension PickleObjects {
    fileprivate func holdsTensors(_ dictionary: Int) -> Bool {
        dictionaries[dictionary].contains { item in
            if case (.string, .tensor) = item { true } else { false }
        }
    }

    fileprivate func keys(of dictionary: Int) -> [String] { dictionaries[dictionary].map { text($0.key) } }

    fileprivate func text(_ key: PickleValue) -> String {
        switch key {
        case .string(let text): text
        case .integer(let number): String(number)
        default: key.kind
        }
    }
}
