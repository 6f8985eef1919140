/// Distances between surfaces that are weighted by area, so that a large face counts as much as many small ones.
///
/// The surface runs through the corners of the voxels: every corner whose eight voxels are neither all inside nor all
/// outside carries an element, as large as the surface that *marching cubes* would lay through the cube of those voxels'
/// centres (Lorensen and Cline, SIGGRAPH 1987). Nikolov et al., *Deep learning to achieve clinically applicable
/// segmentation of head and neck anatomy …*, 2018, [arXiv:1809.04430](https://arxiv.org/abs/1809.04430); the lesion-wise
/// scores of BraTS 2023 measure so.
struct SurfaceElements {
    /// Voxels along i, j and k.
    let size: SIMD3<Int>
    /// Millimetres between them.
    let spacing: SIMD3<Double>
    /// By pattern of the voxels around a corner, the area in square millimetres.
    private let areas: [Double]

    init(size: SIMD3<Int>, spacing: SIMD3<Double>) {
        (self.size, self.spacing) = (size, spacing)
        let faces = SIMD3(spacing.y * spacing.z, spacing.x * spacing.z, spacing.x * spacing.y)
        areas = (0..<256).map { Self.area(of: UInt8($0), faces: faces) }
    }

    /// The larger of the two directed distances that `percent` of the surface's area does not exceed, in millimetres.
    ///
    /// - Returns: nil where a region is empty.
    func distance(between a: [Bool], and b: [Bool], percent: Double) -> Double? {
        let (one, other) = (patterns(of: a), patterns(of: b))
        guard let there = directed(from: one, to: other, percent), let back = directed(from: other, to: one, percent)
        else { return nil }
        return max(there, back)
    }

    private func directed(from patterns: [UInt8], to others: [UInt8], _ percent: Double) -> Double? {
        let sites = others.map { $0 != 0 && $0 != 255 }
        guard sites.contains(true) else { return nil }
        let squares = squaredDistances(to: sites, size: size &+ 1, spacing: spacing)
        var elements: [(distance: Double, area: Double)] = []
        for (n, pattern) in patterns.enumerated() where pattern != 0 && pattern != 255 {
            elements.append((squares[n].squareRoot(), areas[Int(pattern)]))
        }
        elements.sort { $0 < $1 }
        let whole = elements.reduce(0) { $0 + $1.area }
        var sum = 0.0
        for element in elements {
            sum += element.area
            if sum / whole >= percent / 100 { return element.distance }
        }
        return elements.last?.distance
    }

    /// Which of the eight voxels around each corner of the grid are inside, one bit each; there is one corner more than
    /// voxels along each axis, and what lies beyond the grid is outside.
    private func patterns(of mask: [Bool]) -> [UInt8] {
        let corners = size &+ 1
        var patterns = [UInt8](repeating: 0, count: corners.x * corners.y * corners.z)
        for k in 0..<size.z {
            for j in 0..<size.y {
                let row = size.x * (j + size.y * k)
                for i in 0..<size.x where mask[row + i] {
                    for bit in 0..<8 {
                        let (a, b, c) = (i + bit & 1, j + bit >> 1 & 1, k + bit >> 2)
                        patterns[a + corners.x * (b + corners.y * c)] |= 1 << UInt8(bit)
                    }
                }
            }
        }
        return patterns
    }

    /// The area of the surface that parts the inside of a cube of eight voxels' centres from its outside.
    ///
    /// The fewer of the two are taken, in groups that share edges of the cube. Each group is cut off by a surface through
    /// the middles of the edges that leave it.
    ///
    /// - Parameter faces: the areas of the cube's faces across i, j and k.
    static func area(of pattern: UInt8, faces: SIMD3<Double>) -> Double {
        var left = pattern.nonzeroBitCount > 4 ? ~pattern : pattern
        var area = 0.0
        while left != 0 {
            var group: UInt8 = left & (~left + 1)
            while true {
                let grown = (0..<3).reduce(group) { $0 | neighbours(of: group, along: $1) & left }
                if grown == group { break }
                group = grown
            }
            left &= ~group
            area += self.area(ofGroup: group, faces)
        }
        return area
    }

    private static func area(ofGroup group: UInt8, _ faces: SIMD3<Double>) -> Double {
        func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
        // How many edges along each axis have both ends in the group.
        let edges = (0..<3).map { (group & neighbours(of: group, along: $0)).nonzeroBitCount / 2 }
        let corner = length(faces) / 8  // a triangle that cuts off one corner
        let across = edges.firstIndex(of: 0) ?? 0
        switch (group.nonzeroBitCount, edges.reduce(0, +)) {
        case (1, _): return corner
        case (2, _):
            var pair = faces
            for axis in 0..<3 where edges[axis] > 0 { pair[axis] = 0 }
            return length(pair) / 2
        case (3, _): return faces[across] / 2 + 3 * corner
        case (_, 4): return faces[across]
        default:
            // Three edges, one along each axis: from one corner, or one after the other.
            let middles = middleAxis(of: group)
            guard let middle = middles else { return 6 * corner }
            return (0..<3).filter { $0 != middle }.reduce(4 * corner) { sum, axis in
                var side = SIMD3<Double>.zero
                (side[middle], side[axis]) = (faces[middle], faces[axis])
                return sum + length(side) / 4
            }
        }
    }

    /// The axis of the middle one of three edges that follow each other; nil where they share a corner.
    private static func middleAxis(of group: UInt8) -> Int? {
        let reached = (0..<3).map { group & neighbours(of: group, along: $0) }
        let isStar = reached[0] & reached[1] & reached[2] != 0
        // Both ends of the middle edge have another edge, too; an outer edge has a loose end.
        return isStar
            ? nil
            : (0..<3).first { axis in
                let others = (0..<3).filter { $0 != axis }.reduce(UInt8(0)) { $0 | reached[$1] }
                return reached[axis] & ~others == 0
            }
    }

    /// The corners one step along an axis from those of a group.
    private static func neighbours(of group: UInt8, along axis: Int) -> UInt8 {
        let (shift, low) = [(1, UInt8(0b0101_0101)), (2, 0b0011_0011), (4, 0b0000_1111)][axis]
        return (group & low) << UInt8(shift) | (group & ~low) >> UInt8(shift)
    }
}
