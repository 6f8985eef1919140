import BrainData
import NeuralNet

/// Takes every place of a synthetic brain to the place of the label map that it shows: smooth random fields before an
/// affine map. Places are millimetres along right, anterior and superior.
struct PairDeformation {
    let map: BrainMap
    /// From a place, moved by the fields, to the common frame of all maps.
    private let toFrame: Affine
    private let elastic: [SmoothField]

    /// - Parameters:
    ///   - linear: the affine map that both brains of a pair share.
    ///   - jitter: what affine alignment left of this one.
    init(
        of map: BrainMap, linear: Affine, jitter: Affine, _ anatomy: Synthesis.Anatomy,
        _ pairs: RegistrationSettings.Pairs, _ random: inout SplitMix
    ) {
        (self.map, toFrame) = (map, linear.after(jitter))
        let reach = Deformation.reach
        func fields(_ deviation: Double, _ scale: Double) -> [SmoothField] {
            (0..<3).map { _ in
                SmoothField(scale: scale, from: -reach, to: reach, &random).mapped { $0 * Float(deviation) }
            }
        }
        elastic = fields(anatomy.elastic, anatomy.elasticScale) + fields(pairs.fine, pairs.fineScale)
    }

    /// Calls `visit` for every row along i with the displacements of its voxels: along right, then anterior, then superior.
    private func rows(of grid: Grid, _ visit: (_ row: Int, _ moved: UnsafePointer<Float>) -> Void) {
        let size = grid.size
        var fields = elastic.map { FieldRows($0, on: grid) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * size.x) { scratch in
            guard let moved = scratch.baseAddress else { return }
            let line = moved + 3 * size.x
            for row in 0..<size.y * size.z {
                moved.update(repeating: 0, count: 3 * size.x)
                for n in fields.indices {
                    fields[n].read(row % size.y, row / size.y, into: line)
                    let sum = moved + n % 3 * size.x
                    for i in 0..<size.x { sum[i] += line[i] }
                }
                visit(row, moved)
            }
        }
    }

    /// The structure at every voxel, and around it at four corners of a cube of half the voxel's side, no two of them on one
    /// edge.
    ///
    /// - Parameter corners: receives for every voxel the four structures.
    /// - Returns: the structure in the middle.
    func structures(on grid: Grid, corners: inout [UInt8]) -> [UInt8] {
        let toMap = map.fromFrame.after(toFrame)
        let (limit, size) = (SIMD3<Float>(SIMD3<Double>(map.grid.size)), map.grid.size)
        let (x, y, z) = (SIMD3<Float>(toMap.i), SIMD3<Float>(toMap.j), SIMD3<Float>(toMap.k))
        let quarter = Float(grid.affine.spacing.x / 4)
        let offsets = [0b000, 0b011, 0b101, 0b110].map { corner -> SIMD3<Float> in
            let signs: [Float] = [0, 1, 2].map { corner >> $0 & 1 == 0 ? -quarter : quarter }
            let across = x * signs[0] + y * signs[1]
            return across + z * signs[2]
        }
        var middle = [UInt8](repeating: 0, count: grid.count)
        corners.withUnsafeMutableBufferPointer { corners in
            middle.withUnsafeMutableBufferPointer { middle in
                map.voxels.withUnsafeBufferPointer { voxels in
                    @inline(__always) func look(_ at: SIMD3<Float>) -> UInt8 {
                        guard all(at .>= 0) && all(at .< limit) else { return 0 }
                        return voxels[Int(at.x) + size.x * (Int(at.y) + size.y * Int(at.z))]
                    }
                    let width = grid.size.x
                    rows(of: grid) { row, moved in
                        let start = toMap(grid.affine(SIMD3(0, Double(row % grid.size.y), Double(row / grid.size.y))))
                        let base = SIMD3<Float>(start) + 0.5, step = Float(grid.affine.i.x)
                        for i in 0..<width {
                            let right = x * (step * Float(i) + moved[i])
                            let at = base + right + y * moved[width + i] + z * moved[2 * width + i]
                            let n = row * width + i
                            middle[n] = look(at)
                            for c in 0..<4 { corners[4 * n + c] = look(at + offsets[c]) }
                        }
                    }
                }
            }
        }
        return middle
    }

    /// Where every voxel lies in the common frame, in voxels of the grid: right, then anterior, then superior.
    func places(on grid: Grid) -> [Float] {
        let (width, count) = (grid.size.x, grid.count)
        var places = [Float](repeating: 0, count: 3 * count)
        let scale = Float(1 / grid.affine.spacing.x), step = Float(grid.affine.i.x)
        let (x, y, z) = (SIMD3<Float>(toFrame.i), SIMD3<Float>(toFrame.j), SIMD3<Float>(toFrame.k))
        places.withUnsafeMutableBufferPointer { places in
            rows(of: grid) { row, moved in
                let start = toFrame(grid.affine(SIMD3(0, Double(row % grid.size.y), Double(row / grid.size.y))))
                let base = SIMD3<Float>(start)
                for i in 0..<width {
                    let right = x * (step * Float(i) + moved[i])
                    let at = scale * (base + right + y * moved[width + i] + z * moved[2 * width + i])
                    for axis in 0..<3 { places[axis * count + row * width + i] = at[axis] }
                }
            }
        }
        return places
    }
}
