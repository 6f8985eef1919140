import Foundation
import Synchronization

/// Makes values in order, a few ahead of their use, on one thread of its own: beside the engine, and never more than it needs.
///
/// The thread ends when the prefetcher goes, after the value that it is at.
final class Prefetcher<Value: Sendable>: Sendable {
    private final class Queue: Sendable {
        let ready = Mutex<[Result<Value, any Error>]>([])
        let free = DispatchSemaphore(value: 0)
        let filled = DispatchSemaphore(value: 0)
        let isOver = Atomic(false)

        // Counted up and not started there: a semaphore may not end below its first value.
        init(ahead: Int) { for _ in 0..<ahead { free.signal() } }
    }

    private let queue: Queue

    /// Starts making values, number `first` first.
    ///
    /// - Parameter ahead: values that wait for their use at most.
    init(from first: Int, ahead: Int = 4, _ make: @escaping @Sendable (Int) throws -> Value) {
        let queue = Queue(ahead: ahead)
        self.queue = queue
        let thread = Thread {
            var index = first
            while true {
                queue.free.wait()
                guard !queue.isOver.load(ordering: .acquiring) else { return }
                let value = Result { try make(index) }
                queue.ready.withLock { $0.append(value) }
                queue.filled.signal()
                index += 1
            }
        }
        thread.name = "brainkit-patches"
        thread.start()
    }

    deinit {
        queue.isOver.store(true, ordering: .releasing)
        queue.free.signal()
    }

    /// The next value, waiting for it where it is not made yet, or the error of making it.
    func next() throws -> Value {
        queue.filled.wait()
        let value = queue.ready.withLock { $0.removeFirst() }
        queue.free.signal()
        return try value.get()
    }
}
