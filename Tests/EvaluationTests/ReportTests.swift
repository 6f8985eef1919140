import BrainData
import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// A small head: bright everywhere but at its rim, with one label on the patient's right, in front and above.
private func head(spacing: SIMD3<Double> = [1, 1, 6.5]) -> (image: ViewerImage, labels: LabelMap) {
    let grid = Grid(size: [12, 14, 10], affine: Affine(spacing: spacing))
    var volume = Volume(grid: grid, voxels: Array(repeating: 100, count: grid.count))
    var labels = LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.count))
    volume[11, 13, 9] = 50
    for i in 8...9 { labels[i, 12, 8] = 2 }
    labels[8, 11, 8] = 7
    return (ViewerImage(name: "T1", volume: volume), labels)
}

@Suite struct ReportTests {
    let markup = "<script>alert('x')</script> & \"y\""

    @Test func everyTextIsEscaped() throws {
        var (image, labels) = head()
        image.name = markup
        var report = Report(title: markup, subject: markup, warnings: [markup])
        let overlay = ViewerOverlay(name: markup, labels: labels, names: [2: markup])
        report.sections = [
            .viewer(Viewer(title: markup, images: [image], overlays: [overlay])),
            .highlights([.init(markup, markup, unit: markup)]),
            .table(ReportTable(markup, columns: [.init(markup, unit: markup)], rows: [[.init(markup)]], note: markup)),
            .facts(markup, [(markup, markup)]), .steps(markup, [markup]), .text(markup, markup),
            .chart(LineChart(title: markup, xTitle: markup, yTitle: markup, series: [.init(markup, [(0, 1)])])),
        ]
        let html = try report.html()
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;</h1>"))
        #expect("a\u{0}b\u{1b}".escaped == "a\u{fffd}b\u{fffd}")
    }

    @Test func nothingComesFromElsewhere() throws {
        let (image, labels) = head()
        let viewer = Viewer(images: [image], overlays: [ViewerOverlay(name: "Prediction", labels: labels)])
        let html = try Report(title: "t", sections: [.viewer(viewer)]).html()
        #expect(html.contains("default-src 'none'"))
        for reference in ["http:", "https:", "url(", "@import", "<link", "src=\"/"] {
            #expect(!html.contains(reference))
        }
    }

    @Test func warningsComeFirstAndTheLineIsAlwaysThere() throws {
        let report = Report(
            title: "t", warnings: ["The model is experimental."], sections: [.text("Body", "words")])
        let html = try report.html()
        let warning = try #require(html.range(of: "The model is experimental."))
        let body = try #require(html.range(of: "Body"))
        #expect(warning.lowerBound < body.lowerBound)
        #expect(html.contains("For research use only, not a diagnosis."))
        let bare = try Report(title: "t").html()
        #expect(bare.contains("For research use only, not a diagnosis."))
        #expect(!bare.contains("class=\"warnings\""))
    }

    @Test func tablesShowUnitsColoursAndScores() throws {
        let evaluation = try SegmentationEvaluation(of: "a", [("WT", drawn(".###"), drawn(".##."))])
        let table = ReportTable("Scores", scores: evaluation, metrics: [.dice, .hd95], names: ["WT": "Whole tumour"])
        let html = try table.markup()
        #expect(html.contains("HD95 (mm)"))
        #expect(html.contains("<th scope=\"row\">Whole tumour</th><td class=\"number\">0.800</td>"))
        let swatches = ReportTable("t", columns: ["Label"], rows: [[.init("Oedema", colour: Colour(1, 171, 255))]])
        #expect(try swatches.markup().contains("style=\"--colour: #01abff\""))
        let ragged = ReportTable("Volumes", columns: ["a", "b"], rows: [["1"]])
        #expect(throws: EvaluationError.tableShape(table: "Volumes", columns: 2, found: 1)) { try ragged.markup() }
    }

    @Test func narrowSectionsShareARow() throws {
        let html = try Report(
            title: "t", sections: [.facts("A", []), .steps("B", []), .text("C", ""), .facts("D", [])]
        ).html()
        #expect(html.components(separatedBy: "<div class=\"columns\">").count == 3)
    }

