extension Metric {
    /// The share of the expert's region that was found, `|P ∩ T| / |T|`.
    ///
    /// Without truth it is 1 if nothing was predicted either, else 0, under either convention.
    public static let sensitivity = Metric(
        name: "sensitivity", title: "Sensitivity", unit: "", better: .higher
    ) { pair, _ in
        pair.overlap.share(pair.overlap.truePositives, of: pair.overlap.actual)
    }

    /// The share of the predicted region that is right, `|P ∩ T| / |P|`.
    ///
    /// Without prediction it is 1 if there is no truth either, else 0, under either convention.
    public static let precision = Metric(
        name: "precision", title: "Precision", unit: "", better: .higher
    ) { pair, _ in
        pair.overlap.share(pair.overlap.truePositives, of: pair.overlap.predicted)
    }

    /// The share of the voxels outside the expert's region that were left out. It depends on how much air the image
    /// holds, so it says little about small lesions.
    ///
    /// Where the truth fills the whole grid it is 1: nothing could be wrongly included.
    public static let specificity = Metric(
        name: "specificity", title: "Specificity", unit: "", better: .higher
    ) { pair, _ in
        let outside = pair.overlap.trueNegatives + pair.overlap.falsePositives
        return outside == 0 ? 1 : Double(pair.overlap.trueNegatives) / Double(outside)
    }
}
