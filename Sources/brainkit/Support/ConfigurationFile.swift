import BrainModels
import Foundation
import NeuralNet

extension CardSettings {
    /// A network's sizes from a file with a JSON object.
    init(file: URL) throws {
        guard let data = try? Data(contentsOf: file) else { throw NetworkError.missingFile(file.path) }
        guard let sizes = try? JSONDecoder().decode(CardSettings.self, from: data), case .table = sizes else {
            throw NetworkError.malformed(file: file.path, why: "it is no JSON object")
        }
        self = sizes
    }
}
