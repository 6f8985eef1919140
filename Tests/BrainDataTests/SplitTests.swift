import BrainData
import Testing

@Suite struct SplitTests {
    private let subjects = (1...22).map { "patient-\($0)" }

    @Test func everySubjectIsHeldOutOnce() throws {
        let folds = try Split.folds(5, of: subjects, seed: 7)
        #expect(folds.flatMap(\.validation).sorted() == subjects.sorted())
        #expect(folds.map(\.validation.count).sorted() == [4, 4, 4, 5, 5])
        for fold in folds {
            #expect(Set(fold.training).isDisjoint(with: fold.validation))
            #expect(fold.training.count + fold.validation.count == 22)
        }
    }

    @Test func theSeedAloneDecides() throws {
        let split = try Split.holdOut(0.25, of: subjects, seed: 1)
        #expect(try Split.holdOut(0.25, of: subjects.reversed() + subjects, seed: 1) == split)
        #expect(try Split.holdOut(0.25, of: subjects, seed: 2) != split)
        #expect(split.validation.count == 6)
        let pinned = try Split.holdOut(0.3, of: ["a", "b", "c", "d", "e", "f", "g", "h"], seed: 42).validation
        #expect(pinned == ["d", "e"])
    }

    @Test func casesOfOneSubjectStayTogether() throws {
        let names = ["BraTS-GLI-00002-000", "BraTS-GLI-00002-001", "BraTS-GLI-00003-000", "Brats18_TCIA10_241_1"]
        let cases = names.map { TumourCase(name: $0, images: [:]) }
        let split = try Split(of: cases.map(\.subject), validation: ["BraTS-GLI-00002"])
        let sides = split.sides(of: cases)
        #expect(
            sides.validation.map(\.name) == Array(names[0...1]) && sides.training.map(\.name) == Array(names[2...3]))
    }

    @Test func anEmptySideIsRefused() {
        #expect(throws: ImagingError.self) { try Split.folds(1, of: subjects, seed: 0) }
        #expect(throws: ImagingError.self) { try Split.folds(23, of: subjects, seed: 0) }
        #expect(throws: ImagingError.self) { try Split.holdOut(1, of: subjects, seed: 0) }
        #expect(throws: ImagingError.self) { try Split.holdOut(.nan, of: subjects, seed: 0) }
        #expect(throws: ImagingError.self) { try Split.holdOut(0.5, of: ["only"], seed: 0) }
        #expect { try Split(of: subjects, validation: ["nobody"]) } throws: { "\($0)".contains("nobody") }
    }
}
