import Dispatch
import NeuralNet
import Testing

@Suite struct EngineTests {
    private enum Odd: Error, Equatable { case number(Int) }

    @Test func runGivesBackItsValueAndRethrows() throws {
        #expect(Engine.run { 7 } == 7)
        #expect(try Engine.run { () throws(NetworkError) in try Tensor([3], shape: [1]).floats() } == [3])
        #expect(throws: Odd.number(4)) { try Engine.run { () throws(Odd) in throw .number(4) } }
        #expect(throws: NetworkError.configuration("no")) {
            try Engine.recordingGradients { () throws(NetworkError) in throw .configuration("no") }
        }
    }

    @Test func runsMayNest() throws {
        let value = try Engine.run {
            try Engine.run { try Engine.run { try Tensor([2], shape: [1]).squared().floats() } }
        }
        #expect(value == [4])
    }

    @Test func gradientsAreRecordedInTheirScopeOnly() throws {
        let weights = Weights(seed: 1, trainable: true)
        let x = try weights.tensor("x", shape: [3], start: .ones)
        let outside = try x.sum()
        #expect(throws: NetworkError.self) { try outside.backward() }
        let inside = try Engine.recordingGradients { try x.sum() }
        try inside.backward()
        #expect(try x.gradient()?.floats() == [1, 1, 1])
        #expect(throws: NetworkError.self) { try Engine.recordingGradients { try x.detached().sum().backward() } }
    }

    @Test func gradientsAddUpUntilTheyAreCleared() throws {
        let weights = Weights(seed: 1, trainable: true)
        let x = try weights.tensor("x", shape: [2], start: .ones)
        #expect(try x.gradient() == nil)
        for _ in 0..<2 { try Engine.recordingGradients { try x.squared().sum().backward() } }
        #expect(try x.gradient()?.floats() == [4, 4])
        try AdamW(weights.parameters, AdamW.Settings()).clearGradients()
        #expect(try x.gradient()?.floats().allSatisfy { $0 == 0 } ?? true)
    }

    @Test func anErrorInAScopeLeavesNoGradientsOn() throws {
        let x = try Weights(seed: 1, trainable: true).tensor("x", shape: [1], start: .ones)
        var random = SplitMix(seed: 1)
        #expect(throws: Odd.self) { try Engine.training(&random) { () throws(Odd) in throw .number(1) } }
        #expect(throws: NetworkError.self) { try x.sum().backward() }
        let y = try wavy([8, 1])
        #expect(try StochasticDepth(rate: 0.9)(y).floats() == y.floats(), "nor training")
    }

    @Test func theDeviceOfANameIsFoundOrRefused() throws {
        #expect(try Device(named: "cpu") == .cpu)
        _ = try Device(named: "auto")
        for name in ["gpu", "", "cuda:99", "cuda:-1", "cuda:x", "CPU"] {
            #expect { try Device(named: name) } throws: { error in
                guard case NetworkError.device(let why) = error else { return false }
                return why.contains("\"\(name)\"")
            }
        }
        #expect(Device.cpu.description == "cpu" && Device.cuda(1).description == "cuda:1")
    }

    @Test func theVersionIsLibtorchs() {
        #expect(Engine.version.split(separator: ".").count >= 3)
        #expect(Engine.threads > 0)
    }

    @Test func noMemoryIsAnErrorThatSaysSo() {
        #expect { try Tensor(repeating: 0, shape: [1 << 40, 1 << 10]) } throws: { error in
            guard case NetworkError.engine(_, let message) = error else { return false }
            return message.contains("memory")
        }
        #expect(throws: NetworkError.self) { try Tensor(repeating: 0, shape: [1 << 40, 1 << 40]) }
        #expect(throws: NetworkError.self) { try Tensor(repeating: 0, shape: [-1]) }
    }
}

/// Settings and counters of the whole process: one test after the other.
@Suite(.serialized) struct EngineStateTests {
    @Test func thePeakCountsWhatLivedAtOnce() throws {
        // Other tests run beside this one, and take and free memory meanwhile: less than half of this.
        let bytes = 192 << 20
        try Engine.run {
            Engine.resetPeakMemory()
            let before = Engine.peakMemory
            for _ in 0..<3 { _ = try Tensor(repeating: 1, shape: [bytes / 4]) }
            let one = Engine.peakMemory - before
            #expect(one >= bytes / 2 && one < bytes * 3 / 2, "a tensor that is gone makes room for the next")
            let held = try (0..<3).map { _ in try Tensor(repeating: 1, shape: [bytes / 4]) }
            #expect(Engine.peakMemory - before >= bytes * 5 / 2)
            #expect(held.count == 3)
        }
        Engine.resetPeakMemory()
        #expect(Engine.peakMemory < bytes)
        Engine.releaseMemory()
    }

    @Test func theNumberOfThreadsIsKept() throws {
        let before = Engine.threads
        defer { Engine.setThreads(before) }
        Engine.setThreads(1)
        #expect(Engine.threads == 1)
        let x = try wavy([1, 4, 12, 12, 12])
        let layer = try Convolution(Weights(seed: 1), from: 4, to: 4, kernel: 3, padding: 1)
        #expect(try layer(x).floats() == layer(x).floats(), "the same threads give the same bits")
    }

    @Test func aNetworkBesideATrainingIsNotTrained() throws {
        let (begun, asked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let x = try wavy([4, 8]), dropout = Dropout(rate: 0.9)
        DispatchQueue.global().async {
            var random = SplitMix(seed: 1, name: "training")
            Engine.training(&random) {
                begun.signal()
                asked.wait()
            }
        }
        begun.wait()
        // The engine's thread is in a training; this one is not.
        let y = try dropout(x)
        asked.signal()
        #expect(try y.floats() == x.floats())
    }
}
