import BrainData
import Foundation
import Testing

/// Against nilearn; see `scripts/golden/functional_series.py`.
@Suite struct FunctionalGoldenTests {
    private struct Golden: Decodable {
        struct Cleaned: Decodable {
            let low, high: Double?
            let confounds, detrends: Bool
            let values: [[Double]]
        }
        struct Connected: Decodable {
            let kind: FunctionalConnectivity
            let estimator: FunctionalConnectivity.Estimator
            let frames: Int
            let values: [[Double]]
        }
        let series, confounds: [[Double]]
        let repetition: Double
        let cleaned: [Cleaned]
        let connectivity: [Connected]
    }

    private let golden: Golden
    private let series: RegionSeries

    init() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/functional", withExtension: "json"))
        golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        series = RegionSeries(
            regions: ["a", "b", "c", "d", "e"], repetition: golden.repetition, values: Self.matrix(golden.series))
    }

    private static func matrix(_ rows: [[Double]]) -> Matrix {
        Matrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })
    }

    private static func furthest(_ a: Matrix, _ b: [[Double]]) -> Double {
        zip(a.values, b.flatMap { $0 }).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test func cleanedAsNilearnCleans() throws {
        #expect(golden.cleaned.count == 16)
        for one in golden.cleaned {
            var cleaning = SeriesCleaning()
            (cleaning.slowest, cleaning.fastest, cleaning.detrends) = (one.low, one.high, one.detrends)
            let found = try cleaning(series, confounds: one.confounds ? Self.matrix(golden.confounds) : nil)
            let distance = Self.furthest(found.values, one.values)
            #expect(distance < 1e-9, "\(one.low ?? 0) to \(one.high ?? 0) Hz, confounds \(one.confounds): \(distance)")
        }
    }

    @Test func aConfoundThatHangsOnOthersChangesNothing() throws {
        var wider = golden.confounds
        for n in wider.indices { wider[n].append(wider[n][0] - 2 * wider[n][1]) }
        var cleaning = SeriesCleaning()
        (cleaning.slowest, cleaning.fastest) = (0.01, 0.1)
        let narrow = try cleaning(series, confounds: Self.matrix(golden.confounds))
        let wide = try cleaning(series, confounds: Self.matrix(wider))
        #expect(zip(narrow.values.values, wide.values.values).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test func connectedAsNilearnConnects() throws {
        #expect(golden.connectivity.count == 8)
        for one in golden.connectivity {
            let part = series.picking(frames: Array(0..<one.frames))
            let distance = Self.furthest(try one.kind(part, one.estimator), one.values)
            #expect(distance < 1e-9, "\(one.kind) \(one.estimator), \(one.frames) frames: \(distance)")
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        var cleaning = SeriesCleaning()
        #expect(throws: SignalError.self) { try cleaning(series, confounds: Matrix(rows: 3, columns: 1)) }
        cleaning.fastest = 0.3  // above half the rate of 0.5 Hz
        #expect(throws: SignalError.self) { try cleaning(series) }
        cleaning.fastest = 0.1
        let timeless = RegionSeries(regions: series.regions, values: series.values)
        #expect(throws: SignalError.self) { try cleaning(timeless) }
        var still = series
        for frame in 0..<still.frames { still.values[frame, 2] = 7 }
        #expect(still.silent == [2])
        #expect(throws: SignalError.self) { try FunctionalConnectivity.correlation(still) }
        #expect(throws: SignalError.self) {
            try FunctionalConnectivity.partial(series.picking(frames: [0, 1, 2]), .empirical)
        }
    }

    @Test func trianglesComeBack() throws {
        let matrix = try FunctionalConnectivity.correlation(series)
        let triangle = FunctionalConnectivity.upperTriangle(matrix)
        #expect(triangle.count == 10 && FunctionalConnectivity.matrix(upperTriangle: triangle) == matrix)
        #expect(FunctionalConnectivity.matrix(upperTriangle: Array(triangle.dropLast())) == nil)
        #expect(abs(FunctionalConnectivity.fisher(0.5) - 0.549306144334055) < 1e-12)
        #expect(FunctionalConnectivity.fisher(1).isFinite)
    }
}
