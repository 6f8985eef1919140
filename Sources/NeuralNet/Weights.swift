import Foundation
import Synchronization

/// A place in a checkpoint, or in a network that is drawn afresh.
///
/// Subscripting steps inward and the dots come by themselves, so the code that builds a network spells the very names
/// that PyTorch's `state_dict()` prints:
///
///     weights["blocks"][0]["attn"].tensor("qkv.weight", shape: [144, 48])
///     // the tensor "blocks.0.attn.qkv.weight"
///
/// Every tensor that is taken is ticked off; ``finish(ignoring:)`` then names those that nobody wanted.
public struct Weights: Sendable {
    private let source: any WeightSource
    private let ledger: Ledger
    private let settings: Settings
    private let path: String

    /// The place called `name` inside this one.
    public subscript(name: String) -> Weights {
        Weights(source: source, ledger: ledger, settings: settings, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// The place of the element at `index` of a list of modules.
    public subscript(index: Int) -> Weights { self[String(index)] }

    /// Whether the tensors gather gradients.
    public var areTrainable: Bool { settings.trainable }

    /// What tensors are converted to.
    public var type: ElementType { settings.type }

    /// In what numbers kernels of our own multiply matrices; see ``forKernels``.
    public var products: ElementType { settings.products }

    /// The same place for a network with such kernels. Where bfloat16 is asked for on the processor, its tensors and
    /// maps stay in float32, and kernels round to bfloat16 what they multiply alone.
    public var forKernels: Weights {
        guard settings.type == .bfloat16, settings.device == .cpu, !settings.trainable else { return self }
        let settings = Settings(type: .float32, device: .cpu, trainable: false, products: .bfloat16)
        return Weights(source: source, ledger: ledger, settings: settings, path: path)
    }

    /// Takes the tensor called `name`.
    ///
    /// - Parameters:
    ///   - shape: the shape that the module needs; it is the only place that declares it.
    ///   - start: how the tensor is drawn where there is no checkpoint.
    ///   - fixed: a tensor that is stored and never trained, such as a mask.
    /// - Throws: ``NetworkError/missingWeight(name:similar:)`` or ``NetworkError/weightShape(name:declared:found:)``.
    public func tensor(
        _ name: String, shape: [Int], start: Start = .zeros, fixed: Bool = false
    ) throws(NetworkError) -> Tensor {
        let name = self[name].path
        var tensor = try source.take(name, shape: shape, start: start)
            .converted(to: settings.type).moved(to: settings.device)
        let isTrained = settings.trainable && !fixed && settings.adaptation.trains(name)
        if isTrained { tensor = try tensor.parameter() }
        ledger.record(name, tensor, trained: isTrained)
        return tensor
    }

    /// Whether tensors of this place gather gradients, or the whole network is only used.
    var areFrozen: Bool { settings.trainable && !settings.adaptation.trains(path) }

    /// Factors to be trained beside the frozen matrix `weight` of this place; nil where the adaptation wants none.
    func factors(from input: Int, to output: Int) throws(NetworkError) -> LowRankFactors? {
        guard areFrozen, let rank = settings.adaptation.rank else { return nil }
        let draw = DrawSource(seed: settings.adaptation.seed), name = self["weight"].path
        func factor(_ ending: String, _ shape: [Int], _ start: Start) throws(NetworkError) -> Tensor {
            let tensor = try draw.take(name + ending, shape: shape, start: start)
                .converted(to: settings.type).moved(to: settings.device).parameter()
            ledger.record(name + ending, tensor, trained: true)
            return tensor
        }
        let down = try factor(
            LowRankFactors.down, [rank, input], .uniform(bound: 1 / Float(input).squareRoot()))
        return LowRankFactors(downwards: down, upwards: try factor(LowRankFactors.up, [output, rank], .zeros))
    }

    /// Checks that every tensor of the checkpoint was taken.
    ///
    /// - Parameter ignoring: parts of names that a model is known to leave unread.
    /// - Throws: ``NetworkError/unusedWeights(_:)``.
    public func finish(ignoring: [String] = []) throws(NetworkError) {
        let taken = ledger.names.union(ledger.accepted)
        let unused = source.names.filter { name in
            !taken.contains(name) && !ignoring.contains { name.contains($0) }
        }
        guard unused.isEmpty else { throw .unusedWeights(unused.sorted()) }
    }

    /// Ticks off a tensor that checkpoints may hold and that nobody needs, such as a table of indices.
    public func accept(_ name: String) { ledger.accept(self[name].path) }

    /// The names that ``accept(_:)`` ticked off.
    public var accepted: Set<String> { ledger.accepted }

    /// Every tensor taken so far, in the order of taking: what a checkpoint saves, see ``merged()``.
    public var tensors: [(name: String, tensor: Tensor)] { ledger.entries.map { ($0.name, $0.tensor) } }

    /// The same with the factors of an ``Adaptation`` added to their matrices, so that nothing shows that there were any.
    public func merged() throws(NetworkError) -> [(name: String, tensor: Tensor)] {
        let all = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        return try tensors.filter { !LowRankFactors.names($0.name) }.map { (entry) throws(NetworkError) in
            guard let down = all[entry.name + LowRankFactors.down], let up = all[entry.name + LowRankFactors.up] else {
                return entry
            }
            return (entry.name, try entry.tensor + up.detached().matmul(down.detached()))
        }
    }
    /// The tensors among them that training changes.
    public var parameters: [(name: String, tensor: Tensor)] {
        ledger.entries.filter(\.trained).map { ($0.name, $0.tensor) }
    }
}

extension Weights {
    /// Reads from an open checkpoint.
    public init(
        _ file: any TensorFile, type: ElementType = .float32, device: Device = .cpu, trainable: Bool = false
    ) {
        self.init(
            source: FileSource(file: file), ledger: Ledger(),
            settings: Settings(type: type, device: device, trainable: trainable), path: "")
    }

    /// Starts a training from a checkpoint.
    ///
    /// - Parameters:
    ///   - drawn: modules, by the first part of their names, whose tensors are drawn from `seed` where the checkpoint has none or
    ///     ones of another shape; those of all other modules have to be there.
    public init(
        startingFrom file: any TensorFile, drawing drawn: Set<String>, seed: UInt64,
        adapting adaptation: Adaptation = .all
    ) {
        self.init(
            source: MixedSource(file: FileSource(file: file), draw: DrawSource(seed: seed), drawn: drawn),
            ledger: Ledger(),
            settings: Settings(type: .float32, device: .cpu, trainable: true, adaptation: adaptation), path: "")
    }

    /// Draws every tensor anew, the same ones for the same seed.
    public init(seed: UInt64, type: ElementType = .float32, device: Device = .cpu, trainable: Bool = false) {
        self.init(
            source: DrawSource(seed: seed), ledger: Ledger(),
            settings: Settings(type: type, device: device, trainable: trainable), path: "")
    }

    /// Gives every tensor its shape and zeros that take no memory: to learn what a network of any size wants.
    public static func outline() -> Weights {
        Weights(
            source: OutlineSource(), ledger: Ledger(),
            settings: Settings(type: .float32, device: .cpu, trainable: false), path: "")
    }

    /// How a tensor is drawn before training.
    public enum Start: Sendable {
        case zeros, ones
        case constant(Float)
        /// These very values, the last axis varying fastest.
        case values([Float])
        /// Evenly from `-bound ... bound`.
        case uniform(bound: Float)
        /// From a normal distribution around zero.
        case normal(deviation: Float)
        /// Rows of length 1 at right angles to each other, evenly among all directions; no more rows than columns.
        case orthonormal
    }

    private struct Settings {
        let type: ElementType, device: Device, trainable: Bool
        var products = ElementType.float32
        var adaptation = Adaptation.all
    }

    private final class Ledger: Sendable {
        struct Entry { let name: String, tensor: Tensor, trained: Bool }
        private let list = Mutex<[Entry]>([])
        private let others = Mutex<Set<String>>([])

        var entries: [Entry] { list.withLock { $0 } }
        var names: Set<String> { Set(entries.map(\.name)) }
        var accepted: Set<String> { others.withLock { $0 } }
        func accept(_ name: String) { others.withLock { _ = $0.insert(name) } }
        func record(_ name: String, _ tensor: Tensor, trained: Bool) {
            list.withLock { $0.append(Entry(name: name, tensor: tensor, trained: trained)) }
        }
    }
}

private protocol WeightSource: Sendable {
    /// The names that a checkpoint holds; none where tensors are drawn.
    var names: [String] { get }
    func take(_ name: String, shape: [Int], start: Weights.Start) throws(NetworkError) -> Tensor
}

private struct FileSource: WeightSource {
    let file: any TensorFile
    var names: [String] { Array(file.entries.keys) }

    func take(_ name: String, shape: [Int], start: Weights.Start) throws(NetworkError) -> Tensor {
        guard let entry = file.entries[name] else {
            let last = name.split(separator: ".").suffix(2).joined(separator: ".")
            throw .missingWeight(
                name: name, similar: Array(file.entries.keys.filter { $0.hasSuffix(last) }.sorted().prefix(3)))
        }
        guard entry.shape == shape else { throw .weightShape(name: name, declared: shape, found: entry.shape) }
        return try Tensor(entry.type, shape: shape) { (bytes) throws(NetworkError) in try file.read(name, into: bytes) }
    }
}

/// A checkpoint, and modules that are drawn where it does not fit.
private struct MixedSource: WeightSource {
    let file: FileSource, draw: DrawSource
    let drawn: Set<String>
    var names: [String] { file.names.filter { !drawn.contains(Adaptation.module(of: $0)) } }

    func take(_ name: String, shape: [Int], start: Weights.Start) throws(NetworkError) -> Tensor {
        let fits = file.file.entries[name]?.shape == shape
        let isDrawn = !fits && drawn.contains(Adaptation.module(of: name))
        return try isDrawn
            ? draw.take(name, shape: shape, start: start) : file.take(name, shape: shape, start: start)
    }
}

/// One zero spread over every shape.
private struct OutlineSource: WeightSource {
    var names: [String] { [] }

    func take(_ name: String, shape: [Int], start: Weights.Start) throws(NetworkError) -> Tensor {
        try Tensor(repeating: 0, shape: shape.map { _ in 1 }).expanded(to: shape)
    }
}

/// Draws each tensor from the seed and its own name, so that adding a layer changes no other one.
private struct DrawSource: WeightSource {
    let seed: UInt64
    var names: [String] { [] }

    func take(_ name: String, shape: [Int], start: Weights.Start) throws(NetworkError) -> Tensor {
        var random = SplitMix(seed: seed, name: name)
        let count = shape.reduce(1, *)
        switch start {
        case .zeros: return try Tensor(repeating: 0, shape: shape)
        case .ones: return try Tensor(repeating: 1, shape: shape)
        case .constant(let value): return try Tensor(repeating: Double(value), shape: shape)
        case .values(let values): return try Tensor(values, shape: shape)
        case .uniform(let bound):
            return try Tensor((0..<count).map { _ in bound * Float(2 * random.uniform() - 1) }, shape: shape)
        case .normal(let deviation):
            return try Tensor((0..<count).map { _ in deviation * Float(random.normal()) }, shape: shape)
        case .orthonormal:
            return try Tensor(
                Self.orthonormal(rows: shape[0], columns: shape[1], &random).map(Float.init), shape: shape)
        }
    }

    /// Normal rows, each freed of those before it (Gram & Schmidt) and brought to length 1.
    private static func orthonormal(rows: Int, columns: Int, _ random: inout SplitMix) -> [Double] {
        precondition(rows <= columns, "\(rows) rows of \(columns) numbers cannot all be at right angles")
        var values: [Double] = []
        for n in 0..<rows {
            var row = (0..<columns).map { _ in random.normal() }
            for before in 0..<n {
                let other = values[before * columns..<(before + 1) * columns]
                let shared = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
                row = zip(row, other).map { $0 - shared * $1 }
            }
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            values += row.map { $0 / length }
        }
        return values
    }
}

extension SplitMix {
    /// A number drawn from the standard normal distribution (Box & Muller, 1958).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}
