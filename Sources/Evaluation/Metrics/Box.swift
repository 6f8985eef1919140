internal import BrainData

/// A block of voxels inside a grid.
struct Box: Equatable {
    /// The first voxel along i, j and k.
    var lower: SIMD3<Int>
    /// One past the last voxel along i, j and k.
    var upper: SIMD3<Int>

    init(lower: SIMD3<Int>, upper: SIMD3<Int>) { (self.lower, self.upper) = (lower, upper) }

    /// Voxels along i, j and k.
    var size: SIMD3<Int> { upper &- lower }
    /// Voxels in the box.
    var count: Int { size.x * size.y * size.z }

    /// The smallest box that holds every voxel at which `inside` is true; nil where there is none.
    init?(size: SIMD3<Int>, where inside: (Int) -> Bool) {
        var (lower, upper) = (size, SIMD3<Int>.zero)
        var n = 0
        for k in 0..<size.z {
            for j in 0..<size.y {
                var (first, last) = (Int.max, -1)
                for i in 0..<size.x {
                    if inside(n) { (first, last) = (min(first, i), i) }
                    n += 1
                }
                guard last >= 0 else { continue }
                lower = pointwiseMin(lower, [first, j, k])
                upper = pointwiseMax(upper, [last + 1, j + 1, k + 1])
            }
        }
        guard upper.x > 0 else { return nil }
        self.init(lower: lower, upper: upper)
    }

    /// The smallest box that holds all the regions; nil where all are empty.
    ///
    /// - Precondition: the masks have one size.
    init?(holding masks: [Mask]) {
        var box: Box?
        for mask in masks {
            let part = mask.voxels.withUnsafeBufferPointer { voxels in Box(size: mask.grid.size) { voxels[$0] } }
            box = box.map { part?.union($0) ?? $0 } ?? part
        }
        guard let box else { return nil }
        self = box
    }

    /// The smallest box that holds this one and another.
    func union(_ other: Box) -> Box {
        Box(lower: pointwiseMin(lower, other.lower), upper: pointwiseMax(upper, other.upper))
    }

    /// The box with `margin` more voxels on every side, as far as the grid reaches.
    func grown(by margin: Int, within size: SIMD3<Int>) -> Box {
        Box(lower: pointwiseMax(lower &- margin, .zero), upper: pointwiseMin(upper &+ margin, size))
    }

    /// The part of a mask inside the box, i varying fastest.
    func crop(_ mask: Mask) -> [Bool] {
        let whole = mask.grid.size
        var part: [Bool] = []
        part.reserveCapacity(count)
        for k in lower.z..<upper.z {
            for j in lower.y..<upper.y {
                let start = whole.x * (j + whole.y * k)
                part.append(contentsOf: mask.voxels[start + lower.x..<start + upper.x])
            }
        }
        return part
    }
}
