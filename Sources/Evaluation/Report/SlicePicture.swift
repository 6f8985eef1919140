public import BrainData
public import Foundation

/// One axial slice in colour: the scan in greys, one label map as a tint, another as lines. The patient's right is on the left,
/// the front on top.
public struct SlicePicture: Sendable {
    /// Pixels along the rows and columns, one a voxel.
    public let width, height: Int
    /// Red, green and blue of every pixel, rows from the top.
    public let pixels: [UInt8]

    /// The slice that shows most of `outline`, or of `tint` where that is empty, or the middle one.
    ///
    /// - Parameters:
    ///   - image: turned to RAS.
    ///   - colours: by label; labels without one are not drawn.
    /// - Throws: `EvaluationError.gridsDiffer` where the three do not lie on one grid, `.orientation` for other axes than RAS.
    public init(
        _ image: Volume, tint: LabelMap, outline: LabelMap, colours: [UInt16: Colour]
    ) throws(EvaluationError) {
        let viewer = Viewer(
            images: [ViewerImage(name: "image", volume: image)],
            overlays: [ViewerOverlay(name: "tint", labels: tint), ViewerOverlay(name: "outline", labels: outline)])
        let size = try viewer.commonGrid().size
        let k = Self.fullest(outline) ?? Self.fullest(tint) ?? size.z / 2
        let greys = ViewerPictures.greys(of: image.voxels, count: image.grid.count)
        (width, height) = (size.x, size.y)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * size.x * size.y)
        for row in 0..<size.y {
            for column in 0..<size.x {
                let (i, j) = (size.x - 1 - column, size.y - 1 - row)
                let grey = greys[i + size.x * (j + size.y * k)]
                let tinted = Self.mix(grey, colours[tint[i, j, k]], 0.4)
                let line = Self.isRim(outline, i, j, k) ? colours[outline[i, j, k]] : nil
                pixels += line.map { [$0.red, $0.green, $0.blue] } ?? tinted
            }
        }
        self.pixels = pixels
    }

    /// The picture as a file.
    public func png() throws(EvaluationError) -> Data { try PNG.colour(pixels, width: width, height: height) }

    private static func mix(_ grey: UInt8, _ colour: Colour?, _ share: Double) -> [UInt8] {
        guard let colour else { return [grey, grey, grey] }
        return [colour.red, colour.green, colour.blue].map { UInt8(Double(grey) * (1 - share) + Double($0) * share) }
    }

    /// Whether a neighbour in the slice has another label.
    private static func isRim(_ labels: LabelMap, _ i: Int, _ j: Int, _ k: Int) -> Bool {
        let own = labels[i, j, k], size = labels.grid.size
        guard own != 0 else { return false }
        return [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)].contains { i, j in
            i < 0 || j < 0 || i >= size.x || j >= size.y || labels[i, j, k] != own
        }
    }

    /// The slice with most labelled voxels; nil where there are none.
    private static func fullest(_ labels: LabelMap) -> Int? {
        let plane = labels.grid.size.x * labels.grid.size.y
        var areas = [Int](repeating: 0, count: labels.grid.size.z)
        for (n, label) in labels.voxels.enumerated() where label != 0 { areas[n / plane] += 1 }
        return areas.indices.max { areas[$0] < areas[$1] }.flatMap { areas[$0] > 0 ? $0 : nil }
    }
}
