import Foundation

/// Finds the affine map between two scans of brains, whatever their contrasts: what the one tells of the other is made
/// as large as possible.
///
/// The start lays the brains' centres of mass over each other and makes their volumes equal. At 8 mm all turns of up to
/// 45° about three axes are looked at in steps of 15°, then shifts of 20 mm; the best few are improved as rigid maps
/// with one scale. At 4 mm all twelve numbers are free. Both climb the gradient of the mutual information (Mattes et
/// al., IEEE TMI 22, 2003) with Adam's steps (Kingma & Ba, ICLR 2015).
public struct AffineRegistration: Sendable {
    /// From the fixed scan's millimetres to the moving one's, RAS+.
    public let map: Affine
    /// What the scans tell of each other in nats, at the start and under the map.
    public let informationBefore, informationAfter: Double

    /// Turns that are tried about each axis, in degrees.
    private static let turns = stride(from: -45.0, through: 45, by: 15)
    private static let shifts = [-20.0, 0, 20]
    /// Starts that are improved before one is chosen.
    private static let starts = 4
    /// How far outside the brain the fixed scan still counts, in millimetres.
    private static let margin = 10.0
    /// The distance from the middle of the brain at which turning and scaling move as much as a shift, in millimetres.
    private static let radius = 50.0

    private typealias Map = MutualInformation.Map

    /// - Parameters:
    ///   - fixed: the brain alone, from 0 to 1: ``Volume/brainOnly(_:)``.
    ///   - moving: the same of the other scan.
    ///   - brains: the masks of both, on their grids.
    ///   - steps: of the last improvement; half as many of the first.
    /// - Throws: ``ImagingError/geometry(_:)`` where a brain is empty or a grid has no place in millimetres.
    public init(
        fixed: Volume, moving: Volume, brains: (fixed: Mask, moving: Mask), steps: Int = 60
    ) throws(ImagingError) {
        guard let centre = brains.fixed.centreOfMass, let target = brains.moving.centreOfMass,
            (centre + target).sum().isFinite, brains.fixed.millilitres > 0, brains.moving.millilitres > 0
        else { throw .geometry("expected two brains to align, found an empty one or one without a place") }
        let scale = cbrt(brains.moving.millilitres / brains.fixed.millilitres)
        guard (0.2...5).contains(scale) else {
            let (a, b) = (Int(brains.fixed.millilitres), Int(brains.moving.millilitres))
            throw .geometry("the brains cannot be aligned: the fixed one measures \(a) ml, the moving one \(b) ml")
        }
        let begin = Map(x: [scale, 0, 0], y: [0, scale, 0], z: [0, 0, scale], shift: target)
        let still = try Self.thinned(fixed, brains.fixed), other = try Self.thinned(moving, brains.moving)
        let coarse = Self.information(still.halved(), other.halved(), centre: centre)
        let improved = Self.candidates(from: begin, coarse).map { start in
            Self.climb(start, coarse, steps: max(1, steps / 3), rate: (3, 0.5), advance: Self.rigid)
        }
        let best = improved.max { coarse($0, slopes: false).information < coarse($1, slopes: false).information }
        let fine = Self.information(still, other, centre: centre)
        let rigid = Self.climb(best ?? begin, fine, steps: max(1, steps / 3), rate: (1, 0.2), advance: Self.rigid)
        let found = Self.climb(rigid, fine, steps: max(1, steps), rate: (1, 0.05), advance: Self.affine)
        informationBefore = fine(begin, slopes: false).information
        informationAfter = fine(found, slopes: false).information
        var map = Affine(i: found.x, j: found.y, k: found.z, origin: .zero)
        map.origin = found.shift - map(centre)
        guard map.inverse != nil, map.determinant > 0 else {
            throw .geometry("the scans cannot be aligned: the best affine map found is singular")
        }
        self.map = map
    }

    /// The brain on cubes of 4 mm with room around it, an even number along every axis.
    private static func thinned(_ scan: Volume, _ brain: Mask) throws(ImagingError) -> Volume {
        guard let extent = brain.extent else { throw .geometry("expected a brain, found an empty mask") }
        let spacing = 4.0, reach = extent.upper - extent.lower + 2 * (margin + 2 * spacing)
        guard reach.max() < 2000 else { throw .geometry("expected a brain, found one of \(Int(reach.max())) mm") }
        let cells = (reach / (2 * spacing)).rounded(.up)
        let size = SIMD3(Int(cells.x), Int(cells.y), Int(cells.z)) &* 2
        let corner = (extent.lower + extent.upper - SIMD3<Double>(size &- 1) * spacing) / 2
        let grid = Grid(size: size, affine: Affine(spacing: SIMD3(repeating: spacing), origin: corner))
        return try scan.resampled(to: grid, antialiased: true, edge: .faces)
    }

    private static func information(
        _ fixed: Volume, _ moving: Volume, centre: SIMD3<Double>
    ) -> MutualInformation {
        let tissue = Mask(grid: fixed.grid, voxels: fixed.voxels.map { $0 > 0 })
        return MutualInformation(
            fixed: fixed, region: tissue.dilated(millimetres: margin), centre: centre, moving: moving)
    }

