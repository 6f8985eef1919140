import BrainData
import Foundation
import TestSupport
import Testing

/// Folders of pictures; the pictures themselves are not opened.
@Suite struct SliceCollectionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func put(_ path: String, _ text: String = "") throws {
        let file = folder.file(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func putThreePlanes(_ subject: String, _ label: String, without missing: String? = nil) throws {
        for plane in SliceCollection.planes where plane != missing {
            try put("\(plane)/\(label)/\(subject)_\(plane.prefix(1)).jpg")
        }
    }

    @Test func foldersAreClasses() throws {
        for path in ["glioma/b.JPG", "glioma/a.png", "none/c.jpeg", "none/notes.txt", "none/.hidden.jpg"] {
            try put(path)
        }
        let collection = try SliceCollection(folder: folder.url)
        #expect(collection.views == ["slice"] && collection.classes == ["glioma", "none"])
        #expect(collection.items.map(\.subject) == ["glioma/a.png", "glioma/b.JPG", "none/c.jpeg"])
        #expect(collection.items.allSatisfy { $0.files.count == 1 && $0.age == nil })
    }

    @Test func planesOfOneSubjectComeTogether() throws {
        try putThreePlanes("OAS1_0002_MR1", "dementia")
        try putThreePlanes("OAS1_0001_MR1", "control")
        try putThreePlanes("OAS1_0003_MR1", "control", without: "coronal")
        try put("subjects.csv", "ID,M/F,Age\nOAS1_0001_MR1,F,61\nOAS1_0002_MR1,M,ninety\n")
        let collection = try SliceCollection(folder: folder.url)
        #expect(collection.views == ["axial", "coronal", "sagittal"])
        #expect(collection.items.map(\.subject) == ["OAS1_0001_MR1", "OAS1_0002_MR1"])
        #expect(collection.items.map(\.label) == ["control", "dementia"])
        #expect(collection.items.map(\.age) == [61, nil])
        #expect(collection.items[0].files.map { $0.lastPathComponent.suffix(5) } == ["a.jpg", "c.jpg", "s.jpg"])
        #expect(collection.notes.count == 1 && collection.notes[0].contains("OAS1_0003_MR1"))
    }

    @Test func aSubjectOfTwoClassesIsRefused() throws {
        try putThreePlanes("OAS1_0001_MR1", "control")
        try put("axial/dementia/OAS1_0001_MR1_a.jpg")
        try put("subjects.csv", "ID,Age\n")
        #expect(throws: ImagingError.self) { try SliceCollection(folder: folder.url) }
    }

    @Test func whatHoldsNoPicturesIsRefused() throws {
        #expect(throws: ImagingError.missing(path: folder.file("nowhere").path)) {
            try SliceCollection(folder: folder.file("nowhere"))
        }
        try put("glioma/notes.txt")
        #expect(throws: ImagingError.self) { try SliceCollection(folder: folder.url) }
        try put("subjects.csv", "Subject,Years\n")
        #expect {
            try SliceCollection(folder: folder.url)
        } throws: {
            if case ImagingError.malformed = $0 { true } else { false }
        }
    }

    @Test(.enabled(if: SharedData.holds("diagnosis/oasis"), "needs shared data"))
    func oasisHasThreePlanesOfEverySubject() throws {
        let collection = try SliceCollection(folder: SharedData.file("diagnosis/oasis"))
        #expect(collection.items.count == 148 && collection.notes.isEmpty)
        #expect(collection.classes == ["control", "dementia"])
        #expect(collection.items.allSatisfy { $0.age != nil && $0.files.count == 3 })
    }
}
