import BrainModels
import Foundation
import NeuralNet
import Testing

@Suite struct SlidingWindowTests {
    init() { Engine.setThreads(1) }

    @Test(arguments: [
        ([16, 16, 16], 16, 0.5), ([40, 33, 17], 16, 0.5), ([50, 20, 64], 32, 0.25), ([47, 5, 31], 32, 0.0),
        ([100, 16, 16], 16, 0.9), ([1, 1, 1], 128, 0.5),
    ])
    func windowsCoverEveryVoxel(size: [Int], patch: Int, overlap: Double) {
        let window = SlidingWindow(patch: patch, overlap: overlap)
        let (corners, lengths) = window.windows(over: size)
        #expect(lengths.allSatisfy { $0 % 16 == 0 && $0 <= max(16, patch) })
        for axis in 0..<3 {
            var covered = [Bool](repeating: false, count: max(size[axis], lengths[axis]))
            let starts = Set(corners.map { $0[axis] }).sorted()
            for start in starts {
                #expect(start >= 0 && start + lengths[axis] <= covered.count)
                for n in start..<start + lengths[axis] { covered[n] = true }
            }
            #expect(!covered.contains(false), "axis \(axis)")
            let steps = zip(starts, starts.dropFirst()).map { $1 - $0 }
            #expect(
                steps.allSatisfy { $0 <= max(1, Int(Double(lengths[axis]) * (1 - overlap))) }, "the overlap is kept")
            #expect((steps.max() ?? 0) - (steps.min() ?? 0) <= 1, "windows are spread evenly")
        }
        #expect(Set(corners).count == corners.count)
    }

    @Test func aWindowLargerThanTheVolumeIsOne() {
        let (corners, lengths) = SlidingWindow(patch: 128).windows(over: [100, 17, 128])
        #expect(corners == [[0, 0, 0]])
        #expect(lengths == [112, 32, 128])
    }

    @Test func aStretchedWindowSparesTheNext() throws {
        let brain = [140, 175, 140]
        #expect(SlidingWindow(patch: 128).windows(over: brain).corners.count == 8)
        let stretched = SlidingWindow(patch: 128, stretch: 0.25)
        let (corners, lengths) = stretched.windows(over: brain)
        #expect(corners == [[0, 0, 0], [0, 47, 0]])
        #expect(lengths == [144, 128, 144])
        #expect(stretched.largest == 160 * 160 * 160)
        #expect(stretched.windows(over: [160, 161, 16]).lengths == [160, 128, 16])
        #expect(SlidingWindow(patch: 96).largest == 96 * 96 * 96)
    }

    @Test func aCardWithoutAStretchHasNone() throws {
        let card = #"{"patch": 64, "overlap": 0.5, "blending": "gaussian"}"#
        #expect(try JSONDecoder().decode(SlidingWindow.self, from: Data(card.utf8)) == SlidingWindow(patch: 64))
        let stretched = SlidingWindow(patch: 64, stretch: 0.5)
        #expect(try JSONDecoder().decode(SlidingWindow.self, from: JSONEncoder().encode(stretched)) == stretched)
    }

    @Test(arguments: SlidingWindow.Blending.allCases, [[16, 16, 16], [40, 33, 17], [9, 30, 50]])
    func aNetworkThatChangesNothingGivesBackItsInput(blending: SlidingWindow.Blending, size: [Int]) throws {
        let volume = try Golden.waves([1, 2] + size, fast: 0.7, slow: 1.9)
        let window = SlidingWindow(patch: 16, overlap: 0.5, blending: blending)
        let blended = try window(volume, outputs: 2) { (x) throws(NetworkError) in x }
        #expect(blended.shape == [2] + size)
        #expect(try blended.largestDifference(to: volume.selecting(0, along: 0)) < 1e-5)
    }

    @Test func theMiddleOfAWindowCountsMore() throws {
        // Windows answer 1, 2 and 3 from left to right.
        let volume = try Tensor(repeating: 0, shape: [1, 1, 32, 16, 16])
        func blended(_ blending: SlidingWindow.Blending) throws -> [Float] {
            var answer = 0.0
            let window = SlidingWindow(patch: 16, overlap: 0.5, blending: blending)
            return try window(volume, outputs: 1) { (x) throws(NetworkError) in
                answer += 1
                return try Tensor(repeating: answer, shape: x.shape)
            }.selecting(0, along: 0).selecting(8, along: 1).selecting(8, along: 1).floats()
        }
        let uniform = try blended(.uniform), gaussian = try blended(.gaussian)
        let parts: [Float] = [1, 1.5, 2.5, 3]
        #expect(uniform.enumerated().allSatisfy { abs($1 - parts[$0 / 8]) < 1e-5 })
        #expect(abs(gaussian[16] - 2) < 0.05, "the middle of the second window is its own")
        #expect(zip(gaussian, gaussian.dropFirst()).allSatisfy { $0 <= $1 + 1e-5 }, "it fades from one to the next")
    }

    @Test func windowsOfAirAreSkipped() throws {
        let volume = try Tensor(repeating: 3, shape: [1, 1, 48, 16, 16])
        let window = SlidingWindow(patch: 16, overlap: 0)
        var seen = 0, heard: [Int] = []
        let blended = try window(
            volume, outputs: 1, isEmpty: { corner, lengths in corner[0] == 16 && lengths == [16, 16, 16] },
            progress: { done, total in heard.append(done * 10 + total) }
        ) { (x) throws(NetworkError) in
            seen += 1
            return x
        }
        #expect(seen == 2)
        #expect(heard == [2, 12, 22])
        let line = try blended.selecting(0, along: 0).selecting(4, along: 1).selecting(4, along: 1).floats()
        #expect((line[0..<16] + line[32...]).allSatisfy { abs($0 - 3) < 1e-5 })
        #expect(line[16..<32].allSatisfy { abs($0 + 20) < 1e-3 }, "no window covers them: no region is there")
    }

    @Test func answersInOtherTypesAreBlendedInSinglePrecision() throws {
        let volume = try Tensor(repeating: 1, shape: [1, 1, 16, 16, 40])
        let blended = try SlidingWindow(patch: 16)(volume, outputs: 1) { (x) throws(NetworkError) in
            try x.converted(to: .bfloat16)
        }
        #expect(blended.type == .float32)
        #expect(try blended.floats().allSatisfy { abs($0 - 1) < 1e-5 })
    }

    @Test func whatTheNetworkThrowsComesThrough() throws {
        let volume = try Tensor(repeating: 1, shape: [1, 1, 16, 16, 16])
        #expect(throws: NetworkError.configuration("no")) {
            try SlidingWindow(patch: 16)(volume, outputs: 1) { (_) throws(NetworkError) in throw .configuration("no") }
        }
    }

    @Test func itIsWrittenAndReadAsJSON() throws {
        let window = SlidingWindow(patch: 96, overlap: 0.25, blending: .uniform)
        #expect(try JSONDecoder().decode(SlidingWindow.self, from: JSONEncoder().encode(window)) == window)
    }
}
