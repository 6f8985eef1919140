import Foundation
import NeuralNet

/// Changes of slices that leave what they show as it is.
public struct SliceAugmentation: Codable, Sendable, Equatable {
    /// The largest turn in degrees, shift as a share of the side, and change of size as a share.
    public var rotation = 12.0, shift = 0.05, scaling = 0.12
    /// How likely a picture is mirrored left to right.
    public var mirror = 0.5
    /// The largest change of contrast and brightness, and the deviation of the noise, in standard deviations.
    public var contrast = 0.2, brightness = 0.2, noise = 0.05

    public init() {}

    /// None at all.
    public static var none: SliceAugmentation {
        var none = SliceAugmentation()
        (none.rotation, none.shift, none.scaling, none.mirror) = (0, 0, 0, 0)
        (none.contrast, none.brightness, none.noise) = (0, 0, 0)
        return none
    }

    /// One picture changed, `side` rows of `side` columns; between pixels linear, beyond the edge the nearest one.
    func changed(_ picture: ArraySlice<Float>, side: Int, _ random: inout SplitMix) -> [Float] {
        func draw(_ reach: Double) -> Double { reach * (2 * random.uniform() - 1) }
        let angle = draw(rotation) * .pi / 180, size = 1 + draw(scaling)
        let (across, down) = (draw(shift) * Double(side), draw(shift) * Double(side))
        let sign = random.uniform() < mirror ? -1.0 : 1.0
        let gain = Float(1 + draw(contrast)), offset = Float(draw(brightness)), spread = Float(noise)
        let (cosine, sine, middle) = (cos(angle) / size, sin(angle) / size, Double(side - 1) / 2)
        let pixels = Array(picture)
        var result = [Float](repeating: 0, count: pixels.count)
        for row in 0..<side {
            for column in 0..<side {
                let (x, y) = (sign * (Double(column) - middle), Double(row) - middle)
                let value = Self.between(
                    pixels, side, middle + cosine * x - sine * y + across, middle + sine * x + cosine * y + down)
                result[row * side + column] = gain * value + offset + (spread > 0 ? spread * Float(random.normal()) : 0)
            }
        }
        return result
    }

    private static func between(_ pixels: [Float], _ side: Int, _ x: Double, _ y: Double) -> Float {
        let last = Double(side - 1), (x, y) = (min(max(x, 0), last), min(max(y, 0), last))
        let (column, row) = (min(Int(x), side - 2), min(Int(y), side - 2))
        let (right, below) = (Float(x - Double(column)), Float(y - Double(row)))
        let place = row * side + column
        let upper = pixels[place] + right * (pixels[place + 1] - pixels[place])
        let lower = pixels[place + side] + right * (pixels[place + side + 1] - pixels[place + side])
        return upper + below * (lower - upper)
    }
}