    @Test func reportsAreWritten() throws {
        let folder = try TemporaryFolder()
        let report = Report(title: "Größe")
        try report.write(to: folder.file("r.html"))
        #expect(try String(contentsOf: folder.file("r.html"), encoding: .utf8) == report.html())
        #expect(throws: EvaluationError.self) { try report.write(to: folder.file("none/r.html")) }
    }
}

@Suite struct ViewerTests {
    @Test func tilesStartAtTheRightTheFrontAndTheTop() throws {
        let (image, labels) = head()
        let pictures = try ViewerPictures(Viewer(images: [image]))
        #expect(pictures.size == [12, 14, 10])
        let tiles = pictures.tiles(of: Box(lower: .zero, upper: pictures.size)) { UInt8(image.volume.voxels[$0]) }
        #expect(tiles.pixels[0] == 50)  // the voxel furthest to the right, front and top
        #expect(tiles.pixels.count { $0 == 50 } == 1)

        let box = try #require(pictures.extents(of: labels).boxes[2])
        let label = pictures.tiles(of: box) { labels.voxels[$0] == 2 ? 1 : 0 }
        #expect(label.origin == [2, 1, 1] && label.size == [2, 1, 1] && label.pixels == [1, 1])
    }

    @Test func laysTilesOutRowByRow() throws {
        let grid = Grid(size: [2, 1, 3], affine: Affine(spacing: [1, 1, 1]))
        let volume = Volume(grid: grid, voxels: [1, 2, 3, 4, 5, 6])
        let pictures = try ViewerPictures(Viewer(images: [ViewerImage(name: "a", volume: volume)]))
        let tiles = pictures.tiles(of: Box(lower: .zero, upper: [2, 1, 3])) { UInt8(volume.voxels[$0]) }
        #expect(tiles.columns == 1)
        #expect(tiles.pixels == [6, 5, 4, 3, 2, 1])
    }

    @Test func startsWhereMostIsLabelled() throws {
        let (image, labels) = head()
        let pictures = try ViewerPictures(Viewer(images: [image]))
        #expect(pictures.extents(of: labels).fullest == [8, 12, 8])
        let empty = LabelMap(grid: labels.grid, voxels: Array(repeating: 0, count: labels.grid.count))
        #expect(pictures.extents(of: empty).fullest == nil)
    }

    @Test func keepsThickSlicesInProportion() throws {
        let (image, labels) = head()
        let html = try Viewer(images: [image], overlays: [ViewerOverlay(name: "P", labels: labels)]).markup(number: 0)
        #expect(html.contains("aspect-ratio: 12.00 / 14.00"))
        #expect(html.contains("aspect-ratio: 12.00 / 65.00"))
        #expect(html.contains("aspect-ratio: 14.00 / 65.00"))
        #expect(html.contains("Voxels shown: 1.00 × 1.00 × 6.50 mm."))
        for side in ["left\">R<", "right\">L<", "top\">A<", "bottom\">P<", "top\">S<", "bottom\">I<", "left\">A<"] {
            #expect(html.contains(side))
        }
        #expect(html.contains("Label 7") && html.components(separatedBy: "data:image/png;base64,").count == 4)
    }

    @Test func thinsOutWhatIsTooLarge() throws {
        let (image, _) = head(spacing: [1, 2, 3])
        var viewer = Viewer(images: [image, image])
        viewer.budget = 2 * 840
        let pictures = try ViewerPictures(viewer)
        #expect(pictures.step == [2, 1, 1] && pictures.size == [6, 14, 10] && pictures.spacing == [2, 2, 3])
        #expect(try viewer.markup(number: 0).contains("left out here to keep this file small"))
        viewer.budget = 0
        #expect(try ViewerPictures(viewer).size == [1, 1, 1])
    }

