import BrainData
import Testing

private func map(_ labels: [UInt16]) -> LabelMap {
    LabelMap(grid: Grid(size: [labels.count, 1, 1], affine: Affine(spacing: [1, 1, 1])), voxels: labels)
}

@Suite struct LabelSchemeTests {
    @Test(arguments: [
        (LabelScheme.brats2021, [TumourRegion.wt: [UInt16(1), 2, 4], .tc: [1, 4], .et: [4]]),
        (.brats2023, [.wt: [1, 2, 3], .tc: [1, 3], .et: [3]]),
        (.msd, [.wt: [1, 2, 3], .tc: [2, 3], .et: [3]]),
    ])
    func regionsAreThoseOfTheEdition(scheme: LabelScheme, regions: [TumourRegion: [UInt16]]) {
        #expect(scheme.regions == regions)
        #expect(scheme.labels.map(\.number) == scheme.labels.map(\.number).sorted())
        #expect(scheme.labels.allSatisfy { $0.colour.count == 7 && $0.colour.hasPrefix("#") })
    }

    @Test func masksFollowTheScheme() throws {
        let masks = try map([0, 1, 2, 4]).masks(for: .brats2021)
        #expect(masks[.wt]?.voxels == [false, true, true, true])
        #expect(masks[.tc]?.voxels == [false, true, false, true])
        #expect(masks[.et]?.voxels == [false, false, false, true])
        #expect(try map([0, 1, 2, 3]).masks(for: .msd)[.tc]?.voxels == [false, false, true, true])
    }

    @Test func anUnknownLabelIsRefused() {
        let expected = ImagingError.unknownLabels(
            path: "a.nii", found: [3, 7], known: [0, 1, 2, 4], scheme: "brats2021")
        #expect(throws: expected) { try map([0, 3, 7, 1]).masks(for: .brats2021, path: "a.nii") }
        #expect(throws: ImagingError.self) { try map([0, 4]).converted(from: .brats2023, to: .msd) }
    }

    @Test func convertingThereAndBackIsTheSame() throws {
        let original = map([0, 1, 2, 4, 2])
        let decathlon = try original.converted(from: .brats2021, to: .msd)
        #expect(decathlon.voxels == [0, 2, 1, 3, 1])
        #expect(try decathlon.converted(from: .msd, to: .brats2021) == original)
        #expect(try original.converted(from: .brats2021, to: .brats2023).voxels == [0, 1, 2, 3, 2])
    }

    @Test(arguments: LabelScheme.all) func composingUndoesMasks(scheme: LabelScheme) throws {
        let original = map([0] + scheme.labels.map(\.number) + [0])
        #expect(try LabelMap(composing: original.masks(for: scheme), scheme: scheme) == original)
    }

    @Test func composingOverwritesFromWholeTumourToEnhancing() throws {
        let grid = map([0, 0, 0, 0]).grid
        let regions = [
            TumourRegion.wt: Mask(grid: grid, voxels: [true, true, true, false]),
            .tc: Mask(grid: grid, voxels: [false, true, true, false]),
            .et: Mask(grid: grid, voxels: [false, false, true, true]),
        ]
        #expect(try LabelMap(composing: regions, scheme: .brats2021).voxels == [2, 1, 4, 4])
        #expect(try LabelMap(composing: regions.filter { $0.key == .et }, scheme: .brats2023).voxels == [0, 0, 3, 3])
        #expect(throws: ImagingError.self) { try LabelMap(composing: [:], scheme: .msd) }
    }

    @Test(arguments: [
        ("anything", [UInt16(0), 4], "brats2021"), ("BraTS20_Training_001", [1, 2], "brats2021"),
        ("brats2021_00006_seg.nii.gz", [1, 2], "brats2021"), ("Brats18_TCIA10_241_1", [1], "brats2021"),
        ("BraTS-GLI-00002-000", [1, 2, 3], "brats2023"), ("BraTS-SSA-00011-000", [3], "brats2023"),
        ("BRATS_001", [1, 2, 3], "msd"),
    ])
    func schemesAreGuessedFromTellingNames(name: String, labels: [UInt16], scheme: String) throws {
        #expect(try LabelScheme.guess(for: map(labels), named: name).name == scheme)
    }

    @Test(arguments: [
        ("patient7", [UInt16(1), 2, 3]), ("sub-01", [1]), ("BraTS-GLI-02190-103", [1, 4]),
        ("BraTS-PED-00001-000", [1, 2]),
    ])
    func nothingIsGuessedFromNumbersAlone(name: String, labels: [UInt16]) {
        #expect {
            try LabelScheme.guess(for: map(labels), named: name)
        } throws: { "\($0)".contains("name the label scheme") }
    }

    @Test func schemesHaveNamesForFlags() throws {
        #expect(try LabelScheme(named: "BraTS2023") == .brats2023)
        #expect { try LabelScheme(named: "brats") } throws: { "\($0)".contains("brats2021, brats2023, msd") }
    }

    @Test func contrastsAreKnownByTheirTokens() {
        #expect(["T1gd", "t1c", "T1CE"].map { Contrast(token: $0) } == [.t1ce, .t1ce, .t1ce])
        #expect(["t1n", "T1w", "t2f", "FLAIR", "T2w"].map { Contrast(token: $0) } == [.t1, .t1, .flair, .flair, .t2])
        #expect(Contrast(token: "pd") == nil)
        #expect(Contrast.t1ce.displayName == "T1ce")
    }
}
