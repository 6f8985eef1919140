extension Volume {
    /// The volume with NaN and infinite values replaced by 0, and how many there were; a note says so where there were any.
    public func finite() -> (volume: Volume, replaced: Int) {
        var result = self
        var replaced = 0
        result.voxels.withUnsafeMutableBufferPointer { voxels in
            for index in voxels.indices where !voxels[index].isFinite {
                voxels[index] = 0
                replaced += 1
            }
        }
        if replaced > 0 { result.notes.append("\(replaced) voxels were NaN or infinite and were set to 0") }
        return (result, replaced)
    }

    /// The volume with mean 0 and standard deviation 1 over the brain, each frame for itself.
    ///
    /// Without a mask the brain is what is not 0, and 0 stays 0: what MONAI's `NormalizeIntensity(nonzero=True)` does. The
    /// standard deviation divides by the number of voxels; where it is 0, only the mean is taken off. Values that are not
    /// finite count as 0.
    ///
    /// - Parameter mask: the brain; outside it the result is 0.
    /// - Throws: ``ImagingError/geometry(_:)`` where the mask has another size.
    public func normalised(over mask: Mask? = nil) throws(ImagingError) -> Volume {
        try check(mask)
        var result = finite().volume
        let size = grid.count
        for frame in 0..<frames {
            let range = frame * size..<(frame + 1) * size
            let (mean, deviation) = moments(of: result.voxels[range], over: mask)
            let scale = deviation > 0 ? 1 / deviation : 1
            result.voxels.withUnsafeMutableBufferPointer { voxels in
                for index in 0..<size {
                    let value = voxels[range.lowerBound + index]
                    let inside = mask.map { $0.voxels[index] } ?? (value != 0)
                    voxels[range.lowerBound + index] = inside ? Float((Double(value) - mean) * scale) : 0
                }
            }
        }
        return result
    }

    /// The volume mapped so that two percentiles of the brain become the ends of `range`, and clipped to it; each frame for
    /// itself. A frame whose percentiles are equal becomes the lower end.
    ///
    /// - Parameters:
    ///   - percentiles: from 0 to 100.
    ///   - mask: the brain; what is not 0 if left out. Values outside are mapped too, except that without a mask 0 becomes
    ///     the lower end.
    /// - Throws: ``ImagingError/geometry(_:)`` where the mask has another size.
    public func rescaled(
        percentiles: ClosedRange<Double> = 1...99, over mask: Mask? = nil, to range: ClosedRange<Float> = 0...1
    ) throws(ImagingError) -> Volume {
        try check(mask)
        var result = finite().volume
        let size = grid.count
        for frame in 0..<frames {
            let ranks = Percentiles(of: brain(of: result.voxels[frame * size..<(frame + 1) * size], over: mask))
            let (low, high) = (ranks(percentiles.lowerBound) ?? 0, ranks(percentiles.upperBound) ?? 0)
            let scale = high > low ? (range.upperBound - range.lowerBound) / (high - low) : 0
            result.voxels.withUnsafeMutableBufferPointer { voxels in
                for index in frame * size..<(frame + 1) * size {
                    let value = voxels[index]
                    let mapped = mask == nil && value == 0 ? range.lowerBound : range.lowerBound + (value - low) * scale
                    voxels[index] = min(max(mapped, range.lowerBound), range.upperBound)
                }
            }
        }
        return result
    }

    /// The volume with 0 outside a mask on the same grid; each frame for itself.
    public func masked(by mask: Mask) -> Volume {
        var result = self
        for index in voxels.indices where !mask.voxels[index % grid.count] { result.voxels[index] = 0 }
        return result
    }

    /// The volume with every value inside `range`; NaN becomes its lower end.
    public func clipped(to range: ClosedRange<Float>) -> Volume {
        var result = self
        result.voxels.withUnsafeMutableBufferPointer { voxels in
            for index in voxels.indices {
                let value = voxels[index]
                voxels[index] = value >= range.lowerBound ? min(value, range.upperBound) : range.lowerBound
            }
        }
        return result
    }

    private func check(_ mask: Mask?) throws(ImagingError) {
        guard let mask, mask.grid.size != grid.size else { return }
        throw .geometry("expected a mask of \(grid.size) voxels like its image, found \(mask.grid.size)")
    }

    private func brain(of values: ArraySlice<Float>, over mask: Mask?) -> [Float] {
        guard let mask else { return values.filter { $0 != 0 } }
        return zip(values, mask.voxels).filter(\.1).map(\.0)
    }

    /// Mean and biased standard deviation over the brain; zeros where it is empty.
    private func moments(of values: ArraySlice<Float>, over mask: Mask?) -> (mean: Double, deviation: Double) {
        let brain = brain(of: values, over: mask)
        guard !brain.isEmpty else { return (0, 0) }
        var (sum, squares) = (0.0, 0.0)
        for value in brain { sum += Double(value) }
        let mean = sum / Double(brain.count)
        for value in brain { squares += (Double(value) - mean) * (Double(value) - mean) }
        return (mean, (squares / Double(brain.count)).squareRoot())
    }
}
