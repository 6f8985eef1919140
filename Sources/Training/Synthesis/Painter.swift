import BrainData
import Foundation
import NeuralNet

/// Gives every voxel of a synthetic head its brightness in one contrast.
struct Painter {
    /// Textures that all contrasts of a case share, since tissue varies in all of them alike.
    struct Textures: Sendable {
        let fine, coarse: SmoothField

        init(on grid: Grid, _ random: inout SplitMix) {
            let (lower, upper) = grid.bounds
            fine = SmoothField(scale: 4, from: lower, to: upper, &random)
            coarse = SmoothField(scale: 14, from: lower, to: upper, &random)
        }
    }

    /// What a contrast of one case looks like: the mean and the variation of each tissue.
    struct Look: Sendable {
        /// By ``HeadTissue``'s number.
        var means: [Float]
        var textures: [Float]
        /// By tissue of the tumour.
        var tumourMeans: [TumourTissue: Float]
        var tumourTextures: [TumourTissue: Float]

        /// A contrast's priors with a random departure from them.
        init(_ contrast: Contrast, _ settings: Synthesis.Appearance, _ random: inout SplitMix) {
            let white = TissuePriors.mean(of: .whiteMatter, in: contrast)
            let stretch = Float(random.uniform(in: settings.contrast))
            let texture = Float(random.uniform(in: settings.texture))
            means = HeadTissue.allCases.map { tissue in
                let prior = TissuePriors.mean(of: tissue, in: contrast)
                let mean = tissue.isParenchyma && tissue != .lesion ? white + stretch * (prior - white) : prior
                let departure = settings.departure * (tissue.isParenchyma ? 0.5 : 2)
                return max(0, mean * Float(1 + departure * random.normal()))
            }
            textures = HeadTissue.allCases.map { texture * TissuePriors.texture(of: $0) }
            (tumourMeans, tumourTextures) = ([:], [:])
            for tissue in TumourTissue.allCases {
                let prior = TissuePriors.tumour(tissue, in: contrast)
                // Without its tails, so that a rim that is drawn as enhancing does enhance.
                let drawn = min(max(random.normal(), -1.7), 1.7)
                tumourMeans[tissue] = max(5, prior.mean + prior.spread * Float(drawn))
                tumourTextures[tissue] = texture * TissuePriors.texture(of: tissue)
            }
        }

        /// Means and variations that have nothing to do with any contrast (Billot et al. 2023, section 3.3).
        init(random: inout SplitMix) {
            means = HeadTissue.allCases.map { $0 == .air ? 0 : Float(random.uniform(in: 5...130)) }
            textures = HeadTissue.allCases.map { _ in Float(random.uniform(in: 0.02...0.2)) }
            (tumourMeans, tumourTextures) = ([:], [:])
            for tissue in TumourTissue.allCases {
                tumourMeans[tissue] = Float(random.uniform(in: 5...130))
                tumourTextures[tissue] = Float(random.uniform(in: 0.02...0.2))
            }
        }
    }

    let look: Look
    let shared: Textures
    let grid: Grid

    /// The picture before the scanner has touched it.
    func paint(_ anatomy: [UInt8], _ tumour: SyntheticTumour?, _ random: inout SplitMix) -> [Float] {
        let own = Textures(on: grid, &random)
        let grain = WhiteNoise(&random)
        var picture = base(anatomy, own, grain)
        if let tumour { add(tumour, to: &picture, own) }
        return picture
    }

    private func base(_ anatomy: [UInt8], _ own: Textures, _ grain: WhiteNoise) -> [Float] {
        let width = grid.size.x
        var rows = [shared.fine, shared.coarse, own.fine, own.coarse].map { FieldRows($0, on: grid) }
        var (means, spreads) = ([Float](repeating: 0, count: 256), [Float](repeating: 0, count: 256))
        for tissue in HeadTissue.allCases {
            for code in [Int(tissue.rawValue), Int(tissue.rawValue | HeadMap.brainBit)] {
                means[code] = look.means[Int(tissue.rawValue)]
                spreads[code] = means[code] * look.textures[Int(tissue.rawValue)]
            }
        }
        var scratch = [Float](repeating: 0, count: 4 * width)
        return [Float](unsafeUninitializedCapacity: grid.count) { target, filled in
            scratch.withUnsafeMutableBufferPointer { scratch in
                let lines = (0..<4).map { scratch.baseAddress! + $0 * width }
                for row in 0..<grid.size.y * grid.size.z {
                    for n in 0..<4 { rows[n].read(row % grid.size.y, row / grid.size.y, into: lines[n]) }
                    let (a, b, c, d) = (lines[0], lines[1], lines[2], lines[3])
                    for i in 0..<width {
                        let n = row * width + i, code = Int(anatomy[n])
                        let texture = 0.4 * a[i] + 0.55 * b[i] + 0.4 * c[i] + 0.4 * d[i] + 0.5 * grain(n)
                        target[n] = max(0, means[code] + spreads[code] * texture)
                    }
                }
            }
            filled = grid.count
        }
    }

    /// Blends the tumour in: oedema leaves what lies below it in sight, the core does not.
    private func add(_ tumour: SyntheticTumour, to picture: inout [Float], _ own: Textures) {
        var means = look.tumourMeans
        if tumour.plan.enhancement == .none, let core = means[.core], let oedema = means[.oedema] {
            means[.core] = 0.6 * core + 0.4 * oedema  // a lower grade's core is no necrosis
        }
        for voxel in tumour.voxels {
            let n = Int(voxel.index)
            let place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
            let texture =
                0.5 * (shared.fine(place) + own.fine(place)) + 0.6 * (shared.coarse(place) + own.coarse(place))
            let mean = means[voxel.tissue] ?? 0
            let value = max(1, mean * (1 + (look.tumourTextures[voxel.tissue] ?? 0) * texture))
            let strength = voxel.tissue == .oedema ? 0.85 * voxel.strength : voxel.strength
            picture[n] += strength * (value - picture[n])
        }
    }
}
