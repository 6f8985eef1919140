import BrainData
import Testing

@Suite struct CropTests {
    private let grid = Grid(
        size: [5, 4, 3], affine: Affine(i: [0, 2, 0], j: [-1, 0, 0], k: [0, 0, 3], origin: [10, 20, 30]))

    private var volume: Volume { Volume(grid: grid, frames: 2, voxels: (0..<120).map(Float.init)) }

    @Test func croppingKeepsVoxelsInTheirPlaces() {
        let box = Box(lower: [1, 1, 0], upper: [4, 3, 2])
        let part = volume.cropped(to: box)
        #expect(part.grid.size == [3, 2, 2] && part.frames == 2)
        #expect(part.grid.affine(.zero) == grid.affine([1, 1, 0]))
        #expect(part[2, 1, 1] == volume[3, 2, 1])
        #expect(part.frame(1)[0, 0, 0] == volume.frame(1)[1, 1, 0])
    }

    @Test func placingUndoesCropping() {
        let box = Box(lower: [1, 0, 1], upper: [4, 4, 3])
        let back = volume.cropped(to: box).placed(in: grid, at: box, outside: -1)
        #expect(back.grid == grid && back[2, 3, 2] == volume[2, 3, 2] && back[0, 3, 2] == -1 && back[2, 3, 0] == -1)
        let labels = LabelMap(grid: grid, voxels: (0..<60).map(UInt16.init))
        let part = labels.cropped(to: box).placed(in: grid, at: box)
        #expect(part[3, 1, 1] == labels[3, 1, 1] && part[4, 1, 1] == 0)
        let mask = Mask(grid: grid, voxels: labels.voxels.map { $0 % 2 == 0 })
        #expect(mask.cropped(to: Box(grid)).placed(in: grid, at: Box(grid)) == mask)
    }

    @Test func aBoxBeyondTheGridPads() {
        let padded = volume.padded(before: [1, 0, 2], after: [0, 3, 0], outside: 9)
        #expect(padded.grid.size == [6, 7, 5])
        #expect(
            padded[0, 0, 2] == 9 && padded[1, 0, 2] == 0 && padded[5, 3, 4] == volume[4, 3, 2] && padded[5, 4, 4] == 9)
        #expect(padded.grid.affine([1, 0, 2]) == grid.affine(.zero))
        let away = Mask(grid: grid, voxels: .init(repeating: true, count: 60)).cropped(
            to: Box(lower: [9, 9, 9], upper: [11, 10, 10]))
        #expect(away.voxels == [false, false])
        let box = Box(lower: [-1, 0, -2], upper: [5, 7, 3])
        #expect(padded.placed(in: grid, at: box).voxels == volume.voxels)
    }

    @Test func theBoxHoldsAllThatIsNotZero() {
        var scan = Volume(grid: grid, frames: 2, voxels: .init(repeating: 0, count: 120))
        #expect(scan.nonZeroBox == nil)
        scan[1, 2, 1] = 5
        scan[0, 0, 0] = .nan
        scan.voxels[60 + 3 + 5 * (3 + 4 * 2)] = -1  // frame 1, voxel (3, 3, 2)
        #expect(scan.nonZeroBox == Box(lower: [1, 2, 1], upper: [4, 4, 3]))
        var labels = LabelMap(grid: grid, voxels: .init(repeating: 0, count: 60))
        labels[4, 3, 2] = 1
        #expect(labels.nonZeroBox == Box(lower: [4, 3, 2], upper: [5, 4, 3]))
        #expect(Mask(grid: grid, voxels: .init(repeating: true, count: 60)).box == Box(grid))
    }

    @Test func boxesGrowAndAreHeldInside() {
        let box = Box(lower: [2, 2, 1], upper: [4, 3, 2])
        #expect(box.size == [2, 1, 1] && box.count == 2)
        #expect(box.expanded(by: 2).clamped(to: grid) == Box(lower: [0, 0, 0], upper: [5, 4, 3]))
        #expect(box.expanded(byMillimetres: 2, in: grid) == Box(lower: [1, 0, 0], upper: [5, 5, 3]))
        #expect(box.grown(toAtLeast: 3, multiple: 4) == Box(lower: [1, 1, 0], upper: [5, 5, 4]))
        #expect(Box(lower: [7, 0, 0], upper: [9, 1, 1]).clamped(to: grid).count == 0)
    }
}
