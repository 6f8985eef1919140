internal import BrainData

/// What a viewer shows, cropped, thinned and turned into 8-bit numbers.
struct ViewerPictures {
    /// The voxels shown, on the viewer's grid.
    let box: Box
    /// Every how many voxels one is shown, along i, j and k.
    let step: SIMD3<Int>
    /// Voxels shown along i, j and k.
    let size: SIMD3<Int>
    /// Their distance along i, j and k in millimetres.
    let spacing: SIMD3<Double>
    let whole: SIMD3<Int>
    let greys: [[UInt8]]

    init(_ viewer: Viewer) throws(EvaluationError) {
        let whole = try viewer.commonGrid().size
        let volumes = viewer.images.map(\.volume)
        let greys = volumes.map { Self.greys(of: $0.voxels, count: $0.grid.count) }
        var box = greys.compactMap { Self.head(in: $0, size: whole) }.reduce(nil, Self.union)
        for overlay in viewer.overlays {
            let part = overlay.labels.voxels.withUnsafeBufferPointer { labels in Box(size: whole) { labels[$0] != 0 } }
            if let part { box = Self.union(box, part) }
        }
        (self.whole, self.greys) = (whole, greys)
        self.box = (box ?? Box(lower: .zero, upper: whole)).grown(by: 3, within: whole)
        let finest = volumes[0].grid.affine.spacing
        step = Self.step(for: self.box.size, spacing: finest, budget: max(1, viewer.budget / volumes.count))
        size = Self.thinned(self.box.size, by: step)
        spacing = finest * SIMD3<Double>(step)
    }

    private static func union(_ a: Box?, _ b: Box) -> Box? { a?.union(b) ?? b }

    private static func thinned(_ size: SIMD3<Int>, by step: SIMD3<Int>) -> SIMD3<Int> { (size &+ step &- 1) / step }

    /// The finest thinning within the budget: always the axis with the finest steps is thinned next.
    private static func step(for size: SIMD3<Int>, spacing: SIMD3<Double>, budget: Int) -> SIMD3<Int> {
        var step = SIMD3(1, 1, 1)
        while true {
            let shown = thinned(size, by: step)
            let widths = spacing * SIMD3<Double>(step)
            let axes = (0..<3).filter { shown[$0] > 1 }
            guard shown.x * shown.y * shown.z > budget, let axis = axes.min(by: { widths[$0] < widths[$1] }) else {
                return step
            }
            step[axis] += 1
        }
    }

    /// Numbers from 0 to 255: black is 0 (or the 0.5th percentile where values are negative), white the 99.5th
    /// percentile of what is not 0.
    static func greys(of voxels: [Float], count: Int) -> [UInt8] {
        var sample: [Double] = []
        let stride = max(1, count / 400_000)
        for n in Swift.stride(from: 0, to: count, by: stride) where voxels[n] != 0 && voxels[n].isFinite {
            sample.append(Double(voxels[n]))
        }
        guard !sample.isEmpty else { return Array(repeating: 0, count: count) }
        sample.sort()
        let high = percentile(sorted: sample, 99.5)
        let low = sample[0] < 0 ? percentile(sorted: sample, 0.5) : 0
        let scale = high > low ? Float(255 / (high - low)) : 0
        return voxels.withUnsafeBufferPointer { voxels in
            (0..<count).map { n in
                let value = (voxels[n] - Float(low)) * scale
                return value.isFinite ? UInt8(min(max(value, 0), 255)) : 0
            }
        }
    }

    /// The box of the planes in which more than a thousandth of the voxels are brighter than a tenth of white.
    static func head(in greys: [UInt8], size: SIMD3<Int>) -> Box? {
        var bright = (0..<3).map { [Int](repeating: 0, count: size[$0]) }
        var n = 0
        for k in 0..<size.z {
            for j in 0..<size.y {
                for i in 0..<size.x {
                    if greys[n] > 25 {
                        bright[0][i] += 1
                        bright[1][j] += 1
                        bright[2][k] += 1
                    }
                    n += 1
                }
            }
        }
        var box = Box(lower: .zero, upper: size)
        for axis in 0..<3 {
            let least = size.x * size.y * size.z / size[axis] / 1000
            guard let first = bright[axis].firstIndex(where: { $0 > least }),
                let last = bright[axis].lastIndex(where: { $0 > least })
            else { return nil }
            (box.lower[axis], box.upper[axis]) = (first, last + 1)
        }
        return box
    }
}
