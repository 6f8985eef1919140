internal import Dispatch

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
