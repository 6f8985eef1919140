import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

@Suite struct SliceExplanationTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    /// A map of four features, each the picture within one quarter; the answer is the mean of one of them.
    private struct OneQuarter: MappedNetwork {
        let answers: [Int]

        func mapGrid(of shape: [Int]) -> [Int] { shape.suffix(3).map { $0 } }

        func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
            try answer(x) { (map) throws(NetworkError) in map }
        }

        func answer(
            _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
        ) throws(NetworkError) -> Tensor {
            let (rows, columns) = (x.shape[2], x.shape[3])
            var quarters = [Float](repeating: 0, count: rows * columns * 4)
            for place in 0..<rows * columns {
                quarters[4 * place + 2 * (2 * (place / columns) / rows) + 2 * (place % columns) / columns] = 1
            }
            let features = try x.reshaped([x.shape[0], -1, 1]) * Tensor(quarters, shape: [1, rows * columns, 4])
            let means = try looking(features).mean(along: [1])
            return try means.taking(answers, along: 1).scaled(by: 40)
        }
    }

    private func model(_ network: any Layer, classes: [String], age: AgeScale? = nil, views: Int = 1) -> SliceModel {
        let names = (0..<views).map { "view \($0)" }
        return SliceModel([network], .init(contract: .init(side: 32, views: names), classes: classes, age: age))
    }

    private let bright = [Float](repeating: 1, count: 1024)

    @Test(arguments: [0, 1, 2, 3])
    func gradientsLightTheQuarterThatCounts(quarter: Int) throws {
        let others = [0, 1, 2, 3].filter { $0 != quarter }
        var item = bright
        for place in item.indices where 2 * (place / 512) + place % 32 / 16 == quarter { item[place] = 3 }
        let model = model(OneQuarter(answers: [others[0], quarter]), classes: ["other", "this"])
        for reason in [SliceModel.Reason.gradients, .occlusion] {
            let map = try model.map(item, by: reason)
            let inside = map.indices.filter { 2 * ($0 / 512) + $0 % 32 / 16 == quarter }.reduce(0) { $0 + map[$1] }
            #expect(inside > 0.9 * map.reduce(0) { $0 + max(0, $1) }, "\(reason), \(inside)")
        }
    }

    @Test func theAgeOfANetworkThatTellsBothIsExplainedForItself() throws {
        let scale = AgeScale(mean: 50, deviation: 10)
        let model = model(OneQuarter(answers: [0, 1, 3]), classes: ["a", "b"], age: scale)
        func brightest(_ map: [Float]) -> Int {
            let place = map.indices.max { map[$0] < map[$1] } ?? 0
            return 2 * (place / 512) + place % 32 / 16
        }
        var item = bright
        for place in item.indices where place / 512 == 0 && place % 32 < 16 { item[place] = 2 }
        for reason in [SliceModel.Reason.gradients, .occlusion] {
            #expect(brightest(try model.map(item, by: reason)) == 0)
            #expect(brightest(try model.map(item, by: reason, ofAge: true)) == 3)
        }
    }

    @Test func whatANetworkHasNotIsRefused() throws {
        let model = model(OneQuarter(answers: [0, 1]), classes: ["a", "b"])
        #expect(model.canExplain(by: .gradients) && !model.canExplain(by: .rollout))
        #expect(throws: NetworkError.self) { try model.map(bright, by: .rollout) }
    }

    private static let networks = ["trans-resnet", "resnet", "vision-transformer", "swin-classifier"]

    private func small(_ name: String, seed: UInt64) throws -> SliceModel {
        let json =
            switch name {
            case "trans-resnet": #"{"views":2,"sides":[32,32],"channels":[4,6,8,8],"width":8,"heads":2,"answers":2}"#
            case "resnet": #"{"views":2,"sides":[32,32],"channels":[4,6,8,8],"answers":2}"#
            case "vision-transformer":
                #"{"inputs":2,"sides":[32,32],"patch":8,"width":8,"depth":2,"heads":2,"classes":2}"#
            default:
                #"{"inputs":2,"sides":[32,32],"patch":2,"embedding":4,"heads":[1,2,2,2],"window":[4,4],"classes":2}"#
            }
        let network = try Catalog.entry(named: name).build(Weights(seed: seed), Data(json.utf8))
        return model(network, classes: ["a", "b"], views: 2)
    }

    /// Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018: what does not hang on the weights explains no network.
    @Test(arguments: networks, [SliceModel.Reason.gradients, .rollout, .occlusion])
    func mapsHangOnTheWeights(name: String, reason: SliceModel.Reason) throws {
        let one = try small(name, seed: 1), other = try small(name, seed: 2)
        guard one.canExplain(by: reason) else {
            #expect(reason == .rollout && ["resnet", "swin-classifier"].contains(name))
            return
        }
        let item = try Golden.waves([2048], fast: 0.11, slow: 0.37).floats()
        let (first, second) = (try one.map(item, by: reason), try other.map(item, by: reason))
        #expect(first.count == 2048 && first.allSatisfy(\.isFinite) && first.contains { $0 > 0 })
        #expect(try one.map(item, by: reason) == first)
        let (a, b) = (centred(first), centred(second))
        let size = sqrt(a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 })
        let alike = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / max(size, 1e-20)
        #expect(alike < 0.9, "\(alike)")
    }

    private func centred(_ map: [Float]) -> [Float] {
        let mean = map.reduce(0, +) / Float(map.count)
        return map.map { $0 - mean }
    }

    /// Looking at a map changes nothing.
    @Test(arguments: networks)
    func theAnswerIsTheNetworks(name: String) throws {
        let network = try #require(small(name, seed: 4).networks[0] as? any MappedNetwork)
        let x = try Golden.waves([2, 2, 32, 32], fast: 0.11, slow: 0.37)
        var places = 0
        let seen = try network.answer(x) { (map) throws(NetworkError) in
            places = map.shape[1]
            return map
        }
        #expect(try seen.largestDifference(to: network(x)) < 1e-6)
        #expect(places == network.mapGrid(of: x.shape).reduce(1, *))
    }

    @Test func coarseMapsAreSpreadBetweenTheirMiddles() {
        let pixels = SliceModel.spread([0, 1, 2, 3], [1, 2, 2], views: 2, side: 4)
        #expect(pixels.count == 32 && Array(pixels[0..<16]) == Array(pixels[16...]))
        #expect(Array(pixels[0..<4]) == [0, 0.25, 0.75, 1])
        #expect(pixels[5] == 0.75 && pixels[15] == 3)
    }
}
