import NeuralNet
import Testing

@testable import Training

/// The steps that change intensities. A patch here is a slope with a corner of air.
@Suite struct AugmentationTests {
    private static let side = 12

    private static func patch() -> [Float] {
        (0..<side * side * side).map { n in
            let (i, j, k) = (n % side, n / side % side, n / (side * side))
            return i < 3 && j < 3 ? 0 : Float(i) - 0.3 * Float(j) + 0.1 * Float(k) + 0.05
        }
    }

    private func changed(_ change: (ChannelVoxels) -> Void) -> [Float] {
        var values = Self.patch()
        values.withUnsafeMutableBufferPointer { change(ChannelVoxels(values: $0, side: Self.side)) }
        return values
    }

    private func only(_ path: WritableKeyPath<Augmentation, Augmentation.Step>) -> Augmentation {
        var augmentation = Augmentation()
        augmentation[keyPath: path].probability = 1
        return augmentation
    }

    static let steps: [WritableKeyPath<Augmentation, Augmentation.Step> & Sendable] = [
        \.blur, \.lowResolution, \.bias, \.gamma, \.noise,
    ]

    @Test(arguments: steps.indices) func airStaysAirAndTheRestChanges(step: Int) {
        let augmentation = only(Self.steps[step])
        let values = changed {
            var random = SplitMix(seed: 4)
            $0.vary(augmentation, look: .init(), &random)
        }
        let before = Self.patch()
        for (old, new) in zip(before, values) { #expect((old == 0) == (new == 0) && new.isFinite) }
        #expect(values != before)
    }

    @Test(arguments: steps.indices) func theSameDrawGivesTheSamePatch(step: Int) {
        let augmentation = only(Self.steps[step])
        func values(_ seed: UInt64) -> [Float] {
            changed {
                var random = SplitMix(seed: seed)
                $0.vary(augmentation, look: .init(), &random)
            }
        }
        #expect(values(1) == values(1))
        #expect(values(1) != values(2))
    }

    @Test func nothingDrawnChangesNothing() {
        var random = SplitMix(seed: 1)
        #expect(changed { $0.vary(Augmentation(), look: .init(), &random) } == Self.patch())
    }

    @Test func scaleAndShiftAreALine() {
        let values = changed { $0.apply(.init(scale: 2, shift: 0.5)) }
        for (old, new) in zip(Self.patch(), values) where old != 0 { #expect(new == old * 2 + 0.5) }
    }

    @Test func blurKeepsALineAwayFromTheRimAndFlattensASpike() {
        let side = 9
        var slope = (0..<side * side * side).map { Float($0 / (side * side)) + 1 }
        slope.withUnsafeMutableBufferPointer { ChannelVoxels(values: $0, side: side).blur(deviation: 0.6) }
        #expect(abs(slope[4 * 81 + 4 * 9 + 4] - 5) < 1e-5)

        var spike = [Float](repeating: 1, count: side * side * side)
        spike[4 * 81 + 4 * 9 + 4] = 1001
        spike.withUnsafeMutableBufferPointer { ChannelVoxels(values: $0, side: side).blur(deviation: 0.6) }
        let (middle, i, j, k) = (spike[364], spike[365], spike[373], spike[445])
        #expect(abs(i - j) < 1e-3 && abs(j - k) < 1e-3 && middle > i && i > 1)
        // One axis of the kernel: 1, exp(−1 / 0.72), exp(−4 / 0.72), normalised; the spike meets its middle three times.
        let weights: [Float] = [1, 0.249352, 0.003866]
        let centre = 1 / (weights[0] + 2 * weights[1] + 2 * weights[2])
        #expect(abs(middle - (1 + 1000 * centre * centre * centre)) < 0.05)
    }

    @Test func lowResolutionOfBlocksOfTwoIsTheMeanBetweenThem() {
        let side = 4
        for axis in 0..<3 {
            let step = [1, 4, 16][axis]
            var values = (0..<64).map { Float([1, 3, 9, 11][$0 / step % 4]) }
            values.withUnsafeMutableBufferPointer {
                ChannelVoxels(values: $0, side: side).lowerResolution(by: 2, along: axis)
            }
            // Blocks (1, 3) and (9, 11) have means 2 and 10, at places 0.5 and 2.5; the ends are held.
            #expect((0..<4).map { values[$0 * step] } == [2, 4, 8, 10])
        }
    }

    @Test func aConstantFieldMultipliesFromTheDarkestVoxel() {
        let field = CoarseField(points: 4, side: Self.side) { SIMD4(repeating: 2) }
        let before = Self.patch()
        let least = before.filter { $0 != 0 }.min() ?? 0
        let values = changed { $0.multiply(by: field) }
        for (old, new) in zip(before, values) where old != 0 { #expect(abs(new - (2 * (old - least) + least)) < 1e-4) }
    }

    @Test func gammaKeepsMeanDeviationAndOrder() {
        var before = Self.patch()
        let moments = before.withUnsafeMutableBufferPointer { ChannelVoxels(values: $0, side: Self.side).moments }
        var values = changed { $0.raise(to: 1.4) }
        let after = values.withUnsafeMutableBufferPointer { ChannelVoxels(values: $0, side: Self.side).moments }
        #expect(abs(moments.mean - after.mean) < 1e-3 && abs(moments.deviation - after.deviation) < 1e-3)
        let order = before.indices.filter { before[$0] != 0 }.sorted { before[$0] < before[$1] }
        for (a, b) in zip(order, order.dropFirst()) { #expect(values[a] <= values[b] + 1e-5) }
    }

    @Test func noiseHasItsDeviationAndNoMean() {
        var values = [Float](repeating: 5, count: 40 * 40 * 40)
        var random = SplitMix(seed: 3)
        let moments = values.withUnsafeMutableBufferPointer { values in
            let channel = ChannelVoxels(values: values, side: 40)
            channel.addNoise(deviation: 0.2, &random)
            return channel.moments
        }
        #expect(abs(moments.mean - 5) < 0.003)
        #expect(abs(moments.deviation - 0.2) < 0.003)
    }

    @Test func aFieldIsLinearBetweenItsControlPoints() {
        var n: Float = -1
        let field = CoarseField(points: 2, side: 5) {
            n += 1
            return SIMD4(repeating: n)
        }
        var row = [SIMD4<Float>](repeating: .zero, count: 5)
        row.withUnsafeMutableBufferPointer { row in
            guard let start = row.baseAddress else { return }
            field.row(j: 2, k: 4, into: start)
        }
        // Numbers 0…7 at the corners are i + 2 j + 4 k: half of j, all of k.
        #expect(row.map(\.x) == [5, 5.25, 5.5, 5.75, 6])
    }

    @Test(arguments: [
        "rotation: { probability: 2 }", "scaling: { upTo: -1 }", "flip: 1.5", "lowResolution: { upTo: 99 }",
        "noise: { strength: 1 }",
    ]) func refusesWhatMakesNoSense(yaml: String) throws {
        let error = #expect(throws: TrainingError.self) {
            try Experiment(yaml: "augmentation: { \(yaml) }", named: "bad.yaml")
        }
        #expect(try #require(error).description.contains("augmentation"))
    }
}
