extension Metric {
    /// The overlap of two regions, `2 |P ∩ T| / (|P| + |T|)`, from 0 (apart) to 1 (equal).
    ///
    /// Dice, *Measures of the Amount of Ecologic Association Between Species*, Ecology 26, 1945.
    public static let dice = Metric(name: "dice", title: "Dice", unit: "", better: .higher) { pair, empty in
        let overlap = pair.overlap
        if let scores = empty.scores(of: overlap) { return scores.dice }
        return 2 * Double(overlap.truePositives) / Double(overlap.predicted + overlap.actual)
    }
}
