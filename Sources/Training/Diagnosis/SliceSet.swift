public import BrainData
public import BrainModels
import NeuralNet

/// The pictures of a collection in memory, as a network reads them, with what is known of each.
public struct SliceSet: Sendable {
    /// The numbers of every item, views one after the other.
    public let values: [[Float]]
    /// Which of the classes each item is.
    public let labels: [Int]
    public let ages: [Double?]
    public let subjects: [String]
    public let classes: [String]
    public let contract: SliceInput.Contract

    /// Reads and prepares all pictures.
    ///
    /// - Parameters:
    ///   - classes: those of the network, in its order; the collection's own if left out.
    ///   - progress: hears how many items are done, of how many.
    /// - Throws: ``ImagingError`` for a picture that cannot be read, or a class that the network does not know.
    public init(
        _ collection: SliceCollection, side: Int, classes: [String]? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ImagingError) {
        let classes = classes ?? collection.classes
        var contract = SliceInput.Contract(side: side, views: collection.views)
        // Those of OASIS-1 are.
        if collection.views == SliceCollection.planes { contract.isExtracted = true }
        self.contract = contract
        var (values, labels): ([[Float]], [Int]) = ([], [])
        for item in collection.items {
            guard let label = classes.firstIndex(of: item.label) else {
                throw .layout(
                    "\(item.subject) is of the class \(item.label), and known are \(classes.joined(separator: ", "))")
            }
            var pictures: [Picture] = []
            for file in item.files { pictures.append(try PictureFile.read(file)) }
            values.append(try SliceInput.values(pictures, contract))
            labels.append(label)
            progress(values.count, collection.items.count)
        }
        (self.values, self.labels, self.classes) = (values, labels, classes)
        (ages, subjects) = (collection.items.map(\.age), collection.items.map(\.subject))
    }

    /// Numbers in memory, for tests and for parts of a set.
    init(
        values: [[Float]], labels: [Int], ages: [Double?], subjects: [String], classes: [String],
        contract: SliceInput.Contract
    ) {
        (self.values, self.labels, self.ages) = (values, labels, ages)
        (self.subjects, self.classes, self.contract) = (subjects, classes, contract)
    }

    public var count: Int { values.count }

    /// Some of the items.
    public subscript(_ picked: [Int]) -> SliceSet {
        SliceSet(
            values: picked.map { values[$0] }, labels: picked.map { labels[$0] }, ages: picked.map { ages[$0] },
            subjects: picked.map { subjects[$0] }, classes: classes, contract: contract)
    }

    /// This set's items, then another's of the same classes and views.
    ///
    /// - Precondition: both have the same classes and views.
    public func appending(_ other: SliceSet) -> SliceSet {
        precondition(classes == other.classes && contract == other.contract, "sets of other classes or views")
        return SliceSet(
            values: values + other.values, labels: labels + other.labels, ages: ages + other.ages,
            subjects: subjects + other.subjects, classes: classes, contract: contract)
    }

    /// Parts of about the same number of subjects, each class spread evenly and every subject in one part only; a subject goes by
    /// the class of its first item.
    ///
    /// - Returns: the items that each part tests.
    public func folds(_ count: Int, seed: UInt64) -> [[Int]] {
        var random = SplitMix(seed: seed, name: "folds"), parts = [[Int]](repeating: [], count: count), next = 0
        let own = Dictionary(grouping: labels.indices) { subjects[$0] }
        let groups = Dictionary(grouping: own.keys) { subject in own[subject]?.first.map { labels[$0] } ?? 0 }
        for label in groups.keys.sorted() {
            for subject in (groups[label] ?? []).sorted().shuffled(using: &random) {
                parts[next % count] += own[subject] ?? []
                next += 1
            }
        }
        return parts.map { $0.sorted() }
    }

    /// Some subjects kept aside, of each class the same share and at least one, where it has more than one.
    ///
    /// - Parameter share: of the subjects, from 0 to below 1; with 0 nobody is kept aside.
    public func apart(_ share: Double, seed: UInt64) -> (kept: [Int], aside: [Int]) {
        guard share > 0 else { return (Array(values.indices), []) }
        var random = SplitMix(seed: seed, name: "aside"), picked: Set<String> = []
        let groups = Dictionary(grouping: Set(subjects)) { subject in
            subjects.firstIndex(of: subject).map { labels[$0] } ?? 0
        }
        for label in groups.keys.sorted() {
            let own = (groups[label] ?? []).sorted().shuffled(using: &random)
            let count = max(1, Int((share * Double(own.count)).rounded()))
            picked.formUnion(own.prefix(min(count, own.count - 1)))
        }
        let aside = values.indices.filter { picked.contains(subjects[$0]) }
        return (values.indices.filter { !picked.contains(subjects[$0]) }, aside)
    }
}
