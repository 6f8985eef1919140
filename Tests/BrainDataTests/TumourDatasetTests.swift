import BrainData
import Foundation
import TestSupport
import Testing

/// A folder with empty files of the given names.
private func folder(_ names: [String], json: [String: String] = [:]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names + json.keys {
        let file = folder.file(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((json[name] ?? "").utf8).write(to: file)
    }
    return folder
}

@Suite struct TumourDatasetTests {
    @Test func aCaseFolderOf2021() throws {
        let names = ["flair", "t1", "t1ce", "t2", "seg"].map { "BraTS2021_00006/BraTS2021_00006_\($0).nii.gz" }
        let place = try folder(names + ["BraTS2021_00006/.DS_Store", "BraTS2021_00006/notes.txt"])
        let found = try TumourDataset.cases(in: place.file("BraTS2021_00006"))
        #expect(found.count == 1)
        #expect(found[0].name == "BraTS2021_00006" && found[0].subject == "BraTS2021_00006")
        #expect(found[0].edition == .brats2021 && found[0].scheme == .brats2021)
        #expect(found[0].contrasts == Contrast.allCases)
        #expect(found[0].images[.t1ce]?.file.lastPathComponent == "BraTS2021_00006_t1ce.nii.gz")
        #expect(found[0].labels?.lastPathComponent == "BraTS2021_00006_seg.nii.gz")
    }

    @Test func gradesAreFoldersOfCases() throws {
        let place = try folder([
            "HGG/Brats18_2013_2_1/Brats18_2013_2_1_t1.nii.gz",
            "LGG/Brats18_TCIA10_241_1/Brats18_TCIA10_241_1_FLAIR.nii",
            "survival.csv", "empty/readme.txt",
        ])
        let found = try TumourDataset.cases(in: place.url)
        #expect(found.map(\.name) == ["Brats18_2013_2_1", "Brats18_TCIA10_241_1"])
        #expect(found.map(\.subject) == ["Brats18_2013_2", "Brats18_TCIA10_241"])
        #expect(found[1].contrasts == [.flair] && found[1].labels == nil)
    }

    @Test func namesOf2023HaveTheirOwnTokens() throws {
        let names = ["t1n", "t1c", "t2w", "t2f", "seg"].map { "a/BraTS-GLI-00002-000/BraTS-GLI-00002-000-\($0).nii.gz" }
        let place = try folder(names)
        let one = try #require(try TumourDataset.cases(in: place.url).first)
        #expect(one.subject == "BraTS-GLI-00002" && one.edition == .brats2023 && one.scheme == .brats2023)
        #expect(one.images[.flair]?.file.lastPathComponent == "BraTS-GLI-00002-000-t2f.nii.gz")
        #expect(one.images[.t1]?.file.lastPathComponent == "BraTS-GLI-00002-000-t1n.nii.gz")
    }

    @Test func theOddSegmentationOfCase355IsFound() throws {
        let names = ["flair", "t1", "t1ce", "t2"].map { "BraTS20_Training_355/BraTS20_Training_355_\($0).nii" }
        let place = try folder(names + ["BraTS20_Training_355/W39_1998.09.19_Segm.nii"])
        let one = try #require(try TumourDataset.cases(in: place.url).first)
        #expect(one.labels?.lastPathComponent == "W39_1998.09.19_Segm.nii")
        #expect(one.scheme == .brats2021)
    }

    @Test func filesNamedByContrastAloneAreACaseOfTheirFolder() throws {
        let place = try folder(["patient7/T1CE.nii.gz", "patient7/flair.nii.gz"])
        let found = try TumourDataset.cases(in: place.url)
        #expect(found.map(\.name) == ["patient7"] && found[0].contrasts == [.flair, .t1ce])
        #expect(found[0].edition == nil && found[0].scheme == nil)
    }

    @Test func decathlonFramesFollowItsDescription() throws {
        let files = ["imagesTr/BRATS_001.nii.gz", "imagesTr/BRATS_002.nii.gz", "imagesTr/._BRATS_001.nii.gz"]
        let place = try folder(files + ["labelsTr/BRATS_001.nii.gz", "imagesTs/BRATS_485.nii.gz"])
        let found = try TumourDataset.cases(in: place.url)
        #expect(found.map(\.name) == ["BRATS_001", "BRATS_002"])
        #expect(found[0].images.mapValues(\.frame) == [.flair: 0, .t1: 1, .t1ce: 2, .t2: 3])
        #expect(found[0].labels != nil && found[1].labels == nil && found[0].scheme == .msd)

        let swapped = try folder(
            files,
            json: [
                "dataset.json":
                    #"{"modality": {"0": "T2w", "1": "t1gd", "2": "T1w", "3": "FLAIR"}, "labels": {"0": "x"}}"#
            ])
        #expect(
            try TumourDataset.cases(in: swapped.url)[0].images.mapValues(\.frame) == [
                .t2: 0, .t1ce: 1, .t1: 2, .flair: 3,
            ])
        let single = try TumourDataset.cases(in: place.file("imagesTr/BRATS_001.nii.gz"))
        #expect(single.count == 1 && single[0] == found[0])
    }

    @Test(arguments: [#"{"modality": {"0": "CT"}}"#, #"{"modality": {"1": "FLAIR"}}"#, "{", "{}"])
    func aDecathlonOfOtherContrastsIsRefused(json: String) throws {
        let place = try folder(["imagesTr/x_001.nii.gz"], json: ["dataset.json": json])
        #expect(throws: ImagingError.self) { try TumourDataset.cases(in: place.url) }
    }

    @Test func bidsSubjectsAndSessions() throws {
        let place = try folder([
            "dataset_description.json", "derivatives/x/readme", "sub-01/anat/sub-01_T1w.nii.gz",
            "sub-01/anat/sub-01_ce-gadolinium_T1w.nii.gz", "sub-01/anat/sub-01_FLAIR.nii.gz",
            "sub-01/anat/sub-01_run-02_FLAIR.nii.gz", "sub-01/anat/sub-01_T1w.json",
            "sub-02/ses-a/anat/sub-02_ses-a_T2w.nii",
            "sub-02/ses-b/anat/sub-02_ses-b_T2w.nii", "sub-02/ses-b/anat/sub-02_ses-b_dseg.nii.gz",
            "sub-03/eeg/sub-03_eeg.edf",
        ])
        let found = try TumourDataset.cases(in: place.url)
        #expect(found.map(\.name) == ["sub-01", "sub-02_ses-a", "sub-02_ses-b"])
        #expect(found.map(\.subject) == ["sub-01", "sub-02", "sub-02"])
        #expect(found[0].contrasts == [.flair, .t1, .t1ce])
        #expect(found[0].images[.flair]?.file.lastPathComponent == "sub-01_FLAIR.nii.gz")
        #expect(found[2].labels?.lastPathComponent == "sub-02_ses-b_dseg.nii.gz" && found[2].edition == .bids)
        #expect(try TumourDataset.cases(in: place.file("sub-02")).map(\.name) == ["sub-02_ses-a", "sub-02_ses-b"])
    }

    @Test(arguments: [
        (["a/notes.txt"], "flair"), (["case1/case1_seg.nii.gz"], "case1"), (["sub-01/anat/sub-01_PDw.nii.gz"], "FLAIR"),
        (["x/x_t1.nii.gz", "x/x_t1.nii"], "two files"), (["a/t1/c_t1.nii", "b/t1/c_t1.nii"], "two cases"),
    ])
    func whatIsMissingOrDoubledIsSaid(names: [String], part: String) throws {
        let place = try folder(names)
        #expect { try TumourDataset.cases(in: place.url) } throws: { error in
            if case .layout(let sentence) = error as? ImagingError { sentence.contains(part) } else { false }
        }
    }

    @Test func aPathWithNothingThereIsMissing() {
        let nowhere = URL(fileURLWithPath: "/nowhere/at/all")
        #expect(throws: ImagingError.missing(path: "/nowhere/at/all")) { try TumourDataset.cases(in: nowhere) }
    }

    @Test(.enabled(if: SharedData.holds("tumour"))) func theSharedCasesAreAllFound() throws {
        let found = try TumourDataset.cases(in: SharedData.file("tumour"))
        #expect(found.count == 22)
        #expect(found.allSatisfy { $0.contrasts.count == 4 && $0.labels != nil && $0.scheme != nil })
        #expect(found.filter { $0.scheme == .brats2023 }.count == 7)
    }
}
