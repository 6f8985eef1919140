import BrainData
import Foundation
import TestSupport
import Testing

/// Recordings as other programs wrote them.
@Suite struct FormatRealDataTests {
    @Test(.enabled(if: SharedData.holds("formats/FLAIR.nrrd"))) func theSameScanInTwoFormats() throws {
        let nifti = try ImageFile.read(SharedData.file("formats/FLAIR.nii.gz"))
        let nrrd = try ImageFile.read(SharedData.file("formats/FLAIR.nrrd"))
        #expect(nifti.grid.size == [124, 160, 140])
        #expect(nifti.voxels == nrrd.voxels)
        #expect(nifti.grid.matches(nrrd.grid, tolerance: 1e-3))
        #expect(nifti.notes == [] && nrrd.notes == [])
    }

    @Test(
        .enabled(if: SharedData.holds("tumour/BraTS2021_00006")),
        arguments: ["flair", "t1", "t1ce", "t2"])
    func readsATumourCase(contrast: String) throws {
        let file = SharedData.file("tumour/BraTS2021_00006/BraTS2021_00006_\(contrast).nii.gz")
        let header = try ImageFile.header(of: file)
        #expect(header.type == .uint8 && header.slope != 1)
        let volume = try ImageFile.read(file)
        #expect(volume.grid.size == [240, 240, 155])
        #expect(volume.grid.affine.i == [-1, 0, 0] && volume.grid.affine.j == [0, -1, 0])
        #expect(volume.grid.affine.origin == [0, 239, 0])
        let highest = Double(volume.voxels.max() ?? 0)
        let steps = (highest - header.intercept) / header.slope
        #expect(abs(steps - steps.rounded()) < 1e-3 && (254...255).contains(steps.rounded()))
        #expect(volume.voxels.min() == 0)
    }

    @Test(.enabled(if: SharedData.holds("tumour/BraTS2021_00006"))) func readsATumourCasesLabels() throws {
        let labels = try ImageFile.readLabels(SharedData.file("tumour/BraTS2021_00006/BraTS2021_00006_seg.nii.gz"))
        #expect(labels.labels == [0, 1, 2, 4])
        #expect(labels.grid.size == [240, 240, 155] && labels.grid.affine.origin == [0, 239, 0])
    }

    @Test(.enabled(if: SharedData.holds("formats/itk"))) func readsImagesOfITK() throws {
        func read(_ name: String) throws -> Volume { try ImageFile.read(SharedData.file("formats/itk/\(name)")) }
        let slices = try read("BrainProtonDensity3Slices.mha")
        #expect(slices.grid.size == [181, 217, 3])
        let (meta, nrrd) = (
            try read("BrainProtonDensitySliceBorder20.mhd"), try read("BrainProtonDensitySliceBorder20.nhdr")
        )
        #expect(meta.voxels == nrrd.voxels && meta.grid == nrrd.grid)
        let (packed, plain) = (
            try read("BrainT1SliceBorder20DirectionPlus30.mhd"), try read("BrainT1SliceBorder20DirectionPlus30.nhdr")
        )
        #expect(packed.voxels == plain.voxels)
        #expect(packed.grid.matches(plain.grid, tolerance: 0.01))
        let labels = try ImageFile.readLabels(
            SharedData.file("formats/itk/KmeansTest_T1KmeansPrelimSegmentation.nii.gz"))
        #expect(labels.labels.count > 1)
    }
}
