import Foundation

/// A value of a MATLAB file.
public indirect enum MATValue: Sendable {
    /// Numbers or truth values; the first axis varies fastest.
    case numbers(MATNumbers)
    /// Text, one string a row.
    case text([String])
    case cells(size: [Int], [MATValue])
    case structure(MATStructure)
    /// What is not read, by its name: a function handle, an object, a sparse matrix.
    case other(String)

    /// A single text.
    public var text: String? {
        switch self {
        case .text(let rows): rows.count == 1 ? rows[0] : rows.isEmpty ? "" : nil
        case .numbers(let numbers) where numbers.count == 0: ""
        default: nil
        }
    }

    /// A single number.
    public var number: Double? {
        guard case .numbers(let numbers) = self, numbers.count == 1 else { return nil }
        return numbers.values()[0]
    }

    public var numbers: MATNumbers? {
        guard case .numbers(let numbers) = self else { return nil }
        return numbers
    }

    public var structure: MATStructure? {
        guard case .structure(let structure) = self else { return nil }
        return structure
    }
}

/// A structure or an array of them, which share their fields' names.
public struct MATStructure: Sendable {
    public let size: [Int]
    public let fields: [String]
    /// The fields of the first element, then those of the second, and so on.
    let values: [MATValue]

    /// Elements of the array.
    public var count: Int { fields.isEmpty ? 0 : values.count / fields.count }

    /// A field of an element; nil where there is none.
    public func value(_ field: String, of element: Int = 0) -> MATValue? {
        guard let place = fields.firstIndex(of: field), element < count, element >= 0 else { return nil }
        return values[element * fields.count + place]
    }
}

/// An array of numbers as the file stores them.
public struct MATNumbers: Sendable {
    /// The length of every axis, the fastest first.
    public let size: [Int]
    /// The class that MATLAB gave them, such as “double” or “logical”.
    public let kind: String
    public let isComplex: Bool
    let number: StoredNumber
    let order: ByteOrder
    /// The real parts.
    let bytes: Data

    /// How many there are.
    public var count: Int { size.reduce(1, *) }  // the product was checked when the file was read

    /// The numbers, the first axis varying fastest.
    public func values() -> [Double] {
        let row = StoredSamples.Row(
            number: number, start: 0, perRecord: max(1, count), sampleStride: number.bytes, count: count)
        guard let source = try? StoredSamples(bytes, order: order, rows: [row], path: "") else { return [] }
        return [Double](unsafeUninitializedCapacity: count) { target, filled in
            source.read(0, from: 0, into: UnsafeMutableBufferPointer(rebasing: target[0..<count]))
            filled = count
        }
    }
}
