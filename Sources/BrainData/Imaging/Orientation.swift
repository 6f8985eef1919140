/// Which way the voxel axes of a grid run: three letters, each the direction in which an index grows, right (R) or left (L),
/// anterior (A) or posterior (P), superior (S) or inferior (I).
public struct Orientation: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The world axis along which i, j and k run: 0 right–left, 1 anterior–posterior, 2 superior–inferior; each once.
    let axes: SIMD3<Int>
    /// Whether i, j and k run towards left, posterior or inferior.
    let reversed: SIMD3<Int>

    /// The orientation of NIfTI's world: right, anterior, superior.
    public static let ras = Orientation(axes: [0, 1, 2], reversed: .zero)

    private static let letters: [[Character]] = [["R", "L"], ["A", "P"], ["S", "I"]]

    private init(axes: SIMD3<Int>, reversed: SIMD3<Int>) { (self.axes, self.reversed) = (axes, reversed) }

    /// - Parameter codes: `RAS`, `LPI`, `SAR` …; case does not matter.
    /// - Throws: ``ImagingError/geometry(_:)`` where they are not three letters, one of each pair R/L, A/P, S/I.
    public init(_ codes: String) throws(ImagingError) {
        var (axes, reversed) = (SIMD3<Int>(repeating: -1), SIMD3<Int>.zero)
        let characters = Array(codes.uppercased())
        for (index, character) in characters.prefix(3).enumerated() {
            for (axis, pair) in Orientation.letters.enumerated() where pair.contains(character) {
                (axes[index], reversed[index]) = (axis, pair[1] == character ? 1 : 0)
            }
        }
        guard characters.count == 3, Set([axes.x, axes.y, axes.z]) == [0, 1, 2] else {
            throw .geometry("expected three axis codes, one each of R/L, A/P and S/I, such as RAS; found “\(codes)”")
        }
        self.init(axes: axes, reversed: reversed)
    }

    /// The closest axes of a map, oblique ones included; each world axis is used once.
    ///
    /// The map is first freed of spacing and shear (its orthogonal factor, found by Newton's iteration: Higham, *Computing
    /// the polar decomposition*, SIAM J. Sci. Stat. Comput. 7, 1986), as nibabel does by singular values.
    public init(_ affine: Affine) {
        let columns = Orientation.orthogonal(affine)
        var (axes, reversed) = (SIMD3<Int>(repeating: -1), SIMD3<Int>.zero)
        var free: Set<Int> = [0, 1, 2]
        let order = (0..<3).sorted { Orientation.largest(columns[$0]) > Orientation.largest(columns[$1]) }
        for index in order {
            let column = columns[index]
            let axis = free.sorted().max { abs(column[$0]) < abs(column[$1]) } ?? index
            free.remove(axis)
            (axes[index], reversed[index]) = (axis, column[axis] < 0 ? 1 : 0)
        }
        self.init(axes: axes, reversed: reversed)
    }

    /// The three letters.
    public var description: String {
        String((0..<3).map { Orientation.letters[axes[$0]][reversed[$0]] })
    }

    private static func largest(_ column: SIMD3<Double>) -> Double { max(abs(column.x), abs(column.y), abs(column.z)) }

    private static func orthogonal(_ affine: Affine) -> [SIMD3<Double>] {
        func unit(_ column: SIMD3<Double>) -> SIMD3<Double> {
            let length = length(column)
            return length > 0 && length.isFinite ? column / length : .zero
        }
        var map = Affine(i: unit(affine.i), j: unit(affine.j), k: unit(affine.k), origin: .zero)
        for _ in 0..<50 {
            guard let inverse = map.inverse else { break }
            let rows = [
                SIMD3(inverse.i.x, inverse.j.x, inverse.k.x), SIMD3(inverse.i.y, inverse.j.y, inverse.k.y),
                SIMD3(inverse.i.z, inverse.j.z, inverse.k.z),
            ]
            let next = Affine(
                i: (map.i + rows[0]) / 2, j: (map.j + rows[1]) / 2, k: (map.k + rows[2]) / 2, origin: .zero)
            let change = largest(next.i - map.i) + largest(next.j - map.j) + largest(next.k - map.k)
            map = next
            if change < 1e-14 { break }
        }
        return [map.i, map.j, map.k]
    }
}

