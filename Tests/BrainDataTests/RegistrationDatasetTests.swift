import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct RegistrationDatasetTests {
    private func folder(_ files: [String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in files {
            let url = folder.file(file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data([0]).write(to: url)
        }
        return folder
    }

    @Test func oasisOfLearn2RegIsRead() throws {
        let folder = try folder([
            "OASIS_OAS1_0002_MR1/aligned_norm.nii.gz", "OASIS_OAS1_0002_MR1/aligned_seg35.nii.gz",
            "OASIS_OAS1_0002_MR1/aligned_seg4.nii.gz", "OASIS_OAS1_0002_MR1/norm.nii.gz",
            "OASIS_OAS1_0001_MR1/aligned_norm.nii.gz", "OASIS_OAS1_0001_MR1/aligned_seg4.nii.gz",
            "OASIS_OAS1_0003_MR1/aligned_norm.nii.gz", "subjects.txt",
        ])
        let scans = try RegistrationDataset.scans(in: folder.url)
        #expect(scans.map(\.name) == ["OASIS_OAS1_0001_MR1", "OASIS_OAS1_0002_MR1", "OASIS_OAS1_0003_MR1"])
        #expect(scans.allSatisfy { $0.image.lastPathComponent == "aligned_norm.nii.gz" })
        #expect(scans.map { $0.labels?.lastPathComponent } == ["aligned_seg4.nii.gz", "aligned_seg35.nii.gz", nil])
        let one = try RegistrationDataset.scans(in: folder.file("OASIS_OAS1_0002_MR1"))
        #expect(one == [scans[1]])
    }

    @Test func ixiIsReadOneContrastAtATime() throws {
        let folder = try folder([
            "IXI002-Guys-0828-T1.nii.gz", "IXI002-Guys-0828-T1_seg.nii.gz", "IXI002-Guys-0828-T2.nii.gz",
            "IXI002-Guys-0828-PD.nii.gz", "more/IXI013-HH-1212-T1_ds.nii.gz", "more/IXI013-HH-1212-T1_ds_DLMUSE.nii.gz",
            "IXI_demog.csv",
        ])
        let scans = try RegistrationDataset.scans(in: folder.url)
        #expect(scans.map(\.name) == ["IXI002-Guys-0828-T1", "IXI013-HH-1212-T1_ds"])
        #expect(
            scans.map { $0.labels?.lastPathComponent } == [
                "IXI002-Guys-0828-T1_seg.nii.gz", "IXI013-HH-1212-T1_ds_DLMUSE.nii.gz",
            ])
        let second = try RegistrationDataset.scans(in: folder.url, contrast: .t2)
        #expect(second.map(\.name) == ["IXI002-Guys-0828-T2"] && second[0].labels == nil)
    }

    @Test func otherNamesAreScansToo() throws {
        let folder = try folder(["a.nii", "a-dseg.nii", "b.mgz", "b_labels.nii.gz", "c_seg.nii"])
        let scans = try RegistrationDataset.scans(in: folder.url)
        #expect(scans.map(\.name) == ["a", "b"])
        #expect(scans.map { $0.labels?.lastPathComponent } == ["a-dseg.nii", "b_labels.nii.gz"])
    }

    @Test func whatIsNoDataSetIsExplained() throws {
        let pickles = try folder(["Train/subject_0.pkl", "atlas.pkl"])
        #expect {
            try RegistrationDataset.scans(in: pickles.url)
        } throws: {
            "\($0)".contains("pickles") && "\($0)".contains("aligned_norm.nii.gz")
        }
        let twice = try folder(["one/a.nii", "two/a.nii"])
        #expect { try RegistrationDataset.scans(in: twice.url) } throws: { "\($0)".contains("are called a") }
        #expect(throws: ImagingError.missing(path: twice.file("none").path)) {
            try RegistrationDataset.scans(in: twice.file("none"))
        }
    }

    @Test(.enabled(if: SharedData.holds("registration/ixi")))
    func theSixScansAreFoundWithTheirLabels() throws {
        let scans = try RegistrationDataset.scans(in: SharedData.file("registration/ixi"))
        #expect(scans.count == 6)
        #expect(scans.allSatisfy { $0.labels != nil && $0.name.hasPrefix("IXI0") })
    }
}
