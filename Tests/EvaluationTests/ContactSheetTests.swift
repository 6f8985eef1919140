import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct ContactSheetTests {
    /// A grey block, white at the patient's right front top corner, with one label in the middle.
    private func sheet() throws -> ContactSheet {
        let grid = Grid(size: [12, 16, 10], affine: Affine(spacing: [1, 1, 1]))
        var volume = Volume(grid: grid, voxels: [Float](repeating: 100, count: grid.count))
        for k in 8..<10 { for j in 14..<16 { for i in 10..<12 { volume[i, j, k] = 200 } } }
        var labels = LabelMap(grid: grid, voxels: [UInt16](repeating: 0, count: grid.count))
        for k in 4..<9 { for j in 6..<10 { for i in 4..<8 { labels[i, j, k] = 2 } } }
        labels[11, 15, 8] = 2
        return try ContactSheet(
            title: "A <case>", images: ["T1", "T2"].map { ViewerImage(name: $0, volume: volume) }, labels: labels,
            colours: [2: Colour(10, 200, 30)], caption: "one line")
    }

    @Test func showsThreePlanesOfEveryScanWithOutlines() throws {
        let sheet = try sheet()
        let picture: PNGReader = try #require(PNGReader(sheet.png))
        // Two columns of 16 voxels and a gap of 2, twice as large; planes of 16, 10 and 10 rows with gaps of 2.
        #expect(picture.width == 2 * 18 * 2 && picture.height == (16 + 10 + 10 + 4) * 2)
        func pixel(_ x: Int, _ y: Int) -> [UInt8] {
            Array(picture.pixels[3 * (x + picture.width * y)..<3 * (x + picture.width * y) + 3])
        }
        // The block is 12 wide in a tile of 16: two voxels of black on its left.
        #expect(pixel(0, 20) == [0, 0, 0])
        #expect(pixel(4, 20)[0] > 100 && pixel(4, 20)[0] == pixel(4, 20)[1])
        // The label is outlined, and its inside shows the scan: j 9 is the seventh row, i 7 the fifth column.
        let (left, top) = (2 * (2 + 4), 2 * 6)
        #expect(pixel(left, top) == [10, 200, 30])
        #expect(pixel(left + 3, top + 3)[0] == pixel(left + 3, top + 3)[1])
        // The second column shows the same.
        #expect(pixel(left + 36, top) == [10, 200, 30])
    }

    @Test func thePatientsRightIsOnTheLeft() throws {
        let grid = Grid(size: [16, 16, 10], affine: Affine(spacing: [1, 1, 1]))
        var volume = Volume(grid: grid, voxels: [Float](repeating: 100, count: grid.count))
        for k in 0..<10 { for j in 12..<16 { for i in 12..<16 { volume[i, j, k] = 200 } } }
        let empty = LabelMap(grid: grid, voxels: [UInt16](repeating: 0, count: grid.count))
        let sheet = try ContactSheet(title: "", images: [ViewerImage(name: "T1", volume: volume)], labels: empty)
        let picture: PNGReader = try #require(PNGReader(sheet.png))
        #expect(picture.pixels[3 * (2 + picture.width * 2)] > picture.pixels[3 * (28 + picture.width * 2)])
        #expect(picture.pixels[3 * (2 + picture.width * 2)] > picture.pixels[3 * (2 + picture.width * 28)])
    }

    @Test func standsInAReport() throws {
        let html = try Report(title: "Cases", sections: [.contactSheet(sheet())]).html()
        #expect(html.contains("A &lt;case&gt;") && html.contains("one line") && html.contains("<span>T2</span>"))
        #expect(html.contains("src=\"data:image/png;base64,"))
    }

    @Test func refusesImagesOnDifferentGrids() {
        let small = Grid(size: [4, 4, 4], affine: Affine(spacing: [1, 1, 1]))
        let volume = Volume(grid: small, voxels: [Float](repeating: 1, count: 64))
        let other = LabelMap(grid: Grid(size: [4, 4, 5], affine: small.affine), voxels: .init(repeating: 0, count: 80))
        #expect(throws: EvaluationError.self) {
            try ContactSheet(title: "", images: [ViewerImage(name: "a", volume: volume)], labels: other)
        }
    }
}