extension Grid {
    /// Which way the voxel axes run.
    public var orientation: Orientation { Orientation(affine) }

    /// The grid of the same voxels, listed in another order.
    public func reoriented(to orientation: Orientation) -> Grid { Turn(of: self, to: orientation).grid }
}

extension Volume {
    /// The same voxels in the same places of the world, listed so that the axes run another way. Nothing is interpolated.
    public func reoriented(to orientation: Orientation) -> Volume {
        let turn = Turn(of: grid, to: orientation)
        return Volume(grid: turn.grid, frames: frames, voxels: turn.apply(to: voxels, frames: frames), notes: notes)
    }
}

extension LabelMap {
    /// The same labels in the same places of the world, listed so that the axes run another way.
    public func reoriented(to orientation: Orientation) -> LabelMap {
        let turn = Turn(of: grid, to: orientation)
        return LabelMap(grid: turn.grid, voxels: turn.apply(to: voxels, frames: 1))
    }
}

extension Mask {
    /// The same mask in the same places of the world, listed so that the axes run another way.
    public func reoriented(to orientation: Orientation) -> Mask {
        let turn = Turn(of: grid, to: orientation)
        return Mask(grid: turn.grid, voxels: turn.apply(to: voxels, frames: 1))
    }
}

/// A permutation of the axes with flips, from one grid to another of the same voxels.
private struct Turn {
    let grid: Grid
    /// Where the new first voxel lies in the old array, and the steps there of one new voxel along i, j and k.
    private let start: Int
    private let steps: SIMD3<Int>

    init(of old: Grid, to orientation: Orientation) {
        let from = old.orientation
        let columns = [old.affine.i, old.affine.j, old.affine.k]
        let strides = [1, old.size.x, old.size.x * old.size.y]
        var (size, steps, start) = (SIMD3<Int>.zero, SIMD3<Int>.zero, 0)
        var (directions, origin) = ([SIMD3<Double>](repeating: .zero, count: 3), old.affine.origin)
        for axis in 0..<3 {
            let source = (0..<3).first { from.axes[$0] == orientation.axes[axis] } ?? axis
            size[axis] = old.size[source]
            if from.reversed[source] == orientation.reversed[axis] {
                (steps[axis], directions[axis]) = (strides[source], columns[source])
            } else {
                (steps[axis], directions[axis]) = (-strides[source], -columns[source])
                start += strides[source] * (old.size[source] - 1)
                origin += columns[source] * Double(old.size[source] - 1)
            }
        }
        let affine = Affine(i: directions[0], j: directions[1], k: directions[2], origin: origin)
        (grid, self.start, self.steps) = (Grid(size: size, affine: affine), start, steps)
    }

    func apply<Element>(to voxels: [Element], frames: Int) -> [Element] {
        let (size, count) = (grid.size, grid.count)
        if steps == [1, size.x, size.x * size.y] { return voxels }
        return voxels.withUnsafeBufferPointer { old in
            filledArray(voxels.count) { new in
                nonisolated(unsafe) let (old, new) = (old, new)
                inParallel(size.z * frames) { slab in
                    let (frame, k) = (slab / size.z, slab % size.z)
                    var write = slab * size.x * size.y
                    for j in 0..<size.y {
                        var read = frame * count + start + steps.z * k + steps.y * j
                        for _ in 0..<size.x {
                            new[write] = old[read]
                            write += 1
                            read += steps.x
                        }
                    }
                }
            }
        }
    }
}
