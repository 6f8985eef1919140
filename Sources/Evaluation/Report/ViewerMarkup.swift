internal import BrainData
internal import Foundation

/// What the page's script must know of a viewer, beside its pictures.
private struct ViewerPlan: Encodable {
    struct Layer: Encodable {
        let picture: String
        let origin: [Int]
        let size: [Int]
        let columns: Int
    }
    struct Label: Encodable {
        let name: String
        let colour: String
        let layer: Layer
    }
    struct Overlay: Encodable {
        let name: String
        let style: ViewerOverlay.Style
        let labels: [Label]
    }
    struct Image: Encodable {
        let name: String
        let layer: Layer
    }

    /// Voxels shown along i, j and k, their width in millimetres, and the voxels of the image that they are.
    let size: [Int]
    let spacing: [Double]
    let first: [Int]
    let step: [Int]
    let whole: [Int]
    /// The voxel shown first, along i, j and k.
    let start: [Int]
    let images: [Image]
    let overlays: [Overlay]
}

extension Viewer {
    /// The viewer as a part of a page.
    ///
    /// - Parameter number: tells the viewers of one page apart.
    func markup(number: Int) throws(EvaluationError) -> String {
        let pictures = try ViewerPictures(self)
        var tags: [String] = []
        func layer(_ atlas: Atlas) -> ViewerPlan.Layer {
            let id = "picture-\(number)-\(tags.count)"
            let source = "data:image/png;base64,\(atlas.png.base64EncodedString())"
            tags.append("<img hidden alt=\"\" id=\"\(id)\" src=\"\(source)\">")
            return .init(picture: id, origin: atlas.origin, size: atlas.size, columns: atlas.columns)
        }
        let shown = zip(images, try pictures.images()).map { ViewerPlan.Image(name: $0.name, layer: layer($1)) }
        var start: SIMD3<Int>?
        var drawn: [ViewerPlan.Overlay] = []
        for overlay in overlays {
            let extents = pictures.extents(of: overlay.labels)
            start = start ?? extents.fullest
            var labels: [ViewerPlan.Label] = []
            for (label, box) in extents.boxes.sorted(by: { $0.key < $1.key }) {
                let colour = overlay.colour(of: label)
                let atlas = try pictures.stencil(of: label, in: overlay.labels, box: box, colour: colour)
                labels.append(.init(name: overlay.title(of: label), colour: colour.hex, layer: layer(atlas)))
            }
            drawn.append(.init(name: overlay.name, style: overlay.style, labels: labels))
        }
        let plan = plan(of: pictures, images: shown, overlays: drawn, start: start ?? pictures.size / 2)
        return frame(pictures, plan: try json(plan), tags: tags.joined(separator: "\n"))
    }

    private func plan(
        of pictures: ViewerPictures, images: [ViewerPlan.Image], overlays: [ViewerPlan.Overlay], start: SIMD3<Int>
    ) -> ViewerPlan {
        func list(_ v: SIMD3<Int>) -> [Int] { [v.x, v.y, v.z] }
        let spacing = pictures.spacing
        return ViewerPlan(
            size: list(pictures.size), spacing: [spacing.x, spacing.y, spacing.z], first: list(pictures.box.lower),
            step: list(pictures.step), whole: list(pictures.whole), start: list(start), images: images,
            overlays: overlays)
    }

    private func json(_ plan: ViewerPlan) throws(EvaluationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(plan) else { throw .picture("the viewer's sizes are not finite") }
        return String(decoding: data, as: UTF8.self).replacingOccurrences(of: "<", with: "\\u003c")
    }

    /// The planes side by side at one scale in millimetres, and the controls; the script fills in the rest.
    private func frame(_ pictures: ViewerPictures, plan: String, tags: String) -> String {
        let mm = pictures.spacing * SIMD3<Double>(pictures.size)
        let planes = [("Axial", mm.x, mm.y, "RLAP"), ("Coronal", mm.x, mm.z, "RLSI"), ("Sagittal", mm.y, mm.z, "APSI")]
        let columns = planes.map { "minmax(0, \($0.1.formatted(decimals: 1))fr)" }.joined(separator: " ")
        let figures = planes.map { name, width, height, letters in
            let sides = zip(["left", "right", "top", "bottom"], letters).map { side, letter in
                element("span", ["class": "side \(side)"], String(letter))
            }
            let ratio = "aspect-ratio: \(width.formatted(decimals: 2)) / \(height.formatted(decimals: 2))"
            let canvas = element("canvas", ["role": "img", "aria-label": "\(name) slice"])
            let screen = element("div", ["class": "screen", "tabindex": "0", "style": ratio], canvas + sides.joined())
            let slider = "<input type=\"range\" aria-label=\"\(name) slice\">"
            let caption = element("b", [:], name) + slider + element("output")
            return element("figure", [:], screen + element("figcaption", [:], caption))
        }
        return """
            <section class="viewer">
            \(element("h2", [:], title.escaped))
            <div class="controls"></div>
            <div class="planes" style="grid-template-columns: \(columns)">\(figures.joined())</div>
            \(element("p", ["class": "note"], caption(pictures).escaped))
            <noscript><p class="note">The slices are drawn by a script inside this page; allow scripts to see them.</p>\
            </noscript>
            <script type="application/json">\(plan)</script>
            \(tags)
            </section>
            """
    }

    private func caption(_ pictures: ViewerPictures) -> String {
        let spacing = pictures.spacing
        let size = [spacing.x, spacing.y, spacing.z].map { $0.formatted(decimals: 2) }.joined(separator: " × ")
        let thinned = pictures.step == SIMD3(1, 1, 1) ? "" : " Some voxels are left out here to keep this file small."
        return "Radiological convention: the patient’s right is on the left of the axial and coronal planes. "
            + "Voxels shown: \(size) mm.\(thinned) Click to move all three planes; arrow keys step through the plane "
            + "in focus, O hides the labels."
    }
}

extension ViewerOverlay {
    func colour(of label: UInt16) -> Colour {
        colours[label] ?? Colour.distinct[(Int(label) + Colour.distinct.count - 1) % Colour.distinct.count]
    }

    func title(of label: UInt16) -> String { names[label] ?? "Label \(label)" }
}
