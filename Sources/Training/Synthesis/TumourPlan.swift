import Foundation
import NeuralNet

/// What kind of tumour is to grow, drawn before anything is known of the anatomy.
struct TumourPlan: Sendable {
    enum Enhancement: String, Codable, Sendable {
        /// A rim around necrosis, as most glioblastomas have.
        case rim
        /// The same with gaps.
        case brokenRim
        /// All of the core.
        case solid
        /// None: a lower grade.
        case none
    }

    let enhancement: Enhancement
    /// The whole tumour in millilitres, and the core of each focus, the largest first.
    let whole: Double
    let cores: [Double]
    /// The thickness of the enhancing rim in millimetres.
    let rim: Double
    /// The share of the core's volume that pushes the brain aside.
    let massEffect: Double

    init(_ settings: Synthesis.Tumour, _ random: inout SplitMix) {
        if random.chance(settings.nonEnhancing) {
            enhancement = .none
        } else if random.chance(settings.solid / max(1 - settings.nonEnhancing, 1e-9)) {
            enhancement = .solid
        } else {
            enhancement = random.chance(settings.broken) ? .brokenRim : .rim
        }
        let radii = cbrt(settings.volume.lowerBound)...cbrt(settings.volume.upperBound)
        whole = pow(random.uniform(in: radii), 3)
        let core = whole * random.uniform(in: enhancement == .none ? settings.nonEnhancingCore : settings.core)
        let foci = random.chance(settings.multifocal) ? 2 + Int(random.uniform() * 2) : 1
        var (left, cores) = (core, [Double]())
        for _ in 1..<max(foci, 1) {
            let part = core * random.uniform(in: 0.05...0.3)
            cores.append(part)
            left -= part
        }
        self.cores = [left] + cores
        rim = random.uniform(in: settings.rim)
        massEffect = random.uniform(in: settings.massEffect)
    }
}
