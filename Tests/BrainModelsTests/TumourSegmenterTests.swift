import BrainData
import BrainModels
import Foundation
import NeuralNet
import Testing

/// From scans to regions with a small network that was never trained: shapes, places and agreement, not accuracy.
@Suite struct TumourSegmenterTests {
    private let network: EoFormer
    private let input: TumourInput

    init() throws {
        Engine.setThreads(1)
        network = try EoFormer(Weights(Golden.open("eoformer-small")), EoFormerTests.configuration())
        input = try TumourInput(
            [.flair: Phantom.scan(seed: 1), .t1ce: Phantom.scan(seed: 2)], for: TumourInput.Contract())
    }

    @Test func everyRegionIsAMapOfTheBrain() throws {
        var last = (0, 0)
        let maps = try TumourSegmenter(network, window: SlidingWindow(patch: 16)).probabilities(input) {
            last = ($0, $1)
        }
        #expect(Set(maps.keys) == Set(TumourRegion.allCases))
        for map in maps.values {
            #expect(map.count == input.grid.count)
            #expect(map.allSatisfy { (0...1).contains($0) })
        }
        #expect(last.0 == last.1 && last.1 > 0)
    }

    @Test func mirroringAveragesEightAnswers() throws {
        let window = SlidingWindow(patch: 32)
        let plain = try TumourSegmenter(network, window: window).probabilities(input)
        let mirrored = try TumourSegmenter(network, window: window, mirrors: true).probabilities(input)
        #expect(plain[.wt] != mirrored[.wt])
        // One window holds the brain: the average can be taken by hand.
        let x = try Tensor(channels: input.channels, size: input.grid.size)
        let size = input.grid.size
        let sides = [size.x, size.y, size.z].map { ($0 + 15) / 16 * 16 }
        let margins = zip(sides, [size.x, size.y, size.z]).map { (before: 0, after: $0 - $1) }
        let padded = try x.padded(margins)
        var sum = [Double](repeating: 0, count: 3 * sides.reduce(1, *))
        for mirror in 0..<8 {
            let axes = (0..<3).filter { mirror & (1 << $0) != 0 }.map { $0 + 2 }
            let answer = axes.isEmpty ? try network(padded) : try network(padded.flipped(axes)).flipped(axes)
            for (n, value) in try answer.doubles().enumerated() { sum[n] += value / 8 }
        }
        let logits = try Tensor(sum.map(Float.init), shape: [3] + sides)
        let channel = try #require(TumourSegmenter.outputs.firstIndex(of: .wt))
        var own = try logits.selecting(channel, along: 0)
        for (axis, length) in [size.x, size.y, size.z].enumerated() {
            own = try own.narrowed(axis, from: 0, length: length)
        }
        let expected = try own.sigmoid().voxels()
        #expect(zip(try #require(mirrored[.wt]), expected).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test func uncertaintyIsTheEntropyOfTheMirrorImages() throws {
        let window = SlidingWindow(patch: 32)
        let segmenter = TumourSegmenter(network, window: window, mirrors: true)
        let answer = try segmenter.answer(input.channels, over: input.brain, withUncertainty: true)
        #expect(try answer.probabilities == segmenter.probabilities(input), "asking for more changes nothing")
        // One window holds the brain: the mean probability can be taken by hand.
        let size = [input.grid.size.x, input.grid.size.y, input.grid.size.z]
        let margins = size.map { (before: 0, after: ($0 + 15) / 16 * 16 - $0) }
        let padded = try Tensor(channels: input.channels, size: input.grid.size).padded(margins)
        let channel = try #require(TumourSegmenter.outputs.firstIndex(of: .tc))
        var mean = [Float](repeating: 0, count: input.grid.count)
        for mirror in 0..<8 {
            let axes = (0..<3).filter { mirror & (1 << $0) != 0 }.map { $0 + 2 }
            let answer = axes.isEmpty ? try network(padded) : try network(padded.flipped(axes)).flipped(axes)
            var own = try answer.selecting(0, along: 0).selecting(channel, along: 0).sigmoid()
            for (axis, length) in size.enumerated() { own = try own.narrowed(axis, from: 0, length: length) }
            for (n, value) in try own.voxels().enumerated() { mean[n] += value / 8 }
        }
        let entropies = try #require(answer.uncertainties[.tc])
        for (own, p) in zip(entropies, mean) {
            #expect(abs(own + p * log2(p) + (1 - p) * log2(1 - p)) < 1e-4 && (0...1).contains(own))
        }
        let single = try TumourSegmenter(network, window: window).answer(
            input.channels, over: input.brain, withUncertainty: true)
        let sure = try #require(single.probabilities[.wt]).enumerated().filter { $1 == 0.5 || $1 < 1e-6 }
        for (n, p) in sure { #expect(abs((single.uncertainties[.wt]?[n] ?? -1) - (p == 0.5 ? 1 : 0)) < 1e-3) }
        #expect(try segmenter.answer(input.channels, over: input.brain, withUncertainty: false).uncertainties.isEmpty)
    }

    @Test func airIsCertain() throws {
        // Windows of air are skipped; their voxels have no answer and are sure to be no tumour.
        let answer = try TumourSegmenter(network, window: SlidingWindow(patch: 16)).answer(
            input.channels, over: input.brain, withUncertainty: true)
        for map in answer.uncertainties.values { #expect(map.allSatisfy { (0...1).contains($0) }) }
    }

    @Test func labelsLieOnTheFilesGrid() throws {
        let count = input.grid.count
        let half = (0..<count).map { Float($0 < count / 2 ? 0.9 : 0.1) }
        let maps: [TumourRegion: [Float]] = [
            .wt: [Float](repeating: 0.5, count: count), .tc: half, .et: [Float](repeating: 0, count: count),
        ]
        let labels = try TumourSegmenter.labels(maps, input, scheme: .brats2023)
        #expect(labels.grid == input.source)
        #expect(labels.labels == [0, 1, 2])
        let masks = try TumourSegmenter.masks(maps, input)
        #expect(masks[.wt]?.count == input.grid.count)
        #expect(masks[.tc]?.count == count / 2)
        #expect(masks[.et]?.count == 0)
    }

    @Test func theSameScanGivesTheSameNumbers() throws {
        let segmenter = TumourSegmenter(network, window: SlidingWindow(patch: 16))
        #expect(try segmenter.probabilities(input) == segmenter.probabilities(input))
    }
}
