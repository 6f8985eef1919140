import BrainData
import Foundation
import Testing

@Suite struct MontageTests {
    /// Degrees from the vertex, and degrees from the front to the left.
    func angles(_ name: String) throws -> (fall: Double, turn: Double) {
        let place = try #require(Montage.direction(of: name), "\(name)")
        #expect(abs((place * place).sum() - 1) < 1e-12)
        return (acos(place.z) * 180 / .pi, atan2(-place.x, place.y) * 180 / .pi)
    }

    /// BESA's idealised angles, which BioSemi's caps follow and which have 46° for our 45°.
    @Test(arguments: [
        ("Fp1", 92.0, 18.0), ("AF7", 92, 36), ("F7", 92, 54), ("F3", 60, 39), ("Fz", 46, 0), ("FC5", 72, 69),
        ("T7", 92, 90),
        ("C3", 46, 90), ("C4", 46, -90), ("P3", 60, 141), ("P4", 60, -141), ("P9", 115, 126), ("Oz", 92, 180),
        ("O2", 92, -162),
        ("Iz", 115, 180), ("CP1", 32, 135), ("PO4", 74, -155),
    ]) func placesAreThoseOfIdealisedCaps(name: String, fall: Double, turn: Double) throws {
        let found = try angles(name)
        #expect(abs(found.fall - fall) < 3.5, "\(found)")
        #expect(abs(abs(found.turn) - abs(turn)) < 5 && (turn == 180 || turn * found.turn >= 0), "\(found)")
    }

    @Test func halfStepsLieBetween() throws {
        for (half, a, b) in [("C5h", "C5", "C3"), ("F7h", "F7", "F5"), ("C1h", "C1", "Cz"), ("AFF3h", "AFF3", "AFF1")] {
            let (h, x, y) = (
                try #require(Montage.direction(of: half)), try #require(Montage.direction(of: a)),
                try #require(Montage.direction(of: b))
            )
            #expect(abs((h * x).sum() - (h * y).sum()) < 1e-12)
            #expect((h * x).sum() > (x * y).sum())
        }
        #expect(abs(try angles("FCCz").fall - 11.25) < 1e-9)
        #expect(abs(try angles("T10h").fall - 101.25) < 1e-9)
    }

    @Test func leftAndRightMirrorEachOther() throws {
        for (left, right) in [("C3", "C4"), ("FFC5h", "FFC6h"), ("PO9", "PO10"), ("I1", "I2"), ("T9h", "T10h")] {
            let (a, b) = (try #require(Montage.direction(of: left)), try #require(Montage.direction(of: right)))
            #expect(a.x < 0 && a.x == -b.x && a.y == b.y && a.z == b.z)
        }
    }

    @Test func spellingsOfRealFilesAreUnderstood() {
        let c3 = Montage.direction(of: "C3")
        for name in ["c3", "EEG C3", "C3..", "EEG C3-Ref", "C3-A2", "EEG-C3", " C3 "] {
            #expect(Montage.direction(of: name) == c3, "\(name)")
        }
        #expect(Montage.direction(of: "T3") == Montage.direction(of: "T7"))
        for name in ["EOG", "X1", "C11", "C", "Status", "", "Fp3", "C0", "C3x", "F1hh"] {
            #expect(Montage.direction(of: name) == nil, "\(name)")
        }
    }

    @Test func theSystemsAreWhole() {
        #expect(Montage.tenTwenty.allSatisfy { Montage.direction(of: $0) != nil })
        let rows = ["AFp", "AF", "AFF", "F", "FFC", "FC", "FCC", "C", "CCP", "CP", "CPP", "P", "PPO", "PO", "POO"]
        var places = Set<SIMD3<Double>>()
        for row in rows {
            for column in ["9", "9h", "7", "7h", "5", "5h", "3", "3h", "1", "1h", "z", "2", "10h"] {
                let place = Montage.direction(of: row + column)
                #expect(place != nil && places.insert(place ?? .zero).inserted, "\(row)\(column)")
            }
        }
    }
}