    /// The most promising starts, best first.
    private static func candidates(from begin: Map, _ information: MutualInformation) -> [Map] {
        func best(_ maps: [Map], _ count: Int) -> [Map] {
            let scored = maps.map { ($0, information($0, slopes: false).information) }
            return scored.sorted { $0.1 > $1.1 }.prefix(count).map(\.0)
        }
        let axes: [SIMD3<Double>] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        var turned: [Map] = []
        for a in turns {
            for b in turns {
                for c in turns {
                    var map = begin
                    for (axis, degrees) in zip(axes, [a, b, c]) {
                        map = rotated(map, by: axis * (degrees * .pi / 180))
                    }
                    turned.append(map)
                }
            }
        }
        return best(turned, starts).map { start in
            let moved = shifts.flatMap { x in
                shifts.flatMap { y in
                    shifts.map { z in
                        var map = start
                        map.shift += SIMD3(x, y, z)
                        return map
                    }
                }
            }
            return best(moved, 1).first ?? start
        }
    }

    /// Follows the gradient with Adam's steps from the larger rate to the smaller one, both in millimetres, and keeps
    /// the best.
    private static func climb(
        _ start: Map, _ information: MutualInformation, steps: Int, rate: (first: Double, last: Double),
        advance: (_ map: Map, _ slope: MutualInformation.Answer) -> (
            slopes: [Double], moved: ([Double]) -> Map
        )
    ) -> Map {
        var (map, best, most) = (start, start, -Double.infinity)
        var (mean, square) = ([Double](), [Double]())
        for step in 0..<steps {
            let answer = information(map)
            if answer.information > most { (best, most) = (map, answer.information) }
            let (slopes, moved) = advance(map, answer)
            if mean.isEmpty { (mean, square) = (slopes.map { _ in 0 }, slopes.map { _ in 0 }) }
            let pace = rate.first * pow(rate.last / rate.first, Double(step) / Double(max(1, steps - 1)))
            let change = slopes.indices.map { n in
                mean[n] += 0.2 * (slopes[n] - mean[n])
                square[n] += 0.05 * (slopes[n] * slopes[n] - square[n])
                let (first, second) = (1 - pow(0.8, Double(step + 1)), 1 - pow(0.95, Double(step + 1)))
                return pace * (mean[n] / first) / ((square[n] / second).squareRoot() + 1e-12)
            }
            map = moved(change)
        }
        return information(map, slopes: false).information > most ? map : best
    }

    /// Turns, one scale and a shift: seven numbers, each in millimetres at the radius.
    private static func rigid(
        _ map: Map, _ slope: MutualInformation.Answer
    ) -> (slopes: [Double], moved: ([Double]) -> Map) {
        // Turning by ω moves the place Mp by ω × Mp.
        let torque = cross(map.x, slope.x) + cross(map.y, slope.y) + cross(map.z, slope.z)
        let growth = dot(map.x, slope.x) + dot(map.y, slope.y) + dot(map.z, slope.z)
        let (t, s) = (torque / radius, slope.shift)
        return (
            [t.x, t.y, t.z, growth / radius, s.x, s.y, s.z],
            { change in
                var next = rotated(map, by: SIMD3(change[0], change[1], change[2]) / radius)
                let scale = exp(change[3] / radius)
                (next.x, next.y, next.z) = (next.x * scale, next.y * scale, next.z * scale)
                next.shift += SIMD3(change[4], change[5], change[6])
                return next
            }
        )
    }

    /// All twelve numbers, those of the matrix in millimetres at the radius.
    private static func affine(
        _ map: Map, _ slope: MutualInformation.Answer
    ) -> (slopes: [Double], moved: ([Double]) -> Map) {
        let parts = [slope.x / radius, slope.y / radius, slope.z / radius, slope.shift]
        return (
            parts.flatMap { [$0.x, $0.y, $0.z] },
            { change in
                func column(_ n: Int) -> SIMD3<Double> { SIMD3(change[3 * n], change[3 * n + 1], change[3 * n + 2]) }
                return Map(
                    x: map.x + column(0) / radius, y: map.y + column(1) / radius, z: map.z + column(2) / radius,
                    shift: map.shift + column(3))
            }
        )
    }

    /// The map, and then a turn about its target: Rodrigues' formula.
    private static func rotated(_ map: Map, by turn: SIMD3<Double>) -> Map {
        let angle = length(turn)
        guard angle > 1e-12 else { return map }
        let axis = turn / angle, (s, c) = (sin(angle), cos(angle))
        func rotated(_ v: SIMD3<Double>) -> SIMD3<Double> {
            v * c + cross(axis, v) * s + axis * (dot(axis, v) * (1 - c))
        }
        return Map(x: rotated(map.x), y: rotated(map.y), z: rotated(map.z), shift: map.shift)
    }
}
