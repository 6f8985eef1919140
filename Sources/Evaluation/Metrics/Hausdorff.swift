extension Metric {
    /// The 95th percentile of the distances between the two surfaces in millimetres, the distances of both directions
    /// pooled, as `medpy.metric.binary.hd95` computes it and the BraTS challenges report it.
    ///
    /// Surfaces are the voxels with a face neighbour outside the region (or outside the image); the percentile is
    /// interpolated linearly. MONAI takes the larger of the two directed percentiles instead: ``hd95Directed``.
    public static let hd95 = Metric(name: "hd95", title: "HD95", unit: "mm", better: .lower) { pair, empty in
        distance(pair, empty) { percentile($0.pooled, 95) }
    }

    /// The larger of the two directed 95th percentiles in millimetres, as MONAI's
    /// `compute_hausdorff_distance(percentile=95)` computes it. Not in ``all``: name it where it is wanted.
    public static let hd95Directed = Metric(
        name: "hd95_directed", title: "HD95 (larger direction)", unit: "mm", better: .lower
    ) { pair, empty in
        distance(pair, empty) { max(percentile($0.fromPrediction, 95), percentile($0.fromTruth, 95)) }
    }

    /// The largest distance between the two surfaces in millimetres.
    ///
    /// Huttenlocher et al., *Comparing Images Using the Hausdorff Distance*, PAMI 15(9), 1993.
    public static let hd = Metric(name: "hd", title: "HD", unit: "mm", better: .lower) { pair, empty in
        distance(pair, empty) { percentile($0.pooled, 100) }
    }

    private static func distance(
        _ pair: MaskPair, _ empty: EmptyRegions, _ summary: (SurfaceDistances) -> Double
    ) -> Double {
        if let scores = empty.scores(of: pair.overlap) { return scores.distance }
        return pair.surfaceDistances.map(summary) ?? 0
    }
}
