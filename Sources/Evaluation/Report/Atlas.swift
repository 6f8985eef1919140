internal import BrainData
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Axial slices side by side, from which the browser cuts all three planes.
///
/// Voxels are counted as they are shown, from the patient's right, front and top: a tile's columns run from right to
/// left, its rows from front to back, and tiles from the top of the head downwards.
struct Tiles: Equatable {
    /// The first voxel from the right, front and top of what the viewer shows.
    let origin: [Int]
    /// Voxels from right to left, front to back, top to bottom.
    let size: [Int]
    /// Tiles in a row.
    let columns: Int
    /// The whole picture, its last row filled up with zeros.
    let width, height: Int
    let pixels: [UInt8]
}

/// Slices side by side as one PNG.
struct Atlas {
    let origin: [Int]
    let size: [Int]
    let columns: Int
    let png: Data

    init(_ tiles: Tiles, png: Data) {
        (origin, size, columns, self.png) = (tiles.origin, tiles.size, tiles.columns, png)
    }
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
            let laid = greys[n].withUnsafeBufferPointer { grey in tiles(of: all) { grey[$0] } }
            let result = Result { () throws(EvaluationError) -> Atlas in
                Atlas(laid, png: try PNG.grey(laid.pixels, width: laid.width, height: laid.height))
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
        let laid = labels.voxels.withUnsafeBufferPointer { labels in tiles(of: box) { labels[$0] == label ? 1 : 0 } }
        let png = try PNG.stencil(laid.pixels, width: laid.width, height: laid.height, colour: colour)
        return Atlas(laid, png: png)
    }

    /// Lays the slices of a box side by side.
    ///
    /// - Parameter value: the pixel for a place in the whole image.
    func tiles(of part: Box, value: (Int) -> UInt8) -> Tiles {
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
        return Tiles(
            origin: [origin.x, origin.y, origin.z], size: [tile.x, tile.y, tile.z], columns: columns, width: width,
            height: height, pixels: pixels)
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
