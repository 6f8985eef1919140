import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet
import Training

/// Takes pictures from their files to a table of classes or ages.
struct SliceRun {
    enum Tells { case classes, age }

    /// What is told of one item.
    struct Record: Encodable {
        let file: String
        var label: String?
        var probabilities: [String: Double]?
        var age, low, high: Double?

        enum CodingKeys: String, CodingKey {
            case file, probabilities, age, low, high
            case label = "class"
        }
    }

    private let options: SliceOptions
    private let name: String
    private let tells: Tells

    init(_ options: SliceOptions, model name: String, tells: Tells) {
        (self.options, self.name, self.tells) = (options, name, tells)
    }

    func run() throws {
        options.threads.apply()
        let table = try OutputPath.file(options.output), maps = try options.maps.map(OutputPath.folder)
        let report = try options.report.map(OutputPath.file)
        let shipped = try ModelStore.model(named: name), model = try SliceModel(shipped), settings = model.settings
        guard tells == .age ? settings.age != nil : !settings.classes.isEmpty else {
            throw Failure(.usage, "\(name) tells \(tells == .age ? "no ages" : "no classes")")
        }
        guard model.canExplain(by: options.reason) else {
            throw Failure(.usage, "\(shipped.card.network) has nothing that --why \(options.why) could follow")
        }
        let items = try items(settings), bar = Progress("telling")
        var records: [Record] = [], page = SlicePage(shipped, options.reason, tells: tells)
        for (number, item) in items.enumerated() {
            do {
                var pictures: [Picture] = []
                for file in item.files { pictures.append(try PictureFile.read(file)) }
                let values = try SliceInput.values(pictures, settings.contract)
                let record = record(item.name, try model.answers([values])[0], settings)
                if maps != nil || (report != nil && page.hasRoom) {
                    let map = SliceMap(
                        values: values, map: try model.map(values, by: options.reason, ofAge: tells == .age),
                        contract: settings.contract)
                    if let maps { try write(map, of: item.name, to: maps) }
                    if page.hasRoom { try page.add(record, map) }
                } else if report != nil {
                    page.leaveOut()
                }
                records.append(record)
            } catch {
                guard items.count > 1, let failure = Failure(error) else { throw error }
                Console.error("\(item.name): \(failure.sentence)")
            }
            bar.show(number + 1, of: items.count, item.name)
        }
        if let report { try page.write(to: report) }
        try rows(records, settings).write(to: table)
        Console.note("For research use only, not a diagnosis.")
        if options.json { try Console.result(["items": records]) } else { Console.result(table.path) }
        guard records.count == items.count else {
            throw Failure(.someFailed, "\(items.count - records.count) of \(items.count) failed, the rest is done")
        }
    }

    /// A picture, the pictures of a folder and of folders in it, or the items of a folder of several views.
    private func items(_ settings: SliceModel.Settings) throws -> [(name: String, files: [URL])] {
        let source = URL(fileURLWithPath: options.input)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
            throw ImagingError.missing(path: source.path)
        }
        guard settings.contract.views.count == 1 else {
            let collection = try SliceCollection(folder: source)
            guard collection.views == settings.contract.views else {
                throw ImagingError.layout("expected the views \(settings.contract.views.joined(separator: ", "))")
            }
            return collection.items.map { ($0.subject, $0.files) }
        }
        guard isFolder.boolValue else { return [(source.lastPathComponent, [source])] }
        let names = FileManager.default.enumerator(atPath: source.path)?.compactMap { $0 as? String } ?? []
        let pictures = names.filter(PictureFile.isNamed)
            .sorted()
        guard !pictures.isEmpty else { throw Failure(.missing, "expected pictures in \(source.path), found none") }
        return pictures.map { ($0, [source.appendingPathComponent($0)]) }
    }

    private func record(_ name: String, _ answer: SliceModel.Answer, _ settings: SliceModel.Settings) -> Record {
        guard tells == .classes else {
            return Record(file: name, age: answer.age?.years, low: answer.age?.low, high: answer.age?.high)
        }
        let best = answer.probabilities.indices.max { answer.probabilities[$0] < answer.probabilities[$1] }
        return Record(
            file: name, label: best.map { settings.classes[$0] },
            probabilities: Dictionary(zip(settings.classes, answer.probabilities)) { first, _ in first })
    }

    private func rows(_ records: [Record], _ settings: SliceModel.Settings) -> CSVTable {
        func text(_ number: Double?, _ decimals: Int) -> String { number?.formatted(decimals: decimals) ?? "" }
        guard tells == .classes else {
            return CSVTable(
                header: ["file", "age", "low", "high"],
                rows: records.map { [$0.file, text($0.age, 1), text($0.low, 1), text($0.high, 1)] })
        }
        return CSVTable(
            header: ["file", "class"] + settings.classes.map { "p_" + $0 },
            rows: records.map { record in
                [record.file, record.label ?? ""] + settings.classes.map { text(record.probabilities?[$0], 4) }
            })
    }

    private func write(_ map: SliceMap, of name: String, to folder: URL) throws {
        let stem = name.replacing("/", with: "_").split(separator: ".").dropLast().joined(separator: ".")
        let file = folder.appendingPathComponent((stem.isEmpty ? name : stem) + "_map.png")
        try map.overlay().write(to: file, options: .atomic)
    }
}
