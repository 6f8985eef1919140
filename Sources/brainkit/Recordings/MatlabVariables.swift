import BrainData
import Foundation
import NeuralNet

/// The variables of a MATLAB file, those inside structures by their path, such as `EEG.data`.
struct MatlabVariables {
    private let path: String
    let variables: [(name: String, value: MATValue)]

    static func recognises(_ file: URL) -> Bool { file.pathExtension.lowercased() == "mat" }

    init(_ file: URL, limit: Int) throws {
        path = file.path
        let found = try MATFile(file, limit: limit).variables.sorted { $0.key < $1.key }
        variables = found.flatMap { Self.parts($0.key, $0.value) }
    }

    private static func parts(_ name: String, _ value: MATValue) -> [(name: String, value: MATValue)] {
        guard let structure = value.structure, structure.count == 1 else { return [(name, value)] }
        return structure.fields.flatMap { field in
            structure.value(field).map { parts("\(name).\(field)", $0) } ?? []
        }
    }

    /// The numbers of a variable, the last axis varying fastest, as NumPy has them; axes keep MATLAB's order.
    ///
    /// - Parameter name: may be left out where the file holds one array of numbers alone.
    func array(_ name: String?, single: Bool) throws -> NumPyArray {
        let arrays = variables.filter { $0.value.numbers != nil }
        let known = arrays.map(\.name).joined(separator: ", ")
        guard
            let picked = name.map({ name in arrays.first { $0.name == name } })
                ?? (arrays.count == 1 ? arrays[0] : nil),
            let numbers = picked.value.numbers
        else { throw Failure(.usage, "expected --variable to be one of \(known), found \(name ?? "none")") }
        guard !numbers.isComplex else { throw Failure(.badData, "\(picked.name) of \(path) is complex") }
        return NumPyArray(numbers.values(), shape: numbers.size, single: single, firstAxisFastest: true)
    }
}

/// What `info` shows of a MATLAB file.
struct MatlabSummary: Summary {
    struct Entry: Encodable {
        let name, type: String
        let shape: [Int]?
    }

    let file: String
    let kind = "variables"
    let format = "MATLAB"
    let variables: [Entry]

    init(_ file: String, _ found: MatlabVariables) {
        self.file = file
        variables = found.variables.map { Entry(name: $0.name, type: Self.type($0.value), shape: Self.shape($0.value)) }
    }

    private static func type(_ value: MATValue) -> String {
        switch value {
        case .numbers(let numbers): numbers.isComplex ? "complex \(numbers.kind)" : numbers.kind
        case .text: "text"
        case .cells: "cells"
        case .structure: "structures"
        case .other(let name): name
        }
    }

    private static func shape(_ value: MATValue) -> [Int]? {
        switch value {
        case .numbers(let numbers): numbers.size
        case .cells(let size, _): size
        case .structure(let structure): structure.size
        case .text(let rows): [rows.count]
        case .other: nil
        }
    }

    var rows: [[String]] {
        [["file", file], ["format", format], [""]]
            + variables.map { [$0.name, $0.type, $0.shape?.map(String.init).joined(separator: " × ") ?? ""] }
    }
}
