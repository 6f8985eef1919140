internal import BrainData

/// The lesions of the expert's region, the parts of the prediction, and which of them reach into each other.
struct LesionSearch {
    /// Numbered parts of a box, with the box that holds each; number 0 is what lies outside all.
    struct Parts {
        let numbers: [Int32]
        private(set) var boxes: [Box?]

        init(_ components: Components) {
            numbers = components.voxels
            boxes = Array(repeating: nil, count: components.sizes.count + 1)
            let size = components.grid.size
            var n = 0
            for k in 0..<size.z {
                for j in 0..<size.y {
                    for i in 0..<size.x {
                        let number = Int(numbers[n])
                        n += 1
                        guard number > 0 else { continue }
                        let voxel = Box(lower: [i, j, k], upper: [i + 1, j + 1, k + 1])
                        boxes[number] = boxes[number]?.union(voxel) ?? voxel
                    }
                }
            }
        }
    }

    /// The grown lesions.
    let lesions: Parts
    private let parts: Parts
    /// Whether each voxel of the box is in the expert's region.
    private let truth: [Bool]
    private let grid: Grid
    /// By lesion, the parts of the prediction that reach into it once it is grown.
    private let touching: [Set<Int32>]

    /// - Parameter box: holds both regions with room for the growth.
    init(_ pair: MaskPair, in box: Box, dilations: Int) {
        grid = Grid(size: box.size, affine: Affine(spacing: pair.truth.grid.affine.spacing))
        truth = box.crop(pair.truth)
        lesions = Parts(Mask(grid: grid, voxels: truth).grown(by: dilations).components(.corners))
        parts = Parts(Mask(grid: grid, voxels: box.crop(pair.prediction)).components(.corners))
        var touching = [Set<Int32>](repeating: [], count: lesions.boxes.count)
        for (lesion, part) in zip(lesions.numbers, parts.numbers) where lesion > 0 && part > 0 {
            touching[Int(lesion)].insert(part)
        }
        self.touching = touching
    }

    /// Parts of the prediction that reach into no lesion.
    var falseParts: Int { parts.boxes.count - 1 - Set(touching.joined()).count }

    /// A lesion beside the parts that reach into it.
    ///
    /// - Returns: the lesion's volume in mm³, the overlap, and the surface distance in mm; nil where no part does.
    func compared(_ lesion: Int) -> (volume: Double, dice: Double, hd95: Double?) {
        let found = touching[lesion]
        let boxes = [lesions.boxes[lesion]] + found.map { parts.boxes[Int($0)] }
        let box = boxes.compactMap(\.self).reduce(Box?.none) { whole, next in whole?.union(next) ?? next }
        guard let box else { return (0, 0, nil) }
        var (expert, predicted): ([Bool], [Bool]) = ([], [])
        expert.reserveCapacity(box.count)
        predicted.reserveCapacity(box.count)
        for k in box.lower.z..<box.upper.z {
            for j in box.lower.y..<box.upper.y {
                let row = grid.size.x * (j + grid.size.y * k)
                for n in row + box.lower.x..<row + box.upper.x {
                    expert.append(truth[n] && lesions.numbers[n] == Int32(lesion))
                    predicted.append(parts.numbers[n] > 0 && found.contains(parts.numbers[n]))
                }
            }
        }
        let overlap = Overlap(prediction: predicted, truth: expert)
        let volume = Double(overlap.actual) * grid.voxelMillilitres * 1000
        guard !found.isEmpty else { return (volume, 0, nil) }
        let dice = 2 * Double(overlap.truePositives) / Double(overlap.predicted + overlap.actual)
        let surfaces = SurfaceElements(size: box.size, spacing: grid.affine.spacing)
        return (volume, dice, surfaces.distance(between: predicted, and: expert, percent: 95))
    }
}

extension Mask {
    /// The mask grown so many times by all voxels that share a face or an edge with it.
    fileprivate func grown(by steps: Int) -> Mask {
        let size = grid.size
        var grown = voxels
        var front = voxels.indices.filter { voxels[$0] }
        for _ in 0..<steps {
            var next: [Int] = []
            for place in front {
                let voxel = grid.voxel(at: place)
                for offset in Self.neighbours {
                    let other = voxel &+ offset
                    guard all(other .>= 0), all(other .< size) else { continue }
                    let n = other.x + size.x * (other.y + size.y * other.z)
                    guard !grown[n] else { continue }
                    grown[n] = true
                    next.append(n)
                }
            }
            front = next
        }
        return Mask(grid: grid, voxels: grown)
    }

    /// The steps to the 18 voxels that share a face or an edge.
    private static let neighbours: [SIMD3<Int>] = (0..<27).map { SIMD3($0 % 3 - 1, $0 / 3 % 3 - 1, $0 / 9 - 1) }
        .filter { (1...2).contains(($0 &* $0).wrappedSum()) }
}
