import NeuralNet

/// The version that results are stamped with.
enum Version {
    static let number = "0.1.0"
    static var text: String { "brainkit \(number) (libtorch \(Engine.version))" }
}
