internal import Dispatch
internal import Synchronization

/// Runs `body` once for every index below `count`, spread over the processor's cores in contiguous slabs.
///
/// `body` must write to places of its own for each index.
func inParallel(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let slabs = min(count, 32)
    guard slabs > 1 else {
        for index in 0..<max(count, 0) { body(index) }
        return
    }
    DispatchQueue.concurrentPerform(iterations: slabs) { slab in
        for index in count * slab / slabs..<count * (slab + 1) / slabs { body(index) }
    }
}

/// An array whose elements `fill` sets, every one, through a pointer that may be shared between threads.
func filledArray<Element>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void
) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
        if let start = buffer.baseAddress, count > 0 { fill(start) }
        initialised = count
    }
}

extension Collection where Element: Sendable {
    /// The answers of `body` to all elements, in their order, worked on side by side.
    ///
    /// - Throws: the failure of the first element that has one.
    public func mappedConcurrently<Answer: Sendable>(
        _ body: @Sendable (Element) throws(ImagingError) -> Answer
    ) throws(ImagingError) -> [Answer] {
        let elements = Array(self)
        let answers = Mutex([Result<Answer, ImagingError>?](repeating: nil, count: elements.count))
        DispatchQueue.concurrentPerform(iterations: elements.count) { n in
            let answer = Result { () throws(ImagingError) in try body(elements[n]) }
            answers.withLock { $0[n] = answer }
        }
        var ready: [Answer] = []
        for case let answer? in answers.withLock({ $0 }) { ready.append(try answer.get()) }
        return ready
    }
}
