/// One oddity of a file that was mended while it was read: what stood there, and what was taken instead.
///
/// Real recordings break their formats' rules often; reading goes on and says so, writing never repeats the fault.
public struct Repair: Sendable, Equatable, Codable {
    /// What was odd, such as “number of data records”.
    public var field: String
    /// What the file says.
    public var found: String
    /// What was taken instead.
    public var used: String
    /// How often the same repair was made; the first is shown.
    public var count = 1

    public init(field: String, found: String, used: String) {
        (self.field, self.found, self.used) = (field, found, used)
    }
}

extension Repair: CustomStringConvertible {
    public var description: String {
        let more = count > 1 ? " (\(count) times; this is the first)" : ""
        return "\(field): found \(found), used \(used)\(more)"
    }
}

/// The repairs of one file, those of one kind counted rather than listed.
struct RepairLog: Sendable {
    private(set) var repairs: [Repair] = []
    private var places: [String: Int] = [:]

    /// - Parameter kind: repairs of one kind are counted with the first of them; the field if left out.
    mutating func add(_ field: String, found: String, used: String, kind: String? = nil) {
        let kind = kind ?? field
        if let place = places[kind] {
            repairs[place].count += 1
        } else {
            places[kind] = repairs.count
            repairs.append(Repair(field: field, found: String(found.prefix(80)), used: used))
        }
    }
}
