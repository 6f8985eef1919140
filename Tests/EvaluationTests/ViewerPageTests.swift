import BrainData
import Foundation
import Testing

@testable import Evaluation

/// Reads a page as its script does: the plan, the pictures, and any slice cut out of them.
private struct ViewerPage {
    struct Plan: Decodable {
        struct Layer: Decodable { let picture: String, origin: [Int], size: [Int], columns: Int }
        struct Label: Decodable { let name: String, colour: String, layer: Layer }
        struct Overlay: Decodable { let name: String, style: String, labels: [Label] }
        struct Image: Decodable { let name: String, layer: Layer }
        let size: [Int], spacing: [Double], first: [Int], step: [Int], whole: [Int], start: [Int]
        let images: [Image], overlays: [Overlay]
    }
    let plan: Plan
    let pictures: [String: PNGReader]

    init(_ html: String) throws {
        let json = try #require(html.firstMatch(of: /<script type="application\/json">(.*?)<\/script>/)).1
        plan = try JSONDecoder().decode(Plan.self, from: Data(json.utf8))
        var pictures: [String: PNGReader] = [:]
        for match in html.matches(of: /id="(picture-[0-9-]+)" src="data:image\/png;base64,([^"]*)"/) {
            let png = try #require(Data(base64Encoded: String(match.2)))
            let picture: PNGReader = try #require(PNGReader(png))
            pictures[String(match.1)] = picture
        }
        self.pictures = pictures
    }

    /// The pixel shown for a voxel of the viewer's box; nil outside the layer.
    func pixel(_ layer: Plan.Layer, _ i: Int, _ j: Int, _ k: Int) -> UInt8? {
        let place = zip([i, j, k], zip(plan.size, layer.origin)).map { $1.0 - 1 - $0 - $1.1 }
        guard zip(place, layer.size).allSatisfy({ $0 >= 0 && $0 < $1 }), let picture = pictures[layer.picture] else {
            return nil
        }
        let x = place[2] % layer.columns * layer.size[0] + place[0]
        let y = place[2] / layer.columns * layer.size[1] + place[1]
        return picture.pixels[y * picture.width + x]
    }
}

private typealias Box = Evaluation.Box

@Suite struct ViewerPageTests {
    private let grid = Grid(size: [19, 23, 11], affine: Affine(spacing: [0.9, 0.9, 5], origin: [-9, -20, -30]))

    private var volume: Volume {
        // Air in front of plane j = 4, and something unlike itself from every side behind it.
        var volume = Volume(grid: grid, voxels: Array(repeating: 0, count: grid.count))
        for k in 0..<11 { for j in 4..<23 { for i in 0..<19 { volume[i, j, k] = grey(i, j, k) } } }
        return volume
    }

    private func grey(_ i: Int, _ j: Int, _ k: Int) -> Float { Float(60 + (7 * i + 31 * j + 57 * k) % 195) }

