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
        var contract = settings.contract
        contract.isExtracted = options.extract ?? contract.isExtracted
        let source = try SliceSource(options.input, contract), items = source.items, bar = Progress("telling")
        var records: [Record] = [], page = SlicePage(shipped, options.reason, tells: tells)
        for (number, item) in items.enumerated() {
            do {
                let values = try source.values(of: item)
                let record = record(item.name, try model.answers([values])[0], settings)
                let isShown = report != nil && page.hasRoom
                if maps != nil || isShown {
                    let map = SliceMap(
                        values: values, map: try model.map(values, by: options.reason, ofAge: tells == .age),
                        contract: settings.contract)
                    if let maps { try write(map, of: item.name, to: maps) }
                    if isShown { try page.add(record, map) }
                }
                if report != nil && !isShown { page.leaveOut() }
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
