public import BrainData

/// A scan to be looked at.
public struct ViewerImage: Sendable {
    /// Its contrast, such as `T1ce`.
    public var name: String
    /// The scan, already reoriented to RAS; of a series the first frame is shown.
    public var volume: Volume

    public init(name: String, volume: Volume) { (self.name, self.volume) = (name, volume) }
}

/// A label map to be drawn over the scan, in the colours of its labels.
public struct ViewerOverlay: Sendable {
    /// How labels are drawn.
    public enum Style: String, Sendable, Codable {
        /// As see-through areas.
        case filled
        /// As thin lines around each label, which leave the scan in sight: for the expert's labels.
        case outline
    }

    /// Whose labels these are, such as `Prediction`.
    public var name: String
    /// The labels, on the grid of the scan; 0 is not drawn.
    public var labels: LabelMap
    /// Colours by label; labels without one get one of ``Colour/distinct``.
    public var colours: [UInt16: Colour]
    /// What the labels are called; labels without a name show their number.
    public var names: [UInt16: String]
    public var style: Style

    public init(
        name: String, labels: LabelMap, colours: [UInt16: Colour] = [:], names: [UInt16: String] = [:],
        style: Style = .filled
    ) {
        (self.name, self.labels, self.colours, self.names, self.style) = (name, labels, colours, names, style)
    }
}

/// Axial, coronal and sagittal views of one or several scans on one grid, with label maps over them, for a report.
///
/// The patient's right is on the left (radiological convention). Pictures are cropped to the head and keep every voxel;
/// only where all scans together exceed ``budget`` are slices left out, which the report then says.
public struct Viewer: Sendable {
    public var title: String
    /// The scans to choose from, all on one grid.
    public var images: [ViewerImage]
    /// Label maps on the same grid, drawn in this order.
    public var overlays: [ViewerOverlay]
    /// The voxels that all scans together may show: about half a byte of the report each.
    public var budget = 22_000_000

    public init(title: String = "Images", images: [ViewerImage], overlays: [ViewerOverlay] = []) {
        (self.title, self.images, self.overlays) = (title, images, overlays)
    }

    /// The grid that everything lies on.
    ///
    /// - Throws: `EvaluationError.gridsDiffer`, `.orientation` for axes that are not RAS, `.picture` without images.
    func commonGrid() throws(EvaluationError) -> Grid {
        guard let first = images.first else { throw .picture("a viewer needs at least one image") }
        let grid = first.volume.grid
        guard grid.size.min() > 0, grid.affine.spacing.min() > 0 else { throw .grid(grid.sentence) }
        for other in images.map(\.volume.grid) + overlays.map(\.labels.grid) where !other.matches(grid) {
            throw .gridsDiffer(expected: grid.sentence, found: other.sentence)
        }
        guard grid.affine.isRAS else { throw .orientation(image: first.name) }
        return grid
    }
}

extension Affine {
    /// Whether i runs mostly to the right, j to the front and k upwards.
    var isRAS: Bool {
        func leads(_ axis: SIMD3<Double>, _ place: Int) -> Bool {
            (0..<3).allSatisfy { $0 == place || abs(axis[$0]) < axis[place] }
        }
        return leads(i, 0) && leads(j, 1) && leads(k, 2)
    }
}
