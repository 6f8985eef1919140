import BrainData
import Foundation
import Testing

@Suite struct TumourEditionTests {
    @Test(arguments: [
        ("Brats17_CBICA_AAB_1", TumourEdition.brats2017, "Brats17_CBICA_AAB"),
        ("Brats18_2013_2_1", .brats2018, "Brats18_2013_2"),
        ("BraTS19_TMC_06290_1", .brats2019, "BraTS19_TMC_06290"),
        ("BraTS20_Training_001", .brats2020, "BraTS20_Training_001"),
        ("BraTS2021_00006", .brats2021, "BraTS2021_00006"),
        ("BraTS-GLI-00002-000", .brats2023, "BraTS-GLI-00002"),
        ("brats-ssa-00011-000", .brats2023, "brats-ssa-00011"),
        ("BRATS_001", .msd, "BRATS_001"),
        ("sub-01_ses-02", .bids, "sub-01"),
        ("sub-01", .bids, "sub-01"),
    ])
    func namesTellTheEditionAndThePatient(name: String, edition: TumourEdition, subject: String) {
        #expect(TumourEdition(caseName: name) == edition)
        #expect(edition.subject(of: name) == subject)
        #expect(TumourCase(name: name, images: [:]).subject == subject)
    }

    @Test(arguments: ["patient7", "BraTS-PED-00001-000", "BraTS-MEN-RT-0001-1", "BRATS_x", "brats", ""])
    func otherNamesTellNothing(name: String) {
        #expect(TumourEdition(caseName: name) == nil)
        let unknown = TumourCase(name: name, images: [:])
        #expect(unknown.subject == name && unknown.scheme == nil)
    }

    @Test func namesWithoutATimePointAreAPatient() {
        #expect(TumourEdition.brats2023.subject(of: "BraTS-GLI-00002") == "BraTS-GLI-00002")
        #expect(TumourEdition.brats2018.subject(of: "Brats18_2013_21") == "Brats18_2013_21")
    }

    @Test func whatIsGivenOverridesTheName() {
        let file = ImageReference(file: URL(fileURLWithPath: "/a/x_t1.nii"), frame: 2)
        let given = TumourCase(
            name: "BraTS2021_00006", images: [.t1: file, .flair: file], edition: .bids, subject: "me", scheme: .msd)
        #expect(given.edition == .bids && given.subject == "me" && given.scheme == .msd)
        #expect(given.contrasts == [.flair, .t1])
    }
}
