import BrainData
import Foundation
import NeuralNet

/// Takes every place of a synthetic head to the place of the label map that it shows: an affine map after a smooth random
/// field, after the push of the tumour.
///
/// Places are in millimetres, right, anterior and superior of the brain's middle.
struct Deformation: Sendable {
    /// The half-width of the block that is deformed; nothing of a head lies farther from the brain's middle.
    static let reach = SIMD3<Double>(repeating: 160)

    private let toMap: Affine
    private let elastic: [SmoothField]
    /// The push along right, anterior and superior in millimetres, empty for none.
    var push: [SmoothField] = []

    init(of map: HeadMap, _ settings: Synthesis.Anatomy, shifted: Bool, _ random: inout SplitMix) {
        elastic = (0..<3).map { _ in
            SmoothField(scale: settings.elasticScale, from: -Self.reach, to: Self.reach, &random)
                .mapped { $0 * Float(settings.elastic) }
        }
        let linear = map.turn.after(Self.linear(settings, &random))
        let shift = (0..<3).map { _ in shifted ? random.uniform(in: -settings.translation...settings.translation) : 0 }
        let toWorld = Affine(
            i: linear.i, j: linear.j, k: linear.k, origin: map.centre + SIMD3(shift[0], shift[1], shift[2]))
        toMap = map.grid.affine.inverse?.after(toWorld) ?? toWorld
    }

    /// Mirroring, scaling, shear and rotation, in the order in which they are applied.
    static func linear(_ settings: Synthesis.Anatomy, _ random: inout SplitMix) -> Affine {
        func symmetric(_ limit: Double) -> Double { random.uniform(in: -limit...limit) }
        let scale = SIMD3(
            1 + symmetric(settings.scaling), 1 + symmetric(settings.scaling), 1 + symmetric(settings.scaling))
        let mirror = random.chance(settings.mirror) ? -1.0 : 1
        let shear = (symmetric(settings.shear), symmetric(settings.shear), symmetric(settings.shear))
        var map = Affine(i: [mirror * scale.x, 0, 0], j: [0, scale.y, 0], k: [0, 0, scale.z], origin: .zero)
        map = Affine(i: [1, 0, 0], j: [shear.0, 1, 0], k: [shear.1, shear.2, 1], origin: .zero).after(map)
        for axis in 0..<3 {
            let angle = symmetric(settings.rotation) * .pi / 180
            map = rotation(by: angle, about: axis).after(map)
        }
        return map
    }

    /// A turn about one of the world's axes.
    static func rotation(by angle: Double, about axis: Int) -> Affine {
        let (c, s) = (cos(angle), sin(angle))
        return switch axis {
        case 0: Affine(i: [1, 0, 0], j: [0, c, s], k: [0, -s, c], origin: .zero)
        case 1: Affine(i: [c, 0, -s], j: [0, 1, 0], k: [s, 0, c], origin: .zero)
        default: Affine(i: [c, s, 0], j: [-s, c, 0], k: [0, 0, 1], origin: .zero)
        }
    }

    /// The map's voxels on a grid along the world's axes: the closest one to each place, 0 beyond the map.
    func voxels(of map: HeadMap, on grid: Grid) -> [UInt8] {
        let size = grid.size
        var fields = (elastic.map { ($0, 1) } + push.map { ($0, -1) }).enumerated().map { n, field in
            (rows: FieldRows(field.0, on: grid), axis: n % 3, sign: Float(field.1))
        }
        var moved = [Float](repeating: 0, count: 3 * size.x), line = [Float](repeating: 0, count: size.x)
        return [UInt8](unsafeUninitializedCapacity: grid.count) { target, filled in
            for row in 0..<size.y * size.z {
                let (j, k) = (row % size.y, row / size.y)
                moved.withUnsafeMutableBufferPointer { moved in
                    line.withUnsafeMutableBufferPointer { line in
                        moved.update(repeating: 0)
                        for n in fields.indices {
                            fields[n].rows.read(j, k, into: line.baseAddress!)
                            let (sum, sign) = (moved.baseAddress! + fields[n].axis * size.x, fields[n].sign)
                            for i in 0..<size.x { sum[i] += sign * line[i] }
                        }
                    }
                }
                let start = toMap(grid.affine(SIMD3(0, Double(j), Double(k))))
                look(up: map, from: start, step: grid.affine.i.x, moved, into: target.baseAddress! + row * size.x)
            }
            filled = grid.count
        }
    }

    /// One row: the map at `start`, and on from there, each place moved by what `moved` says in millimetres.
    private func look(
        up map: HeadMap, from start: SIMD3<Double>, step: Double, _ moved: [Float],
        into target: UnsafeMutablePointer<UInt8>
    ) {
        let (size, count) = (map.grid.size, moved.count / 3)
        let base = SIMD3<Float>(start) + 0.5
        let (x, y, z) = (SIMD3<Float>(toMap.i), SIMD3<Float>(toMap.j), SIMD3<Float>(toMap.k))
        let limit = SIMD3<Float>(SIMD3<Double>(size))
        map.voxels.withUnsafeBufferPointer { voxels in
            moved.withUnsafeBufferPointer { moved in
                for i in 0..<count {
                    let along = Float(step) * Float(i) + moved[i]
                    let at = base + x * along + y * moved[count + i] + z * moved[2 * count + i]
                    let inside = all(at .>= 0) && all(at .< limit)
                    target[i] = inside ? voxels[Int(at.x) + size.x * (Int(at.y) + size.y * Int(at.z))] : 0
                }
            }
        }
    }
}
