/// The axes of an NRRD: which are spatial, which one counts frames, and where the voxels lie.
struct NRRDAxes {
    /// Every axis as listed.
    let size: [Int]
    private(set) var grid = Grid(size: [1, 1, 1], affine: Affine(spacing: [1, 1, 1]))
    private(set) var frames = 1
    /// How many spatial axes come before the axis of frames; 3 if all do.
    private(set) var frameAxis = 3
    private(set) var units = "mm"
    private(set) var notes: [String] = []
    /// Millimetres in the file's unit.
    private var millimetres = 1.0

    init(_ text: TextHeader) throws(ImagingError) {
        let path = text.path
        guard let size = TextHeader.integers(try text.required("sizes")),
            let dimension = Int(try text.required("dimension")), dimension == size.count, (2...16).contains(dimension),
            ImageHeader.shape(size) != nil
        else {
            throw .malformed(
                path: path, expected: "2 to 16 axes of at least one voxel each",
                found: "dimension \(text["dimension"] ?? "") and sizes “\((text["sizes"] ?? "").prefix(80))”")
        }
        self.size = size
        let directions = try Self.directions(text, count: size.count)
        let spatial = Self.spatialAxes(text, directions, count: size.count)
        guard (2...3).contains(spatial.count) else {
            throw .unsupported(path: path, what: "\(spatial.count) of its axes are spatial; two or three are wanted")
        }
        let others = size.indices.filter { !spatial.contains($0) && size[$0] > 1 }
        guard others.count <= 1 else {
            throw .unsupported(path: path, what: "\(others.count) of its axes are not spatial; one is read as frames")
        }
        if let other = others.first {
            frames = size[other]
            let before = spatial.count { $0 < other }
            frameAxis = before == spatial.count ? 3 : before
        }
        for (n, axis) in spatial.enumerated() { grid.size[n] = size[axis] }
        measure(text)
        try place(text, spatial, directions)
    }

    /// A vector for each spatial axis, nil for the others; nil in all where the header gives none.
    private static func directions(_ text: TextHeader, count: Int) throws(ImagingError) -> [SIMD3<Double>?]? {
        guard let stored = text["spacedirections"] else { return nil }
        guard let vectors = vectors(stored), vectors.count == count else {
            throw .malformed(
                path: text.path, expected: "a space direction for each of \(count) axes",
                found: "“\(stored.prefix(80))”")
        }
        return vectors.map { vector in
            guard let vector, !(vector.count == 4 && vector.prefix(3).allSatisfy { $0 == 0 }) else { return nil }
            return spatial(vector)
        }
    }

    /// The first three components; a plane lies in the third's zero.
    private static func spatial(_ vector: [Double]) -> SIMD3<Double> {
        let padded = vector.prefix(3) + [0, 0, 0]
        return [padded[0], padded[1], padded[2]]
    }

    /// Vectors in parentheses and the word `none`, with blanks between them; nil where something else is among them.
    static func vectors(_ text: String) -> [[Double]?]? {
        var (vectors, rest): ([[Double]?], Substring) = ([], text[...])
        while true {
            rest = rest.drop(while: \.isWhitespace)
            if rest.isEmpty { return vectors }
            if rest.hasPrefix("none") {
                vectors.append(nil)
                rest = rest.dropFirst(4)
            } else if rest.hasPrefix("("), let end = rest.firstIndex(of: ")") {
                guard let vector = TextHeader.numbers(String(rest[rest.index(after: rest.startIndex)..<end])),
                    (2...4).contains(vector.count)
                else { return nil }
                vectors.append(vector)
                rest = rest[rest.index(after: end)...]
            } else {
                return nil
            }
        }
    }

    private static func spatialAxes(_ text: TextHeader, _ directions: [SIMD3<Double>?]?, count: Int) -> [Int] {
        if let directions { return directions.indices.filter { directions[$0] != nil } }
        let kinds = (text["kinds"] ?? "").lowercased().split(separator: " ")
        if kinds.count == count {
            let spatial = kinds.indices.filter { ["domain", "space"].contains(kinds[$0]) }
            if (2...3).contains(spatial.count) { return spatial }
        }
        return Array(0..<min(count, 3))
    }

    private mutating func measure(_ text: TextHeader) {
        let unit = (text["spaceunits"] ?? "mm").split { " \"".contains($0) }.first.map(String.init) ?? "mm"
        let known = ["mm": 1.0, "um": 0.001, "µm": 0.001, "cm": 10, "m": 1000]
        if let millimetres = known[unit] {
            (self.millimetres, units) = (millimetres, unit)
        } else {
            units = "unknown"
            notes.append("the unit of length “\(unit)” is unknown; millimetres were assumed")
        }
    }

    private mutating func place(
        _ text: TextHeader, _ spatial: [Int], _ directions: [SIMD3<Double>?]?
    ) throws(ImagingError) {
        let signs = self.signs(text)
        let spacing = spacing(text, spatial) * millimetres
        grid.affine = Affine(spacing: spacing).turned(signs)
        guard let directions else {
            if text["space"] != nil {
                notes.append("no directions are given; the axes were taken to run along the space's")
            }
            return
        }
        var steps = spatial.compactMap { directions[$0] }.map { $0 * millimetres }
        if steps.count == 2 {
            let normal = cross(steps[0], steps[1])
            steps.append(length(normal) > 0 ? normal / length(normal) : .zero)
        }
        var affine = Affine(i: steps[0], j: steps[1], k: steps[2], origin: .zero)
        if let origin = text["spaceorigin"] {
            guard let vectors = Self.vectors(origin), vectors.count == 1, let vector = vectors[0] else {
                throw .malformed(path: text.path, expected: "a space origin", found: "“\(origin.prefix(80))”")
            }
            affine.origin = Self.spatial(vector) * millimetres
        }
        if affine.placesVoxels {
            grid.affine = affine.turned(signs)
        } else {
            notes.append("the space directions are singular or not finite; the spacing alone was taken")
        }
    }

    /// What turns the file's world into right, anterior and superior.
    private mutating func signs(_ text: TextHeader) -> SIMD3<Double> {
        let space = (text["space"] ?? "").lowercased().replacing("-time", with: "")
        switch space {
        case "right-anterior-superior", "ras", "rast": return [1, 1, 1]
        case "left-anterior-superior", "las", "last": return [-1, 1, 1]
        case "left-posterior-superior", "lps", "lpst": return Affine.leftPosterior
        default:
            let what = space.isEmpty ? "the space has no name" : "the space “\(space)” says nothing of the head"
            notes.append("\(what); left, posterior and superior were assumed, as ITK does")
            return Affine.leftPosterior
        }
    }

    private mutating func spacing(_ text: TextHeader, _ spatial: [Int]) -> SIMD3<Double> {
        var spacing = SIMD3<Double>(repeating: 1)
        guard let stored = text["spacings"].flatMap(TextHeader.numbers), stored.count == size.count else {
            return spacing
        }
        for (n, axis) in spatial.enumerated() {
            guard stored[axis].isFinite, stored[axis] != 0 else {
                notes.append("the spacing of axis \(axis) is \(stored[axis]); 1 was taken")
                continue
            }
            if stored[axis] < 0 { notes.append("the spacing of axis \(axis) is negative; its magnitude was taken") }
            spacing[n] = abs(stored[axis])
        }
        return spacing
    }
}
