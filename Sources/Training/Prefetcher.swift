import Foundation
import Synchronization

/// Prepares the next value while the engine works on the last one.
struct Prefetcher<Value: Sendable> {
    private final class Slot: Sendable {
        private let value = Mutex<Value?>(nil)
        private let arrived = DispatchSemaphore(value: 0)

        func put(_ new: Value) {
            value.withLock { $0 = new }
            arrived.signal()
        }

        func take() -> Value {
            arrived.wait()
            guard let taken = value.withLock({ $0 }) else { preconditionFailure("a slot was signalled and is empty") }
            return taken
        }
    }

    private let make: @Sendable (Int) -> Value
    private var index: Int
    private var pending: Slot

    /// Starts making value number `first`.
    init(from first: Int, _ make: @escaping @Sendable (Int) -> Value) {
        (self.make, index) = (make, first)
        pending = Self.start(first, make)
    }

    /// The next value; the one after it is started.
    mutating func next() -> Value {
        let value = pending.take()
        index += 1
        pending = Self.start(index, make)
        return value
    }

    private static func start(_ index: Int, _ make: @escaping @Sendable (Int) -> Value) -> Slot {
        let slot = Slot()
        DispatchQueue.global(qos: .userInitiated).async { slot.put(make(index)) }
        return slot
    }
}
