import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct FunctionalCollectionTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func phenotypes(_ text: String) throws -> URL {
        let file = folder.file("people.csv")
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test func oneArrayOfAllSubjects() throws {
        let data = folder.file("matrices")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let bytes = [127, -127, 0, 64, 32, 16].map { UInt8(bitPattern: Int8($0)) }
        try NumPyArray(entry: TensorEntry(type: .int8, shape: [2, 3]), bytes: bytes)
            .write(to: data.appendingPathComponent("upper.npy"))
        let table = try phenotypes("subject,site,diagnosis\n11,A,ASD\n12,B,HC\n")
        let found = try FunctionalCollection.open(data, phenotypes: table)
        #expect(found.regions == 3 && found.classes == ["HC", "ASD"])
        #expect(found.items.map(\.subject) == ["11", "12"] && found.items.map(\.site) == ["A", "B"])
        #expect(found.items[0].triangle == [1, -1, 0] && found.items[0].series == nil)
        #expect(ConnectomeInput.square(found.items[0].triangle, 3) == [1, 1, -1, 1, 1, 0, -1, 0, 1])
        let short = try phenotypes("subject,diagnosis\n11,ASD\n")
        #expect(throws: SignalError.self) { try FunctionalCollection.open(data, phenotypes: short) }
        let strange = try phenotypes("name,age\n11,3\n")
        #expect(throws: SignalError.self) { try FunctionalCollection.open(data, phenotypes: strange) }
    }

    @Test func aFileOfSeriesASubject() throws {
        let data = folder.file("series")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: data.appendingPathComponent(name))
        }
        // The third region never changes.
        try write("Pitt_0050003_rois_aal.1D", "#2001\t2002\t2101\n1\t2\t5\n2\t4\t5\n3\t6.5\t5\n")
        try write("NYU_0050104.1D", "1 3 5\n2 2 5\n4 1 5\n")
        try write("NYU_0059999.1D", "1 3 5\n2 2 5\n4 1 5\n")
        let table = try phenotypes("SUB_ID,SITE_ID,DX_GROUP\n50003,PITT,1\n50104,NYU,2\n")
        let found = try FunctionalCollection.open(data, phenotypes: table, repetition: 2)
        #expect(found.classes == ["control", "ASD"] && found.items.map(\.subject) == ["50104", "50003"])
        let pitt = try #require(found.items.last)
        #expect(pitt.series?.regions == ["2001", "2002", "2101"] && pitt.series?.repetition == 2)
        #expect(pitt.triangle[0] > 0.99 && pitt.triangle[1] == 0 && pitt.triangle[2] == 0)
        try write("NYU_0050104.1D", "1 3\n2 2\n4 1\n")
        #expect(throws: TrainingError.self) { try FunctionalCollection.open(data, phenotypes: table) }
        try write("NYU_0050104.1D", "1 3\n2\n")
        #expect(throws: SignalError.self) { try FunctionalCollection.open(data, phenotypes: table) }
        let nobody = try phenotypes("SUB_ID,DX_GROUP\n7,1\n")
        #expect(throws: TrainingError.self) { try FunctionalCollection.open(data, phenotypes: nobody) }
    }
}
