internal import Foundation

/// A surface that grows from the middle of the head until it meets the brain's edge.
///
/// Smith, *Fast robust automated brain extraction*, Human Brain Mapping 17, 2002, written from the paper's sections 2.1 to
/// 2.5; the paper's check for self-intersection is left out.
struct BrainSurface {
    private let voxels: [Float]
    private let grid: Grid
    private let toVoxels: Affine
    private let size: SIMD3<Double>
    private let levels: Levels

    /// Intensities that hold for a whole head, robust against outliers.
    struct Levels: Equatable {
        /// The 2nd and the 98th percentile of what is not 0.
        let low, high: Double
        /// Between head and air: a tenth of the way up.
        let threshold: Double
        /// The median inside a sphere about as large as the head.
        let median: Double
        /// The centre of gravity of the head, in millimetres, and the radius of a sphere of its volume.
        let centre: SIMD3<Double>
        let radius: Double
    }

    /// How far inwards the darkest and the brightest tissue are looked for, in millimetres.
    private static let reach = (dark: 20, bright: 10)
    /// The radii of curvature, in millimetres, between which smoothing sets in.
    private static let curvature = (least: 3.33, most: 10.0)

    /// Nil where the first frame shows no head: nothing but one value, or a singular affine.
    init?(of volume: Volume) {
        guard let back = volume.grid.affine.inverse, volume.grid.count > 0 else { return nil }
        (voxels, grid, toVoxels) = (volume.frame(0).voxels, volume.grid, back)
        size = SIMD3<Double>(grid.size)
        guard let levels = Levels(of: voxels, on: grid) else { return nil }
        self.levels = levels
    }

    /// The enclosed voxels.
    ///
    /// - Parameter fraction: 0 to 1; what share of the local brightness still counts as brain. Larger values give a smaller
    ///   brain; the paper takes 0.5.
    func mask(fraction: Double, subdivisions: Int, iterations: Int) -> Mask {
        var mesh = TriangleMesh(centre: levels.centre, radius: levels.radius / 2, subdivisions: subdivisions)
        for _ in 0..<iterations { mesh.vertices = moved(mesh, fraction: fraction) }
        return mesh.mask(on: grid)
    }

    /// One step: towards the neighbours along the surface, smoothed across it, pushed out or in by the image.
    private func moved(_ mesh: TriangleMesh, fraction: Double) -> [SIMD3<Double>] {
        let (normals, edge) = (mesh.normals, meanEdge(of: mesh))
        let (least, most) = Self.curvature
        let (middle, slope) = ((1 / least + 1 / most) / 2, 6 / (1 / least - 1 / most))
        let forces = forces(at: mesh.vertices, normals: normals, fraction: fraction)
        return mesh.vertices.indices.map { index in
            var mean = SIMD3<Double>.zero
            let others = mesh.beginnings[index]..<mesh.beginnings[index + 1]
            for other in others { mean += mesh.vertices[mesh.neighbours[other]] }
            let away = mean / Double(others.count) - mesh.vertices[index]
            let across = normals[index] * dot(away, normals[index])
            let bend = 2 * length(across) / (edge * edge)
            let smoothing = (1 + tanh(slope * (bend - middle))) / 2
            let push = normals[index] * (0.05 * edge * forces[index])
            return mesh.vertices[index] + (away - across) / 2 + across * smoothing + push
        }
    }

    /// The image's force at each vertex. Threads share pointers, since counting references to arrays costs more than the work.
    private func forces(at vertices: [SIMD3<Double>], normals: [SIMD3<Double>], fraction: Double) -> [Double] {
        voxels.withUnsafeBufferPointer { voxels in
            vertices.withUnsafeBufferPointer { vertices in
                normals.withUnsafeBufferPointer { normals in
                    filledArray(vertices.count) { target in
                        nonisolated(unsafe) let (voxels, target) = (voxels, target)
                        nonisolated(unsafe) let (vertices, normals) = (vertices, normals)
                        inParallel(vertices.count) { index in
                            let inwards = -normals[index]
                            target[index] = force(at: vertices[index], inwards: inwards, in: voxels, fraction: fraction)
                        }
                    }
                }
            }
        }
    }

    /// From the darkest and the brightest value further in: positive inside the brain, negative beyond its edge.
    private func force(
        at vertex: SIMD3<Double>, inwards: SIMD3<Double>, in voxels: UnsafeBufferPointer<Float>, fraction: Double
    ) -> Double {
        let (start, step) = (toVoxels(vertex), toVoxels(inwards) - toVoxels(.zero))
        var (dark, bright) = (levels.median, levels.threshold)
        for depth in 0...Self.reach.dark {
            let value = intensity(at: start + step * Double(depth), in: voxels)
            dark = min(dark, value)
            if depth <= Self.reach.bright { bright = max(bright, value) }
        }
        (dark, bright) = (max(levels.low, dark), min(levels.median, bright))
        guard bright > levels.low else { return -1 }
        let local = (bright - levels.low) * fraction + levels.low
        return 2 * (dark - local) / (bright - levels.low)
    }

    /// The closest voxel's value; beyond the scan it is dark, so the surface stays within.
    private func intensity(at place: SIMD3<Double>, in voxels: UnsafeBufferPointer<Float>) -> Double {
        let voxel = place + 0.5
        guard all(voxel .>= .zero), all(voxel .< size) else { return levels.low }
        let (i, j, k) = (Int(voxel.x), Int(voxel.y), Int(voxel.z))
        return Double(voxels[i + grid.size.x * (j + grid.size.y * k)])
    }

    private func meanEdge(of mesh: TriangleMesh) -> Double {
        var (sum, count) = (0.0, 0)
        for index in mesh.vertices.indices {
            for place in mesh.beginnings[index]..<mesh.beginnings[index + 1] where mesh.neighbours[place] > index {
                sum += length(mesh.vertices[mesh.neighbours[place]] - mesh.vertices[index])
                count += 1
            }
        }
        return sum / Double(max(count, 1))
    }
}

extension BrainSurface.Levels {
    init?(of voxels: [Float], on grid: Grid) {
        let ranks = Percentiles(of: voxels.filter { $0 != 0 })
        guard let lowest = ranks(2), let highest = ranks(98), highest > lowest else { return nil }
        let (low, high) = (Double(lowest), Double(highest))
        let threshold = low + 0.1 * (high - low)
        var (weights, count, moments) = (0.0, 0, SIMD3<Double>.zero)
        for (index, value) in voxels.enumerated() where Double(value) > threshold {
            let weight = min(Double(value), high) - low
            weights += weight
            moments += SIMD3<Double>(grid.voxel(at: index)) * weight
            count += 1
        }
        guard weights > 0, grid.voxelMillilitres > 0 else { return nil }
        let centre = grid.affine(moments / weights)
        let volume = Double(count) * grid.voxelMillilitres * 1000
        let radius = cbrt(volume * 3 / (4 * .pi))
        let inside = voxels.indices.filter { index in
            let value = Double(voxels[index])
            guard value > low, value < high else { return false }
            let gap = grid.affine(SIMD3<Double>(grid.voxel(at: index))) - centre
            return dot(gap, gap) < radius * radius
        }
        guard let median = Percentiles(of: inside.map { voxels[$0] })(50) else { return nil }
        self.init(low: low, high: high, threshold: threshold, median: Double(median), centre: centre, radius: radius)
    }
}
