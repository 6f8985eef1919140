internal import BrainData

extension Metric {
    /// The volume of the predicted region in millilitres.
    public static let predictedMillilitres = Metric(
        name: "predictedMillilitres", column: "predicted_ml", title: "Predicted volume", unit: "ml",
        better: .neither
    ) { pair, _ in
        Double(pair.overlap.predicted) * pair.truth.grid.voxelMillilitres
    }

    /// The volume of the expert's region in millilitres.
    public static let trueMillilitres = Metric(
        name: "trueMillilitres", column: "true_ml", title: "True volume", unit: "ml", better: .neither
    ) { pair, _ in
        Double(pair.overlap.actual) * pair.truth.grid.voxelMillilitres
    }

    /// Predicted minus true volume in millilitres: positive where too much was predicted.
    public static let volumeDifference = Metric(
        name: "differenceMillilitres", column: "difference_ml", title: "Volume difference", unit: "ml",
        better: .neither
    ) { pair, _ in
        Double(pair.overlap.predicted - pair.overlap.actual) * pair.truth.grid.voxelMillilitres
    }
}
