internal import BrainData
internal import Foundation

/// Values of electrodes spread over the head, seen from above with the nose on top: spherical splines on the
/// azimuthal equidistant plane.
public struct ScalpMap: Sendable {
    /// An electrode: its name, direction from the head's centre (right, anterior, superior) and value.
    public struct Electrode: Sendable {
        public var name: String
        public var direction: SIMD3<Double>
        public var value: Double

        public init(_ name: String, at direction: SIMD3<Double>, value: Double) {
            (self.name, self.direction, self.value) = (name, direction, value)
        }
    }

    public var title: String
    public var electrodes: [Electrode]
    /// What the values are, such as “dB”.
    public var unit: String

    public init(_ title: String, _ electrodes: [Electrode], unit: String = "") {
        (self.title, self.electrodes, self.unit) = (title, electrodes, unit)
    }

    private static let side = 80, size = 240.0, radius = 92.0
    /// How far beyond the equator the map reaches, as a share of the head's outline.
    private static let reach = 1.12

    /// Where a direction lies on the map, the outline of the head having radius 1; right and front are positive.
    static func place(of direction: SIMD3<Double>) -> (x: Double, y: Double) {
        let length = (direction * direction).sum().squareRoot()
        guard length > 0 else { return (0, 0) }
        let polar = acos(max(-1, min(1, direction.z / length))) / (.pi / 2)
        let flat = (direction.x * direction.x + direction.y * direction.y).squareRoot()
        return flat > 0 ? (polar * direction.x / flat, polar * direction.y / flat) : (0, 0)
    }

    /// The values of the picture's pixels, rows from the front; nil outside of the map.
    func pixels() throws(EvaluationError) -> [Double?] {
        var (places, directions) = ([Int](), [SIMD3<Double>]())
        for row in 0..<Self.side {
            for column in 0..<Self.side {
                let x = (Double(column) + 0.5) / Double(Self.side) * 2 - 1
                let y = 1 - (Double(row) + 0.5) / Double(Self.side) * 2
                let far = (x * x + y * y).squareRoot()
                guard far <= 1 else { continue }
                let polar = far * Self.reach * .pi / 2
                let turn = far > 0 ? SIMD2(x / far, y / far) : SIMD2(0, 0)
                places.append(row * Self.side + column)
                directions.append(SIMD3(sin(polar) * turn.x, sin(polar) * turn.y, cos(polar)))
            }
        }
        var values = [Double?](repeating: nil, count: Self.side * Self.side)
        do throws(SignalError) {
            let weights = try SphericalSpline.weights(from: electrodes.map(\.direction), to: directions)
            for (row, place) in places.enumerated() {
                values[place] = electrodes.indices.reduce(0) { $0 + weights[row, $1] * electrodes[$1].value }
            }
        } catch { throw .picture(error.description) }
        return values
    }

    /// The picture, with the range of values under it.
    public func svg() throws(EvaluationError) -> String {
        let values = try pixels()
        let known = electrodes.map(\.value).filter(\.isFinite)
        guard let low = known.min(), let high = known.max() else {
            throw .picture("a map needs electrodes with values")
        }
        let bytes = values.flatMap { value -> [UInt8] in
            guard let value else { return [0, 0, 0, 0] }
            let colour = Self.colour((value - low) / max(high - low, 1e-300))
            return [colour.red, colour.green, colour.blue, 255]
        }
        let png = try PNG.transparent(bytes, width: Self.side, height: Self.side)
        let (middle, head) = (Self.size / 2, Self.radius / Self.reach)
        let dots = electrodes.map { one in
            let place = Self.place(of: one.direction)
            let mark = [
                "cx": short(middle + place.x * head), "cy": short(middle - place.y * head), "r": "1.7", "class": "dot",
            ]
            return element(
                "circle", mark, element("title", [:], "\(one.name): \(one.value.formatted(decimals: 2))".escaped))
        }
        let nose =
            "M\(short(middle - 11)) \(short(middle - head + 1))L\(short(middle)) \(short(middle - head - 13))"
            + "L\(short(middle + 11)) \(short(middle - head + 1))"
        let range = "\(low.formatted(decimals: 1)) to \(high.formatted(decimals: 1)) \(unit)"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart scalp" viewBox="0 0 \(short(Self.size)) \(short(Self.size + 30))" \
            role="img" aria-label="\(title.escaped)">
            <style>.scalp{max-width:240px}.chart .head{fill:none;stroke:#666c78;stroke-width:1.6}.chart .dot{fill:#20242c}\
            .scalp text{fill:#666c78;font:12px ui-sans-serif,system-ui,sans-serif}</style>
            <image x="\(short(middle - Self.radius))" y="\(short(middle - Self.radius))" width="\(short(2 * Self.radius))" \
            height="\(short(2 * Self.radius))" href="data:image/png;base64,\(png.base64EncodedString())"/>
            <circle class="head" cx="\(short(middle))" cy="\(short(middle))" r="\(short(head))"/><path class="head" d="\(nose)"/>
            \(dots.joined())
            <text x="\(short(middle))" y="\(short(Self.size + 4))" text-anchor="middle">\(title.escaped)</text>
            <text x="\(short(middle))" y="\(short(Self.size + 21))" text-anchor="middle">\(range.escaped)</text>
            </svg>
            """
    }

    /// From blue over a pale middle to red, for shares from 0 to 1.
    static func colour(_ share: Double) -> Colour {
        let stops: [(Double, Double, Double)] = [
            (49, 54, 149), (116, 173, 209), (240, 240, 235), (244, 140, 80), (165, 0, 38),
        ]
        let place = min(max(share.isFinite ? share : 0, 0), 1) * Double(stops.count - 1)
        let n = min(Int(place), stops.count - 2)
        let t = place - Double(n)
        func mixed(_ a: Double, _ b: Double) -> UInt8 { UInt8(min(max((a + (b - a) * t).rounded(), 0), 255)) }
        let (a, b) = (stops[n], stops[n + 1])
        return Colour(mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
    }

    private func short(_ value: Double) -> String { value.formatted(decimals: 1) }
}
