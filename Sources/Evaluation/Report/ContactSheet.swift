public import BrainData
public import Foundation

/// Every scan of a case in three planes at one glance, through the middle of its labels, with their outlines: one picture, for
/// pages that show many cases.
///
/// The patient's right is on the left (radiological convention).
public struct ContactSheet: Sendable {
    public let title: String
    /// What the columns show.
    public let names: [String]
    /// A line under the picture.
    public let caption: String
    /// The picture; what it was made from is not kept.
    public let png: Data

    /// Pixels of the picture along each side of a voxel, so that an outline hides little of what it encloses.
    private static let zoom = 2

    /// - Parameters:
    ///   - images: the scans, one column each, on one grid of cubic voxels that runs along right, anterior and superior.
    ///   - labels: what is outlined, on the same grid; 0 is not drawn.
    ///   - colours: by label; labels without one get one of ``Colour/distinct``.
    /// - Throws: as ``Report/html()`` for a viewer of the same images.
    public init(
        title: String, images: [ViewerImage], labels: LabelMap, colours: [UInt16: Colour] = [:], caption: String = ""
    ) throws(EvaluationError) {
        let overlay = ViewerOverlay(name: title, labels: labels, colours: colours)
        var viewer = Viewer(images: images, overlays: [overlay])
        viewer.budget = .max  // three slices of each are kept, so none need be left out
        let pictures = try ViewerPictures(viewer)
        let canvas = Canvas(pictures, labels, overlay: overlay, zoom: Self.zoom)
        png = try PNG.colour(canvas.pixels, width: canvas.width, height: canvas.height)
        (self.title, self.caption, names) = (title, caption, images.map(\.name))
    }

    var markup: String {
        let source = "data:image/png;base64,\(png.base64EncodedString())"
        let columns = names.map { element("span", [:], $0.escaped) }.joined()
        return element(
            "section", ["class": "contact"],
            element("h2", [:], title.escaped) + element("div", ["class": "names"], columns)
                + "<img alt=\"\(title.escaped)\" src=\"\(source)\">"
                + element("p", ["class": "note"], caption.escaped))
    }
}

/// The pixels of a contact sheet, red, green and blue, rows from the top.
private struct Canvas {
    let width, height: Int
    private(set) var pixels: [UInt8]

    private let pictures: ViewerPictures
    private let labels: LabelMap
    private let zoom: Int
    private var colours: [UInt16: Colour] = [:]

    init(_ pictures: ViewerPictures, _ labels: LabelMap, overlay: ViewerOverlay, zoom: Int) {
        (self.pictures, self.labels, self.zoom) = (pictures, labels, zoom)
        let size = pictures.size, gap = 2
        let extents = pictures.extents(of: labels)
        for label in extents.boxes.keys { colours[label] = overlay.colour(of: label) }
        let cut = extents.fullest ?? size / 2
        let tile = max(size.x, size.y) + gap
        width = pictures.greys.count * tile * zoom
        height = (size.y + 2 * size.z + 2 * gap) * zoom
        pixels = [UInt8](repeating: 0, count: 3 * width * height)
        for column in pictures.greys.indices {
            let left = column * tile, middle = left + (tile - gap - size.x) / 2
            // From the patient's right, front and top.
            draw(column, at: (middle, 0), size.x, size.y) { x, y in SIMD3(size.x - 1 - x, size.y - 1 - y, cut.z) }
            draw(column, at: (middle, size.y + gap), size.x, size.z) { x, y in
                SIMD3(size.x - 1 - x, cut.y, size.z - 1 - y)
            }
            let side = left + (tile - gap - size.y) / 2
            draw(column, at: (side, size.y + size.z + 2 * gap), size.y, size.z) { x, y in
                SIMD3(cut.x, size.y - 1 - x, size.z - 1 - y)
            }
        }
    }

    /// One plane of one scan; `voxel` says which voxel shown lies at a column and a row.
    private mutating func draw(
        _ image: Int, at corner: (x: Int, y: Int), _ columns: Int, _ rows: Int, voxel: (Int, Int) -> SIMD3<Int>
    ) {
        func place(_ x: Int, _ y: Int) -> Int {
            let at = pictures.box.lower &+ pictures.step &* voxel(min(max(x, 0), columns - 1), min(max(y, 0), rows - 1))
            return at.x + pictures.whole.x * (at.y + pictures.whole.y * at.z)
        }
        for y in 0..<rows * zoom {
            for x in 0..<columns * zoom {
                let own = place(x / zoom, y / zoom), grey = pictures.greys[image][own], label = labels.voxels[own]
                // The outermost pixels of a label's voxels, where the next pixel belongs to another one.
                let edge = [(-1, 0), (1, 0), (0, -1), (0, 1)].contains { dx, dy in
                    labels.voxels[place((x + dx + zoom) / zoom - 1, (y + dy + zoom) / zoom - 1)] != label
                }
                let colour = label != 0 && edge ? colours[label] : nil
                let write = 3 * (corner.x * zoom + x + width * (corner.y * zoom + y))
                pixels[write] = colour?.red ?? grey
                pixels[write + 1] = colour?.green ?? grey
                pixels[write + 2] = colour?.blue ?? grey
            }
        }
    }
}
