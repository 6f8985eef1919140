/// Which voxels count as neighbours.
public enum Connectivity: Int, Sendable, CaseIterable, Codable {
    /// Voxels that share a face.
    case faces = 6
    /// Voxels that share a face, an edge or a corner.
    case corners = 26
}

/// The connected parts of a mask.
public struct Components: Sendable {
    public let grid: Grid
    /// 0 outside the mask, otherwise the number of the part, from 1 in the order in which the array meets them.
    public let voxels: [Int32]
    /// Voxels of each part; part 1 comes first.
    public let sizes: [Int]

    /// One part as a mask.
    public func mask(_ part: Int) -> Mask { Mask(grid: grid, voxels: voxels.map { $0 == Int32(part) }) }

    /// The parts of at least so many voxels, together.
    public func mask(ofAtLeast count: Int) -> Mask {
        let kept = [false] + sizes.map { $0 >= count }
        return Mask(grid: grid, voxels: voxels.map { kept[Int($0)] })
    }

    /// The largest part, the first of equals, or nil where the mask is empty.
    public var largest: Mask? {
        guard let size = sizes.max(), let index = sizes.firstIndex(of: size) else { return nil }
        return mask(index + 1)
    }
}

extension Mask {
    /// The parts of the mask that hang together.
    public func components(_ connectivity: Connectivity = .corners) -> Components {
        let runs = Runs(of: self, where: true, connectivity: connectivity)
        var (numbers, sizes) = ([Int32](repeating: 0, count: runs.first.count), [Int]())
        var labels = [Int32](repeating: 0, count: voxels.count)
        for run in runs.first.indices {
            let root = runs.root(run)
            if numbers[root] == 0 {
                sizes.append(0)
                numbers[root] = Int32(sizes.count)
            }
            sizes[Int(numbers[root]) - 1] += runs.last[run] - runs.first[run]
            for index in runs.first[run]..<runs.last[run] { labels[index] = numbers[root] }
        }
        return Components(grid: grid, voxels: labels, sizes: sizes)
    }

    /// The largest part of the mask; the mask itself where it is empty.
    public func largestComponent(_ connectivity: Connectivity = .corners) -> Mask {
        components(connectivity).largest ?? self
    }

    /// The mask with all cavities filled that cannot be reached from the grid's faces over shared voxel faces.
    public func holesFilled() -> Mask {
        let runs = Runs(of: self, where: false, connectivity: .faces)
        let size = grid.size
        var open = [Bool](repeating: false, count: runs.first.count)
        for run in runs.first.indices {
            let (first, last) = (runs.first[run], runs.last[run])
            let (i, j, k) = (first % size.x, first / size.x % size.y, first / (size.x * size.y))
            let touches =
                i == 0 || i + last - first == size.x || j == 0 || j == size.y - 1 || k == 0 || k == size.z - 1
            if touches { open[runs.root(run)] = true }
        }
        var result = self
        for run in runs.first.indices where !open[runs.root(run)] {
            for index in runs.first[run]..<runs.last[run] { result.voxels[index] = true }
        }
        return result
    }
}

/// The runs of equal voxels along i, joined where they touch: a linear-time union–find over runs rather than voxels.
///
/// After He, Chao, Suzuki, *A run-based two-scan labeling algorithm*, IEEE Trans. Image Processing 17, 2008.
private struct Runs {
    /// The first voxel of each run in the array, and the one after its last.
    private(set) var first: [Int] = []
    private(set) var last: [Int] = []
    private var parents: [Int] = []

    init(of mask: Mask, where value: Bool, connectivity: Connectivity) {
        let size = mask.grid.size
        guard mask.grid.count > 0 else { return }
        var rows = [0]  // where each row's runs begin
        rows.reserveCapacity(size.y * size.z + 1)
        mask.voxels.withUnsafeBufferPointer { voxels in
            for row in 0..<size.y * size.z {
                let end = (row + 1) * size.x
                var index = row * size.x
                while index < end {
                    guard voxels[index] == value else {
                        index += 1
                        continue
                    }
                    first.append(index)
                    while index < end, voxels[index] == value { index += 1 }
                    last.append(index)
                }
                rows.append(first.count)
            }
        }
        parents = Array(first.indices)
        let corners = connectivity == .corners
        let before = corners ? [(-1, 0), (-1, -1), (0, -1), (1, -1)] : [(-1, 0), (0, -1)]
        for k in 0..<size.z {
            for j in 0..<size.y {
                for (dj, dk) in before where j + dj >= 0 && j + dj < size.y && k + dk >= 0 {
                    join(j + size.y * k, j + dj + size.y * (k + dk), rows: rows, width: size.x, reach: corners ? 1 : 0)
                }
            }
        }
        for run in parents.indices { parents[run] = find(run) }
    }

    /// The run that stands for all that hang together with this one.
    func root(_ run: Int) -> Int { parents[run] }

    /// Joins the runs of two rows that overlap, or nearly do by `reach` voxels.
    private mutating func join(_ row: Int, _ other: Int, rows: [Int], width: Int, reach: Int) {
        var (a, b) = (rows[row], rows[other])
        let shift = (row - other) * width
        while a < rows[row + 1], b < rows[other + 1] {
            if first[a] < last[b] + shift + reach, first[b] + shift < last[a] + reach { unite(a, b) }
            if last[a] < last[b] + shift { a += 1 } else { b += 1 }
        }
    }

    private mutating func unite(_ a: Int, _ b: Int) {
        let (a, b) = (find(a), find(b))
        if a != b { parents[max(a, b)] = min(a, b) }
    }

    private mutating func find(_ run: Int) -> Int {
        var run = run
        while parents[run] != run {
            parents[run] = parents[parents[run]]
            run = parents[run]
        }
        return run
    }
}
