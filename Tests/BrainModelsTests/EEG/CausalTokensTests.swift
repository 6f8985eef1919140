import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

/// Masked attention: what comes later cannot change what was said before.
@Suite struct CausalTokensTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func wave(_ shape: [Int], from start: Int = .max) throws -> Tensor {
        let length = shape[shape.count - 1]
        return try Tensor(
            (0..<shape.reduce(1, *)).map { n in
                let value = sin(0.11 * Float(n)) + 0.5 * cos(0.37 * Float(n))
                return n % length < start ? value : 3 - 2 * value
            }, shape: shape)
    }

    private func conformer(causal: Bool) throws -> EEGConformer {
        var c = EEGConformer.Configuration()
        (c.channels, c.samples, c.classes, c.width, c.blocks, c.heads) = (4, 90, 3, 8, 2, 2)
        (c.filter, c.pooling, c.stride, c.hidden, c.causal) = (9, 20, 7, [12, 6], causal)
        return try EEGConformer(Weights(Golden.open("eeg-conformer-small"), type: .float64), c)
    }

    /// Tokens of the first trial as rows.
    private func rows(_ tokens: Tensor) throws -> [[Double]] {
        let width = tokens.shape[2], values = try tokens.doubles()
        return (0..<tokens.shape[1]).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }

    @Test func laterSamplesDoNotReachEarlierTokens() throws {
        let causal = try conformer(causal: true), open = try conformer(causal: false)
        #expect(causal.configuration.tokens == 9)
        let before = try (rows(causal.tokens(wave([1, 1, 4, 90]))), rows(open.tokens(wave([1, 1, 4, 90]))))
        #expect(before.0[8] != before.1[8] || before.0[0] != before.1[0])
        for token in 0..<8 {
            let changed = try wave([1, 1, 4, 90], from: 7 * token + 20 + 9 - 1)
            let after = try (rows(causal.tokens(changed)), rows(open.tokens(changed)))
            #expect(after.0[...token] == before.0[...token])
            for later in (token + 1)..<9 { #expect(after.0[later] != before.0[later]) }
            #expect(after.1[token] != before.1[token], "without the mask every token sees the whole trial")
        }
        // One sample earlier, and the token sees it.
        let seen = try rows(causal.tokens(wave([1, 1, 4, 90], from: 20 + 9 - 2)))
        #expect(seen[0] != before.0[0])
    }

    @Test func theEncoderOfS3THoldsToIt() throws {
        func encoded(_ map: Tensor, causal: Bool) throws -> [[Double]] {
            let weights = Weights(seed: 5)
            let blocks = try (0..<3).map { n in
                try TrialEncoderBlock(weights[n], width: 6, heads: 3, dropout: 0.5, causal: causal)
            }
            return try rows(Engine.run { () throws(NetworkError) in try blocks.encoded(map) })
        }
        let (map, changed) = (try wave([1, 6, 1, 12]), try wave([1, 6, 1, 12], from: 5))
        let before = try encoded(map, causal: true), after = try encoded(changed, causal: true)
        #expect(before.count == 12 && after[..<5] == before[..<5])
        for later in 5..<12 { #expect(after[later] != before[later]) }
        #expect(try encoded(changed, causal: false)[0] != encoded(map, causal: false)[0])
    }

    @Test(arguments: ["s3t", "eeg-conformer"]) func theKeyIsRead(name: String) throws {
        func logits(_ json: String) throws -> [Float] {
            let network = try Catalog.entry(named: name).build(Weights(seed: 5), Data(json.utf8))
            return try network(wave([1, 1, 3, 250])).floats()
        }
        let sizes = #""channels": 3, "samples": 250, "classes": 2"#
        #expect(try logits("{\(sizes), \"causal\": true}") != logits("{\(sizes)}"))
        #expect(try logits("{\(sizes), \"causal\": false}") == logits("{\(sizes)}"))
    }
}