    private var labels: LabelMap {
        var labels = LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.count))
        for k in 3..<7 { for j in 8..<15 { for i in 2..<6 { labels[i, j, k] = (i + j + k) % 3 == 0 ? 4 : 1 } } }
        return labels
    }

    @Test func everyVoxelIsShownWhereItBelongs() throws {
        let page = try ViewerPage(Viewer(images: [ViewerImage(name: "T1", volume: volume)]).markup(number: 3))
        let plan = page.plan
        #expect(plan.first == [0, 1, 0] && plan.size == [19, 22, 11] && plan.whole == [19, 23, 11])
        #expect(plan.spacing == [0.9, 0.9, 5] && plan.step == [1, 1, 1])
        let expected = ViewerPictures.greys(of: volume.voxels, count: grid.count)
        let layer = try #require(plan.images.first?.layer)
        var wrong = 0
        for k in 0..<11 {
            for j in 0..<22 {
                for i in 0..<19 where page.pixel(layer, i, j, k) != expected[i + 19 * (j + 1 + 23 * k)] { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test(arguments: [ViewerOverlay.Style.filled, .outline])
    func labelsLieOnTheirVoxels(style: ViewerOverlay.Style) throws {
        let overlay = ViewerOverlay(
            name: "Expert", labels: labels, colours: [1: Colour(250, 10, 20)], names: [1: "Oedema"], style: style)
        let viewer = Viewer(images: [ViewerImage(name: "T1", volume: volume)], overlays: [overlay])
        let page = try ViewerPage(viewer.markup(number: 0))
        let drawn = try #require(page.plan.overlays.first)
        #expect(drawn.style == style.rawValue && drawn.name == "Expert")
        #expect(drawn.labels.map(\.name) == ["Oedema", "Label 4"])
        #expect(drawn.labels.map(\.colour) == ["#fa0a14", "#d55e00"])
        var wrong = 0
        for (number, shown) in zip([UInt16(1), 4], drawn.labels) {
            for k in 0..<11 {
                for j in 0..<22 {
                    for i in 0..<19 where (page.pixel(shown.layer, i, j, k) == 1) != (labels[i, j + 1, k] == number) {
                        wrong += 1
                    }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test func labelsHaveTheirColourAndElseNothing() throws {
        let overlay = ViewerOverlay(name: "P", labels: labels, colours: [1: Colour(250, 10, 20)])
        let viewer = Viewer(images: [ViewerImage(name: "T1", volume: volume)], overlays: [overlay])
        let page = try ViewerPage(viewer.markup(number: 0))
        let label = try #require(page.plan.overlays.first?.labels.first)
        let picture = try #require(page.pictures[label.layer.picture])
        #expect(picture.palette.prefix(2) == [[0, 0, 0], [250, 10, 20]])
        #expect(picture.opacity.first == 0 && picture.opacity.dropFirst().allSatisfy { $0 == 255 })
        #expect(label.layer.size == [4, 7, 4])
    }

    @Test func thinnedVoxelsStayInPlace() throws {
        var viewer = Viewer(images: [ViewerImage(name: "T1", volume: volume)])
        viewer.budget = 2000
        let page = try ViewerPage(viewer.markup(number: 0))
        let (plan, step) = (page.plan, page.plan.step)
        #expect(plan.size.reduce(1, *) <= 2000 && step[2] == 1 && step[0] * step[1] > 1)
        #expect(plan.spacing[0] == 0.9 * Double(step[0]) && plan.spacing[1] == 0.9 * Double(step[1]))
        let expected = ViewerPictures.greys(of: volume.voxels, count: grid.count)
        let layer = try #require(plan.images.first?.layer)
        for (i, j, k) in [(0, 0, 0), (plan.size[0] - 1, plan.size[1] - 1, plan.size[2] - 1), (3, 5, 7)] {
            let voxel = zip(zip([i, j, k], step), plan.first).map { $0.0 * $0.1 + $1 }
            #expect(page.pixel(layer, i, j, k) == expected[voxel[0] + 19 * (voxel[1] + 23 * voxel[2])])
        }
    }

    @Test func contrastsKeepTheirOrderAndShareTheStart() throws {
        let images = ["T1", "T2", "FLAIR"].map { ViewerImage(name: $0, volume: volume) }
        let viewer = Viewer(images: images, overlays: [ViewerOverlay(name: "P", labels: labels)])
        let plan = try ViewerPage(viewer.markup(number: 0)).plan
        #expect(plan.images.map(\.name) == ["T1", "T2", "FLAIR"])
        #expect(Set(plan.images.map(\.layer.picture)).count == 3)
        #expect(labels[plan.start[0], plan.start[1] + 1, plan.start[2]] != 0 || (2..<6).contains(plan.start[0]))
        #expect((7..<14).contains(plan.start[1]) && (3..<7).contains(plan.start[2]))
    }

    @Test func twoViewersOfAPageKeepApart() throws {
        let viewer = Viewer(images: [ViewerImage(name: "T1", volume: volume)])
        let html = try Report(title: "t", sections: [.viewer(viewer), .viewer(viewer)]).html()
        let ids = html.matches(of: /id="(picture-[0-9-]+)"/).map { String($0.1) }
        #expect(ids.count == 2 && Set(ids).count == 2)
    }

    @Test func anEmptyScanIsShownWhole() throws {
        let air = Volume(grid: grid, voxels: Array(repeating: 0, count: grid.count))
        let plan = try ViewerPage(Viewer(images: [ViewerImage(name: "a", volume: air)]).markup(number: 0)).plan
        #expect(plan.size == [19, 23, 11] && plan.start == [9, 11, 5] && plan.overlays.isEmpty)
    }

    @Test func onlyTheFirstFrameIsShown() throws {
        let first = volume
        let series = Volume(grid: grid, frames: 2, voxels: first.voxels + first.voxels.map { 1000 - $0 })
        let one = try Viewer(images: [ViewerImage(name: "a", volume: first)]).markup(number: 0)
        let two = try Viewer(images: [ViewerImage(name: "a", volume: series)]).markup(number: 0)
        #expect(one == two)
    }
}

@Suite struct BoxTests {
    private let mask = drawn("...../.##../...#./.....", spacing: [1, 1, 1])

    @Test func holdsTheRegionTightly() throws {
        let box = try #require(Box(holding: [mask]))
        #expect(box == Box(lower: [1, 0, 1], upper: [4, 1, 3]))
        #expect(box.size == [3, 1, 2] && box.count == 6)
        #expect(box.crop(mask) == [true, true, false, false, false, true])
    }

    @Test func isNothingWithoutARegion() {
        #expect(Box(holding: [drawn("..."), drawn("...")]) == nil)
        #expect(Box(holding: []) == nil)
        #expect(Box(holding: [drawn("..."), drawn(".#.")]) == Box(lower: [1, 0, 0], upper: [2, 1, 1]))
        #expect(Box(holding: [drawn("#.."), drawn("..#")]) == Box(lower: [0, 0, 0], upper: [3, 1, 1]))
    }

    @Test func growsNoFurtherThanTheGrid() {
        let box = Evaluation.Box(lower: [1, 4, 0], upper: [3, 6, 2])
        #expect(box.grown(by: 2, within: [10, 7, 2]) == Box(lower: [0, 2, 0], upper: [5, 7, 2]))
        #expect(box.union(Box(lower: [0, 5, 1], upper: [2, 9, 2])) == Box(lower: [0, 4, 0], upper: [3, 9, 2]))
    }
}
