public import Foundation
public import NeuralNet

/// A part of a model's card that every network has in a form of its own: JSON, read as what a use expects.
public indirect enum CardSettings: Sendable, Equatable {
    case nothing
    case truth(Bool)
    case number(Double)
    case text(String)
    case list([CardSettings])
    case table([String: CardSettings])

    /// The same as what a network or a command expects.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` that names what does not fit.
    public func read<Value: Decodable>(as type: Value.Type) throws(NetworkError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: json())
        } catch let error as DecodingError {
            throw .configuration(Self.sentence(error))
        } catch {
            throw .configuration("its JSON does not parse")
        }
    }

    /// As it stands in the file, keys in order.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(self)
    }

    static func sentence(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty:
            return "its \(place(context)) is of another type than expected"
        case .keyNotFound(let key, _):
            return "it has no \(key.stringValue)"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "its \(place(context)): \(context.debugDescription)"
        default: return "its JSON does not parse"
        }
    }
}

extension CardSettings: Codable {
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .nothing
        } else if let truth = try? value.decode(Bool.self) {
            self = .truth(truth)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([CardSettings].self) {
            self = .list(list)
        } else {
            self = .table(try value.decode([String: CardSettings].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .nothing: try value.encodeNil()
        case .truth(let truth): try value.encode(truth)
        // Whole numbers are written without a point, so that they can be read as such.
        case .number(let number): try Int(exactly: number).map { try value.encode($0) } ?? value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .table(let table): try value.encode(table)
        }
    }
}
