import BrainData
import Foundation

/// Segments one case after the other: while the network works on a case, the last is written, and the next is read if there is
/// memory for it.
struct SegmentationQueue {
    let run: SegmentationRun
    let todo: [(tumour: TumourCase, outputs: SegmentationRun.Outputs)]

    /// Does all cases; a lone one that fails throws, of several each failure is told.
    ///
    /// - Returns: how many failed.
    func work() throws -> Int {
        var failed = 0
        var next = reading(0)
        var last: (number: Int, written: Background<Void>)?
        for number in todo.indices {
            let prepared = next
            next = reading(number + 1)
            let answered = try outcome(number, &failed) {
                try prepared.map { try run.answered(try $0(), title: title(number)) }
            }
            if let last { try finish(last, &failed) }
            last = nil
            guard let answered, let answered else { continue }
            let outputs = todo[number].outputs
            last = (number, Background { [run] in try run.write(answered, into: outputs) })
        }
        if let last { try finish(last, &failed) }
        return failed
    }

    /// What gives the case of that number, once it is read.
    private func reading(_ number: Int) -> (() throws -> SegmentationRun.Prepared)? {
        guard number < todo.count else { return nil }
        let (tumour, outputs) = todo[number]
        guard number == 0 || run.fitsBeside(tumour) else { return { try run.prepared(tumour, for: outputs) } }
        let ahead = Background { [run] in try run.prepared(tumour, for: outputs) }
        return { try ahead.value() }
    }

    private func finish(_ last: (number: Int, written: Background<Void>), _ failed: inout Int) throws {
        guard try outcome(last.number, &failed, { try last.written.value() }) != nil else { return }
        Console.result(todo[last.number].outputs.labels.path)
    }

    private func title(_ number: Int) -> String { todo.count > 1 ? "\(number + 1)/\(todo.count) " : "" }

    /// The answer of `body`, or nil and one failure more.
    private func outcome<Answer>(_ number: Int, _ failed: inout Int, _ body: () throws -> Answer) throws -> Answer? {
        do { return try body() } catch {
            guard todo.count > 1, let failure = Failure(error) else { throw error }
            Console.error("\(todo[number].tumour.name): \(failure.sentence)")
            failed += 1
            return nil
        }
    }
}
