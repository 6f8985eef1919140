import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

@Suite struct BrainExtractorTests {
    private static let configuration = {
        var own = EoFormer.Configuration()
        (own.inputs, own.outputs, own.channels, own.headWidth) = (1, 1, [4, 4, 8, 8], 4)
        return own
    }()

    private let extractor: BrainExtractor

    /// A network with weights drawn from a seed: it finds something, and no brain.
    init() throws {
        let network = try EoFormer(Weights(seed: 9), Self.configuration)
        var extractor = BrainExtractor(network, spacing: 2, window: SlidingWindow(patch: 32))
        extractor.surface = { Mask(grid: $0.grid, voxels: .init(repeating: false, count: $0.grid.count)) }
        self.extractor = extractor
    }

    private var noise: Volume {
        Volume(grid: grid, voxels: (0..<grid.count).map { Float(($0 &* 7919) % 1013) })
    }

    private let grid = Grid(
        size: [40, 44, 36], affine: Affine(i: [-1, 0, 0], j: [0, 1, 0], k: [0, 0, 1.5], origin: .zero))

    @Test func aStrippedScanIsItsOwnBrain() throws {
        let ball = (0..<grid.count).map { n in
            let place = SIMD3<Double>(grid.voxel(at: n)) - [20, 22, 18]
            return (place * place).sum() < 12 * 12 ? Float(100 + n % 7) : 0
        }
        let (mask, method) = try extractor.brain(in: Volume(grid: grid, voxels: ball))
        #expect(method == .stripped)
        #expect(mask == Mask(grid: grid, voxels: ball.map { $0 != 0 }))
        let found = try BrainExtractor.brain(in: [.t1: Volume(grid: grid, voxels: ball)], [.flair, .t1]) {
            Issue.record("no network is wanted for a stripped scan")
            return nil
        }
        #expect(found?.mask == mask && found?.method == .stripped)
    }

    @Test func aHeadGivesOnePartOnItsOwnGrid() throws {
        let scan = noise
        let (mask, method) = try extractor.brain(in: scan)
        #expect(method == .network)
        #expect(mask.grid == grid)
        #expect(mask.largestComponent(.faces) == mask && mask.holesFilled() == mask)
        let found = try BrainExtractor.brain(in: [.t1: scan], [.flair, .t1]) { extractor }
        #expect(found?.mask == mask && found?.method == .network)
        #expect(try BrainExtractor.brain(in: [.t1: scan], [.flair, .t1]) { nil } == nil)
        #expect(try BrainExtractor.brain(in: [:], [.flair, .t1]) { extractor } == nil)
    }

    @Test func networkAndSurfaceMeetInTheMiddle() throws {
        let alone = try extractor.brain(in: noise).mask
        var both = extractor
        // The surface lacks the upper 9 mm of what the network found.
        let cut = Mask(grid: grid, voxels: alone.voxels.enumerated().map { $1 && grid.voxel(at: $0).z < 30 })
        both.surface = { _ in cut }
        let (mask, method) = try both.brain(in: noise)
        #expect(method == .consensus)
        func upper(_ mask: Mask) -> Int { mask.voxels.indices.count { mask.voxels[$0] && grid.voxel(at: $0).z >= 30 } }
        #expect(upper(mask) > 0 && upper(mask) < upper(alone))
    }

    @Test func whereTheyDoNotAgreeTheNetworkIsBelieved() throws {
        let alone = try extractor.brain(in: noise)
        var both = extractor
        both.surface = { [alone] _ in alone.mask.eroded(millimetres: 6) }
        let found = try both.brain(in: noise)
        #expect(found.method == .network && found.mask == alone.mask)
    }

    @Test func aModelForTumoursIsRefused() throws {
        let folder = try TemporaryFolder()
        let card = """
            {"name": "toy", "use": "tumour", "network": "eoformer", "task": "tests", "scheme": "brats2021", "experimental": true,
             "configuration": {}, "trainingData": "none", "training": "none", "evaluation": [], "limits": [],
             "input": {"contrasts": ["t1"], "spacing": 2}, "citation": "none", "licence": "Apache-2.0",
             "window": {"patch": 32, "overlap": 0.5, "blending": "gaussian"}}
            """
        _ = try folder.write(Data(card.utf8), to: "card.json")
        let model = try ShippedModel(folder: folder.url)
        let error = #expect(throws: NetworkError.self) { try BrainExtractor(model) }
        #expect(error?.description.contains("toy is for brainkit segment") ?? false)
    }
}
