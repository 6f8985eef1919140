import BrainData
import Foundation
import NeuralNet

/// What a scanner makes of a picture: uneven coils, a blur, noise, thick slices, a patient who moves between contrasts, and an
/// arbitrary scale.
struct Scanner: Sendable {
    let settings: Synthesis.Acquisition
    let grid: Grid
    /// Whether the patient has moved since the contrast that the others are registered to.
    let moves: Bool

    /// - Returns: values above 0 on the same grid.
    func scan(_ picture: [Float], _ random: inout SplitMix) throws(ImagingError) -> [Float] {
        var voxels = picture
        let sigma = random.uniform(in: settings.blur)
        for axis in 0..<3 { filter(&voxels, axis) { .blur(length: $0, sigma: sigma / spacing) } }
        shade(&voxels, &random)
        let noise = Float(100 * random.uniform(in: settings.noise))
        addNoise(&voxels, noise, &random)
        if random.chance(settings.thickSlices) {
            let thickness = random.uniform(in: settings.thickness) / spacing
            let (axis, phase) = (random.chance(0.7) ? 2 : Int(random.uniform() * 3), random.uniform())
            if thickness > 1 { filter(&voxels, axis) { .slices(length: $0, thickness: thickness, phase: phase) } }
        }
        if moves && settings.misregistration > 0 { voxels = try moved(voxels, &random) }
        grade(&voxels, &random)
        return voxels
    }

    private var spacing: Double { grid.affine.spacing.x }

    private func filter(_ voxels: inout [Float], _ axis: Int, _ make: (Int) -> AxisFilter) {
        voxels = make(grid.size[axis]).applied(to: voxels, size: grid.size, axis: axis)
    }

    /// Multiplies by the exponential of a smooth field.
    private func shade(_ voxels: inout [Float], _ random: inout SplitMix) {
        let (lower, upper) = grid.bounds
        let strength = Float(settings.bias * random.uniform())
        let field = SmoothField(scale: settings.biasScale, from: lower, to: upper, &random).mapped {
            exp(strength * $0)
        }
        var rows = FieldRows(field, on: grid)
        let width = grid.size.x
        var row = [Float](repeating: 0, count: width)
        voxels.withUnsafeMutableBufferPointer { voxels in
            row.withUnsafeMutableBufferPointer { row in
                for line in 0..<grid.size.y * grid.size.z {
                    rows.read(line % grid.size.y, line / grid.size.y, into: row.baseAddress!)
                    for i in 0..<width { voxels[line * width + i] *= row[i] }
                }
            }
        }
    }

    /// The noise of a magnitude image (Rice's distribution): √((s + n₁)² + n₂²).
    private func addNoise(_ voxels: inout [Float], _ level: Float, _ random: inout SplitMix) {
        let (real, imaginary) = (WhiteNoise(&random), WhiteNoise(&random))
        voxels.withUnsafeMutableBufferPointer { voxels in
            for n in voxels.indices {
                let (a, b) = (voxels[n] + level * real(n), level * imaginary(n))
                voxels[n] = (a * a + b * b).squareRoot()
            }
        }
    }

    /// Turned and shifted a little about the middle.
    private func moved(_ voxels: [Float], _ random: inout SplitMix) throws(ImagingError) -> [Float] {
        var turn = Affine(spacing: [1, 1, 1])
        for axis in 0..<3 {
            let angle = settings.misregistration * random.normal() * .pi / 180
            turn = Deformation.rotation(by: angle, about: axis).after(turn)
        }
        let shift = SIMD3(random.normal(), random.normal(), random.normal()) * settings.misregistration
        var moved = grid
        moved.affine = turn.after(grid.affine)
        moved.affine.origin += grid.centre - moved.centre + shift
        return try Volume(grid: moved, voxels: voxels).resampled(to: grid).voxels
    }

    /// White matter's 100 to the power of a random γ, and then times a random number.
    private func grade(_ voxels: inout [Float], _ random: inout SplitMix) {
        let gamma = exp(random.uniform(in: -settings.gamma...settings.gamma))
        let gain = random.logUniform(in: 1.5...12)
        let (top, steps) = (400.0, 4096)
        let curve = (0...steps).map { Float(100 * gain * pow(top * Double($0) / Double(steps) / 100, gamma)) }
        let scale = Float(Double(steps) / top)
        curve.withUnsafeBufferPointer { curve in
            voxels.withUnsafeMutableBufferPointer { voxels in
                for n in voxels.indices {
                    let at = min(max(voxels[n] * scale, 0), Float(steps) - 0.01)
                    let cell = Int(at)
                    voxels[n] = curve[cell] + (at - Float(cell)) * (curve[cell + 1] - curve[cell])
                }
            }
        }
    }
}
