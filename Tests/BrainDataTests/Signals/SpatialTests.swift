import BrainData
import Foundation
import Testing

@Suite struct SpatialTests {
    @Test func eigenvaluesAreLAPACKs() throws {
        let golden = try SignalsGolden.load().patterns
        let matrix = Matrix(rows: 6, columns: 6, values: golden.symmetric)
        let (values, vectors) = matrix.symmetricEigen()
        #expect(relativeDifference(values, golden.eigen) < 1e-12)
        let product = matrix * vectors
        for c in 0..<6 { for r in 0..<6 { #expect(abs(product[r, c] - values[c] * vectors[r, c]) < 1e-12) } }
        #expect(relativeDifference((vectors.transposed * vectors).values, identity(6).values) < 1e-12)
    }

    func identity(_ size: Int) -> Matrix {
        var matrix = Matrix(rows: size, columns: size)
        for n in 0..<size { matrix[n, n] = 1 }
        return matrix
    }

    @Test func systemsAreSolvedOrRefused() throws {
        let matrix = Matrix(rows: 3, columns: 3, values: [0, 2, 1, 1, -1, 3, 2, 0, 5])
        let x = Matrix(rows: 3, columns: 1, values: [3, -1, 2])
        #expect(relativeDifference(try #require(matrix.solve(matrix * x)).values, x.values) < 1e-12)
        #expect(
            Matrix(rows: 2, columns: 2, values: [1, 2, 2, 4]).solve(Matrix(rows: 2, columns: 1, values: [1, 1])) == nil)
    }

    func epochs(_ golden: SignalsGolden.Patterns) -> Epochs {
        let channels = (0..<4).map { Channel(name: "\($0)", rate: 100) }
        return Epochs(channels: channels, rate: 100, start: 0, count: 30, labels: golden.labels, values: golden.x)
    }

    @Test func spatialPatternsAreScipysGeneralisedEigenvectors() throws {
        let golden = try SignalsGolden.load().patterns
        let patterns = try CommonSpatialPatterns.twoClass(epochs(golden), "left", "right", filters: 4)
        let order = [3, 2, 0, 1]
        #expect(relativeDifference(patterns.shares, order.map { golden.values[$0] }) < 1e-9)
        for (row, column) in order.enumerated() {
            let (ours, theirs) = (Array(patterns.filters.values[4 * row..<4 * row + 4]), golden.vectors[column])
            #expect(min(relativeDifference(ours, theirs), relativeDifference(ours.map(-), theirs)) < 1e-9)
        }
        let rest = try CommonSpatialPatterns.oneVersusRest(epochs(golden), filters: 1)
        #expect(relativeDifference(rest.shares, [golden.values[3], 1 - golden.values[0]]) < 1e-9)
        let features = patterns.features(epochs(golden))
        #expect(features.count == 6 && features.allSatisfy { abs($0.reduce(0) { $0 + exp($1) } - 1) < 1e-12 })
        #expect(patterns(epochs(golden).signal(0)).channels.count == 4)
    }

    @Test func patternsWithoutTrialsOrPowerAreRefused() throws {
        let golden = try SignalsGolden.load().patterns
        for filters in [0, 3, 6] {
            #expect(throws: SignalError.self) {
                try CommonSpatialPatterns.twoClass(epochs(golden), "left", "right", filters: filters)
            }
        }
        #expect(throws: SignalError.self) {
            try CommonSpatialPatterns.twoClass(epochs(golden), "left", "up", filters: 2)
        }
        var silent = epochs(golden)
        silent.values = silent.values.map { _ in 0 }
        #expect(throws: SignalError.self) { try CommonSpatialPatterns.twoClass(silent, "left", "right", filters: 2) }
    }

    @Test func anAverageReferenceLeavesOneDirectionOut() throws {
        let golden = try SignalsGolden.load().patterns
        let referenced = try epochs(golden).mapping { trial throws(SignalError) in try trial.referenced(to: .average) }
        let patterns = try CommonSpatialPatterns.twoClass(referenced, "left", "right", filters: 2)
        #expect(patterns.shares.allSatisfy { $0 > 0 && $0 < 1 } && patterns.filters.values.allSatisfy { abs($0) < 100 })
    }

    @Test func splinesAreMNEs() throws {
        let golden = try SignalsGolden.load().spline
        let places = golden.places.map { SIMD3($0[0], $0[1], $0[2]) }
        let weights = try SphericalSpline.weights(from: Array(places[..<10]), to: Array(places[10...]))
        #expect(weights.rows == 4 && weights.columns == 10)
        #expect(relativeDifference(weights.values, golden.weights.flatMap { $0 }) < 1e-7)
        #expect(throws: SignalError.self) { try SphericalSpline.weights(from: places + [.zero], to: places) }
    }

    @Test func aBadChannelIsComputedFromItsNeighbours() throws {
        var recording = Recording(
            Signal(
                rows: Montage.tenTwenty.map { name in
                    let place = Montage.direction(of: name) ?? .zero
                    return (0..<50).map { 20 * place.x * sin(Double($0) * 0.2) + 10 * place.z }
                }, rate: 100))
        for (n, name) in Montage.tenTwenty.enumerated() { recording.channels[n].name = name }
        #expect(recording.placeByName() == [])
        var signal = try recording.signal()
        let truth = signal.row(3)
        signal.channels[3].isBad = true
        signal.values.replaceSubrange(150..<200, with: [Double](repeating: 1e6, count: 50))
        let mended = try signal.interpolatingBadChannels()
        #expect(!mended.channels[3].isBad && mended.row(4) == signal.row(4))
        for (a, b) in zip(mended.row(3), truth) { #expect(abs(a - b) < 1) }
        signal.channels[0].position = nil
        #expect(throws: SignalError.self) { try signal.interpolatingBadChannels() }
    }

    @Test func theSphereIsFound() {
        let places = Montage.tenTwenty.compactMap(Montage.direction).map { $0 * 90 + SIMD3(5, -20, 40) }
        let centre = SphericalSpline.centre(of: places) - SIMD3(5, -20, 40)
        #expect((centre * centre).sum() < 1e-12)
        #expect(SphericalSpline.centre(of: Array(places.prefix(4))) == .zero)
    }
}
