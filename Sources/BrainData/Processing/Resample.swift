/// How values between voxels are found.
public enum Interpolation: String, Sendable, CaseIterable, Codable {
    /// The value of the closest voxel: for labels and masks.
    case nearest
    /// The weighted mean of the eight voxels around.
    case linear
}

/// Where a scan ends when it is resampled.
public enum ScanEdge: String, Sendable, CaseIterable, Codable {
    /// At the centres of the outermost voxels, as SciPy's `mode="constant"` has it.
    case centres
    /// At their outer faces, half a voxel further, as ITK has it; the outermost values reach so far.
    case faces
}

extension Volume {
    /// The scan on another grid, frame by frame.
    ///
    /// - Parameters:
    ///   - outside: the value where the new grid reaches beyond the scan.
    ///   - antialiased: blurs the scan first along each axis whose new spacing is at least 1.5 times the old one, with a
    ///     Gaussian of σ = (factor − 1) / 2 voxels (scikit-image's convention), so that fine structure does not alias.
    ///   - edge: where the scan ends.
    /// - Throws: ``ImagingError/geometry(_:)`` where the scan's affine is singular.
    public func resampled(
        to target: Grid, by interpolation: Interpolation = .linear, outside: Float = 0, antialiased: Bool = false,
        edge: ScanEdge = .centres
    ) throws(ImagingError) -> Volume {
        let sampling = try Sampling(from: grid, to: target, edge: edge)
        let blur = antialiased ? sampling.antialiasing : .zero
        let source = blur == .zero ? voxels : smoothed(sigma: blur).voxels
        let result: [Float] =
            switch interpolation {
            case .nearest: sampling.nearest(source, frames: frames, outside: outside)
            case .linear: sampling.linear(source, frames: frames, outside: outside)
            }
        return Volume(grid: target, frames: frames, voxels: result, notes: notes)
    }
}

extension LabelMap {
    /// The labels on another grid, each the one of the closest voxel; 0 where the new grid reaches beyond the map.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the map's affine is singular.
    public func resampled(to target: Grid, edge: ScanEdge = .faces) throws(ImagingError) -> LabelMap {
        let sampling = try Sampling(from: grid, to: target, edge: edge)
        return LabelMap(grid: target, voxels: sampling.nearest(voxels, frames: 1, outside: 0))
    }
}

extension Mask {
    /// The mask on another grid, by the closest voxel; false where the new grid reaches beyond it.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the mask's affine is singular.
    public func resampled(to target: Grid, edge: ScanEdge = .faces) throws(ImagingError) -> Mask {
        let sampling = try Sampling(from: grid, to: target, edge: edge)
        return Mask(grid: target, voxels: sampling.nearest(voxels, frames: 1, outside: false))
    }
}

/// Where the voxels of a new grid lie in the array of an old one.
private struct Sampling {
    private let old, new: SIMD3<Int>
    private let map: Affine
    private let reach: Double

    init(from source: Grid, to target: Grid, edge: ScanEdge) throws(ImagingError) {
        guard let back = source.affine.inverse else {
            throw .geometry("cannot resample: the map from voxels to millimetres is singular")
        }
        (old, new, map) = (source.size, target.size, back.after(target.affine))
        guard (map.i + map.j + map.k + map.origin).sum().isFinite, source.count > 0 else {
            throw .geometry("cannot resample: the map between the two grids is not finite, or the scan is empty")
        }
        reach = edge == .faces ? 0.5 : 1e-6  // rounding must not drop the outermost voxels
    }

    /// σ of the blur along the old axes, in old voxels; 0 where the new spacing is not much larger.
    var antialiasing: SIMD3<Double> {
        var sigma = SIMD3<Double>.zero
        for axis in 0..<3 {
            let factor = length([map.i[axis], map.j[axis], map.k[axis]])
            if factor >= 1.5 { sigma[axis] = (factor - 1) / 2 }
        }
        return sigma
    }

