import BrainData
import NeuralNet

/// Vessels in the fluid around the brain, which label maps leave out: bright dots on T1ce, flow voids on T2.
///
/// Where two smooth random fields are both 0 there are curves; their surroundings are tubes.
struct Vessels {
    private let fields: [SmoothField]

    /// The distance over which a vessel keeps its direction, in millimetres, and the largest f² + g² inside one: about 1 mm.
    private static let (scale, section) = (14.0, Float(0.09))

    init(on grid: Grid, _ random: inout SplitMix) {
        let (lower, upper) = grid.bounds
        fields = (0..<2).map { _ in SmoothField(scale: Self.scale, from: lower, to: upper, &random) }
    }

    /// Turns fluid into arteries and veins.
    func add(to anatomy: inout [UInt8], on grid: Grid) {
        var rows = fields.map { FieldRows($0, on: grid) }
        let width = grid.size.x
        let fluids = [HeadTissue.fluid, .dura].map { $0.rawValue | HeadMap.brainBit }
        let (artery, vein) = (
            HeadTissue.artery.rawValue | HeadMap.brainBit, HeadTissue.vein.rawValue | HeadMap.brainBit
        )
        var scratch = [Float](repeating: 0, count: 2 * width)
        anatomy.withUnsafeMutableBufferPointer { anatomy in
            scratch.withUnsafeMutableBufferPointer { scratch in
                let (f, g) = (scratch.baseAddress!, scratch.baseAddress! + width)
                for line in 0..<grid.size.y * grid.size.z {
                    rows[0].read(line % grid.size.y, line / grid.size.y, into: f)
                    rows[1].read(line % grid.size.y, line / grid.size.y, into: g)
                    for i in 0..<width where f[i] * f[i] + g[i] * g[i] < Self.section {
                        let n = line * width + i
                        if fluids.contains(anatomy[n]) { anatomy[n] = f[i] < g[i] ? artery : vein }
                    }
                }
            }
        }
    }
}