    @Test func cropsToTheHeadAndTheLabels() throws {
        let grid = Grid(size: [40, 30, 20], affine: Affine(spacing: [1, 1, 1]))
        var volume = Volume(grid: grid, voxels: Array(repeating: 0, count: grid.count))
        for k in 8..<12 { for j in 10..<20 { for i in 15..<25 { volume[i, j, k] = 7 } } }
        var labels = LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.count))
        let image = ViewerImage(name: "a", volume: volume)
        #expect(try ViewerPictures(Viewer(images: [image])).box == Box(lower: [12, 7, 5], upper: [28, 23, 15]))
        labels[38, 15, 10] = 1
        let both = Viewer(images: [image], overlays: [ViewerOverlay(name: "P", labels: labels)])
        #expect(try ViewerPictures(both).box == Box(lower: [12, 7, 5], upper: [40, 23, 15]))
    }

    @Test func greysSpanBlackToWhite() {
        #expect(ViewerPictures.greys(of: [0, 50, 100, .nan, .infinity], count: 5) == [0, 127, 255, 0, 0])
        #expect(ViewerPictures.greys(of: [0, 0], count: 2) == [0, 0])
        #expect(ViewerPictures.greys(of: [-1, 0, 1], count: 3).first == 0)
        #expect(ViewerPictures.greys(of: [3, 3], count: 2) == [255, 255])
    }

    @Test func refusesWhatDoesNotFitTogether() throws {
        let (image, labels) = head()
        let (_, other) = head(spacing: [1, 1, 2])
        #expect(throws: EvaluationError.self) {
            try Viewer(images: [image], overlays: [ViewerOverlay(name: "P", labels: other)]).markup(number: 0)
        }
        #expect(throws: EvaluationError.picture("a viewer needs at least one image")) {
            try Viewer(images: []).markup(number: 0)
        }
        var flipped = image
        flipped.volume.grid.affine.i.x = -1
        #expect(throws: EvaluationError.orientation(image: "T1")) { try Viewer(images: [flipped]).markup(number: 0) }
        #expect(labels.grid.affine.isRAS)
        #expect(!Affine(i: [0, 1, 0], j: [1, 0, 0], k: [0, 0, 1], origin: .zero).isRAS)
    }

    @Test func aWholeCaseStaysSmall() throws {
        // Noise, which does not compress: a pixel is a byte, and Base64 makes four characters of three.
        let grid = Grid(size: [120, 120, 78], affine: Affine(spacing: [2, 2, 2]))
        let voxels = (0..<grid.count).map { Float(($0 &* 2_654_435_761) >> 9 & 255) }
        let images = ["a", "b"].map { ViewerImage(name: $0, volume: Volume(grid: grid, voxels: voxels)) }
        let bytes = try Report(title: "t", sections: [.viewer(Viewer(images: images))]).html().utf8.count
        #expect(bytes < 2 * grid.count * 4 / 3 + 200_000)
    }
}

@Suite struct PNGTests {
    private let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    @Test func greyPicturesHaveTheirSize() throws {
        let png = [UInt8](try PNG.grey((0..<600).map { UInt8($0 % 251) }, width: 30, height: 20))
        #expect(Array(png.prefix(8)) == signature)
        #expect(Array(png[16..<24]) == [0, 0, 0, 30, 0, 0, 0, 20])
        #expect(png[24] == 8 && png[25] == 0)  // 8 bits, grey
        #expect(png.suffix(8).prefix(4) == [0x49, 0x45, 0x4e, 0x44])
    }

    @Test func stencilsHaveOneColourAndOneBit() throws {
        let png = try PNG.stencil([0, 1, 1, 0], width: 2, height: 2, colour: Colour(10, 20, 30))
        #expect(png[24] == 1 && png[25] == 3)  // 1 bit, palette
        #expect(png.range(of: Data([0x50, 0x4c, 0x54, 0x45, 0, 0, 0, 10, 20, 30])) != nil)
    }

    @Test func noiseFits() throws {
        var state: UInt64 = 1
        let noise = (0..<250_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(state >> 56)
        }
        #expect(try PNG.grey(noise, width: 500, height: 500).count > 240_000)
    }

    @Test func emptyPicturesAreRefused() {
        #expect(throws: EvaluationError.picture("0 × 3 pixels are no picture")) {
            try PNG.grey([], width: 0, height: 3)
        }
    }
}
