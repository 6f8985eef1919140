import BrainData
import Foundation
import TestSupport
import Testing

/// Every golden file holds for us what it holds for nibabel.
@Suite struct NIfTIGoldenTests {
    struct Expected: Decodable {
        var shape: [Int]
        var affine: [Double]
        var values: [Float]
    }

    static func golden(_ name: String) -> URL? {
        Bundle.module.resourceURL?.appendingPathComponent("Golden/formats").appendingPathComponent(name)
    }

    static let expected: [String: Expected] = {
        guard let file = golden("expected.json"), let data = try? Data(contentsOf: file) else { return [:] }
        return (try? JSONDecoder().decode([String: Expected].self, from: data)) ?? [:]
    }()

    @Test func findsTheGoldenFiles() { #expect(Self.expected.count == 41) }

    @Test(arguments: expected.keys.sorted()) func agreesWithNibabel(name: String) throws {
        let expected = try #require(Self.expected[name])
        let volume = try ImageFile.read(try #require(Self.golden(name)))
        let size = volume.grid.size
        let spatial = expected.shape.prefix(3) + [1, 1, 1]
        #expect([size.x, size.y, size.z] == Array(spatial.prefix(3)))
        #expect(volume.frames == expected.shape.dropFirst(3).reduce(1, *))
        #expect(volume.voxels == expected.values)
        let a = volume.grid.affine
        for row in 0..<3 {
            for (n, number) in [a.i[row], a.j[row], a.k[row], a.origin[row]].enumerated() {
                let wanted = expected.affine[4 * row + n]
                #expect(abs(number - wanted) <= 1e-6 * max(1, abs(wanted)), "row \(row), column \(n)")
            }
        }
    }

    @Test(arguments: StoredType.allCases) func saysHowVoxelsAreStored(type: StoredType) throws {
        let short = (type.isFloatingPoint ? "f" : type.rawValue.hasPrefix("u") ? "u" : "i") + "\(type.bytes)"
        for (variant, format, order) in [
            ("little", "NIfTI-1", ByteOrder.little), ("big", "NIfTI-1", .big),
            ("second", "NIfTI-2", short == "i2" || short == "f8" ? .big : .little),
        ] {
            let header = try ImageFile.header(of: try #require(Self.golden("\(short)-\(variant).nii.gz")))
            #expect(header.type == type)
            #expect(header.format == format)
            #expect(header.order == order || type.bytes == 1)
            #expect(header.sformCode == 1 && header.qformCode == 1)
            #expect(header.notes == [])
        }
    }

    @Test func saysWhatWasOdd() throws {
        let sheared = try ImageFile.read(try #require(Self.golden("sheared.nii.gz")))
        #expect(sheared.notes == ["sform and qform place the voxels differently; the sform was taken"])
        let scaled = try ImageFile.header(of: try #require(Self.golden("scaled.nii.gz")))
        #expect(scaled.slope == 0.25 && scaled.intercept == -3.5)
        let micron = try ImageFile.header(of: try #require(Self.golden("micron.nii.gz")))
        #expect(micron.units == "µm")
        #expect(abs(micron.spacing.x - 0.00075) < 1e-9)
        let series = try ImageFile.header(of: try #require(Self.golden("series.nii.gz")))
        #expect(series.secondsPerFrame == 1 && series.frames == 4 && series.size == [3, 2, 2, 4])
    }

    @Test func theHeaderSurvivesJSON() throws {
        let header = try ImageFile.header(of: try #require(Self.golden("scaled-big.nii")))
        let back = try JSONDecoder().decode(ImageHeader.self, from: JSONEncoder().encode(header))
        #expect(back == header)
    }
}
