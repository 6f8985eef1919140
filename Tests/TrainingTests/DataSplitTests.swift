import BrainData
import Testing

@testable import Training

@Suite struct DataSplitTests {
    private let cases = (0..<7).flatMap { subject in
        (0..<2).map { TumourCase(name: "s\(subject)_\($0)", images: [:], subject: "s\(subject)") }
    }

    private func sides(_ change: (inout Experiment.DataSettings) -> Void) throws -> ([String], [String]) {
        var settings = Experiment.DataSettings()
        change(&settings)
        let sides = try settings.sides(of: cases)
        return (sides.training.map(\.subject), sides.validation.map(\.subject))
    }

    @Test func everySubjectIsValidatedInOneFoldWithAllItsCases() throws {
        var seen: [String] = []
        for fold in 1...3 {
            let (training, validation) = try sides { ($0.folds, $0.fold) = (3, fold) }
            #expect(Set(training).isDisjoint(with: validation))
            #expect(training.count + validation.count == cases.count)
            seen += validation
        }
        #expect(seen.sorted() == cases.map(\.subject).sorted())
    }

    @Test func foldsAreTheSameWhateverTheOrderOfTheListing() throws {
        var settings = Experiment.DataSettings()
        settings.folds = 3
        let (here, turned) = (try settings.sides(of: cases), try settings.sides(of: cases.reversed()))
        #expect(Set(here.validation.map(\.name)) == Set(turned.validation.map(\.name)))
    }

    @Test func namedSubjectsAreHeldOut() throws {
        let (training, validation) = try sides { $0.validation = ["s2", "s5"] }
        #expect(Set(validation) == ["s2", "s5"])
        #expect(training.count == 10)
    }

    @Test func nobodyHeldOutTrainsOnAll() throws {
        let (training, validation) = try sides { $0.validation = .nobody }
        #expect(training.count == 14 && validation.isEmpty)
    }

    @Test func moreFoldsThanSubjectsAreRefused() {
        #expect(throws: ImagingError.self) { try sides { $0.folds = 8 } }
    }

    @Test func readsAndWritesNoneAndLists() throws {
        let none = try Experiment(yaml: "data: { validation: none }", named: "n.yaml")
        #expect(none.data.validation == .nobody)
        #expect(try Experiment(yaml: none.yaml(), named: "n.yaml") == none)
        let fold = try Experiment(yaml: "name: a\ndata: { folds: 5 }", named: "f.yaml", settings: ["data.fold=2"])
        #expect(fold.runName == "a-fold2")
    }
}
