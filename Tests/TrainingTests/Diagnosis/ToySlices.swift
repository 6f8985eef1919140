import BrainModels
import NeuralNet

@testable import Training

extension SliceSet {
    /// Noise with a bright bar, upright or lying, whose place is the age.
    static func bars(_ count: Int = 48, views: Int = 1, perSubject: Int = 1) -> SliceSet {
        var random = SplitMix(seed: 5, name: "slices")
        var (values, labels, ages): ([[Float]], [Int], [Double?]) = ([], [], [])
        for n in 0..<count {
            let place = 4 + Int(random.uniform() * 22), label = n % 2
            values.append(
                (0..<views * 1024).map { pixel in
                    let (row, column) = (pixel % 1024 / 32, pixel % 32)
                    let isBar = abs((label == 0 ? column : row) - place) < 3
                    return (isBar ? 2 : 0) + Float(0.3 * random.normal())
                })
            labels.append(label)
            ages.append(Double(20 + 2 * place))
        }
        return SliceSet(
            values: values, labels: labels, ages: ages, subjects: (0..<count).map { "s\($0 / perSubject)" },
            classes: ["upright", "lying"],
            contract: .init(side: 32, views: (0..<views).map { "view \($0)" }))
    }
}

extension SliceSet {
    /// Noise of 64 pixels a side; every second item has a bright blob somewhere in its upper left quarter.
    static func blobs(_ count: Int) -> SliceSet {
        var random = SplitMix(seed: 8, name: "blobs")
        let values = (0..<count).map { n -> [Float] in
            let (x, y) = (8 + Int(16 * random.uniform()), 8 + Int(16 * random.uniform()))
            return (0..<4096).map { pixel in
                let isBlob = n % 2 == 1 && abs(pixel % 64 - x) < 5 && abs(pixel / 64 - y) < 5
                return (isBlob ? 2.5 : 0) + Float(0.4 * random.normal())
            }
        }
        return SliceSet(
            values: values, labels: (0..<count).map { $0 % 2 }, ages: .init(repeating: nil, count: count),
            subjects: (0..<count).map { "s\($0)" }, classes: ["none", "blob"], contract: .init(side: 64))
    }
}

extension SliceTraining {
    /// Small enough for a test.
    static func ofBars(epochs: Int = 15) -> SliceTraining {
        var training = SliceTraining()
        training.configuration = .table([
            "channels": .list([4, 8, 8, 16].map { .number($0) }), "width": .number(16), "depth": .number(1),
            "heads": .number(2),
        ])
        (training.epochs, training.batch, training.rate) = (epochs, 8, 5e-3)
        training.augmentation = .none
        return training
    }
}
