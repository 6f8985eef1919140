import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct SlicePictureTests {
    private let grid = Grid(size: SIMD3(5, 4, 3), affine: Affine(spacing: SIMD3(1, 1, 1)))

    private func labels(_ voxels: [SIMD3<Int>], of grid: Grid? = nil) -> LabelMap {
        let grid = grid ?? self.grid
        var values = [UInt16](repeating: 0, count: grid.count)
        for v in voxels { values[v.x + grid.size.x * (v.y + grid.size.y * v.z)] = 1 }
        return LabelMap(grid: grid, voxels: values)
    }

    private var image: Volume { Volume(grid: grid, voxels: (0..<60).map { Float($0 % 5) }) }
    private let colours: [UInt16: Colour] = [1: Colour(255, 0, 0)]

    private func pixel(_ picture: SlicePicture, column: Int, row: Int) -> [UInt8] {
        Array(picture.pixels[3 * (column + row * picture.width)..<3 * (column + row * picture.width) + 3])
    }

    @Test func rightIsOnTheLeftAndFrontOnTop() throws {
        let picture = try SlicePicture(
            image, tint: labels([]), outline: labels([SIMD3(4, 3, 2)]), colours: colours)
        #expect(picture.width == 5 && picture.height == 4)
        #expect(pixel(picture, column: 0, row: 0) == [255, 0, 0])
        let (left, right) = (pixel(picture, column: 0, row: 3), pixel(picture, column: 4, row: 3))
        #expect(left[0] > right[0] && right == [0, 0, 0])
    }

    @Test func tintsAndLeavesTheMiddleOfAnOutlineOpen() throws {
        let block = (1...3).flatMap { i in (0...2).map { SIMD3(i, $0, 1) } }
        let picture = try SlicePicture(image, tint: labels([SIMD3(0, 0, 1)]), outline: labels(block), colours: colours)
        #expect(pixel(picture, column: 4, row: 3) == [102, 0, 0], "two fifths of red over black")
        let middle = pixel(picture, column: 2, row: 2)
        #expect(middle[0] == middle[1] && middle[1] == middle[2])
        #expect(pixel(picture, column: 1, row: 2) == [255, 0, 0])
    }

    @Test func isAPNGInColour() throws {
        let picture = try SlicePicture(image, tint: labels([]), outline: labels([]), colours: [:])
        let png = [UInt8](try picture.png())
        #expect(Array(png.prefix(8)) == [137, 80, 78, 71, 13, 10, 26, 10])
        #expect(Array(png[16..<26]) == [0, 0, 0, 5, 0, 0, 0, 4, 8, 2], "width, height, 8 bits, true colour")
    }

    @Test func otherGridsAreRefused() {
        let other = Grid(size: SIMD3(4, 4, 3), affine: Affine(spacing: SIMD3(1, 1, 1)))
        #expect(throws: EvaluationError.self) {
            try SlicePicture(image, tint: labels([], of: other), outline: labels([]), colours: [:])
        }
    }
}
