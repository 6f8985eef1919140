import BrainData
import Evaluation
import Foundation

/// Pictures of the cases that agree least with the expert.
struct WorstCases {
    let scoring: SegmentationScoring
    let scans: [TumourCase]

    /// How many cases are shown, and the contrasts, as far as there are scans.
    static let count = 6, contrasts: [Contrast] = [.flair, .t1ce]

    var note: String {
        "The \(Self.count) cases with the lowest mean Dice over regions, in the slice that shows most of the expert’s labels. "
            + "Tint: the result; lines: the expert’s labels. The patient’s right is on the left."
    }

    /// One or two pictures for each of the worst cases, the worst one first.
    func figures(of scores: [SegmentationScoring.Score]) throws -> [Figure] {
        let ranked = scores.map { (score: $0, dice: Self.meanDice($0.evaluation)) }.sorted { $0.dice < $1.dice }
        return try ranked.prefix(Self.count).flatMap { try figures(of: $0.score) }
    }

    private static func meanDice(_ evaluation: SegmentationEvaluation) -> Double {
        mean(evaluation.regions.compactMap { evaluation.scores[$0]?.dice }) ?? 1
    }

    private func figures(of score: SegmentationScoring.Score) throws -> [Figure] {
        let maps = try scoring.maps(of: score.pair)
        let caption = score.evaluation.regions.map { region in
            "\(region) \((score.evaluation.scores[region]?.dice ?? .nan).formatted(decimals: 2))"
        }.joined(separator: ", ")
        let colours = Dictionary(uniqueKeysWithValues: maps.scheme.labels.map { ($0.number, Colour(hex: $0.colour)) })
        return try pictures(for: score.pair.name, on: maps.expert.grid).map { contrast, scan in
            let (predicted, expert) = (maps.predicted.reoriented(to: .ras), maps.expert.reoriented(to: .ras))
            let image = scan ?? Volume(grid: expert.grid, voxels: [Float](repeating: 0, count: expert.grid.count))
            let box = Self.box(around: image, predicted, expert)
            let picture = try SlicePicture(
                image.cropped(to: box), tint: predicted.cropped(to: box), outline: expert.cropped(to: box),
                colours: colours)
            let title = contrast.map { "\(score.pair.name), \($0.displayName)" } ?? score.pair.name
            return Figure(title, caption: "Dice \(caption)", png: try picture.png())
        }
    }

    /// The scans of a case in RAS, as far as they lie on the expert's grid; one nothing where there are none.
    private func pictures(for name: String, on grid: Grid) throws -> [(Contrast?, Volume?)] {
        guard let tumour = scans.first(where: { $0.name == name }) else { return [(nil, nil)] }
        let wanted = Self.contrasts.filter { tumour.images[$0] != nil }
        let shown = wanted.isEmpty ? Array(tumour.contrasts.prefix(1)) : wanted
        var pictures: [(Contrast?, Volume?)] = []
        for contrast in shown {
            guard let reference = tumour.images[contrast] else { continue }
            let volume = try ImageFile.read(reference.file)
            guard reference.frame < volume.frames, volume.grid.matches(grid) else {
                Console.warning("\(reference.file.path) does not lie on the grid of the truth and is not shown")
                continue
            }
            let frame = volume.frames == 1 ? volume : volume.frame(reference.frame)
            pictures.append((contrast, frame.reoriented(to: .ras)))
        }
        return pictures.isEmpty ? [(nil, nil)] : pictures
    }

    /// What is worth showing: the head, or a few centimetres around the labels where there is no scan.
    private static func box(around image: Volume, _ predicted: LabelMap, _ expert: LabelMap) -> Box {
        let grid = image.grid
        guard predicted.grid.size == grid.size, expert.grid.size == grid.size else { return Box(grid) }
        let air = image.voxels.first ?? 0
        let head = Mask(grid: grid, voxels: image.voxels.map { $0 != air && $0.isFinite }).box
        let labels = Mask(grid: grid, voxels: zip(expert.voxels, predicted.voxels).map { $0 != 0 || $1 != 0 }).box
        let room = head?.expanded(byMillimetres: 3, in: grid) ?? labels?.expanded(byMillimetres: 30, in: grid)
        return room?.clamped(to: grid) ?? Box(grid)
    }
}