    /// The part of a row of new voxels that lies inside the old array.
    private func inside(from start: SIMD3<Double>) -> Range<Int> {
        var (low, high) = (0.0, Double(new.x - 1))
        for axis in 0..<3 {
            let (step, end) = (map.i[axis], Double(old[axis] - 1) + reach)
            if abs(step) < 1e-12 {
                if start[axis] < -reach || start[axis] > end { return 0..<0 }
            } else {
                let (a, b) = ((-reach - start[axis]) / step, (end - start[axis]) / step)
                (low, high) = (max(low, min(a, b)), min(high, max(a, b)))
            }
        }
        guard low <= high else { return 0..<0 }
        let (first, last) = (Int(low.rounded(.up)), Int(high.rounded(.down)))
        return first <= last ? first..<last + 1 : 0..<0
    }

    /// Calls `row` for every row of the new array, in parallel, with its place in the new and of its frame in the old array.
    private func rows<Element>(
        frames: Int, into target: UnsafeMutablePointer<Element>, outside: Element,
        _ row: (_ write: UnsafeMutablePointer<Element>, _ frame: Int, _ start: SIMD3<Double>, _ range: Range<Int>) ->
            Void
    ) {
        nonisolated(unsafe) let (target, outside, row) = (target, outside, row)
        inParallel(new.z * frames) { slab in
            let (frame, k) = (slab / new.z, slab % new.z)
            for j in 0..<new.y {
                let start = map.origin + map.j * Double(j) + map.k * Double(k)
                let range = inside(from: start)
                let write = target + (slab * new.y + j) * new.x
                for i in 0..<range.lowerBound { write[i] = outside }
                row(write, frame, start, range)
                for i in range.upperBound..<max(new.x, range.upperBound) { write[i] = outside }
            }
        }
    }

    func nearest<Element>(_ source: [Element], frames: Int, outside: Element) -> [Element] {
        let (size, step) = (old, map.i)
        return source.withUnsafeBufferPointer { source in
            filledArray(new.x * new.y * new.z * frames) { target in
                rows(frames: frames, into: target, outside: outside) { write, frame, start, range in
                    let base = frame * size.x * size.y * size.z
                    for i in range {
                        let at = start + step * Double(i) + 0.5
                        let x = min(max(Int(at.x.rounded(.down)), 0), size.x - 1)
                        let y = min(max(Int(at.y.rounded(.down)), 0), size.y - 1)
                        let z = min(max(Int(at.z.rounded(.down)), 0), size.z - 1)
                        write[i] = source[base + x + size.x * (y + size.y * z)]
                    }
                }
            }
        }
    }

    func linear(_ source: [Float], frames: Int, outside: Float) -> [Float] {
        let (size, step) = (old, map.i)
        let last = SIMD3<Double>(size &- 1)
        let cell = SIMD3<Int>(max(size.x - 2, 0), max(size.y - 2, 0), max(size.z - 2, 0))
        let right = size.x > 1 ? 1 : 0
        let (up, back) = (size.y > 1 ? size.x : 0, size.z > 1 ? size.x * size.y : 0)
        return source.withUnsafeBufferPointer { source in
            filledArray(new.x * new.y * new.z * frames) { target in
                rows(frames: frames, into: target, outside: outside) { write, frame, start, range in
                    guard let frame = source.baseAddress.map({ $0 + frame * size.x * size.y * size.z }) else { return }
                    for i in range {
                        let at = (start + step * Double(i)).clamped(lowerBound: .zero, upperBound: last)
                        let (x, y, z) = (min(Int(at.x), cell.x), min(Int(at.y), cell.y), min(Int(at.z), cell.z))
                        let fx = Float(at.x - Double(x)), fy = Float(at.y - Double(y)), fz = Float(at.z - Double(z))
                        let corner = frame + (x + size.x * (y + size.y * z))
                        let a = corner[0] + fx * (corner[right] - corner[0])
                        let b = corner[up] + fx * (corner[up + right] - corner[up])
                        let c = corner[back] + fx * (corner[back + right] - corner[back])
                        let d = corner[back + up] + fx * (corner[back + up + right] - corner[back + up])
                        let near = a + fy * (b - a)
                        write[i] = near + fz * (c + fy * (d - c) - near)
                    }
                }
            }
        }
    }
}
