import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct ImageFolderTests {
    @Test func listsImagesOnceAndInOrder() throws {
        let folder = try TemporaryFolder()
        for name in [
            "b.nii.gz", "a.mha", "c.hdr", "c.img", "d.img.gz", "d.hdr.gz", ".hidden.nii", "notes.txt", "e.NRRD",
        ] {
            _ = try folder.write(Data("x".utf8), to: name)
        }
        let names = try ImageFile.files(in: folder.url).map(\.lastPathComponent)
        #expect(names == ["a.mha", "b.nii.gz", "c.hdr", "d.hdr.gz", "e.NRRD"])
        #expect(try ImageFile.files(in: folder.file("a.mha")).map(\.lastPathComponent) == ["a.mha"])
        #expect(throws: ImagingError.missing(path: "/nowhere")) {
            try ImageFile.files(in: URL(fileURLWithPath: "/nowhere"))
        }
    }

    @Test func aStemHasNoEnding() {
        #expect(ImageFile.stem(of: "sub-01_T1w.nii.gz") == "sub-01_T1w")
        #expect(ImageFile.stem(of: "scan.2.MHA") == "scan.2")
        #expect(ImageFile.stem(of: "words.txt") == "words.txt")
    }

    @Test func aMaskBlanksEveryFrame() {
        let grid = Grid(size: [2, 2, 1], affine: Affine(spacing: [1, 1, 1]))
        let mask = Mask(grid: grid, voxels: [true, false, false, true])
        let series = Volume(grid: grid, frames: 2, voxels: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(series.masked(by: mask).voxels == [1, 0, 0, 4, 5, 0, 0, 8])
    }
}
