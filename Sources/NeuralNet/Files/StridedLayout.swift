extension TensorEntry {
    /// The tensor's size, from numbers that a file made up.
    func checkedBytes() throws(FileFault) -> Int {
        guard shape.count <= 64 else { throw FileFault("expected at most 64 axes, found \(shape.count)") }
        var total = type.bytes
        for size in shape {
            guard size >= 0 else { throw FileFault("expected axes of 0 or more, found \(size) in shape \(shape)") }
            let (product, overflow) = total.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow else { throw FileFault("the shape \(shape) has more numbers than can be counted") }
            total = product
        }
        return shape.contains(0) ? 0 : total
    }
}

/// Where the numbers of a tensor lie inside a storage: at `offset + Σ index · stride`, counted in numbers.
struct StridedLayout {
    let entry: TensorEntry
    private let strides: [Int]
    private let offset: Int
    let bytes: Int

    /// - Parameter available: how many numbers the storage holds. A layout that reaches outside is refused.
    init(_ entry: TensorEntry, strides: [Int], offset: Int, available: Int) throws(FileFault) {
        guard strides.count == entry.shape.count else {
            throw FileFault("shape \(entry.shape) and strides \(strides) have different numbers of axes")
        }
        (self.entry, self.offset) = (entry, offset)
        // An axis of one index is never stepped along: its stride may be any number, and is not looked at.
        self.strides = zip(entry.shape, strides).map { size, stride in size > 1 ? stride : 0 }
        bytes = try entry.checkedBytes()
        guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
            throw FileFault("expected an offset and strides of 0 or more, found \(offset) and \(strides)")
        }
        if bytes == 0 { return }
        var last: Int? = offset
        for (size, stride) in zip(entry.shape, self.strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let sum = last?.addingReportingOverflow(reach)
            last = overflow || sum?.overflow ?? true ? nil : sum?.partialValue
        }
        guard let last, last < available else {
            throw FileFault(
                "shape \(entry.shape) with strides \(strides) from \(offset) reaches outside its storage of \(available)"
            )
        }
    }

    /// Strides of an array whose first axis varies fastest, as in Fortran.
    static func firstAxisFastest(_ shape: [Int]) -> [Int] {
        var strides: [Int] = []
        var step = 1
        for size in shape { strides.append(step); step *= max(size, 1) }
        return strides
    }

    private var isContiguous: Bool {
        var step = 1
        for (size, stride) in zip(entry.shape, strides).reversed() {
            if size > 1 && stride != step { return false }
            step *= size
        }
        return true
    }

    /// Copies the numbers out, the last axis varying fastest.
    func copy(from storage: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) {
        precondition(destination.count == bytes, "the destination does not have the tensor's size")
        if bytes == 0 { return }
        if isContiguous {
            let start = offset * entry.type.bytes
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<start + bytes]))
        } else {
            switch entry.type.bytes {
            case 1: gather(UInt8.self, from: storage, into: destination)
            case 2: gather(UInt16.self, from: storage, into: destination)
            case 4: gather(UInt32.self, from: storage, into: destination)
            default: gather(UInt64.self, from: storage, into: destination)
            }
        }
        if entry.type == .bool { destination.makeTruthValues() }
    }

    private func gather<Number: BitwiseCopyable>(
        _: Number.Type, from storage: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
    ) {
        let width = MemoryLayout<Number>.size
        // Not contiguous, so there is at least one axis.
        let inner = entry.shape[entry.shape.count - 1], step = strides[strides.count - 1]
        var index = Array(repeating: 0, count: entry.shape.count - 1)
        var row = offset
        for start in stride(from: 0, to: bytes, by: inner * width) {
            for i in 0..<inner {
                let number = storage.loadUnaligned(fromByteOffset: (row + i * step) * width, as: Number.self)
                destination.storeBytes(of: number, toByteOffset: start + i * width, as: Number.self)
            }
            for axis in index.indices.reversed() {
                index[axis] += 1
                row += strides[axis]
                if index[axis] < entry.shape[axis] { break }
                row -= strides[axis] * index[axis]
                index[axis] = 0
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Makes every byte 0 or 1: other bytes are no truth values, and a file may hold them.
    func makeTruthValues() {
        for index in indices where self[index] > 1 { self[index] = 1 }
    }
}
