/// Which subjects train a model and which judge it. The same subject never stands on both sides, and the same seed gives
/// the same split on every machine, whatever the order of the listing.
public struct Split: Sendable, Equatable, Codable {
    /// Subjects to learn from, in order.
    public let training: [String]
    /// Subjects to judge by, in order.
    public let validation: [String]

    /// The subjects in `validation` on one side, all others on the other.
    ///
    /// - Throws: ``ImagingError/layout(_:)`` where a name in `validation` is no subject, or a side would be empty.
    public init(of subjects: [String], validation: [String]) throws(ImagingError) {
        let (all, held) = (Set(subjects), Set(validation))
        let unknown = held.subtracting(all).sorted()
        guard unknown.isEmpty else {
            throw .layout("expected validation subjects among the data's, found \(unknown.joined(separator: ", "))")
        }
        guard !held.isEmpty, held.count < all.count else {
            throw .layout("a split of \(all.count) subjects with \(held.count) for validation leaves a side empty")
        }
        (training, self.validation) = (all.subtracting(held).sorted(), held.sorted())
    }

    /// `count` splits; each subject is for validation in exactly one of them, and fold sizes differ by one at most.
    ///
    /// - Throws: ``ImagingError/layout(_:)`` where there are fewer than two folds, or fewer subjects than folds.
    public static func folds(_ count: Int, of subjects: [String], seed: UInt64) throws(ImagingError) -> [Split] {
        let shuffled = shuffled(subjects, seed: seed)
        guard count >= 2, shuffled.count >= count else {
            throw .layout(
                "expected between 2 and \(shuffled.count) folds for \(shuffled.count) subjects, found \(count)")
        }
        var splits: [Split] = []
        for fold in 0..<count {
            let held = shuffled.indices.filter { $0 % count == fold }.map { shuffled[$0] }
            splits.append(try Split(of: shuffled, validation: held))
        }
        return splits
    }

    /// One split with `share` of the subjects (at least one, rounded to the nearest whole number) for validation.
    ///
    /// - Throws: ``ImagingError/layout(_:)`` where a side would be empty.
    public static func holdOut(_ share: Double, of subjects: [String], seed: UInt64) throws(ImagingError) -> Split {
        let shuffled = shuffled(subjects, seed: seed)
        guard share > 0, share < 1 else {
            throw .layout("expected a share between 0 and 1 for validation, found \(share)")
        }
        let count = max(1, Int((share * Double(shuffled.count)).rounded()))
        return try Split(of: shuffled, validation: Array(shuffled.prefix(count)))
    }

    /// The cases of each side.
    public func sides(of cases: [TumourCase]) -> (training: [TumourCase], validation: [TumourCase]) {
        let (learn, judge) = (Set(training), Set(validation))
        return (cases.filter { learn.contains($0.subject) }, cases.filter { judge.contains($0.subject) })
    }

    /// Fisher–Yates over the sorted, distinct subjects, drawn from SplitMix64 (Steele et al., OOPSLA 2014), so that the order
    /// hangs on no library's generator.
    private static func shuffled(_ subjects: [String], seed: UInt64) -> [String] {
        var names = Set(subjects).sorted()
        var state = seed
        for last in stride(from: names.count - 1, to: 0, by: -1) {
            state &+= 0x9E37_79B9_7F4A_7C15
            var draw = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            draw = (draw ^ (draw >> 27)) &* 0x94D0_49BB_1331_11EB
            draw ^= draw >> 31
            names.swapAt(last, Int(draw.multipliedFullWidth(by: UInt64(last + 1)).high))
        }
        return names
    }
}
