import BrainData
import Testing

@Suite struct BIDSNameTests {
    @Test func partsAreRead() throws {
        let name = try #require(BIDSName("sub-01_ses-02_space-orig_desc-tumor_dseg.nii.gz"))
        #expect(
            name.subject == "01" && name.session == "02" && name.suffix == "dseg" && name.fileExtension == ".nii.gz")
        #expect(name.entities["space"] == "orig" && name.entities["desc"] == "tumor")
        #expect(name.caseName == "sub-01_ses-02")
        #expect(name.fileName == "sub-01_ses-02_space-orig_desc-tumor_dseg.nii.gz")
    }

    @Test func outputsAreNamedInTheOrderOfBIDS() {
        let name = BIDSName(subject: "01", suffix: "dseg").with("desc", "tumor").with("space", "orig")
        #expect(name.fileName == "sub-01_space-orig_desc-tumor_dseg.nii.gz")
        let mask = name.with("desc", nil).with("label", "WT").with(suffix: "probseg")
        #expect(mask.fileName == "sub-01_space-orig_label-WT_probseg.nii.gz")
        #expect(mask.with(suffix: "dseg", fileExtension: ".json").fileName == "sub-01_space-orig_label-WT_dseg.json")
    }

    @Test func whatAnEntityMayNotHoldIsLeftOut() {
        #expect(BIDSName(subject: "BraTS-GLI-00002-000", suffix: "dseg").fileName == "sub-BraTSGLI00002000_dseg.nii.gz")
        #expect(
            BIDSName(subject: "../x", suffix: "dseg").with("desc", "a/b_c").fileName == "sub-x_desc-abc_dseg.nii.gz")
    }

    @Test(arguments: [
        "BraTS2021_00006_t1.nii.gz", "sub-01", "sub-01_T1w_extra-1", "sub-01_ses_T1w.nii", "sub-01_run-1_run-2_T1w.nii",
        "sub-_T1w.nii", "sub-01_.nii", "", "sub-01__T1w.nii", "sub-../01_T1w.nii",
    ])
    func otherNamesAreNone(name: String) {
        #expect(BIDSName(name) == nil)
    }
}
