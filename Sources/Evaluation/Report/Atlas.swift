internal import BrainData
internal import Dispatch
internal import Foundation
internal import Synchronization

/// A stack of axial slices side by side in one PNG, from which the browser cuts all three planes.
///
/// Voxels are counted as they are shown, from the patient's right, front and top: a tile's columns run from right to
/// left, its rows from front to back, and tiles from the top of the head downwards.
struct Atlas {
    /// The first voxel from the right, front and top of what the viewer shows.
    let origin: [Int]
    /// Voxels from right to left, front to back, top to bottom.
    let size: [Int]
    /// Tiles in a row.
    let columns: Int
    let png: Data
}

/// Where a label lies among the voxels shown.
struct LabelExtents {
    /// The box of each label but 0.
    var boxes: [UInt16: Box] = [:]
    /// The voxels of all labels in each plane across i, j and k.
    var areas: [[Int]]

    /// The plane across each axis that shows most of the labels; nil where there are none.
    var fullest: SIMD3<Int>? {
        let best = areas.compactMap { area in area.indices.max { area[$0] < area[$1] } }
        return boxes.isEmpty || best.count < 3 ? nil : SIMD3(best[0], best[1], best[2])
    }
}

extension ViewerPictures {
    /// The place in the whole image of a voxel shown.
    private func place(_ i: Int, _ j: Int, _ k: Int) -> Int {
        let voxel = box.lower &+ step &* SIMD3(i, j, k)
        return voxel.x + whole.x * (voxel.y + whole.y * voxel.z)
    }

    /// Every scan as a grey atlas of all that is shown.
    func images() throws(EvaluationError) -> [Atlas] {
        let all = Box(lower: .zero, upper: size)
        let results = Mutex([Result<Atlas, EvaluationError>?](repeating: nil, count: greys.count))
        DispatchQueue.concurrentPerform(iterations: greys.count) { n in
            let result = Result { () throws(EvaluationError) -> Atlas in
                try greys[n].withUnsafeBufferPointer { grey throws(EvaluationError) in
                    try atlas(of: all, value: { grey[$0] }) { pixels, width, height throws(EvaluationError) in
                        try PNG.grey(pixels, width: width, height: height)
                    }
                }
            }
            results.withLock { $0[n] = result }
        }
        var atlases: [Atlas] = []
        for result in results.withLock({ $0 }) {
            if let result { atlases.append(try result.get()) }
        }
        return atlases
    }

    /// One label as a stencil in its colour, cropped to its box.
    func stencil(of label: UInt16, in labels: LabelMap, box: Box, colour: Colour) throws(EvaluationError) -> Atlas {
        try labels.voxels.withUnsafeBufferPointer { labels throws(EvaluationError) in
            try atlas(of: box, value: { labels[$0] == label ? 1 : 0 }) { pixels, width, height throws(EvaluationError) in
                try PNG.stencil(pixels, width: width, height: height, colour: colour)
            }
        }
    }

    private func atlas(
        of part: Box, value: (Int) -> UInt8, encode: ([UInt8], Int, Int) throws(EvaluationError) -> Data
    ) throws(EvaluationError) -> Atlas {
        let tile = part.size
        let columns = max(1, Int((Double(tile.z * tile.y) / Double(tile.x)).squareRoot().rounded()))
        let (width, height) = (columns * tile.x, (tile.z + columns - 1) / columns * tile.y)
        var pixels = [UInt8](repeating: 0, count: width * height)
        for z in 0..<tile.z {
            let corner = z / columns * tile.y * width + z % columns * tile.x
            for y in 0..<tile.y {
                for x in 0..<tile.x {
                    let voxel = part.upper &- 1 &- SIMD3(x, y, z)
                    pixels[corner + y * width + x] = value(place(voxel.x, voxel.y, voxel.z))
                }
            }
        }
        let origin = size &- part.upper
        return Atlas(
            origin: [origin.x, origin.y, origin.z], size: [tile.x, tile.y, tile.z], columns: columns,
            png: try encode(pixels, width, height))
    }

    /// Finds every label among the voxels shown, in one pass.
    func extents(of labels: LabelMap) -> LabelExtents {
        var extents = LabelExtents(areas: (0..<3).map { [Int](repeating: 0, count: size[$0]) })
        labels.voxels.withUnsafeBufferPointer { labels in
            for k in 0..<size.z {
                for j in 0..<size.y {
                    for i in 0..<size.x {
                        let label = labels[place(i, j, k)]
                        guard label != 0 else { continue }
                        let voxel = Box(lower: [i, j, k], upper: [i + 1, j + 1, k + 1])
                        extents.boxes[label] = extents.boxes[label]?.union(voxel) ?? voxel
                        extents.areas[0][i] += 1
                        extents.areas[1][j] += 1
                        extents.areas[2][k] += 1
                    }
                }
            }
        }
        return extents
    }
}
