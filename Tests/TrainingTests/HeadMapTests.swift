import BrainData
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct HeadMapTests {
    @Test func marksTheBrainAndTheDura() throws {
        let map = try HeadMap(ToyHead.labels, path: "maps/toy.nii")
        #expect(map.name == "toy.nii")
        for n in map.voxels.indices {
            let place = map.grid.affine(SIMD3<Double>(map.grid.voxel(at: n)))
            let radius = (place * place).sum().squareRoot()
            let isBrain = map.voxels[n] & HeadMap.brainBit != 0
            if radius < 13 { #expect(isBrain) } else if radius > 15 { #expect(!isBrain) }
            let tissue = HeadTissue(rawValue: map.voxels[n] & 0x7F)
            if radius > 15.6 && radius < 17.4 { #expect(tissue == .compactBone) }
        }
        #expect(map.voxels.contains { $0 & 0x7F == HeadTissue.dura.rawValue })
    }

    @Test func refusesWhatIsNoHead() {
        var strange = ToyHead.labels
        strange.voxels[5] = 950
        let unknown = #expect(throws: ImagingError.self) { try HeadMap(strange, path: "a.nii") }
        #expect(unknown?.description.contains("950") ?? false)
        let empty = LabelMap(grid: ToyHead.grid, voxels: ToyHead.labels.voxels.map { $0 > 500 ? $0 : 0 })
        let bony = #expect(throws: ImagingError.self) { try HeadMap(empty, path: "b.nii") }
        #expect(bony?.description.contains("no label of the brain") ?? false)
    }

    @Test func readsAFolderInOrderOfItsNames() throws {
        let folder = try TemporaryFolder()
        for name in ["b.nii.gz", "a.nii"] { try ImageFile.write(ToyHead.labels, to: folder.file(name)) }
        try Data("words".utf8).write(to: folder.file("readme.txt"))
        #expect(try HeadMap.maps(in: folder.url).map(\.name) == ["a.nii", "b.nii.gz"])
        #expect(try HeadMap.maps(in: folder.file("a.nii")).count == 1)
        let none = try TemporaryFolder()
        #expect(throws: ImagingError.self) { try HeadMap.maps(in: none.url) }
        #expect(throws: ImagingError.missing(path: "/nowhere")) {
            try HeadMap.maps(in: URL(fileURLWithPath: "/nowhere"))
        }
    }

    @Test func settingsDecodeAndFlawsAreNamed() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(Synthesis())
        #expect(try JSONDecoder().decode(Synthesis.self, from: data) == Synthesis())
        #expect(String(decoding: data, as: UTF8.self).contains("\"volume\":[10,200]"))
        #expect(Synthesis().flaw == nil)
        var settings = Synthesis()
        settings.wholeHead = 1.5
        #expect(settings.flaw == "wholeHead is 1.5, not from 0 to 1")
        settings = Synthesis()
        settings.acquisition.blur = -1...0
        #expect(settings.flaw?.contains("acquisition.blur") ?? false)
        settings = Synthesis()
        settings.anatomy.elasticScale = 0
        #expect(settings.flaw?.contains("anatomy.elasticScale") ?? false)
    }

    @Test(.enabled(if: SharedData.holds("labelmaps/training_seg_03.nii.gz"))) func makesACaseFromARealMap() throws {
        let file = SharedData.file("labelmaps/training_seg_03.nii.gz")
        let fine = try ImageFile.readLabels(file)
        let coarse = try fine.resampled(to: fine.grid.resampled(spacing: [4, 4, 4]))
        let head = try Synthesiser([HeadMap(coarse, path: file.path)], seed: 1).head(0, spacing: 4)
        #expect((1000...1900).contains(head.brain.millilitres))
        #expect((8...220).contains(head.record.tumour.values.reduce(0, +)))
        for n in head.labels.voxels.indices where head.labels.voxels[n] != 0 { #expect(head.brain.voxels[n]) }
    }
}
