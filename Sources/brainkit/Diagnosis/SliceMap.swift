import BrainModels
import Evaluation
import Foundation

/// The views of one brain side by side, as a network sees them, and over them in red what its answer hung on.
struct SliceMap {
    let values: [Float]
    /// One number a pixel; nothing where it is not above 0.
    let map: [Float]
    let contract: SliceInput.Contract

    /// The views alone, in greys.
    func picture() throws(EvaluationError) -> Data { try painted { _ in 0 } }

    /// The views with the map, red where it is highest.
    func overlay() throws(EvaluationError) -> Data {
        let most = max(map.max() ?? 0, 1e-9)
        return try painted { max(0, map[$0] / most) }
    }

    private func painted(heat: (Int) -> Float) throws(EvaluationError) -> Data {
        let (side, views) = (contract.side, contract.views.count), width = side * views
        let (darkest, brightest) = (values.min() ?? 0, values.max() ?? 1)
        var pixels = [UInt8](repeating: 0, count: 3 * width * side)
        for view in 0..<views {
            for place in 0..<side * side {
                let index = view * side * side + place
                let grey = 255 * (values[index] - darkest) / max(brightest - darkest, 1e-9)
                let heat = heat(index), pixel = 3 * (place / side * width + view * side + place % side)
                pixels[pixel] = UInt8(min(255, grey * (1 - heat) + 255 * heat))
                pixels[pixel + 1] = UInt8(min(255, grey * (1 - heat)))
                pixels[pixel + 2] = pixels[pixel + 1]
            }
        }
        return try PNG.colour(pixels, width: width, height: side)
    }
}
